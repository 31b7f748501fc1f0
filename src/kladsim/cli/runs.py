"""``kladsim runs``: list, show, remove and verify run directories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import FAILED, command
from kladsim.cli.show import format_duration, hint, print_json, print_table, say
from kladsim.core.errors import InputError, StorageError, suggest
from kladsim.core.machine import usable_cores

verbs = typer.Typer(help="Run directories: ls, show, rm, verify. Example: kladsim runs ls", no_args_is_help=True)
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or a name or key below the runs folder.")]
Folder = Annotated[Path | None, typer.Option("--root", help="The runs folder (default: $KLADSIM_RUNS or runs).")]


def find_run(run: str, root: Path | None = None) -> Path:
    """The directory that a person means: a path, a folder name, or the beginning of one or of its key.

    Raises
    ------
    InputError : no run, or several, of that name
    """
    from kladsim.runs.store import STATUS, runs_root

    if (Path(run) / STATUS).exists():
        return Path(run)
    folder = root or runs_root()
    known = {p.parent.name: p.parent for p in sorted(folder.glob(f"*/{STATUS}"))}
    chosen = [path for name, path in known.items() if name.startswith(run) or name.rpartition("-")[2].startswith(run)]
    if len(chosen) == 1:
        return chosen[0]
    problem = "several runs of this name" if chosen else "no such run"
    allowed = ", ".join(list(known)[:8]) or f"a run directory (none below {folder})"
    raise InputError(problem, where="run", value=run, allowed=allowed, suggestion=suggest(run, known))


def _state(path: Path) -> dict[str, Any]:
    """The status of a run directory with its true state; one that cannot be read is ``damaged`` and says why."""
    from kladsim.runs.store import RunStore

    done = len(list((path / "replicates").glob("*.npz"))) if (path / "replicates").is_dir() else 0
    known = {"name": path.name, "done": done, "path": str(path)}
    try:
        store = RunStore.existing(path)
        status = store.status()
    except StorageError as error:
        return {**known, "state": "damaged", "error": str(error)}
    state = str(status["state"])
    if state == "running" and not store.busy:
        state = "interrupted"
    if state == "finished" and not store.finished:
        state, known["error"] = "damaged", "files are missing or cut; the same command makes them anew"
    return {**known, **status, "error": status.get("error") or known.get("error"), "state": state}


@verbs.command("ls")
@command
def ls(root: Folder = None, json_: o.Json = False) -> None:
    """List runs.

    Example: kladsim runs ls
    """
    from kladsim.runs.store import STATUS, runs_root

    folder = root or runs_root()
    there = [folder / STATUS] if (folder / STATUS).exists() else []  # what `run --out` wrote is a run itself
    states = [_state(path.parent) for path in (*there, *sorted(folder.glob(f"*/{STATUS}")))]
    if json_:
        keys = ("name", "state", "error", "done", "replicates", "digest", "key", "wall_s", "updated", "path")
        print_json({"root": str(folder), "runs": [{key: state.get(key) for key in keys} for state in states]})
        return
    if not states:
        say(f"No runs below {folder}.")
        return
    rows = [
        (
            Path(s["path"]).name,
            s["state"],
            str(s.get("digest") or "")[:12],
            f"{s['done']}/{s.get('replicates', '?')}",
            format_duration(s.get("wall_s")),
        )
        for s in states
    ]
    print_table(str(folder), ("run", "state", "digest", "replicates", "computing"), rows, numbers=2)
    if any(s["state"] == "damaged" for s in states):
        hint("damaged: the command that made the run makes it anew; `kladsim runs rm RUN` removes it")


@verbs.command("show")
@command
def show(run: Run, root: Folder = None, json_: o.Json = False) -> None:
    """Show digests, provenance and scenario of a run.

    Example: kladsim runs show runs/russia-1a2b3c4d --json
    """
    from kladsim.runs.disclosure import BADGE
    from kladsim.runs.store import RunStore

    path = find_run(run, root)
    state = _state(path)
    scenario = RunStore.existing(path).scenario()
    if json_:
        keys = (
            "name",
            "state",
            "error",
            "digest",
            "replicate_digests",
            "replicates",
            "done",
            "provenance",
            "key",
        )
        costs = ("persons", "days", "wall_s", "person_days_per_s", "peak_bytes", "capped", "started", "updated", "path")
        print_json({key: state.get(key) for key in (*keys, *costs)} | {"scenario": scenario, "badge": BADGE})
        return
    config = scenario["config"]
    lines = {
        "run": state["path"],
        "state": f"{state['state']} ({state['done']} of {state.get('replicates')} replicates)",
        "error": state.get("error"),
        "digest": state.get("digest"),
        "country": f"{config['country']}, {config['start']} until {config['until']}",
        "scale": f"1/{config['scale']}, seed {config['seed']}",
        "off": ", ".join(name for name, on in config["switches"].items() if not on),
        "model": f"{scenario['model']}, pack {scenario['pack'][:12]}",
        "computing": format_duration(state.get("wall_s")),
        "persons": state.get("persons"),
    }
    print_table(state["name"], ("what", "value"), [(key, value) for key, value in lines.items() if value])
    modifiers = [
        (m["quantity"], m["op"], f"{m['value']:g}", m["start"], m["end"] or "", m["region"] or "")
        for m in config["modifiers"]
    ]
    if modifiers:
        print_table("changes by levers", ("quantity", "how", "value", "from", "to", "region"), modifiers)


@verbs.command("rm")
@command
def rm(
    run: Run,
    root: Folder = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json_: o.Json = False,
) -> None:
    """Remove a run directory.

    Example: kladsim runs rm russia-1a2b3c4d --yes
    """
    from kladsim.core.files import remove
    from kladsim.runs.store import RunStore

    path = find_run(run, root)
    if RunStore(path, "", "").busy:  # a damaged status does not keep a folder from being removed
        raise StorageError(f"{path}: a kladsim process is writing this run")
    if not yes and not json_:
        typer.confirm(f"Remove {path}?", abort=True)
    remove(path)
    if path.exists():
        raise StorageError(f"{path} could not be removed")
    print_json({"removed": str(path)}) if json_ else say(f"Removed {path}")


@verbs.command("verify")
@command
def verify(
    run: Run,
    root: Folder = None,
    replicates: Annotated[int | None, typer.Option("--replicates", "-n", help="Only the first so many.")] = None,
    only: Annotated[int | None, typer.Option("--only", help="Only this replicate, alone.")] = None,
    threads: o.Threads = None,
    json_: o.Json = False,
) -> None:
    """Run it again and compare digests.

    Example: kladsim runs verify russia-1a2b3c4d --replicates 1
    """
    from kladsim.runs.verification import verify as verify_run

    verdict = verify_run(find_run(run, root), replicates=replicates, only=only, threads=threads or usable_cores())
    if json_:
        print_json(verdict)
    elif verdict.same:
        say(f"Same digests: {verdict.checked} of {verdict.replicates} replicates run again ({verdict.path}).")
    else:
        say(f"Differs ({verdict.path}):")
        for difference in verdict.differences:
            say(f"  {difference}")
    if not verdict.same:
        raise typer.Exit(FAILED)
