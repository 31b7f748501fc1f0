"""Alarms of the detectors on the last periods of the watched series, with false discoveries controlled over all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.monitor import counting, library
from kladsim.monitor.combined import Combined
from kladsim.monitor.fit_store import FitStore, compute_key
from kladsim.monitor.joint import KINDS, WINDOW
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.nations import to_iso3
from kladsim.monitor.periods import to_period
from kladsim.monitor.surge import Surge, control_false_discovery

_DECIMAL = re.compile(r"^(-?\d+)\.(\d+)", re.ASCII)
FALSE_DISCOVERIES = 0.1  # share of false alarms among those of the default detector that may be expected


class Alarm(NamedTuple):
    """Why a detector alarms, and whether that stands when false discoveries are controlled over all series."""

    reason: str
    stands: bool


NO_ALARM = Alarm("", False)


def find_alarms(
    series: Sequence[library.Series], late: Mapping[str, int], store: FitStore, language: Language = "en"
) -> dict[str, Alarm]:
    """Return the alarms of the detectors on the last periods, by the name of the series.

    Parameters
    ----------
    late : last step of series whose last counts are nowcasts, by name
    """
    places: dict[tuple[str, str], list[library.Series]] = {}
    alone = []
    for one in series:
        if one.freq == "month" and one.indicator in KINDS:
            places.setdefault((to_iso3(one.country), one.place), []).append(one)
        elif one.dataset != library.WASTEWATER:
            alone.append(one)
    alarms = find_surges(alone, late, store, language)
    for members in places.values():
        reason = _judge_together(members, store)
        if reason:
            alarms |= {one.name: Alarm(form("watch", "joint", language, why=reason), True) for one in members}
    return alarms


def _judge_together(group: Sequence[library.Series], store: FitStore) -> str:
    """What the joint detector says of the last month of one place's series, "" where it is calm."""
    parts = [part for one in group for part in (one.indicator, one.unit, one.steps, one.values)]
    return str(store.remember(compute_key("joint rise", *parts), lambda: _compute_joint_rise(group)))


def _compute_joint_rise(group: Sequence[library.Series]) -> str:
    counts = frozenset(one.indicator for one in group if counting.is_count(one))
    detector, last = Combined(counts=counts), max(int(one.steps[-1]) for one in group)
    values = {one.indicator: dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for one in group}
    for step in range(last - WINDOW, last):
        detector.absorb(step, {name: of.get(step, np.nan) for name, of in values.items()})
    verdict = detector.update(last, {name: of.get(last, np.nan) for name, of in values.items()})
    return verdict.explanation if verdict.alarm else ""


def find_surges(
    series: Sequence[library.Series],
    late: Mapping[str, int] | None = None,
    store: FitStore | None = None,
    language: Language = "en",
) -> dict[str, Alarm]:
    """Return what the default detector finds in the last exact value of each series, and in nowcasts after it, by name.

    A nowcast alarms if the lower end of its 80 % interval does. Series that end alike are judged as one table; false
    discoveries are controlled over all of them.
    """
    groups: dict[tuple[str, int, int], list[library.Series]] = {}
    for one in series:
        exact = int(one.steps[-1])
        groups.setdefault((one.freq, exact, max(exact, (late or {}).get(one.name, exact))), []).append(one)
    names: list[str] = []
    reasons: list[str] = []
    p_values: list[float] = []
    for (freq, exact, last), members in groups.items():
        table = _build_table(members, freq, last)
        key = compute_key("surges", freq, table.first, exact, table.counts, table.highest)
        results = (store or FitStore()).remember(key, partial(_judge_from, table, exact - table.first))
        for one, (p_value, column, expected, upper) in zip(members, results, strict=True):
            if p_value is None:
                continue
            value = float(table.counts[members.index(one), column])
            kind = "surge" if table.first + column == exact else "surge late"
            if upper is not None and upper < expected:  # the sum with the periods before alarms, whatever this one is
                kind += " sum"
            period = to_period(table.first + column, freq)
            names.append(one.name)
            p_values.append(p_value)
            reasons.append(
                describe_reason(kind, language, value=value, period=period, expected=expected, upper=upper)
                if upper is not None
                else ""
            )
    stands = control_false_discovery(np.array(p_values).reshape(-1, 1), FALSE_DISCOVERIES)[:, 0]
    chance = form("watch", "chance", language)
    return {
        name: Alarm(reason if sure else f"{reason} ({chance})", bool(sure))
        for name, reason, sure in zip(names, reasons, stands.tolist(), strict=True)
        if reason
    }


def _judge_from(table: CountTable, first: int) -> list[tuple[float | None, int, float, float | None]]:
    """Return of each series the smallest p value from a column on (times their number), its column, expected count and,
    where it alarms, the upper bound; None where nothing can be said.
    """
    periods = range(first, table.counts.shape[1])
    found = Surge().judge(table, periods)
    rows: list[tuple[float | None, int, float, float | None]] = []
    for row in range(len(table.counts)):
        scores = found.score[row]
        if not np.isfinite(scores).any():
            rows.append((None, first, 0.0, None))
            continue
        at = int(np.nanargmax(scores))
        upper = float(found.upper[row, at]) if found.alarm[row, at] else None
        p_value = min(1.0, len(periods) * 10.0 ** -float(scores[at]))
        rows.append((p_value, first + at, float(found.expected[row, at]), upper))
    return rows


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


def describe_reason(kind: str, language: Language, **values: str | float) -> str:
    """Return a reason in words, numbers with the decimal mark of the language."""
    mark = "," if language == "ru" else "."
    texts = {name: value if isinstance(value, str) else f"{value:.4g}" for name, value in values.items()}
    texts = {name: _DECIMAL.sub(rf"\1{mark}\2", text) for name, text in texts.items()}
    return form("watch", kind, language, **texts)
