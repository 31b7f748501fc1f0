"""``kladsim spread``: where dead-drop trade may appear next, why, and how sure that is."""

from __future__ import annotations

from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import (
    explain_in_words,
    format_range,
    format_short,
    hint,
    print_json,
    print_table,
    progress_shown,
    say,
)
from kladsim.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from kladsim.spread.model.fitting import SpreadPosterior
    from kladsim.spread.model.hazard import Parts
    from kladsim.spread.model.outlook import CountryOutlook
    from kladsim.spread.model.scores import Floats
    from kladsim.spread.model.tables import CountryTables

verbs = typer.Typer(
    help="Where dead-drop trade may appear next: outlook, explain, fit.",
    epilog="Example: kladsim spread outlook --region Asia",
    no_args_is_help=True,
    rich_markup_mode=None,
)
PARTS = (
    "spread", "proximity", "border", "language", "ties", "interaction", "secondary", "covariates", "regions", "effort",
)  # fmt: skip
Without = Annotated[
    list[str] | None,
    typer.Option("--without", help=f"Switch a part off: {', '.join(PARTS)}; repeatable.", metavar="PART"),
]


def parts_without(names: list[str] | None) -> Parts | None:
    """Parts of the mechanism with some switched off; None when all are on.

    Raises
    ------
    InputError : unknown part
    """
    from kladsim.spread.model.hazard import Parts

    for name in names or ():
        if name not in PARTS:
            raise unknown_name("part of the spread", name, PARTS, where="--without")
    return Parts(**dict.fromkeys(names, False)) if names else None


@verbs.command("outlook")
@command
def outlook(
    region: Annotated[str, typer.Option("--region", help="Only regions of the world with this text.")] = "",
    country: Annotated[str, typer.Option("--country", help="Only this country: a code or a name.")] = "",
    without: Without = None,
    source: Annotated[
        Path | None,
        typer.Option("--source", help="A finished run of Russia that is the source.", metavar="RUN"),
    ] = None,
    json_: o.Json = False,
) -> None:
    """Bands of hazard by country, ordered by region of the world.

    Example: kladsim spread outlook --region Asia
    """
    from kladsim.spread.model.outlook import BANDS, BY, WORDS

    every, events = _countries(without, source)
    selected = [c for c in every if region.casefold() in c.region.casefold()]
    if country:
        selected = [c for c in selected if c.iso3 == _code(country)]
    if not selected:
        where = f"--region, for {country}" if country else "--region"
        raise unknown_name("region of the world", region, {c.region for c in every}, where=where)
    if json_:
        countries = [_to_json(c) for c in selected]
        print_json({"by": BY, "bands": dict(BANDS), "interval": WORDS, "events": events, "countries": countries})
        return
    say(f"Dead-drop trade: arrival by the end of {BY}, by region of the world")
    columns = ("country or area", "", "record", "band", "years from 2025", "sustained")
    for place in dict.fromkeys(c.region for c in selected):
        rows = [_row(c) for c in selected if c.region == place]
        print_table(f"\n{place}", columns, rows)
    limits = ", ".join(f"{name} below {limit:.0%}" for name, limit in BANDS[:-1])
    explain_in_words(f"Bands: {limits}, else high. Sustained: chance that it sustains itself by {BY}. {WORDS}")
    _say_events(events)


@verbs.command("map")
@command
def map_(
    file: Annotated[Path, typer.Argument(help="The SVG file to write.")] = Path("spread.svg"),
    without: Without = None,
    json_: o.Json = False,
) -> None:
    """Draw the bands of all countries as a map.

    Example: kladsim spread map spread.svg
    """
    from kladsim.report.world_map import write_world_map

    path = write_world_map(_countries(without)[0], file)
    print_json({"file": str(path)}) if json_ else say(f"Map: {path}")


@verbs.command("explain")
@command
def explain(
    country: Annotated[str, typer.Argument(help="A country's code or name.", metavar="COUNTRY")],
    json_: o.Json = False,
) -> None:
    """Why a country stands where it stands.

    Example: kladsim spread explain MNG
    """
    from kladsim.spread.model.outlook import BY, WORDS

    code = _code(country)
    every, events = _countries(None)
    outlook = next(c for c in every if c.iso3 == code)
    mine = {key: [use for use in events[key] if use["country"] == code] for key in ("used", "not_used")}
    if json_:
        print_json({**_to_json(outlook), "interval": WORDS, "events": mine})
        return
    say(f"{outlook.name} ({outlook.iso3}), {outlook.region}: {_state(outlook)}, {_bands(outlook)}")
    if outlook.note:
        say(f"On record: {outlook.note}")
    else:
        say(f"The model projects arrival by the end of {BY} with a chance of {format_short(outlook.chance)} "
            f"({format_range(outlook.low, outlook.high)}); "
            f"{format_short(outlook.unseen)} that it is there unseen.")  # fmt: skip
        say(f"Years from 2025 until arrival: {outlook.years}.")
    rows = [(r.part, format_short(r.factor), format_range(r.low, r.high), r.against) for r in outlook.reasons]
    print_table("Factors on the yearly hazard (1: none)", ("part", "factor", "80 % interval", "beside"), rows)
    explain_in_words(WORDS)
    _say_events({**events, **mine})


