"""Dated events: each carries its dates and its physical change, never the market's response to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.world.validate import PackTable

KINDS: dict[str, str] = {
    "platform_takedown": "rank by size of the platform that closes (1 = largest)",
    "movement": "people's movement as a share of normal",
    "border_closure": "traffic across the border as a share of normal",
    "war": "1 while a war goes on",
    "mobilisation": "persons called up in the whole period",
    "prison_recruitment": "share of prisoners conscripted a month",
    "police_effort": "police effort against buyers and couriers, relative to usual",
    "currency": "1 marks a currency shock; its size is in the usd_rate series",
}
COLUMNS = ("date_start", "date_end", "kind", "value", "basis", "note", "source")


@dataclass(frozen=True)
class PackEvent:
    """One dated event; ``date_end`` is the first day on which the change is over, None when it stays."""

    date_start: date
    date_end: date | None
    kind: str
    value: float
    basis: str
    note: str
    source: str

    @property
    def unit(self) -> str:
        """What ``value`` means for this kind of event."""
        return KINDS[self.kind]

    def active(self, day: date) -> bool:
        """Tell whether the change holds on a day (date_end is exclusive)."""
        return self.date_start <= day and (self.date_end is None or day < self.date_end)


def read_events(folder: Path, label: str) -> tuple[PackEvent, ...]:
    """Read ``events.csv``, in order of date.

    Raises
    ------
    InputError : naming file, column and row
    """
    table = PackTable(folder / "events.csv", f"{label}/events.csv", COLUMNS)
    table.unique("date_start", "kind")
    starts, ends = table.dates("date_start"), table.optional_dates("date_end")
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if end is not None and end <= start:
            raise table.error("date_end", row, "an event must end after it starts", end.isoformat())
    events = [
        PackEvent(*fields)
        for fields in zip(
            starts,
            ends,
            table.text("kind", KINDS),
            table.floats("value", low=0.0).tolist(),
            table.text("basis"),
            table.text("note"),
            table.text("source"),
            strict=True,
        )
    ]
    return tuple(sorted(events, key=lambda event: (event.date_start, event.kind)))


def events_daily(
    events: Iterable[PackEvent], kind: str, n_days: int, start: date, default: float
) -> NDArray[np.float64]:
    """Return the value of one kind of event a day from ``start``, ``default`` on days without one.

    Where two events of a kind overlap, the one that starts later holds.
    """
    out = np.full(n_days, default, dtype=np.float64)
    for event in events:
        if event.kind == kind:
            first = max((event.date_start - start).days, 0)
            last = n_days if event.date_end is None else max((event.date_end - start).days, 0)
            out[first:last] = event.value
    return out
