"""The watch: for every series, what is known now, whether the last value is a surprise, why, and how old the data are.

A series' last value is compared with the forecast made without it: its upper tail probability decides between calm,
watch and alarm. Values of a period that is not over count from the day on which they were published; counts that are
still coming in are judged by their nowcast (``late_counts``). Monthly series of a place whose kinds the joint detector
knows (``combined``) pass it together; all others but the pooled wastewater panel pass the default detector of one
series (``surge``). What it finds is an alarm if it stands when false discoveries are controlled over all series
watched, and to be watched else. Nothing is ranked: rows stand by country and place. With hundreds of series some
surprises come by chance; their expected number is given beside them.

What is computed of a series is stored between runs (``fit_store``); when it gets a value, only what rests on it is
computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.monitor import calibration, fitted, library, own, single, wastewater
from kladsim.monitor.alarms import NO_ALARM, Alarm, describe_reason, find_alarms
from kladsim.monitor.fit_store import FitStore, compute_key, open_store
from kladsim.monitor.late_counts import LateCount, apply_nowcast, nowcast_late_counts
from kladsim.monitor.latent import Fit
from kladsim.monitor.nations import to_iso3
from kladsim.monitor.periods import begin_of, end_of, step_of, to_period, to_step
from kladsim.monitor.predictive import Predictive
from kladsim.monitor.rows import format_bounds

Array = NDArray[np.float64]
ALARM, WATCH = 0.01, 0.05  # upper tail probabilities of the last value
STALE = {"year": 2.0, "quarter": 0.75, "month": 0.5, "week": 0.25, "day": 0.25}  # years after which data are old
POOLED = 2  # values of a city that are needed where cities are pooled
LAST = 5  # values shown as the data of an alarm
STATUSES = ("alarm", "watch", "calm", "stale", "too few")
MIN_PANEL = 5  # values of all cities that a forecast of the panel needs
NOWCAST_FARTHEST = 15  # periods over which a level is carried to the present
Progress = Callable[[int, int], None]


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
    last_day: str
    last_value: float
    data: tuple[str, ...]
    late: tuple[LateCount, ...]
    age_years: float
    expected: float | None
    low80: float | None
    high80: float | None
    tail: float | None
    nowcast: float | None
    nowcast_low80: float | None
    nowcast_high80: float | None
    availability: str


def watch(
    beginning: str = "",
    *,
    country: str = "",
    as_of: date | None = None,
    language: Language = "en",
    progress: Progress | None = None,
) -> list[Status]:
    """Return the status of every series (or of those whose names begin so, or of one country).

    Parameters
    ----------
    as_of : the day of the watch, by default today; values of periods that end later are left out, and so are own values
        that were published later
    language : of the reasons
    progress : is told how many of how many series are judged

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
    waiting = _find_unused_values(mine, now, language)
    with open_store() as store:
        context = _Context(now, as_of, store, language)
        late = _nowcast_late(seen, as_of, store)
        whole = [apply_nowcast(one, late.get(one.name, ())) for one in seen]
        ends = {one.name: int(one.steps[-1]) for one in seen if one.name in late}
        alarms = find_alarms([one for one in whole if one.points], ends, store, language)
        rows = []
        for done, (one, judged) in enumerate(zip(seen, whole, strict=True)):
            if progress is not None:
                progress(done, len(seen))
            alarm, why = alarms.get(one.name, NO_ALARM), waiting.get(one.name, "")
            rows.append(_status(one, judged, late.get(one.name, ()), context, alarm, why))
    return sorted(rows, key=lambda row: (to_iso3(row.country), row.place, row.series))


def list_notes(as_of: date | None = None, language: Language = "en") -> list[str]:
    """Return in words which of the person's own values are not used, and why."""
    waiting = _find_unused_values(own.read_newest(as_of), as_of or date.today(), language)
    return [*own.describe_left_out(), *(f"{name}: {why}" for name, why in sorted(waiting.items()))]


def _find_unused_values(mine: Sequence[dict[str, str]], now: date, language: Language) -> dict[str, str]:
    """Why values of periods that are not over are not used yet, by series."""
    found: dict[str, str] = {}
    for row in mine:
        step = to_step(row["period"], row["freq"])
        if own.is_withdrawn(row):
            continue
        if begin_of(step, row["freq"]) <= now < end_of(step, row["freq"]) and not row["reported"]:
            value = format_bounds(*own.read_bounds(row))
            freq = form("watch", row["freq"], language)
            found[row["series"]] = describe_reason("unused", language, period=row["period"], value=value, freq=freq)
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


