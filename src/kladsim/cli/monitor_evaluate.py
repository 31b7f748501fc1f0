"""``kladsim dev monitor evaluate``: forecasts by rolling origin, detectors on made outbreaks, the worth of months."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, format_range, format_short, hint, print_json, print_table, say
from kladsim.core.errors import InputError, unknown_name

SINGLE_FIGURES = ("Georgia", "Kazakhstan", "Kyrgyzstan")
PARTS = ("forecasts", "detectors", "arrivals", "worth", "spread")


@command
def evaluate(
    what: Annotated[
        str, typer.Argument(help="What to judge: forecasts, detectors, arrivals, worth or spread.")
    ] = "forecasts",
    fresh: Annotated[bool, typer.Option("--fresh", help="Detectors: run them all again (minutes).")] = False,
    country: Annotated[str, typer.Option("--country", help="Worth: the country pack.")] = "georgia",
    months: Annotated[int, typer.Option("--months", help="Worth: how much later the late response is.")] = 12,
    replicates: o.Replicates = o.PAIRS,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Judge forecasts (rolling origin), detectors (simulated outbreaks), real arrivals, or the worth of months.

    Example: kladsim dev monitor evaluate detectors
    """
    from kladsim.world.load import pack_name

    if what not in PARTS:
        raise unknown_name("part", what, PARTS, where="evaluate")
    if not 1 <= months <= 48:
        raise InputError("months out of range", where="--months", value=months, allowed="1 to 48")
    if what == "forecasts":
        _forecasts(json_, quiet)
    elif what == "detectors":
        _detectors(fresh, json_, quiet)
    elif what == "arrivals":
        _arrivals(json_)
    elif what == "spread":
        _spread(json_)
    else:
        _worth(pack_name(country), months, replicates, out, json_)


def _forecasts(json_: bool, quiet: bool) -> None:
    from kladsim.monitor import backtest

    made = backtest.run(progress=None if quiet else lambda done, of: hint(f"{done} of {of} origins and rivals"))
    report = backtest.report(made)
    if json_:
        print_json(report)
        return
    plain, logs, coverage = report["relative_wis"], report["relative_wis_log"], report["coverage"]
    pooled = [{**one, "relative_wis": one["pooled"]} for one in (plain, logs)]
    cells = [("all", "", *pooled, coverage)]
    for title in (name for name in plain if name.startswith("by_") and name != "by_rival"):
        kind = title.removeprefix("by_").replace("_", " ")
        cells += [(kind, name, one, logs[title][name], coverage[title][name]) for name, one in plain[title].items()]
    rows = [
        (
            *(title, name, one["forecasts"], f"{one['relative_wis']:.3f}", format_range(*one["interval"])),
            *(one["best_rival"], f"{log['relative_wis']:.3f}", format_range(*log["interval"])),
            *(f"{100 * held[share]:.0f}" for share in ("50", "80", "95")),
        )
        for title, name, one, log, held in cells
    ]
    columns = ("", "group", "n", "rel. WIS", "90 % interval", "best rival", "log", "90 % interval")
    print_table("", (*columns, "in 50 %", "80 %", "95 %"), rows, 9)
    rivals = [
        (name, f"{one['relative_wis']:.3f}", format_range(*one["interval"]), f"{log['relative_wis']:.3f}")
        for (name, one), log in zip(plain["by_rival"].items(), logs["by_rival"].values(), strict=True)
    ]
    print_table("Against each rival", ("rival", "rel. WIS", "90 % interval", "log"), rivals, 3)
    explain_in_words(report["note"])


def _detectors(fresh: bool, json_: bool, quiet: bool) -> None:
    from kladsim.monitor import amoc

    if fresh:

        def report_progress(name: str, done: int, of: int) -> None:
            if not quiet and (done % 25 == 0 or done == of):
                hint(f"{name}: {done} of {of}")

        report = amoc.report(amoc.evaluate(report_progress))
    else:
        report = amoc.shipped()
    if json_:
        print_json(report)
        return
    counts = f"{report['outbreaks']} outbreaks not used for tuning, {report['countries_without']} countries without one"
    _detector_table(f"{counts}; one false alarm a year, pooled", report["pooled"], report["coin"])
    for kind, scores in report["by_class"].items():
        _detector_table(f"Data availability: {kind}", scores)
    gap = report["months_gained"]
    say(
        f"Months gained by {amoc.OURS} over the best library detector ({report['best_library']}): {gap['mean']:.1f} "
        f"(90 % interval {gap['low']:.1f} to {gap['high']:.1f} over {gap['clusters']} clusters). "
        f"On or above at one false alarm a year: {'yes' if report['ours_on_or_above'] else 'no'}. "
        f"Default: {report['default']}."
    )
    explain_in_words(amoc.NOTE)


def _detector_table(title: str, scores: dict[str, Any], coin: dict[str, Any] | None = None) -> None:
    rows = [_row(name, one) for name, one in scores.items()]
    if coin:
        rows.append(_row("chance alone", coin))
    columns = ("detector", "mean months", "median", "by 6", "by 12", "by 24", "before take-off")
    print_table(title, columns, rows, 6)


