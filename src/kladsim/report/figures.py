"""The pictures of a run and of a comparison, as PNG files that say what their interval contains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kladsim.model.outcomes import title_of
from kladsim.report import charts
from kladsim.report.tables import (
    Mark,
    TimeBand,
    band,
    difference,
    end_of,
    levers_of,
    marks,
    relative_effects,
    select_names,
    start_of,
)
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison

RUN_PANELS = (
    "people_who_use",
    "deaths",
    "prison_years",
    "couriers",
    "platform_receipts_usd",
    "victims_of_punishment",
)
COMPARED = ("prison_years", "people_who_use", "victims_of_punishment")
LIMITS = "Limits: docs/limits.md."


def plot_run(result: Result, path: str | Path | None = None) -> Path:
    """Draw up to six headline outcomes of a run with 90 % bands and dated events; return the file.

    Parameters
    ----------
    path : the picture's file (default: ``picture.png`` in the run directory)

    Raises
    ------
    ImportError : altair or vl-convert is not installed
    OSError : the file cannot be written
    """
    target = Path(path) if path is not None else result.path / "picture.png"
    names = select_names(_headline(result), RUN_PANELS, 6)
    events, span = _events(result), (start_of(result), end_of(result))
    bands = {name: band(result, name) for name in names}
    panels = [charts.panel({result.name: item}, events, span=span) for item in bands.values() if item is not None]
    subtitle = [f"The model projects; {_describe_size(result)}"]
    charts.save([charts.grid(panels)], f"{result.name}: headline outcomes", subtitle, _caption(result), target)
    return target


def plot_comparison(comparison: Comparison, path: str | Path) -> Path:
    """Draw levels, paired differences and effects, worse and better alike; return the file.

    Raises
    ------
    ImportError : altair or vl-convert is not installed
    OSError : the file cannot be written
    """
    target = Path(path)
    base = comparison.base
    runs = {base.name: base, **comparison.plans}
    colours = dict(zip(runs, charts.PALETTE, strict=False))
    names = select_names(_headline(base), COMPARED, 3)
    events = [*_events(base), *levers_of(base, comparison.plans.values())]
    rows: list[Any] = [charts.key(colours), charts.grid(_levels(runs, names, events, colours))]
    rows.append(charts.grid(_differences(comparison, names, events, colours)))
    effects = relative_effects(comparison)
    if effects:
        title = f"Headline outcomes and all others that get worse, {_years(comparison)}"
        rows.append(charts.forest(effects, title, comparison.base.replicates))
    title = f"{', '.join(comparison.plans)} against {base.name}"
    charts.save(rows, title, [f"The model projects; {_describe_size(base)}"], _caption(base), target)
    return target


def plot_plans(comparison: Comparison, path: str | Path, title: str, outcomes: Sequence[str]) -> Path:
    """Draw the paired differences of up to three outcomes over time, and all effects; return the file."""
    target = Path(path)
    base = comparison.base
    colours = dict(zip((base.name, *comparison.plans), charts.PALETTE, strict=False))
    plans = {name: colour for name, colour in colours.items() if name != base.name}
    names = [name for name in outcomes if name in base.national()]
    events = [*_events(base), *levers_of(base, comparison.plans.values())]
    rows: list[Any] = [charts.key(plans), charts.grid(_differences(comparison, names[:3], events, plans))]
    effects = relative_effects(comparison, names)
    if effects:
        rows.append(charts.forest(effects, f"Effects, {_years(comparison)}", comparison.base.replicates))
    charts.save(rows, title, [f"The model projects; {_describe_size(base)}"], _caption(base), target)
    return target


def _levels(runs: dict[str, Result], names: list[str], events: list[Mark], colours: dict[str, str]) -> list[Any]:
    panels = []
    base = next(iter(runs.values()))
    span = (start_of(base), end_of(base))
    for name in names:
        found = {run: band(result, name, daily=False) for run, result in runs.items()}
        bands = {run: item for run, item in found.items() if item is not None}
        if bands:
            panels.append(charts.panel(bands, events, colours=colours, span=span))
    return panels


def _differences(comparison: Comparison, names: list[str], events: list[Mark], colours: dict[str, str]) -> list[Any]:
    panels = []
    for name in names:
        bands: dict[str, TimeBand] = {}
        for plan, result in comparison.plans.items():
            item = difference(result, comparison.base, name, comparison.since)
            if item is not None:
                bands[plan] = item
        if bands:
            title = f"{title_of(name)}: plan minus base"
            late = [event for event in events if event.words == "plan begins"]
            panels.append(charts.panel(bands, late, title=title, signed=True, colours=colours))
    return panels


def _years(comparison: Comparison) -> str:
    years = comparison.years
    return f"{comparison.since or years[0]} to {years[-1]}"


def _headline(result: Result) -> list[str]:
    national = result.national().values()
    return [item.name for item in national if item.headline] or [item.name for item in national]


def _events(result: Result) -> list[Mark]:
    return marks(str(result.scenario["config"]["country"]), start_of(result), end_of(result))


def _describe_size(result: Result) -> str:
    scale = result.scenario["config"]["scale"]
    share = "every person" if scale == 1 else f"a sample of 1/{scale} of persons"
    many = f"{result.replicates} replicates" if result.replicates > 1 else "one replicate"
    return f"{many}, {share}, digest {result.digest[:12]}"


def _caption(result: Result) -> list[str]:
    if result.replicates > 1:
        band_text = f"Line: median. Band: {result.interval}."
    else:
        band_text = "One replicate has no interval and is no result to quote."
    return [*filter(None, [result.describe_warnings()]), band_text, f"Note: {BADGE}.", f"{USE} {LIMITS}"]