def _until(one: library.Series, day: date, early: Set[tuple[str, str]]) -> library.Series:
    """The series as known on a day: periods that are over, and those of which a value was published already."""
    if not len(one.steps) or end_of(int(one.steps[-1]), one.freq) <= day:
        return one
    keep = np.array(
        [
            end_of(int(step), one.freq) <= day
            or (begin_of(int(step), one.freq) <= day and (one.name, to_period(int(step), one.freq)) in early)
            for step in one.steps
        ],
        dtype=bool,
    )
    return one if keep.all() else replace(one, steps=one.steps[keep], values=one.values[keep])


def _nowcast_late(
    seen: Sequence[library.Series], as_of: date | None, store: FitStore
) -> dict[str, tuple[LateCount, ...]]:  # fmt: skip
    """Return the counts that are still coming in, by series."""
    versions: dict[str, list[dict[str, str]]] = {}
    for row in own.read_versions():
        if row["reported"] and (as_of is None or row["reported"] <= as_of.isoformat()):
            versions.setdefault(row["series"], []).append(row)
    late = {one.name: nowcast_late_counts(one, versions[one.name], store) for one in seen if one.name in versions}
    return {name: rows for name, rows in late.items() if rows}


def _status(
    one: library.Series,
    whole: library.Series,
    late: tuple[LateCount, ...],
    context: _Context,
    alarm: Alarm,
    waiting: str,
) -> Status:
    """Return the row of a series.

    Parameters
    ----------
    one, whole : the series as it is, and with counts that are still coming in as intervals
    """
    language = context.language
    last_day = end_of(int(one.steps[-1]), one.freq)
    age = max(0.0, (context.now - last_day).days / 365.25)
    fewest = POOLED if one.dataset == library.WASTEWATER else library.FEWEST
    judged = context.judge(whole) if whole.points >= fewest else None
    level = context.carry_forward(whole) if judged else None
    reasons: list[str] = []
    status = "calm"
    if judged is None:
        status = "too few"
        reasons.append(describe_reason("few", language, points=whole.points, fewest=fewest))
    else:
        if judged.tail < WATCH:
            status = "alarm" if judged.tail < ALARM else "watch"
            texts = {name: f"{value:.3g}" for name, value in judged._asdict().items() if name != "tail"}
            value, tail = f"{whole.values[-1]:.3g}", f"{max(judged.tail, 0.001):.2g}"
            reasons.append(describe_reason("surprise", language, value=value, period=whole.last, tail=tail, **texts))
        if alarm.reason:
            status = "alarm" if alarm.stands or status == "alarm" else "watch"
            reasons.append(alarm.reason)
    reasons += [describe_reason("late", language, **vars(row)) for row in late[-LAST:]]
    if age > STALE[one.freq]:
        reasons.append(describe_reason("old", language, age=f"{age:.1f}"))
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
        last_day=last_day.isoformat(),
        last_value=float(one.values[-1]),
        data=tuple(f"{to_period(int(step), one.freq)}: {value:.4g}" for step, value in shown),
        late=late,
        age_years=round(age, 2),
        expected=judged.expected if judged else None,
        low80=judged.low if judged else None,
        high80=judged.high if judged else None,
        tail=judged.tail if judged else None,
        nowcast=level[0] if level else None,
        nowcast_low80=level[1] if level else None,
        nowcast_high80=level[2] if level else None,
        availability=one.availability,
    )


class Surprise(NamedTuple):
    """The expected last value with its 80 % interval, forecast without it, and the upper tail of what came."""

    expected: float
    low: float
    high: float
    tail: float