def _row(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    by = {str(k): v for k, v in one["detected_by"].items()}
    early = one.get("alarm_before_takeoff")
    return (
        name,
        f"{one['mean_months_capped']:.1f}",
        f"{one['median_months']:.0f}" if "median_months" in one else "–",
        *(f"{100 * by[k]:.0f} %" for k in ("6", "12", "24")),
        "–" if early is None else f"{100 * early:.0f} %",
    )


def _arrivals(json_: bool) -> None:
    from kladsim.evidence.claims import figures
    from kladsim.monitor import library
    from kladsim.monitor.arrivals import ArrivalWindow, replay, replay_signs
    from kladsim.spread.model.tables import NOT_YET, read_world

    world = read_world()
    windows = {
        country: ArrivalWindow(int(earliest), int(latest))
        for country, (earliest, latest) in zip(world.iso3, world.sign.tolist(), strict=True)
        if latest != NOT_YET
    }
    result = replay(library.published().values(), windows)
    signs = replay_signs(SINGLE_FIGURES, figures())
    if json_:
        print_json({**result, "signs": [asdict(row) for row in signs]})
        return
    rows = [
        (
            row["country"],
            f"{row['earliest']}-{row['latest']}",
            row["series"],
            "none can be judged" if not row["series"] else _describe_alarm(row["first"]),
            row["alarms"],
            f"{row['before_alarms']} in {row['before_series_years']:g}",
            f"{row['others_alarms']} in {row['others_series_years']:g}",
        )
        for row in result["arrivals"]
    ]
    columns = ("country", "arrival", "series", "first alarm", "alarms", "before, series-years", "others, series-years")
    print_table("", columns, rows)
    print_table(
        "Series of countries without a known arrival",
        ("data set", "series", "series-years", "alarms", "stated a series-year"),
        [(name, *found.values()) for name, found in result["others"].items()],
        4,
    )
    print_table(
        "Countries of which there are single figures only",
        ("country", "figures", "first sign", "two signs of different origin from"),
        [
            (
                row.country,
                len(row.signs),
                f"{row.signs[0].year} {row.signs[0].figure} ({row.signs[0].origin})" if row.signs else "none",
                f"{row.second.year} {row.second.figure} ({row.second.origin})" if row.second else "never",
            )
            for row in signs
        ],
    )
    explain_in_words(
        f"{result['judged']} of {result['series']} series have enough of a past. The detector and its rates of false "
        "alarms were fixed on simulated series; real ones also change for reasons that are no arrival. Alarms of an "
        "arrival count from its earliest year to three years after its latest."
    )


def _describe_alarm(alarm: dict[str, Any] | None) -> str:
    if alarm is None:
        return "none"
    return f"{alarm['period']} {alarm['series']}: {alarm['value']:g} against {alarm['expected']:g}"


def _spread(json_: bool) -> None:
    """Coverage of the spread model in the worlds judged so far, left-out scores and patterns."""
    from kladsim.cli.spreading import show_coverage
    from kladsim.spread.checks import find_spread, saved_patterns
    from kladsim.spread.coverage import read_rows, summarize_rows
    from kladsim.spread.model.fitting import load_posterior
    from kladsim.spread.model.scores import MODELS, compare, saved_predictions
    from kladsim.spread.model.tables import read_world

    world, predictions = read_world(), saved_predictions()
    summary = summarize_rows(list(read_rows().values()))
    if json_:
        scores = {name: [asdict(score) for score in compare(world, predictions, "model", name)]
                  for name in MODELS if name != "model"}  # fmt: skip
        rows = [row for row in saved_patterns() if row["kind"] == "pattern"]
        print_json({"coverage": summary, "scores": scores, "patterns": rows,
                    "links_beyond_prior": find_spread(world, load_posterior(world=world))})  # fmt: skip
        return
    show_coverage(summary)
    hint("More: `kladsim dev spread coverage`, `kladsim spread scores`, `kladsim spread patterns`.")


def _worth(country: str, months: int, replicates: int, out: Path | None, json_: bool) -> None:
    from kladsim.monitor import amoc
    from kladsim.runs.disclosure import BADGE
    from kladsim.runs.judging import interval_name
    from kladsim.spread import monitor_worth as worth

    after = round(amoc.shipped()["pooled"][amoc.OURS]["median_months"])
    found = worth.earlier(country, detected_after=after, months=months, replicates=replicates, out=out)
    if json_:
        print_json(asdict(found))
        return
    rows = [
        (
            e["outcome"],
            e["unit"],
            format_short(e["median"]),
            format_range(e["low"], e["high"]),
            format_short(e["p_better"]),
        )
        for e in found.effects
    ]
    title = f"{country}: response from {found.early} against the same from {found.late}, {replicates} replicates"
    print_table(title, ("outcome", "unit", "early minus late", interval_name(replicates), "P(better)"), rows, 3)
    explain_in_words(f"{found.note} Note: {BADGE}.")
