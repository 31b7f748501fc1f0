"""The watch: for every series, what is known now, whether the last value is a surprise, why, and how old the data are.

A series' last value is compared with the forecast made without it: its upper tail probability decides between calm,
watch and alarm. Values of a period that is not over count from the day on which they were published. Monthly series of
a place whose kinds the joint detector knows (``combined``) pass it together; all others but the pooled wastewater panel
pass the default detector of one series (``surge``). What it finds is an alarm if it stands when false discoveries are
controlled over all series watched, and to be watched else. Nothing is ranked: rows stand by country and place. With
hundreds of series some surprises come by chance; their expected number is given beside them.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor import counting, fitted, library, own, single, wastewater
from kladsim.monitor.combined import Combined
from kladsim.monitor.joint import KINDS, WINDOW
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.nations import to_iso3
from kladsim.monitor.periods import begin_of, end_of, step_of, to_period, to_step
from kladsim.monitor.predictive import Predictive
from kladsim.monitor.rows import format_bounds
from kladsim.monitor.surge import Surge, control_false_discovery

Array = NDArray[np.float64]
ALARM, WATCH = 0.01, 0.05  # upper tail probabilities of the last value
FALSE_DISCOVERIES = 0.1  # share of false alarms among those of the default detector that may be expected
STALE = {"year": 2.0, "quarter": 0.75, "month": 0.5, "week": 0.25, "day": 0.25}  # years after which data are old
POOLED = 2  # values of a city that are needed where cities are pooled
LAST = 5  # values shown as the data of an alarm
STATUSES = ("alarm", "watch", "calm", "stale", "too few")
NOWCAST_FARTHEST = 15  # periods over which a level is carried to the present


@dataclass(frozen=True)
class Status:
    """One series' row of the watch."""

    series: str
    country: str
    place: str
    indicator: str
    unit: str
    status: str
    reasons: tuple[str, ...]
    last_period: str
    last_value: float
    data: tuple[str, ...]
    age_years: float
    expected: float | None
    low80: float | None
    high80: float | None
    tail: float | None
    nowcast: float | None
    nowcast_low80: float | None
    nowcast_high80: float | None
    availability: str


def watch(beginning: str = "", *, country: str = "", as_of: date | None = None) -> list[Status]:
    """Return the status of every series (or of those whose names begin so, or of one country).

    Parameters
    ----------
    as_of : the day of the watch, by default today; values of periods that end later are left out, and so are own values
        that were published later

    Raises
    ------
    InputError : nothing has that name
    """
    every = library.every(as_of) if as_of else library.every()
    known = library.find(beginning, as_of) if beginning else list(every.values())
    known = library.of_country(known, country) if country else known
    now = as_of or date.today()
    mine = own.read_newest(as_of)
    early = {(row["series"], row["period"]) for row in mine if row["reported"]}
    seen = [one for one in (_until(one, now, early) for one in known) if one.points]
    alarms = _detect(seen)
    panel = _Panel(as_of, now, tuple((r["series"], r["period"], r["value"]) for r in mine))
    waiting = _find_unused_values(mine, now)
    rows = [_status(one, now, panel, alarms.get(one.name, NO_ALARM), waiting.get(one.name, "")) for one in seen]
    return sorted(rows, key=lambda row: (to_iso3(row.country), row.place, row.series))


def list_notes(as_of: date | None = None) -> list[str]:
    """Return in words which of the person's own values are not used, and why."""
    waiting = _find_unused_values(own.read_newest(as_of), as_of or date.today())
    return [*own.describe_left_out(), *(f"{name}: {why}" for name, why in sorted(waiting.items()))]


def _find_unused_values(mine: Sequence[dict[str, str]], now: date) -> dict[str, str]:
    """Why values of periods that are not over are not used yet, by series."""
    found: dict[str, str] = {}
    for row in mine:
        step = to_step(row["period"], row["freq"])
        if own.is_withdrawn(row):
            continue
        if begin_of(step, row["freq"]) <= now < end_of(step, row["freq"]) and not row["reported"]:
            what = f"the value of {row['period']} ({format_bounds(*own.read_bounds(row))}) is not used yet"
            why = f"the {row['freq']} is not over, and the file does not say on which day it was `reported`"
            found[row["series"]] = f"{what}: {why}"
    return found


def summary(rows: list[Status]) -> dict[str, Any]:
    """Return counts by status and the number of surprises that chance alone would give."""
    judged = [row for row in rows if row.tail is not None]
    return {
        "series": len(rows),
        "judged": len(judged),
        "by_status": {name: sum(row.status == name for row in rows) for name in STATUSES},
        "alarms_by_chance": round(ALARM * len(judged), 1),
        "surprises": sum(row.tail is not None and row.tail < ALARM for row in judged),
    }


def facts(row: Status) -> dict[str, Any]:
    """Return a row as plain facts."""
    return asdict(row)