class _Context:
    """The day of a watch and what is computed for it."""

    def __init__(self, now: date, as_of: date | None, store: FitStore, language: Language = "en") -> None:
        self.now, self.as_of, self.store, self.language = now, as_of, store, language
        self._predictions: dict[tuple[str, int, int], dict[tuple[str, str], list[float]]] = {}

    @cached_property
    def panel(self) -> wastewater.Panel:
        """The wastewater panel as it is on the day."""
        return wastewater.current_panel(self.as_of, self.now)

    def judge(self, one: library.Series) -> Surprise | None:
        """Return how surprising the last value is; None where the panel has too little before it."""
        if one.dataset == library.WASTEWATER:
            from kladsim.monitor.backtest import ahead_group

            drug, year = one.name.split("/")[-1], int(one.steps[-1])
            found = self._predict_panel(drug, year - 1, year).get((one.country, one.place))
            if found is None:
                return None
            back = partial(wastewater.from_scale, drug=drug)
            groups = drug, ahead_group(1)
            return _compare(one, Predictive(found[0], found[2], fitted.load().drug_shape, groups, back))
        key = compute_key("surprise", fitted.load().groups.get(fitted.group_of(one)), *_list_content(one))
        return Surprise(*self.store.remember(key, lambda: self._judge_alone(one)))

    def _judge_alone(self, one: library.Series) -> Surprise:
        last = int(one.steps[-1])
        return _compare(one, fitted.predict_series(one, self._find_group(one), [last], until=last - 1)[0])

    def carry_forward(self, one: library.Series) -> tuple[float, float, float]:
        """Return the level now, carried forward from the last data: median and 80 % interval."""
        step = min(step_of(self.now, one.freq), int(one.steps[-1]) + NOWCAST_FARTHEST)
        if one.dataset == library.WASTEWATER:
            drug = one.name.split("/")[-1]
            over = self.now.year if end_of(self.now.year, "year") <= self.now else self.now.year - 1
            mean, level, _ = self._predict_panel(drug, max(int(one.steps[-1]), over), step)[one.country, one.place]
            back = partial(wastewater.from_scale, drug=drug)
        else:
            key = compute_key("level", step, fitted.load().groups.get(fitted.group_of(one)), *_list_content(one))
            mean, level = self.store.remember(key, lambda: self._predict_level(one, step))
            back = partial(single.from_scale, constant=single.offset_of(one))
        middle, low, high = (float(value) for value in back(mean + level * np.array([0.0, -1.2816, 1.2816])))
        return middle, low, high

    def _predict_level(self, one: library.Series, step: int) -> tuple[float, float]:
        means, levels, _ = single.predict(one, self._find_group(one).fit, np.array([float(step)]))
        return float(means[0]), float(levels[0])

    def _find_group(self, one: library.Series) -> fitted.Group:
        """Return what series of its kind share; the variances of one that belongs to no shipped group are kept."""
        group = fitted.load().groups.get(fitted.group_of(one))
        if group is not None:
            return group
        key = compute_key("fit", *_list_content(one))
        sd, noise, objective = self.store.remember(key, lambda: list(vars(single.fit([one])).values()))
        return fitted.Group(Fit(tuple(sd), noise, objective), calibration.learn(np.array([])))

    def _predict_panel(self, drug: str, until: int, year: int) -> dict[tuple[str, str], list[float]]:
        """Return mean, deviation of the level and of a value of every city in a year, on the model's scale."""
        if (drug, until, year) not in self._predictions:
            rows, cities = self.panel.of(drug, until), self.panel.cities
            model = fitted.load().drugs.get(drug)
            key = compute_key("panel", drug, year, model, rows.year, rows.city, rows.load, cities, rows.where)
            table = self.store.remember(key, lambda: _predict_cities(rows, drug, model, year))
            self._predictions[drug, until, year] = dict(zip(cities, table, strict=True)) if table else {}
        return self._predictions[drug, until, year]


def _predict_cities(rows: wastewater.Panel, drug: str, model: Fit | None, year: int) -> list[list[float]]:
    if len(rows.year) < MIN_PANEL:
        return []
    city = np.arange(len(rows.cities))
    found = wastewater.predict_drug(
        rows, drug, model or wastewater.fit_drug(rows, drug), city, np.full(len(city), float(year))
    )
    return [[float(number) for number in place] for place in zip(*found, strict=True)]


def _list_content(one: library.Series) -> tuple[object, ...]:
    """What a result of a series rests on."""
    return one.freq, one.unit, one.steps, one.values, one.censored_steps, one.censored_low, one.censored_high


def _compare(one: library.Series, predictive: Predictive) -> Surprise:
    """Return how surprising the last value of a series is."""
    low, middle, high = (float(value) for value in predictive.quantiles([0.1, 0.5, 0.9]))
    return Surprise(middle, low, high, predictive.compute_tail(float(one.values[-1])))
