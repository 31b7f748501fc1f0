"""Whether new values can be: against what is known of their series, and without what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kladsim.core.errors import InputError
from kladsim.spread.monitor import library
from kladsim.spread.monitor.periods import to_period

if TYPE_CHECKING:
    from kladsim.spread.monitor.intake import Log, Row

FACTORS = (1000.0, 1e6)  # slips between mg, g and kg
OUTLIER = 20.0
SLIP = 300.0  # times the usual value: higher than any outlier on record, lower than a slip of a thousand


def check_scale(path: Path, rows: Iterable[Row], log: Log) -> None:
    """Refuse a series that is a thousand times off, or far off as a whole; keep and name a single value far off.

    Raises
    ------
    InputError : the unit is probably another one
    """
    for name, mine in _by_series(rows).items():
        known = library.every().get(name)
        base = known.values[known.values > 0] if known else np.array([r.value for r in mine if r.value > 0])
        positive = [row for row in mine if row.value > 0]
        if known:
            _check_rows(path, name, known, positive)
        if len(base) < (1 if known else 2) or not positive:
            continue
        usual = float(np.median(base))
        ratio = float(np.median([row.value for row in positive])) / usual
        for factor in FACTORS:
            if known and any(1 / 3 <= ratio / f <= 3 for f in (factor, 1 / factor)):
                raise InputError(
                    f"values of {name} are about {ratio:.3g} times those known: another unit?",
                    where=f"{path.name}, line {positive[0].line}, unit",
                    value=positive[0].value,
                    allowed=f"{known.unit}; usual value {usual:.3g}",
                )
        far = [row for row in positive if not 1 / OUTLIER <= row.value / usual <= OUTLIER]
        if known and len(far) > 1 and len(far) == len(positive):
            raise InputError(
                f"every value of {name} is far from those known: another unit?",
                where=f"{path.name}, line {far[0].line}, unit",
                value=far[0].value,
                allowed=f"{known.unit}; usual value {usual:.3g}; if they are right, add them one by one",
            )
        for row in far:
            log.say(row.line, f"{row.value:g} is far from the usual {usual:.3g} of {name}: kept, as an outlier")


def _check_rows(path: Path, name: str, known: library.Series, rows: Iterable[Row]) -> None:
    """Refuse a single value that only a slip of the unit explains (the panel's own highest is 26 times the usual)."""
    usual = float(np.median(known.values[known.values > 0])) if (known.values > 0).any() else 0.0
    for row in rows:
        if usual > 0 and row.value / usual >= SLIP:
            raise InputError(
                f"the value is {row.value / usual:.3g} times the usual one of {name}: another unit?",
                where=f"{path.name}, line {row.line}, unit",
                value=row.value,
                allowed=f"{known.unit}; usual value {usual:.3g}",
            )


def note_gaps(rows: Iterable[Row], log: Log) -> None:
    """Log periods of a series without a value: they stay open."""
    for name, mine in _by_series(rows).items():
        known = library.every().get(name)
        steps = sorted({row.step for row in mine} | (set(known.steps.tolist()) if known else set()))
        if mine[0].freq in ("year", "month") and len(steps) > 1:
            gaps = sorted(set(range(steps[0], steps[-1] + 1)) - set(steps))
            if gaps:
                told = ", ".join(to_period(step, mine[0].freq) for step in gaps[:6])
                log.say(None, f"{name}: no value for {told}{' …' if len(gaps) > 6 else ''}: left open, not filled")


def _by_series(rows: Iterable[Row]) -> dict[str, list[Row]]:
    series: dict[str, list[Row]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    return series
