"""The log of events and of what was decided about each: appended to, never changed.

Each line holds the digest of the line before it, so that a change of what was written is found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from kladsim.core.errors import InputError, StorageError, suggest
from kladsim.core.files import alone, plain_disk_errors, write_bytes
from kladsim.monitor import dates, library, own
from kladsim.monitor.events import FIELDS, KINDS, Event, check_text, choose
from kladsim.monitor.nations import read_country, to_iso3
from kladsim.monitor.periods import begin_of, end_of, to_period

FILE = "events.jsonl"
STEPS = ("signal", "assessment", "action", "closed")


@dataclass(frozen=True)
class Entry:
    """One line of the triage of an event or series: who, in which role, decided what."""

    subject: str
    step: str
    decision: str
    by: str
    note: str
    recorded: str


@dataclass
class EventLog:
    """Everything that was written, in order."""

    events: dict[str, Event] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    triage: list[Entry] = field(default_factory=list)

    def list_entries(self, subject: str) -> list[Entry]:
        """Return the triage of an event or series."""
        return [entry for entry in self.triage if entry.subject == subject]


def add(events: Iterable[Event], *, now: datetime | None = None) -> tuple[int, int]:
    """Append events; those that are there already are counted and not written again.

    Returns
    -------
    how many were added, and how many were known
    """
    wanted = list(events)

    def make(log: EventLog) -> list[dict[str, Any]]:
        fresh = {event.id: event for event in wanted if event.id not in log.events}
        return [{"type": "event", "id": name, **asdict(event)} for name, event in fresh.items()]

    added = _append(make, now)
    return added, len(wanted) - added


def assess(
    subject: str, step: str, decision: str, *, by: str, note: str = "", now: datetime | None = None
) -> Entry:  # fmt: skip
    """Append a step of the triage of an event (by its id or the beginning of it) or of a series.

    Raises
    ------
    InputError : no such event or series, an action before any assessment, or a text that no log may hold
    """
    step = choose("step", step, STEPS)
    for name, text in (("decision", decision), ("by", by), ("note", note)):
        check_text(name, text)
    if not decision.strip() or not by.strip():
        name, allowed = ("by", "a role") if decision.strip() else ("decision", "what was decided, in words")
        raise InputError("is missing", where=name, value="", allowed=allowed)
    made: list[Entry] = []

    def make(log: EventLog) -> list[dict[str, Any]]:
        named = _find_subject(subject, log)
        done = {entry.step for entry in log.list_entries(named)}
        if step == "action" and "assessment" not in done:
            raise InputError("an action needs an assessment first", where="step", value=step, allowed="assessment")
        if "closed" in done and step == "closed":
            raise InputError("is closed already", where="subject", value=named)
        made.append(Entry(named, step, decision, by, note, _format_time(now)))
        return [{"type": "triage", **asdict(made[-1])}]

    _append(make, now)
    return made[-1]


def _find_subject(text: str, log: EventLog) -> str:
    if text in library.every():
        return text
    found = [name for name in log.events if name.startswith(text)] if len(text) > 3 else []
    if len(found) == 1:
        return found[0]
    what = "several events begin so" if found else "no such event or series"
    near = suggest(text, (*log.events, *library.every())) if not found else None
    allowed = ", ".join(found) or "an id that `kladsim monitor events ls` tells, or the name of a series"
    raise InputError(what, where="subject", value=text, allowed=allowed, suggestion=near)


def _format_time(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).isoformat(timespec="seconds")


def _append(make: Callable[[EventLog], list[dict[str, Any]]], now: datetime | None) -> int:
    path = own.get_folder() / FILE
    with alone(path, "events", advice="; set KLADSIM_MONITOR to a folder that can be written"):
        with plain_disk_errors(path.parent):
            content = path.read_bytes() if path.exists() else b""
        records = make(_parse(content))
        previous = _digest_last(content)
        lines = []
        for record in records:
            full = {**record, "recorded": record.get("recorded") or _format_time(now), "previous": previous}
            line = json.dumps(full, ensure_ascii=False).encode()
            previous = hashlib.sha256(line).hexdigest()
            lines.append(line + b"\n")
        if lines:
            write_bytes(path, content + b"".join(lines))
    return len(records)


def _digest_last(content: bytes) -> str:
    lines = content.splitlines()
    return hashlib.sha256(lines[-1]).hexdigest() if lines else ""


def read_log() -> EventLog:
    """Return what was written.

    Raises
    ------
    StorageError : a line was changed, removed or cut
    """
    path = own.get_folder() / FILE
    with plain_disk_errors(path.parent):
        return _parse(path.read_bytes() if path.exists() else b"")


def _parse(content: bytes) -> EventLog:
    log, previous = EventLog(), ""
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            record = json.loads(line)
            whole = record["previous"] == previous
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            where = f"{own.get_folder() / FILE}, line {number}"
            raise StorageError(f"{where}: was changed after it was written, or one before it")
        previous = hashlib.sha256(line).hexdigest()
        if record["type"] == "event":
            log.events[record["id"]] = Event(**{name: record[name] for name in FIELDS})
            log.recorded[record["id"]] = record["recorded"]
        else:
            log.triage.append(Entry(**{name: record[name] for name in Entry.__dataclass_fields__}))
    return log


def list_events(
    log: EventLog, *, country: str = "", kind: str = "", since: str = "", until: str = ""
) -> list[tuple[str, Event]]:  # fmt: skip
    """Return events with their ids by date, of a country, a kind and a time.

    Raises
    ------
    InputError : no such country or kind
    """
    wanted = read_country(country, "--country")[0].iso3 if country else ""
    chosen = choose("kind", kind, KINDS) if kind else ""
    rows = [
        (name, event) for name, event in log.events.items()
        if (not wanted or event.country == wanted) and (not chosen or event.kind == chosen)
        and (not since or _get_span(event.date)[1] >= since) and (not until or _get_span(event.date)[0] <= until)
    ]  # fmt: skip
    return sorted(rows, key=lambda pair: (_get_span(pair[1].date), pair[1].country, pair[0]))


def _get_span(text: str) -> tuple[str, str]:
    period = dates.read_period(text)
    return begin_of(period.step, period.freq).isoformat(), end_of(period.step, period.freq).isoformat()


def make_timeline(log: EventLog, country: str, *, since: str = "", until: str = "") -> list[dict[str, Any]]:
    """Return a country's events and the values of its series by the day on which their period ends.

    Raises
    ------
    InputError : no such country
    """
    rows: list[dict[str, Any]] = []
    for name, event in list_events(log, country=country, since=since, until=until):
        entries = [asdict(entry) for entry in log.list_entries(name)]
        rows.append({"day": _get_span(event.date)[1], "type": "event", "id": name, **asdict(event), "triage": entries})
    for one in library.of_country(library.every().values(), country):
        where = {"series": one.name, "country": to_iso3(one.country), "place": one.place, "unit": one.unit}
        for step, low, high in zip(*one.bounds(), strict=True):
            day = end_of(int(step), one.freq).isoformat()
            if (not since or day >= since) and (not until or day <= until):
                value = {"period": to_period(int(step), one.freq), "low": float(low), "high": float(high)}
                rows.append({"day": day, "type": "value", **where, **value})
    return sorted(rows, key=lambda row: (row["day"], row["type"], row.get("series") or row["id"]))
