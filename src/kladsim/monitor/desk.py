"""The early-warning desk: statuses of the series, signals with what was decided about them, and notes, as one answer.

Terminal, page and bulletin show this answer and nothing else, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from kladsim.core.formatting import Language
from kladsim.monitor import event_log, library, watching
from kladsim.monitor.event_log import Entry, EventLog
from kladsim.monitor.nations import to_iso3


@dataclass(frozen=True)
class Signal:
    """An event, or a series that somebody assessed, with its triage.

    Attributes
    ----------
    step : where the triage stands: "signal" before anything was decided
    """

    subject: str
    date: str
    country: str
    place: str
    what: str
    source: str = ""
    confidence: str = ""
    note: str = ""
    recorded: str = ""
    step: str = "signal"
    triage: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Desk:
    """What an officer has before her on a day."""

    day: date
    rows: tuple[watching.Status, ...]
    signals: tuple[Signal, ...]
    notes: tuple[str, ...]

    @property
    def counts(self) -> dict[str, Any]:
        """Counts by status, and the number of surprises that chance alone would give."""
        return watching.summary(list(self.rows))

    def to_json(self) -> dict[str, Any]:
        """Return what ``kladsim monitor watch --json`` prints and the page asks for."""
        signals = [asdict(one) for one in self.signals]
        rows = [watching.facts(row) for row in self.rows]
        return {"day": self.day.isoformat(), **self.counts, "notes": list(self.notes), "signals": signals, "rows": rows}


def open_desk(
    beginning: str = "",
    *,
    country: str = "",
    as_of: date | None = None,
    language: Language = "en",
    progress: watching.Progress | None = None,
) -> Desk:
    """Return the desk of a day (``watching.watch`` has the parameters).

    Raises
    ------
    InputError : nothing has that name
    StorageError : the log of events was changed after it was written
    """
    rows = watching.watch(beginning, country=country, as_of=as_of, language=language, progress=progress)
    log = event_log.read_log()
    signals = list_signals(log, library.every(as_of), as_of)
    if country:
        inside = {to_iso3(row.country) for row in rows}
        signals = [one for one in signals if to_iso3(one.country) in inside]
    notes = watching.list_notes(as_of, language)
    return Desk(as_of or date.today(), tuple(rows), tuple(signals), tuple(notes))


def list_signals(log: EventLog, series: Mapping[str, library.Series], as_of: date | None = None) -> list[Signal]:
    """Return the events, and the series that were assessed, by date; ones recorded after a day are left out."""
    last = as_of.isoformat() if as_of else "9999"
    signals = {
        name: Signal(name, event.date, event.country, event.place, f"{event.kind}: {event.substance}", event.source,
                     event.confidence, event.note, log.recorded[name])
        for name, event in log.events.items()
    }  # fmt: skip
    for entry in log.triage:
        if entry.subject not in signals:
            one, day = series.get(entry.subject), entry.recorded[:10]
            country, place, what = (one.country, one.place, one.indicator) if one else ("", "", entry.subject)
            signals[entry.subject] = Signal(entry.subject, day, country, place, what, recorded=entry.recorded)
    found = []
    for signal in signals.values():
        triage = tuple(entry for entry in log.list_entries(signal.subject) if entry.recorded[:10] <= last)
        if signal.recorded[:10] <= last:
            found.append(replace(signal, step=triage[-1].step if triage else "signal", triage=triage))
    return sorted(found, key=lambda one: (one.date, one.country, one.subject))
