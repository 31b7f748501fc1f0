"""Whether new values can be: against what is known of their series, and without what is missing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kladsim.core.errors import InputError
from kladsim.monitor import library
from kladsim.monitor.periods import to_period
from kladsim.monitor.problems import Problems
from kladsim.monitor.rows import Log, Observation, group_by_series

FACTORS = (1000.0, 1e6)  # slips between mg, g and kg
OUTLIER = 20.0
SLIP = 300.0  # times the usual value: higher than any outlier on record, lower than a slip of a thousand


def check_scale(rows: Iterable[Observation], log: Log, problems: Problems) -> None:
    """Refuse a series that is a thousand times off, or far off as a whole; keep and name a single value far off."""
    for name, mine in group_by_series(row for row in rows if row.is_exact).items():
        known = library.every().get(name)
        base = known.values[known.values > 0] if known else np.array([r.value for r in mine if r.value > 0])
        positive = [row for row in mine if row.value > 0]
        slips = _slips(name, known, positive) if known else []
        if slips:
            problems.found += slips
            continue
        if len(base) < (1 if known else 2) or not positive:
            continue
        usual = float(np.median(base))
        ratio = float(np.median([row.value for row in positive])) / usual
        far = [row for row in positive if not 1 / OUTLIER <= row.value / usual <= OUTLIER]
        if known and any(1 / 3 <= ratio / f <= 3 for factor in FACTORS for f in (factor, 1 / factor)):
            what = f"values of {name} are about {ratio:.3g} times those known: another unit?"
            problems.add(positive[0].line, _off(what, positive[0].value, known, usual))
        elif known and len(far) > 1 and len(far) == len(positive):
            what = f"every value of {name} is far from those known: another unit?"
            more = "; if they are right, add them one by one"
            problems.add(far[0].line, _off(what, far[0].value, known, usual, more))
        else:
            for row in far:
                log.say(row.line, f"{row.value:g} is far from the usual {usual:.3g} of {name}: kept, as an outlier")


def _off(what: str, value: float, known: library.Series, usual: float, more: str = "") -> InputError:
    return InputError(what, where="unit", value=value, allowed=f"{known.unit}; usual value {usual:.3g}{more}")


def _slips(name: str, known: library.Series, rows: Iterable[Observation]) -> list[tuple[int, InputError]]:
    """Single values that only a slip of the unit explains (the panel's own highest is 26 times the usual)."""
    usual = float(np.median(known.values[known.values > 0])) if (known.values > 0).any() else 0.0
    what = "the value is {:.3g} times the usual one of {}: another unit?"
    return [
        (row.line, _off(what.format(row.value / usual, name), row.value, known, usual))
        for row in rows if usual > 0 and row.value / usual >= SLIP
    ]  # fmt: skip


def note_gaps(rows: Iterable[Observation], log: Log) -> None:
    """Log periods of a series without a value: they stay open."""
    for name, mine in group_by_series(rows).items():
        known, freq = library.every().get(name), mine[0].freq
        before = set(known.bounds()[0].tolist()) if known and known.freq == freq else set()
        steps = sorted({row.step for row in mine} | before)
        if freq in ("year", "quarter", "month", "week") and len(steps) > 1:
            gaps = sorted(set(range(steps[0], steps[-1] + 1)) - set(steps))
            if gaps:
                told = ", ".join(to_period(step, freq) for step in gaps[:6])
                log.say(None, f"{name}: no value for {told}{' …' if len(gaps) > 6 else ''}: left open, not filled")
