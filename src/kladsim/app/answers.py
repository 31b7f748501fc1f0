"""Shapes of what the server takes and gives; the typed client of the page is generated from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kladsim.app.plans import FrameIn, PlanIn, Text
from kladsim.core.errors import InputError, KladsimError
from kladsim.core.formatting import Language
from kladsim.runs.judging import Verdict

RunState = Literal["new", "queued", "running", "finished", "failed", "cancelled", "interrupted"]
Source = Literal["page", "command line", "shipped"]
Year = Annotated[int, Field(ge=1900, le=2200)]


class BilingualText(BaseModel):
    """A text in the languages of the page."""

    en: str
    ru: str

    @classmethod
    def of(cls, write: Callable[[Language], str]) -> BilingualText:
        """The text as it is written in each language."""
        return cls(en=write("en"), ru=write("ru"))


class Asked(BaseModel):
    """A base and up to four plans."""

    model_config = ConfigDict(extra="forbid")

    frame: FrameIn = FrameIn()
    plans: Annotated[list[PlanIn], Field(max_length=4)] = []


class ChartAsked(Asked):
    """A chart of one outcome."""

    outcome: Text
    view: Literal["level", "difference"] = "level"
    style: Literal["bands", "runs", "dots"] = "bands"
    look: Literal["light", "dark"] = "light"
    language: Literal["en", "ru"] = "en"


class ExportAsked(ChartAsked):
    """A chart or its numbers as a file."""

    format: Literal["png", "svg", "pdf", "csv", "vega"]


class RegionsAsked(Asked):
    """A map of one outcome: levels of the base or of a plan, or a plan's difference."""

    outcome: Text
    view: Literal["level", "difference"] = "level"
    plan: Annotated[int, Field(ge=0, le=3)] | None = None


class DriversAsked(Asked):
    """What drives one outcome, and the effect of one of the plans on it."""

    outcome: Text = "deaths"
    plan: Annotated[int, Field(ge=0, le=3)] = 0


class ReportAsked(Asked):
    """A brief."""

    format: Literal["pdf", "html"] = "pdf"
    annex: bool = False
    language: Literal["en", "ru"] = "en"


class Problem(BaseModel):
    """What is wrong with an input, and what would be right."""

    message: str
    where: str | None = None
    value: str | None = None
    allowed: str | None = None
    suggestion: str | None = None


def problem_of(error: KladsimError) -> Problem:
    """An error in plain shape."""
    if not isinstance(error, InputError):
        return Problem(message=str(error))
    value = None if error.value is None else str(error.value)[:200]
    return Problem(
        message=error.message, where=error.where, value=value, allowed=error.allowed, suggestion=error.suggestion
    )


class RunInfo(BaseModel):
    """One run: what it is and how far."""

    id: str
    name: str
    state: RunState
    source: Source
    replicates: int
    done: int = 0
    fraction: float = 0.0
    seconds_left: float | None = None
    ahead: int = 0
    error: str | None = None
    created: str | None = None
    updated: str | None = None
    scale: str | None = None
    start: str | None = None
    until: str | None = None
    levers: list[dict[str, Any]] = []
    digest: str | None = None
    model: str | None = None
    folder: str | None = None


class Runs(BaseModel):
    """Runs, newest first."""

    runs: list[RunInfo]
    total: int
    cores: int


class Level(BaseModel):
    """An outcome of the base: sum of a flow or mean of a level over the years shown."""

    outcome: str
    unit: str
    median: float | None
    low: float | None
    high: float | None


class EffectOut(BaseModel):
    """A paired difference, plan minus base, over the years since anything differs."""

    outcome: str
    unit: str
    base: float | None
    median: float | None
    low: float | None
    high: float | None
    p_better: float | None
    verdict: Verdict
    percent: float | None
    percent_low: float | None
    percent_high: float | None


class PlanAnswer(BaseModel):
    """What is known of one plan."""

    name: str
    run: RunInfo | None = None
    kind: Literal["simulated", "estimated", "none"] = "none"
    basis: str = ""
    why: Problem | None = None
    since: int | None = None
    problems: list[Problem] = []
    notes: list[str] = []
    effects: list[EffectOut] = []
    interval: BilingualText | None = None
    disagreement: list[str] = []


class Code(BaseModel):
    """The same state for those who write."""

    python: str
    yaml: str
    command: str


class StateAnswer(BaseModel):
    """All that the page says about a base and its plans."""

    base: RunInfo
    country: str
    stale: bool
    shown: str | None
    model: str | None
    years: list[int]
    levels: list[Level]
    plans: list[PlanAnswer]
    problems: list[Problem] = []
    interval: BilingualText
    placeholders: dict[str, str] | None = None
    badge: str
    use: str


class Row(BaseModel):
    """One row of the table behind a chart, with a mark on what is too noisy and what would settle it."""

    scenario: str
    period: str
    median: float | None
    low: float | None
    high: float | None
    noisy: bool = False
    settled_by: str = ""


class ChartAnswer(BaseModel):
    """A chart as Vega-Lite, its numbers, and one sentence that says what it shows."""

    spec: dict[str, Any] | None
    rows: list[Row]
    unit: str
    sentence: str
    missing: list[str] = []


class Pooled(BaseModel):
    """Values by year and federal district: the cells above those of regions."""

    names: list[str]
    median: list[list[float | None]]
    low: list[list[float | None]]
    high: list[list[float | None]]
    noisy: list[list[bool]]


class RegionsAnswer(BaseModel):
    """Values by year and region; ``noisy`` marks cells that are too noisy to be read, ``settled_by`` says what would
    settle them.
    """

    codes: list[str]
    years: list[int]
    unit: str
    median: list[list[float | None]]
    low: list[list[float | None]]
    high: list[list[float | None]]
    noisy: list[list[bool]] = []
    settled_by: list[list[str]] = []
    pooled: Pooled | None = None
    missing: str = ""


class GroupOut(BaseModel):
    """A group of people in which one outcome clearly changes: by age and sex, federal district or region."""

    outcome: str
    unit: str
    kind: Literal["people", "district", "region"]
    place: str = ""
    age: str = ""
    sex: str = ""
    median: float
    low: float
    high: float
    p_better: float
    verdict: Literal["better", "worse"]
    noisy: bool = False


class PlanGroups(BaseModel):
    """Who is worse off and who is better off under one plan; ``missing`` says why nothing is known."""

    name: str
    missing: Literal["", "plan", "baseline", "few"] = ""
    groups: list[GroupOut] = []


class GroupsAnswer(BaseModel):
    """Groups by plan, and how few replicates tell nothing about groups."""

    plans: list[PlanGroups]
    fewest: int


class RegionShape(BaseModel):
    """One region on the map, drawn in map units."""

    code: str
    name: str
    name_ru: str
    district: str
    path: str
    x: float
    y: float
    column: int
    row: int


class Disputed(BaseModel):
    """A disputed area: hatched, dashed and named on every map."""

    code: str
    name: str
    status: str
    path: str


class MapAnswer(BaseModel):
    """The map of a country."""

    country: str
    width: float
    height: float
    regions: list[RegionShape]
    disputed: list[Disputed]
    source: str


class Refused(BaseModel):
    """An error."""

    error: Problem
