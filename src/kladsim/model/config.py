"""What one run is: a frozen configuration and its canonical text, from which the run key is made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal, NotRequired, TypedDict

from kladsim.core.errors import unknown_name
from kladsim.evidence.register import load_register

Operation = Literal["multiply", "set", "add"]

#: The mechanisms that a run can switch off; M16 (spread) lives between countries, not inside a run.
MECHANISMS: tuple[str, ...] = (*(f"M{number}" for number in range(1, 16)), "M17")
MECHANISM_GROUP = "kladsim.mechanisms"
"""Entry points of mechanisms that other packages add (``added``)."""
#: First day a run may have, and the first day after the last one.
FIRST_DAY = date(2014, 1, 1)
END_OF_TIME = date(2031, 1, 1)


@dataclass(frozen=True, slots=True)
class Modifier:
    """One dated change of a named quantity; the mechanism that reads it does not know who changed it.

    Parameters
    ----------
    quantity : name in the quantity registry
    start, end : first day with effect and first day without (None: for good); an event acts on ``start``
    op : how ``value`` acts on the quantity's value
    value : in the quantity's unit
    region : ISO 3166-2 code, or None for the whole country
    ramp_days : days over which the change grows linearly from nothing to ``value``
    """

    quantity: str
    start: date
    end: date | None
    op: Operation
    value: float
    region: str | None = None
    ramp_days: int = 0


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides the numbers of a run, apart from pack, replicate and model version.

    Parameters
    ----------
    country : name of the country pack
    start, until : first day, and first day after the last one
    scale : whole k of the sampled share 1/k of persons and couriers; of sellers see ``samples``
    seed : first key of every random number
    parameters : value by name, complete
    switches : mechanism on or off by name, complete
    modifiers : dated changes of quantities, in canonical order
    generator : the counter-based generator in use
    added : mechanisms of other packages that are on, each with the complete values of its parameters
    luck, luck_from : from that day on all luck is drawn anew under this number (0: the seed's own luck)
    """

    country: str
    start: date
    until: date
    scale: int
    seed: int
    parameters: Mapping[str, float]
    switches: Mapping[str, bool]
    modifiers: tuple[Modifier, ...] = ()
    generator: Literal["splitmix", "philox"] = "splitmix"
    luck: int = 0
    luck_from: date | None = None
    added: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def n_days(self) -> int:
        """Return the number of simulated days."""
        return (self.until - self.start).days


class PlainModifier(TypedDict):
    """A modifier as JSON holds it."""

    quantity: str
    start: str
    end: str | None
    op: Operation
    value: float
    region: str | None
    ramp_days: int


class PlainConfig(TypedDict):
    """A configuration as JSON holds it."""

    country: str
    start: str
    until: str
    scale: int
    seed: int
    parameters: Mapping[str, float]
    switches: Mapping[str, bool]
    modifiers: Sequence[PlainModifier]
    generator: Literal["splitmix", "philox"]
    luck: NotRequired[int]
    luck_from: NotRequired[str | None]
    added: NotRequired[Mapping[str, Mapping[str, float]]]


def to_plain(config: RunConfig) -> dict[str, object]:
    """Return the configuration as plain values (dates as ISO text), for files and keys.

    Parameters that joined the register later are left out where they have their usual value, luck where it is the
    seed's own, and added mechanisms where there are none: so the keys of runs that do not use them stay what they were.
    """
    joined = _joined()
    plain = {name: getattr(config, name) for name in sorted(config.__slots__)}
    plain |= {name: plain[name].isoformat() for name in ("start", "until")}
    plain["parameters"] = {k: float(v) for k, v in sorted(config.parameters.items()) if v != joined.get(k)}
    plain["switches"] = dict(sorted(config.switches.items()))
    plain["modifiers"] = [_plain_modifier(modifier) for modifier in config.modifiers]
    plain["added"] = {k: {n: float(v) for n, v in sorted(of.items())} for k, of in sorted(config.added.items())}
    plain["luck_from"] = _text_or_none(config.luck_from)
    unused = (() if config.added else ("added",)) + (() if config.luck else ("luck", "luck_from"))
    return {name: value for name, value in plain.items() if name not in unused}


def _plain_modifier(modifier: Modifier) -> dict[str, object]:
    plain = {name: getattr(modifier, name) for name in sorted(modifier.__slots__)}
    days = {"start": modifier.start.isoformat(), "end": _text_or_none(modifier.end)}
    return plain | days | {"value": float(modifier.value)}


def from_plain(plain: PlainConfig) -> RunConfig:
    """Return the configuration that `to_plain` wrote, with the usual values that its text leaves out."""
    _check_names("setting of a run", plain, RunConfig)
    return RunConfig(
        country=plain["country"],
        start=date.fromisoformat(plain["start"]),
        until=date.fromisoformat(plain["until"]),
        scale=plain["scale"],
        seed=plain["seed"],
        parameters={**_joined(), **plain["parameters"]},
        switches=plain["switches"],
        modifiers=tuple(_modifier(entry) for entry in plain["modifiers"]),
        generator=plain["generator"],
        luck=plain.get("luck", 0),
        luck_from=_day_or_none(plain.get("luck_from")),
        added=plain.get("added", {}),
    )


def _check_names(kind: str, names: Iterable[str], of: type[RunConfig | Modifier]) -> None:
    for name in names:
        if name not in of.__slots__:
            raise unknown_name(kind, name, of.__slots__)


def _modifier(plain: PlainModifier) -> Modifier:
    _check_names("setting of a modifier", plain, Modifier)
    start, end = date.fromisoformat(plain["start"]), _day_or_none(plain["end"])
    return Modifier(plain["quantity"], start, end, plain["op"], plain["value"], plain["region"], plain["ramp_days"])


def canonical_json(config: RunConfig) -> str:
    """Return one text for one configuration: sorted keys, shortest exact numbers, no spaces, no NaN."""
    return json.dumps(to_plain(config), sort_keys=True, separators=(",", ":"), allow_nan=False)


@cache
def _joined() -> dict[str, float]:
    """Return the usual values of parameters that joined the register later."""
    return {name: parameter.value for name, parameter in load_register().items() if parameter.joined}


def _text_or_none(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
