"""``kladsim monitor``: series, their forecasts and fits; the other verbs of the group are in files beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import monitor_detect, monitor_events, monitor_intake, monitor_watch
from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, format_range, format_short, hint, print_json, print_table, say
from kladsim.monitor.periods import end_of, to_period

verbs = typer.Typer(
    help="Watch real series: new data, statuses with reasons, forecasts, and how good all that is.",
    epilog="Example: kladsim monitor forecast wastewater",
    no_args_is_help=True,
    rich_markup_mode=None,
)
verbs.command("check")(monitor_intake.check)
verbs.command("add")(monitor_intake.add)
verbs.command("import")(monitor_intake.add)
verbs.command("update")(monitor_intake.update)
verbs.command("watch")(monitor_watch.watch)
verbs.command("detect")(monitor_detect.detect)
verbs.command("nowcast")(monitor_detect.nowcast)
verbs.command("bulletin")(monitor_watch.bulletin)
verbs.add_typer(monitor_events.verbs, name="events")
SHOWN = 40
EXPLANATION = (
    "Intervals hold the scatter of past forecast errors of the same kind, not what has never happened before. The "
    "model projects the series, which is a measurement, not the trade itself. No published figure on use, death or "
    "treatment is for cathinones."
)


@verbs.command("series")
@command
def series(
    beginning: Annotated[str, typer.Argument(help="Only names that begin so.")] = "",
    country: monitor_watch.Country = "",
    json_: o.Json = False,
) -> None:
    """List the series: name, unit, span, points, source.

    Example: kladsim monitor series korea_drug_crimes
    """
    from kladsim.monitor import library

    known = library.find(beginning) if beginning else [one for _, one in sorted(library.every().items())]
    known = library.of_country(known, country) if country else known
    if json_:
        print_json([_describe_series(one) for one in known])
        return
    rows = [(one.name, one.unit, one.freq, one.last_period, one.points) for one in known[:SHOWN]]
    print_table("", ("series", "unit", "period", "last", "points"), rows, 1)
    if len(known) > SHOWN:
        say(f"… and {len(known) - SHOWN} more; name a beginning, or use --json.")
    _cite(sorted({one.dataset for one in known}))


def _describe_series(one: Any) -> dict[str, Any]:
    from kladsim.monitor.library import origins

    origin = origins().get(one.dataset)
    names = ("name", "dataset", "country", "place", "indicator", "unit", "freq", "availability", "points")
    steps = one.bounds()[0]
    return {
        **{name: getattr(one, name) for name in names},
        "first": to_period(int(steps[0]), one.freq) if len(steps) else "",
        "last": one.last_period,
        "last_day": end_of(int(steps[-1]), one.freq).isoformat() if len(steps) else "",
        "intervals": len(one.censored_steps),
        "source": origin.source if origin else "",
        "licence": origin.licence if origin else "",
    }


def _cite(datasets: list[str]) -> None:
    from kladsim.monitor.library import origins

    known = origins()
    for name in datasets:
        if name in known:
            explain_in_words(f"{name}: {known[name].source}. Terms: {known[name].licence}. {known[name].caveat}")


@verbs.command("forecast")
@command
def forecast(
    series: Annotated[str, typer.Argument(help="A series, the beginning of several, or wastewater.")],
    horizon: Annotated[int | None, typer.Option("--horizon", help="Steps ahead, in the series' periods.")] = None,
    country: monitor_watch.Country = "",
    hubverse: Annotated[
        Path | None, typer.Option("--hubverse", help="Write 23 quantiles as forecast hubs take them (CSV).")
    ] = None,
    json_: o.Json = False,
) -> None:
    """Forecast a series with intervals; `wastewater` is every city and drug.

    Example: kladsim monitor forecast wastewater --horizon 3 --json
    """
    from kladsim.monitor import forecasting

    if hubverse:
        from kladsim.core.files import prepare_output_file
        from kladsim.monitor.tables import write_rows

        path, table = prepare_output_file(hubverse), forecasting.hubverse(series, horizon, country)
        write_rows(path, table)
        if json_:
            print_json({"file": str(path), "rows": len(table), "columns": list(table[0])})
        else:
            say(f"{len(table)} rows written to {path}.")
        return
    rows = forecasting.forecast(series, horizon, country)
    if json_:
        print_json(rows)
        return
    named = "city" in rows[0]
    alone = len({row.get("series") for row in rows}) == 1 and not named
    shown = [
        (
            f"{row['city']} ({row['country_iso2']}), {row['drug']}" if named else "" if alone else row["series"],
            row["year"] if named else row["period"],
            format_short(row["median"]),
            format_range(row["lo50"], row["hi50"]),
            format_range(row["lo80"], row["hi80"]),
            format_range(row["lo95"], row["hi95"]),
        )
        for row in rows[:SHOWN]
    ]
    title = f"{rows[0]['series']}, {rows[0]['unit']}" if alone else ""
    print_table(title, ("series", "period", "median", "50 % interval", "80 %", "95 %"), shown, 4)
    if len(rows) > SHOWN:
        say(f"… and {len(rows) - SHOWN} more rows; use --json.")
    explain_in_words(EXPLANATION)
    _cite(["wastewater"] if named else sorted({row["series"].split("/")[0] for row in rows}))


@verbs.command("fit")
@command
def fit(
    out: Annotated[Path | None, o.out("the fit is written: a JSON file", "fitted.json")] = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Fit the forecast models anew on the shipped data, with the rolling-origin errors that make the intervals.

    Example: kladsim monitor fit --out fitted.json
    """
    from kladsim.core.files import prepare_output_file
    from kladsim.monitor import fitted

    path = prepare_output_file(out or "fitted.json")
    made = fitted.fit_all(None if quiet else lambda done, of: hint(f"{done} of {of} groups"))
    fitted.save(made, path)
    same = made.digest == fitted.load().digest
    if json_:
        print_json({"file": str(path), "digest": made.digest, "same_data_as_shipped_fit": same})
        return
    say(f"Fits of {len(made.drugs)} drugs and {len(made.groups)} data sets written to {path}.")