@verbs.command("fit")
@command
def fit(
    seed: o.Seed = None,
    kept: Annotated[int, typer.Option("--kept", help="Steps kept by each of 8 chains.")] = 300,
    out: Annotated[Path | None, o.out("the posterior is written: a file", "no file")] = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Fit the spread model to the first signs on record (some seconds).

    Example: kladsim spread fit --kept 200
    """
    from kladsim.core.files import prepare_output_file
    from kladsim.spread.model.fitting import fit as run_fit
    from kladsim.spread.model.fitting import save_posterior
    from kladsim.spread.model.tables import read_world

    if not 20 <= kept <= 20_000:
        raise InputError("number of steps is out of range", where="--kept", value=kept, allowed="20 to 20000")
    path = None if out is None else prepare_output_file(out)
    progress = None if quiet else _report_progress
    fitted = run_fit(read_world(), seed=1 if seed is None else seed, kept=kept, progress=progress)
    if path is not None:
        save_posterior(fitted, path)
    _show_parameters(fitted, json_)


@verbs.command("parameters")
@command
def parameters(json_: o.Json = False) -> None:
    """Priors with basis and grade, and the posterior that ships.

    Example: kladsim spread parameters
    """
    from kladsim.spread.model.fitting import load_posterior

    _show_parameters(load_posterior(), json_)


@verbs.command("scores")
@command
def scores(
    again: Annotated[
        bool, typer.Option("--again", help="Fit all left-out models again and keep them (ten minutes).")
    ] = False,
    rival: Annotated[
        str, typer.Option("--rival", help="distance, or near: distance, border and language.")
    ] = "distance",
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Prediction of first signs of left-out countries, beside distance alone (or distance, border and language).

    Example: kladsim spread scores
    """
    from kladsim.spread.model.scores import MODELS, WORDS, compare, saved_predictions, wins
    from kladsim.spread.model.tables import read_world

    if rival not in MODELS or rival == "model":
        raise unknown_name("rival", rival, [name for name in MODELS if name != "model"], where="--rival")
    world = read_world()
    predictions = _predicted_again(world, quiet) if again else saved_predictions()
    compared = compare(world, predictions, "model", rival)
    if json_:
        print_json({"scores": [asdict(score) for score in compared], "better": wins(compared), "interval": WORDS})
        return
    rows = [(s.name, s.countries, "high" if s.better > 0 else "low", f"{s.model:.3f}", f"{s.rival:.3f}",
             f"{s.difference:+.3f}", f"{s.low:+.3f} to {s.high:+.3f}", f"{s.share:.0%}") for s in compared]  # fmt: skip
    columns = ("score", "n", "good", "model", rival, "difference", "90 % interval", "wins")
    print_table("First signs of left-out countries", columns, rows, 5)
    explain_in_words(WORDS)


def _predicted_again(world: CountryTables, quiet: bool) -> dict[str, Floats]:
    """Fit the left-out models anew and keep their predictions for the next call, where the package may be written."""
    from kladsim.spread.model.scores import predict_all, save_predictions

    predictions = predict_all(world, progress=None if quiet else _report_progress)
    try:
        save_predictions(predictions, world)
    except OSError as error:
        hint(f"The predictions could not be kept ({error.strerror}).")
    return predictions


@verbs.command("patterns")
@command
def patterns(
    again: Annotated[bool, typer.Option("--again", help="Simulate again (ten seconds).")] = False,
    json_: o.Json = False,
) -> None:
    """Patterns P24 and P25 with ablations.

    Example: kladsim spread patterns
    """
    from kladsim.spread.checks import patterns as run_patterns
    from kladsim.spread.checks import saved_patterns

    patterns_read = run_patterns() if again else saved_patterns()
    if json_:
        print_json({"patterns": patterns_read})
        return
    for id, part in dict.fromkeys((r["id"], r["part"]) for r in patterns_read):
        held = [r for r in patterns_read if (r["id"], r["part"]) == (id, part)]
        rows = [(r["status"] or "ablation", f"{r['value']:.2g}", f"{r['low']:.2g} to {r['high']:.2g}",
                 f"{r['share']:.0%}", r["reason"]) for r in held]  # fmt: skip
        say(f"{id} {part}: {held[0]['target']}")
        print_table("", ("", "median", "90 % interval", "of runs", ""), rows)
    explain_in_words(
        "Runs are draws of the posterior; the interval holds parameters and Monte Carlo luck, not structure."
    )


@verbs.command("open")
@command
def open_(
    country: Annotated[str, typer.Argument(help="A country's code or name.", metavar="COUNTRY")],
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet, or empty.")],
    stage: Annotated[
        str | None,
        typer.Option("--stage", help="arrival, first sign, growth or self-sustaining (default: the outlook's)."),
    ] = None,
    json_: o.Json = False,
) -> None:
    """Write a country of the outlook as a pack and a scenario, to simulate burden and responses.

    Example: kladsim spread open MNG my/mongolia
    """
    from kladsim.spread.opening import open_country

    made = open_country(country, folder, stage=stage)
    if json_:
        print_json(
            {"folder": str(made.folder), "scenario": str(made.scenario), "stage": made.stage, "people": made.people}
        )
        return
    say(f"{made.name}: {format_short(made.people)} persons, trade at the stage: {made.stage}.")
    explain_in_words("Much is assumed from Russia; the pack compares responses and forecasts nothing.")
    say(f"Next: kladsim doctor pack {made.folder}   ·   KLADSIM_PACKS={made.folder} kladsim run {made.scenario}")


@verbs.command("worth")
@command
def worth(
    scenario: Annotated[str, typer.Argument(help="A preset or a file, such as the one that `spread open` writes.")],
    response: Annotated[str, typer.Option("--response", help="A package of the library.")] = "harm-reduction",
    months: Annotated[str, typer.Option("--months", help="Months until the response begins.")] = "6,12,24,36",
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = o.PAIRS,
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """What it is worth to begin a response earlier: harm avoided beside the latest start.

    Example: kladsim spread worth my/uzbekistan/scenario.yaml --response treatment-first
    """
    from kladsim.runs.disclosure import BADGE
    from kladsim.runs.judging import interval_name
    from kladsim.spread.worth import WORDS, early_or_late

    what = o.load_scenario(scenario, None, scale=scale, seed=seed)
    many, processes = o.spread(replicates, what.scale.denominator, threads, workers)
    try:
        delays = [int(text) for text in months.split(",")]
    except ValueError:
        raise InputError("are no whole numbers", where="--months", value=months, allowed="such as 6,12,24") from None
    with progress_shown(quiet) as report:
        gains = early_or_late(
            what,
            response,
            months=delays,
            replicates=replicates,
            out=out,
            threads=many,
            workers=processes,
            progress=report,
        )
    if json_:
        print_json({**asdict(gains), "words": WORDS, "badge": BADGE})
        return
    rows = [("no response" if r.months is None else f"after {r.months} months", r.outcome, r.unit,
             format_short(r.median), format_range(r.low, r.high), "–" if isnan(r.p_better) else f"{r.p_better:.2f}")
            for r in gains.rows]  # fmt: skip
    title = f"{gains.scenario}: {gains.response}, beside a start after {gains.latest} months ({replicates} replicates)"
    head = ("response begun", "outcome", "unit", "difference", interval_name(replicates), "P(better)")
    print_table(title, head, rows, 3)
    explain_in_words(f"{WORDS} {gains.interval} Note: {BADGE}.")


def _show_parameters(fitted: SpreadPosterior, json_: bool) -> None:
    from kladsim.spread.model.priors import PRIORS

    rows = [_parameter(p.name, fitted.interval(p.name), p) for p in PRIORS]
    if json_:
        print_json({"parameters": rows, "facts": fitted.facts})
        return
    cells = [(r["name"], f"{r['prior']:.2g} ± {r['prior_sd']:.2g}", f"{r['median']:.2g}",
              f"{r['low']:.2g} to {r['high']:.2g}", r["grade"], r["meaning"]) for r in rows]  # fmt: skip
    print_table("Spread model (M16)", ("parameter", "prior", "median", "90 %", "grade", "meaning"), cells)
    say(f"Largest R-hat {fitted.facts['rhat_max']:.3f}, fewest effective draws {fitted.facts['effective_min']:.0f}.")


def _parameter(name: str, interval: tuple[float, float, float], prior: Any) -> dict[str, Any]:
    median, low, high = interval
    return {"name": name, "prior": prior.mean, "prior_sd": prior.sd, "median": median, "low": low, "high": high,
            "grade": prior.grade, "basis": prior.basis, "meaning": prior.meaning}  # fmt: skip


def _countries(
    without: list[str] | None, source: Path | None = None
) -> tuple[tuple[CountryOutlook, ...], dict[str, Any]]:
    from kladsim.spread.model.outlook import LAST, current_outlook

    parts = parts_without(without)
    if source is None:
        return current_outlook(parts)
    from kladsim.spread.model.source import strength_from_run

    return current_outlook(parts, strength_from_run(source, LAST))


def _say_events(events: dict[str, Any]) -> None:
    """Say which events of the monitor the outlook took as evidence, and which not and why."""
    from kladsim.spread.model.events import FEWEST_DRAWS

    for title, rows in (("Events taken as evidence", events["used"]), ("Events not taken", events["not_used"])):
        if rows:
            cells = [(r["id"], r["country"], r["date"], r["confidence"], format_short(r["weight"]), r["reason"])
                     for r in rows]  # fmt: skip
            print_table(f"\n{title}", ("event", "", "date", "confidence", "weight", "because"), cells)
    effective = events["effective_draws"]
    if events["used"] and effective is not None and effective < FEWEST_DRAWS:
        hint(f"Only {effective:.0f} draws of the posterior fit these events; the outlook is rough.")


def _code(country: str) -> str:
    from kladsim.spread.model.tables import read_world

    world = read_world()
    return world.iso3[world.index(country)]


def _row(c: CountryOutlook) -> tuple[str, ...]:
    return c.name, c.iso3, _state(c), _bands(c), c.years, format_short(c.sustained)


def _to_json(country: CountryOutlook) -> dict[str, Any]:
    from kladsim.spread.model.outlook import plain

    return plain(country)


def _state(country: CountryOutlook) -> str:
    return f"{country.status}, {country.sign}" if country.sign else country.status


def _bands(country: CountryOutlook) -> str:
    return country.band if country.bands in ("reached", country.band) else f"{country.band} ({country.bands})"


dev_verbs = typer.Typer(name="spread", help="Judge the spread model.", no_args_is_help=True, rich_markup_mode=None)


@dev_verbs.callback()
def _keep_as_group() -> None:
    """A group of one verb stays a group."""


@dev_verbs.command("coverage")
@command
def coverage(
    worlds: Annotated[int, typer.Option("--worlds", help="Synthetic worlds drawn from the prior.")] = 200,
    shard: o.Shard = None,
    rows: Annotated[Path | None, typer.Option("--rows", help="File of rows (default: the one that ships).")] = None,
    missed: Annotated[bool, typer.Option("--missed", help="Harder worlds: missed signs are sources too.")] = False,
    stored: Annotated[bool, typer.Option("--stored", help="Judge no world; sum up the rows that are there.")] = False,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Whether intervals of the spread model hold the truth in synthetic worlds; goes on where it was stopped.

    Example: kladsim dev spread coverage --stored --json
    """
    from kladsim.core.files import prepare_output_file
    from kladsim.runs.tasks import parse_shard
    from kladsim.spread.coverage import SAVED, judge_worlds, read_rows, summarize_rows

    file = SAVED if rows is None else prepare_output_file(rows)
    if not stored:
        judge_worlds(
            worlds, shard=parse_shard(shard), file=file, missed=missed, progress=None if quiet else _report_worlds
        )
    held = [row for number, row in sorted(read_rows(file, missed).items()) if number < worlds]
    summary = summarize_rows(held, worlds)
    if json_:
        print_json(summary)
        return
    show_coverage(summary)


def show_coverage(rates: dict[str, Any]) -> None:
    """Print how often intervals hold the truth."""
    cells = [(r["of"], f"{r['nominal']:.0%}", f"{r['coverage']:.1%}", f"{r['error']:.1%}", f"{r['allowed']:.0%}",
              "yes" if r["met"] else "no") for r in rates["coverage"]]  # fmt: skip
    columns = ("intervals of", "nominal", "hold", "standard error", "allowed", "met")
    print_table(
        f"{rates['worlds']} of {rates['wanted']} synthetic worlds, {rates['countries']} countries each", columns, cells
    )
    rhat = rates["rhat"]
    say(f"Largest R-hat of any fit {rhat['worst']:.4f} (world {rhat['world']}); "
        f"{rhat['above']} fits at or above {rhat['limit']}.")  # fmt: skip


def _report_worlds(done: int, of: int) -> None:
    hint(f"worlds: {done} of {of}")


def _report_progress(done: int, of: int) -> None:
    if done == of or done % max(1, of // 10) == 0:
        hint(f"fit: {100 * done // of} %")
