"""The early-warning desk for the page: what the terminal's ``monitor watch`` says, its map, triage and bulletin."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.monitor import desk, event_log, events, own
from kladsim.report.bulletin import Form, headline, make_bulletin
from kladsim.report.interactive import LOOKS
from kladsim.report.monitor_map import build_chart

Text = Annotated[str, Field(max_length=400)]
KINDS: dict[Form, str] = {"html": "text/html", "pdf": "application/pdf", "png": "image/png"}


class DeskAnswer(BaseModel):
    """The desk of today: as ``kladsim monitor watch --json`` prints it, with its headline and words for forms."""

    day: str
    headline: str
    series: int
    judged: int
    by_status: dict[str, int]
    alarms_by_chance: float
    surprises: int
    notes: list[str]
    signals: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    kinds: list[str]
    substances: list[str]
    confidences: list[str]


class DeskMap(BaseModel):
    """The map of statuses as a chart, and what it shows in words."""

    spec: dict[str, Any]
    words: str


class EventAsked(BaseModel):
    """A sign beside the series, as a person writes it."""

    model_config = ConfigDict(extra="forbid")

    date: Text
    country: Text
    place: Text = ""
    kind: Text
    substance: Text
    source: Text
    confidence: Text = "possible"
    note: Text = ""


class TriageAsked(BaseModel):
    """A step of the triage of an event or series."""

    model_config = ConfigDict(extra="forbid")

    subject: Text
    step: Literal["signal", "assessment", "action", "closed"]
    decision: Text
    by: Text
    note: Text = ""


class Recorded(BaseModel):
    """What was written into the log: the event or series, and when."""

    subject: str
    recorded: str


def get_state() -> tuple[object, ...]:
    """Return what changes whenever the desk may."""
    return date.today(), own.get_file_state(), own.get_file_state(event_log.FILE)


@lru_cache(maxsize=4)
def _open(language: Language, state: tuple[object, ...]) -> desk.Desk:
    return desk.open_desk(language=language)


def show_desk(language: Language) -> DeskAnswer:
    """Return the desk of today."""
    today = _open(language, get_state())
    terms = {"kinds": list(events.KINDS), "substances": events.list_classes(), "confidences": list(events.CONFIDENCES)}
    return DeskAnswer(**today.to_json(), headline=headline(today.counts, language), **terms)


def draw_map(language: Language, look: str) -> DeskMap:
    """Return the map of the desk of today."""
    chart = build_chart(_open(language, get_state()).rows, LOOKS[look], language)
    text = LOOKS[look].ink
    drawn = chart.properties(width="container", background="transparent").configure_view(stroke=None)
    spec = drawn.configure_legend(labelColor=text, orient="bottom").to_dict()
    return DeskMap(spec=spec, words=form("map", "words", language))


def write_bulletin(language: Language, kind: Form) -> tuple[bytes, str, str]:
    """Return the week's bulletin, its media type and the name of its file."""
    today = _open(language, get_state())
    content = make_bulletin(today, language, (kind,))[kind]
    week = today.day.isocalendar()
    return content, KINDS[kind], f"bulletin-{week.year}-W{week.week:02d}.{kind}"


def add_event(asked: EventAsked) -> Recorded:
    """Add an event to the log.

    Raises
    ------
    InputError : a field says what no event may
    """
    event = events.check_event({name: text for name, text in asked.model_dump().items() if text}, date.today())
    event_log.add([event])
    return Recorded(subject=event.id, recorded=event_log.read_log().recorded[event.id])


def assess(asked: TriageAsked) -> Recorded:
    """Add a step of the triage to the log.

    Raises
    ------
    InputError : no such event or series, or an action before any assessment
    """
    entry = event_log.assess(asked.subject, asked.step, asked.decision, by=asked.by, note=asked.note)
    return Recorded(subject=entry.subject, recorded=entry.recorded)
