"""New rows against what is known: one kind of period a series, no name taken for another, changes told and counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kladsim.core.errors import InputError
from kladsim.monitor import library, own
from kladsim.monitor.periods import end_of, step_of, to_period
from kladsim.monitor.problems import Problems
from kladsim.monitor.rows import Log, Observation, format_bounds


def check_agreement(rows: Sequence[Observation], problems: Problems) -> None:
    """Refuse rows with another kind of period than their known series, and guesses that would change its values."""
    known, values = library.every(), KnownValues()
    for row in rows:
        one = known.get(row.series)
        if one is None or not one.points:
            continue
        reread = row.is_date and one.freq == "day"  # dates of which there were too few to tell what they stand for
        if one.freq != row.freq and not reread:
            other = f"--rename '{row.indicator}={row.indicator} by {row.freq}' for a series of its own"
            allowed = f"{one.freq}, or {other}"
            error = InputError(f"{row.series} is by {one.freq}", where="period", value=row.freq, allowed=allowed)
            problems.add(row.line, error)
            continue
        there = values.of(row)
        if row.guessed and there is not None and there != row.bounds:
            known_value = format_bounds(*there)
            what = f"{row.guessed!r} was taken for {row.place!r}: its {known_value} of {_period(row)} would change"
            problems.add(row.line, InputError(
                what, where="place", value=format_bounds(*row.bounds),
                allowed=f"--rename '{row.guessed}={row.place}' if it is that place, or --new '{row.guessed}'",
            ))  # fmt: skip


class KnownValues:
    """What is known of the series of rows, by their periods."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}

    def of(self, row: Observation) -> tuple[float, float] | None:
        """Return the bounds of what is known for a row's period, None if nothing is."""
        key = (row.series, row.freq)
        if key not in self.tables:
            self.tables[key] = self._table(row)
        return self.tables[key].get(row.step)

    @staticmethod
    def _table(row: Observation) -> dict[int, tuple[float, float]]:
        one = library.every().get(row.series)
        if one is None:
            return {}
        days = one.freq == "day" != row.freq
        known, low, high = one.bounds()
        steps = [step_of(date.fromordinal(int(step)), row.freq) if days else int(step) for step in known]
        return dict(zip(steps, zip(low.tolist(), high.tolist(), strict=True), strict=True))


def drop_superseded(rows: Sequence[Observation], log: Log) -> list[Observation]:
    """Leave out what was published before the value stored for the same period: it is kept and does not count."""
    stored = {(row["series"], row["period"]): row["reported"] for row in own.read_newest()}
    kept = []
    for row in rows:
        later = stored.get((row.series, _period(row)), "")
        if row.reported and later > row.reported:
            log.revised += 1
            log.older.append(row)
            what = f"a value published on {later} is stored already and stays"
            log.say(row.line, f"{row.series} in {_period(row)}: {what}")
        else:
            kept.append(row)
    return kept


def log_changes(rows: Sequence[Observation], log: Log, today: date) -> None:
    """Say and count which known values change, published ones apart, and which periods are not over."""
    values, published = KnownValues(), library.published()
    mine = {(row["series"], row["period"]) for row in own.read_newest()}
    for row in rows:
        there = values.of(row)
        if there is not None and there != row.bounds:
            before, after = format_bounds(*there), format_bounds(*row.bounds)
            if (row.series, _period(row)) in mine or row.series not in published:
                log.changed += 1
                log.say(row.line, f"{row.series} in {_period(row)}: {before} revised to {after}")
            else:
                log.replaced += 1
                what = f"the published value {before} is replaced by your {after}"
                log.say(row.line, f"{row.series} in {_period(row)}: {what}")
        last = end_of(row.step, row.freq)
        if last > today:
            when = f"from {row.reported} on" if row.reported else f"after {last}; give `reported` to use it before"
            log.say(row.line, f"{row.series}: {_period(row)} is not over, its value is used {when}")


def _period(row: Observation) -> str:
    return to_period(row.step, row.freq)