class _Panel(NamedTuple):
    """Which wastewater panel is meant, as a key of what was computed on it: the day, and the person's own values."""

    as_of: date | None
    now: date
    own: tuple[tuple[str, str, str], ...]


def _until(one: library.Series, day: date, early: Set[tuple[str, str]]) -> library.Series:
    """The series as known on a day: periods that are over, and those of which a value was published already."""
    keep = np.array(
        [
            end_of(int(step), one.freq) <= day
            or (begin_of(int(step), one.freq) <= day and (one.name, to_period(int(step), one.freq)) in early)
            for step in one.steps
        ],
        dtype=bool,
    )
    return one if keep.all() else replace(one, steps=one.steps[keep], values=one.values[keep])


def _status(one: library.Series, now: date, panel: _Panel, alarm: _Alarm, waiting: str) -> Status:
    age = max(0.0, (now - end_of(int(one.steps[-1]), one.freq)).days / 365.25)
    fewest = POOLED if one.dataset == library.WASTEWATER else library.FEWEST
    judged = _judge(one, panel) if one.points >= fewest else None
    level = _nowcast(one, now, panel) if judged else None
    reasons: list[str] = []
    status = "calm"
    if judged is None:
        status = "too few"
        reasons.append(f"{one.points} values; {fewest} are needed")
    else:
        expected, low, high, tail = judged
        if tail < WATCH:
            status = "alarm" if tail < ALARM else "watch"
            reasons.append(
                f"{one.values[-1]:.3g} in {one.last} against {expected:.3g} expected "
                f"(80 % interval {low:.3g} to {high:.3g}); upper tail {max(tail, 0.001):.2g}"
            )
        if alarm.reason:
            status = "alarm" if alarm.stands or status == "alarm" else "watch"
            reasons.append(alarm.reason)
    if age > STALE[one.freq]:
        reasons.append(f"the last value is {age:.1f} years old: it says nothing of now")
        status = "stale" if status in ("calm", "watch", "alarm") else status
    if waiting:
        reasons.append(waiting)
    shown = zip(one.steps[-LAST:], one.values[-LAST:], strict=True)
    return Status(
        series=one.name,
        country=one.country,
        place=one.place,
        indicator=one.indicator,
        unit=one.unit,
        status=status,
        reasons=tuple(reasons),
        last_period=one.last,
        last_value=float(one.values[-1]),
        data=tuple(f"{to_period(int(step), one.freq)}: {value:.4g}" for step, value in shown),
        age_years=round(age, 2),
        expected=judged[0] if judged else None,
        low80=judged[1] if judged else None,
        high80=judged[2] if judged else None,
        tail=judged[3] if judged else None,
        nowcast=level[0] if level else None,
        nowcast_low80=level[1] if level else None,
        nowcast_high80=level[2] if level else None,
        availability=one.availability,
    )


def _judge(one: library.Series, panel: _Panel) -> tuple[float, float, float, float] | None:
    """Expected last value with 80 % interval, forecast without it, and the upper tail of what came."""
    if one.dataset == library.WASTEWATER:
        from kladsim.monitor.backtest import ahead_group

        found, drug = _panel_before(one, panel), one.name.split("/")[-1]
        if found is None:
            return None
        back = partial(wastewater.from_scale, drug=drug)
        predictive = Predictive(*found, fitted.load().drug_shape, (drug, ahead_group(1)), back)
    else:
        last = int(one.steps[-1])
        predictive = fitted.predict_series(one, fitted.find_group(one), [last], until=last - 1)[0]
    low, middle, high = (float(value) for value in predictive.quantiles([0.1, 0.5, 0.9]))
    return middle, low, high, predictive.compute_tail(float(one.values[-1]))


@cache
def _panel_predictions(drug: str, year: int, which: _Panel) -> dict[tuple[str, str], tuple[float, float]]:
    """Mean and deviation, on the model's scale, of every city in a year, from the years before."""
    panel = wastewater.current_panel(which.as_of, which.now)
    before = panel.of(drug, year - 1)
    if len(before.year) < 5:
        return {}
    model = fitted.load().drugs.get(drug) or wastewater.fit_drug(before, drug)
    city = np.arange(len(panel.cities))
    mean, _, sd = wastewater.predict_drug(before, drug, model, city, np.full(len(city), float(year)))
    return {panel.cities[i]: (float(mean[i]), float(sd[i])) for i in city}


def _panel_before(one: library.Series, panel: _Panel) -> tuple[float, float] | None:
    drug = one.name.split("/")[-1]
    table = _panel_predictions(drug, int(one.steps[-1]), panel)
    return table.get((one.country, one.place))


