"""What a page asks for, checked at the door: a base, its plans, and the scenario that each of them means."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kladsim.app.settings import ServerSettings
from kladsim.app.shelf import Shelf
from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.countries import find_country
from kladsim.policy.fields import is_printable
from kladsim.policy.files import preset_names
from kladsim.policy.registry import parse_lever
from kladsim.policy.scenario import Scenario
from kladsim.runs.engine import Engine
from kladsim.runs.parameters import ParameterDraws, default_mode, draws_for, shipped_mode
from kladsim.runs.provenance import identity
from kladsim.runs.store import RunStore
from kladsim.world.load import pack_name


def _printable(text: str) -> str:
    if not is_printable(text) or not text.strip():
        raise ValueError("printable characters only")
    return text


Text = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_printable)]
Option = str | float | int | bool | None | list[str]
ID_LENGTH = 16


class LeverIn(BaseModel):
    """One lever: its name and options as YAML has them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Option]

    lever: Text


class PlanIn(BaseModel):
    """A plan: a name for people, and levers."""

    model_config = ConfigDict(extra="forbid")

    name: Text = "Plan"
    levers: Annotated[list[LeverIn], Field(max_length=20)] = []


class FrameIn(BaseModel):
    """What base and plans share; what is left out is the server's own."""

    model_config = ConfigDict(extra="forbid")

    base: Text | None = None
    parameters: Literal["point", "posterior", "prior"] | None = None
    until: Annotated[str, Field(max_length=10)] | None = None
    scale: Annotated[str, Field(max_length=12)] | None = None
    replicates: Annotated[int, Field(ge=1, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**53)] | None = None


@dataclass(frozen=True)
class Frame:
    """Base scenario, replicates and draws of parameters that a comparison shares.

    Parameters
    ----------
    draws : the parameters of each replicate, None for the register's values
    named : the parameters that code must name to get the same runs, None where every door takes them by itself
    """

    base: Scenario
    replicates: int
    draws: ParameterDraws | None = None
    named: str | None = None

    @cached_property
    def key(self) -> str:
        """What tells one frame from another."""
        made = "" if self.draws is None else str(self.draws.to_plain())
        return f"{self.base.key()} {self.base.name} {self.replicates} {made}"


@dataclass(frozen=True)
class RequestedRun:
    """A run by its content: what to simulate and where it lies."""

    id: str
    key: str
    scenario: Scenario
    replicates: int
    store: RunStore
    draws: ParameterDraws | None = None


@cache
def preset(name: str) -> Scenario:
    """A preset, read once: it is frozen, and reading its file costs more than answering.

    Raises
    ------
    InputError : unknown preset
    """
    return Scenario.preset(name)


def frame_of(asked: FrameIn, settings: ServerSettings) -> Frame:
    """The base scenario and replicates that a page means.

    Raises
    ------
    InputError : unknown preset, or more than the server's limits
    """
    replicates = asked.replicates or settings.replicates
    limits = settings.limits
    if replicates > limits.replicates:
        raise InputError(
            "are too many for the page", where="replicates", value=replicates,
            allowed=f"up to {limits.replicates}; `kladsim run` takes more",
        )  # fmt: skip
    scenario = base_named(asked.base or settings.base).with_(
        until=asked.until or settings.until,
        scale=asked.scale or settings.scale,
        seed=settings.seed if asked.seed is None else asked.seed,
    )
    if scenario.scale > Fraction(1, limits.smallest_k):
        raise InputError(
            "is too large for the page", where="scale", value=str(scenario.scale),
            allowed=f"up to 1/{limits.smallest_k}; `kladsim run` takes more",
        )  # fmt: skip
    country, engine = scenario.country, settings.engine
    mode = asked.parameters or settings.parameters or default_mode(country, engine)
    draws = draws_for(mode, country, scenario.parameters, engine=engine)
    return Frame(scenario, replicates, draws, None if mode == shipped_mode(country, engine) else mode)


def base_named(text: str) -> Scenario:
    """The preset of this name, or the preset without levers of the country that is named by its pack, codes or name.

    Raises
    ------
    InputError : no such preset, or a country without one: never another country's
    """
    if text in preset_names():
        return preset(text)
    country = pack_name(text)
    for name in preset_names():
        scenario = preset(name)
        if scenario.country == country and not scenario.levers:
            return scenario
    if country != text or _is_country(text):
        raise InputError("has no baseline here", where="base", value=text, allowed=", ".join(preset_names()))
    raise unknown_name("preset", text, preset_names(), where="base")


def _is_country(text: str) -> bool:
    try:
        find_country(text)
    except InputError:
        return False
    return True


def scenario_of(frame: Frame, plan: PlanIn | None) -> Scenario:
    """The scenario of a plan beside its base, the base itself for None.

    Raises
    ------
    InputError : a lever that is unknown, has a wrong option or conflicts with another
    """
    if plan is None or not plan.levers:
        return frame.base

    levers = []
    for number, entry in enumerate(plan.levers):
        content: dict[str, Any] = {"lever": entry.lever, **(entry.__pydantic_extra__ or {})}
        try:
            levers.append(parse_lever(content))
        except InputError as error:
            raise _at(error, number) from None
    named = frame.base.name + "+" + "+".join(sorted(entry.lever for entry in plan.levers))
    return frame.base.with_(*levers, name=named[:100])


def _at(error: InputError, number: int) -> InputError:
    where = f"levers.{number}.{error.where or ''}".rstrip(".")
    return InputError(error.message, where=where, value=error.value, allowed=error.allowed, suggestion=error.suggestion)


def wanted(frame: Frame, scenario: Scenario, engine: Engine, shelf: Shelf) -> RequestedRun:
    """The run of a scenario: its key, short id and directory."""
    pack = _pack(engine, scenario.country)
    who = identity(engine, scenario.resolve(pack), pack, frame.replicates, frame.draws)
    store = RunStore.for_content(scenario.name, who, root=shelf.folder)
    # One content has one folder, whatever a person calls it: the one that is there wins.
    there = shelf.find(store.key[:ID_LENGTH])
    if there is not None and there["key"] == store.key:
        store = RunStore(Path(there["path"]), store.key, str(there["name"]))
    return RequestedRun(store.key[:ID_LENGTH], store.key, scenario, frame.replicates, store, frame.draws)


_packs: dict[tuple[str, str], Any] = {}


def _pack(engine: Engine, country: str) -> Any:
    """A country pack, read once: it is frozen."""
    key = engine.version, country
    if key not in _packs:
        _packs[key] = engine.load_pack(country)
    return _packs[key]
