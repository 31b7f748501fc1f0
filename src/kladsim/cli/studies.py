"""``kladsim study``: designs × scenarios × replicates in one folder: plan, run, status, collect, sql, submit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import FAILED, command
from kladsim.cli.show import hint, print_json, print_table, progress_shown, say
from kladsim.core.machine import usable_cores

if TYPE_CHECKING:
    from kladsim.study.ensemble import Study, StudyStatus

verbs = typer.Typer(
    help="Many runs in one folder: plan, run, status, collect, sql, submit. Example: kladsim study status DIR",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder.")]
More = Annotated[int | None, typer.Option("--replicates", "-n", help="More replicates: only the new ones run.")]
SHOWN = 5


@verbs.command("plan")
@command
def plan(
    base: Annotated[str, typer.Argument(help="The base: a preset's name or a YAML file.")],
    plans: Annotated[list[str] | None, typer.Argument(metavar="[PLAN...]", help="Presets or YAML files.")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            help="What varies: diversion.share=0:1, mechanisms.M9=on,off, a parameter (its register range), or the "
            "groups nature and market (market parameters vary only as a group); repeatable.",
            metavar="NAME[=LOW:HIGH]",
        ),
    ] = None,
    design: Annotated[
        str, typer.Option("--design", help="none, grid, lhs, sobol, morris, saltelli, or a CSV file of points.")
    ] = "none",
    points: Annotated[
        int, typer.Option("--points", help="Points; levels (grid), trajectories (morris), base samples (saltelli).")
    ] = 16,
    design_seed: Annotated[int, typer.Option("--design-seed", help="Seed of the design's sampling.")] = 1,
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = 10,
    set_: o.Settings = None,
    until: o.Until = None,
    out: Annotated[Path | None, o.out("the study is written: its folder", "below studies/")] = None,
    json_: o.Json = False,
) -> None:
    """Plan a study; nothing runs yet.

    Example: kladsim study plan russia russia-divert --vary diversion.share=0:1 --vary nature --design lhs --points 64
    """
    from kladsim.study.design import Design
    from kladsim.study.ensemble import Study

    first = o.load_scenario(base, set_, scale=scale, seed=seed)
    others = [o.load_scenario(item, set_) for item in plans or ()]
    how = "none" if design == "none" and not vary else "lhs" if design == "none" else design
    chosen: Any = Design("file", file=how) if Path(how).suffix == ".csv" else Design(how, points, design_seed)  # type: ignore[arg-type]
    study = Study.plan(
        first, *others, vary=tuple(vary or ()), design=chosen, replicates=replicates, out=out, until=until
    )
    _print_status(study.status(), json_)
    if not json_:
        say(f"Run it: kladsim study run {study.path}")


@verbs.command("run")
@command
def run(
    study: Folder,
    executor: o.Executor = None,
    workers: o.Workers = None,
    threads: o.Threads = None,
    shard: o.Shard = None,
    replicates: More = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Run what is missing; the same command resumes, failures stay rows.

    Example: kladsim study run studies/russia-1a2b3c4d --workers 2
    """
    opened = _opened(study)
    many = workers if workers is not None else usable_cores()
    with progress_shown(quiet) as report:
        status = opened.run(
            executor=executor, workers=many, threads=threads or 1, shard=shard, replicates=replicates, progress=report
        )
    _print_status(status, json_)
    if status.failed:
        if not json_:
            _print_failures(opened)
        raise typer.Exit(FAILED)


@verbs.command("status")
@command
def status(study: Folder, json_: o.Json = False) -> None:
    """Say how far a study is, and what failed.

    Example: kladsim study status studies/russia-1a2b3c4d
    """
    opened = _opened(study)
    state = opened.status()
    _print_status(state, json_)
    if state.failed and not json_:
        _print_failures(opened)


@verbs.command("collect")
@command
def collect(study: Folder, json_: o.Json = False) -> None:
    """Bring the catalogue (Parquet) up to date and say the study's digest.

    Example: kladsim study collect studies/russia-1a2b3c4d
    """
    opened = _opened(study)
    catalogue = opened.collect()
    state = opened.status()
    digest = catalogue.digest() if state.finished == state.total else None
    if json_:
        print_json({**vars(state), "missing": state.missing, "catalogue": str(catalogue.folder), "digest": digest})
        return
    say(f"Catalogue {catalogue.folder}")
    say(f"Digest    {digest or f'not yet: {state.total - state.finished} replicates are not finished'}")
    say(f'Query it: kladsim study sql {study} "SELECT scenario, outcome, median(difference) FROM effects GROUP BY ALL"')


@verbs.command("sql")
@command
def sql(
    study: Folder,
    query: Annotated[str, typer.Argument(help="A query over cells, runs, outcomes, results and effects.")],
    json_: o.Json = False,
) -> None:
    """Query the catalogue.

    Example: kladsim study sql studies/russia-1a2b3c4d "SELECT state, count(*) FROM runs GROUP BY state"
    """
    rows = _opened(study).sql(query)
    if json_:
        print_json({"rows": rows})
    elif rows:
        print_table("", list(rows[0]), [tuple(row.values()) for row in rows])
    else:
        say("No rows.")


@verbs.command("submit")
@command
def submit(
    study: Folder,
    slurm: Annotated[bool, typer.Option("--slurm", help="As a SLURM job array, one task a shard.")] = True,
    shards: Annotated[int, typer.Option("--shards", help="Tasks of the array.")] = 16,
    hours: Annotated[float, typer.Option("--hours", help="Time limit of a task.")] = 4.0,
    workers: Annotated[int, typer.Option("--workers", help="Processes (and cores) of a task.")] = 1,
    memory: Annotated[str, typer.Option("--memory", help="Memory a core, as SLURM takes it.")] = "2G",
    option: Annotated[list[str] | None, typer.Option("--sbatch", help="Another #SBATCH option; repeatable.")] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Write the script, submit nothing.")] = False,
    json_: o.Json = False,
) -> None:
    """Write a batch script for a SLURM job array and submit it.

    Example: kladsim study submit studies/russia-1a2b3c4d --shards 32 --sbatch "--partition=short"
    """
    from kladsim.study.slurm import Request, submit_array

    request = Request(shards, hours, workers, memory, tuple(option or ()))
    script, answer = submit_array(_opened(study), request, dry=dry)
    if json_:
        print_json({"script": str(script), "submitted": answer})
    else:
        say(f"Script {script}\n{answer or f'Not submitted. By hand: sbatch {script}'}")


def _opened(folder: Path) -> Study:
    from kladsim.study.ensemble import Study

    return Study.open(folder)


def _print_status(state: StudyStatus, json_: bool) -> None:
    if json_:
        print_json({**vars(state), "missing": state.missing})
        return
    size = f"{state.points} points × {state.scenarios} scenarios, {state.configurations} different configurations"
    say(f"{state.name}: {size}, {state.replicates} replicates each")
    say(f"{state.finished} of {state.total} finished, {state.failed} failed, {state.missing} missing")
    say(f"Study  {state.path}")


def _print_failures(study: Study) -> None:
    failures = study.failures()
    for row in failures[:SHOWN]:
        hint(f"failed: {row.scenario}, point {row.point}, replicate {row.replicate}: {row.error}")
    if len(failures) > SHOWN:
        hint(f"… and {len(failures) - SHOWN} more: kladsim study sql {study.path} \"FROM runs WHERE state = 'failed'\"")