def _nowcast(one: library.Series, now: date, panel: _Panel) -> tuple[float, float, float] | None:
    """The level now, carried forward from the last data: median and 80 % interval."""
    step = min(step_of(now, one.freq), int(one.steps[-1]) + NOWCAST_FARTHEST)
    if one.dataset == library.WASTEWATER:
        ended = max(int(one.steps[-1]), now.year if end_of(now.year, "year") <= now else now.year - 1)
        table = _panel_levels(one.name.split("/")[-1], step, ended, panel)
        mean, sd = table[one.country, one.place]
        back = partial(wastewater.from_scale, drug=one.name.split("/")[-1])
    else:
        means, levels, _ = single.predict(one, fitted.find_group(one).fit, np.array([float(step)]))
        mean, sd = float(means[0]), float(levels[0])
        back = partial(single.from_scale, constant=single.offset_of(one))
    middle, low, high = (float(value) for value in back(mean + sd * np.array([0.0, -1.2816, 1.2816])))
    return middle, low, high


@cache
def _panel_levels(drug: str, year: int, until: int, which: _Panel) -> dict[tuple[str, str], tuple[float, float]]:
    panel = wastewater.current_panel(which.as_of, which.now)
    mine = panel.of(drug, until)
    model = fitted.load().drugs.get(drug) or wastewater.fit_drug(mine, drug)
    city = np.arange(len(panel.cities))
    mean, level, _ = wastewater.predict_drug(mine, drug, model, city, np.full(len(city), float(year)))
    return {panel.cities[i]: (float(mean[i]), float(level[i])) for i in city}


class _Alarm(NamedTuple):
    """Why a detector alarms, and whether that stands when false discoveries are controlled over all series."""

    reason: str
    stands: bool


NO_ALARM = _Alarm("", False)


def _detect(seen: Sequence[library.Series]) -> dict[str, _Alarm]:
    """Return the alarms of the detectors on the last period, by the name of the series."""
    places: dict[tuple[str, str], list[library.Series]] = {}
    alone = []
    for one in seen:
        if one.freq == "month" and one.indicator in KINDS:
            places.setdefault((to_iso3(one.country), one.place), []).append(one)
        elif one.dataset != library.WASTEWATER:
            alone.append(one)
    found = find_surges(alone)
    for members in places.values():
        reason = _judge_together(members)
        if reason:
            found |= {one.name: _Alarm(reason, True) for one in members}
    return found


def _judge_together(group: Sequence[library.Series]) -> str:
    """What the joint detector says of the last month of one place's series, "" where it is calm."""
    counts = frozenset(one.indicator for one in group if counting.is_count(one))
    detector, last = Combined(counts=counts), max(int(one.steps[-1]) for one in group)
    values = {one.indicator: dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for one in group}
    for step in range(last - WINDOW, last):
        detector.absorb(step, {name: of.get(step, np.nan) for name, of in values.items()})
    verdict = detector.update(last, {name: of.get(last, np.nan) for name, of in values.items()})
    return verdict.explanation if verdict.alarm else ""


def find_surges(series: Sequence[library.Series]) -> dict[str, _Alarm]:
    """Return what the default detector finds in the last exact value of each series, by name.

    Series whose last period is the same are judged as one table; false discoveries are controlled over all of them.
    """
    groups: dict[tuple[str, int], list[library.Series]] = {}
    for one in series:
        groups.setdefault((one.freq, int(one.steps[-1])), []).append(one)
    names: list[str] = []
    reasons: list[str] = []
    p_values: list[float] = []
    for (freq, last), members in groups.items():
        table = _build_table(members, freq, last)
        column = table.counts.shape[1] - 1
        found = Surge().judge(table, range(column, column + 1))
        for row in np.flatnonzero(np.isfinite(found.score[:, 0])).tolist():
            expected, upper = float(found.expected[row, 0]), float(found.upper[row, 0])
            value = f"{table.counts[row, column]:.4g} in {to_period(last, freq)} against {expected:.4g} expected"
            names.append(members[row].name)
            p_values.append(10.0 ** -float(found.score[row, 0]))
            reasons.append(f"{value}, upper bound {upper:.4g}" if found.alarm[row, 0] else "")
    stands = control_false_discovery(np.array(p_values).reshape(-1, 1), FALSE_DISCOVERIES)[:, 0]
    return {
        name: _Alarm(reason if sure else f"{reason} (one of such a number may be chance)", bool(sure))
        for name, reason, sure in zip(names, reasons, stands.tolist(), strict=True)
        if reason
    }


def _build_table(members: Sequence[library.Series], freq: str, last: int) -> CountTable:
    """Return series that end in the same period as a table; bounds that nobody knows are missing."""
    known = [one.bounds() for one in members]
    first = min(int(steps[0]) for steps, _, _ in known)
    low = np.full((len(members), last - first + 1), np.nan)
    high = low.copy()
    for row, (steps, lowest, highest) in enumerate(known):
        use = (steps <= last) & np.isfinite(highest)
        low[row, steps[use] - first], high[row, steps[use] - first] = lowest[use], highest[use]
    return CountTable(low, freq, first, high if np.any(high > low) else None)
