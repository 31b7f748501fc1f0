"""What one run is: a frozen configuration and its canonical text, from which the run key is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal

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


def to_plain(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as plain values (dates as ISO text), for files and keys."""
    return json.loads(canonical_json(config))


def from_plain(plain: Mapping[str, Any]) -> RunConfig:
    """Return the configuration that `to_plain` wrote, with the usual values that its text leaves out."""
    modifiers = tuple(
        Modifier(**{**entry, "start": date.fromisoformat(entry["start"]), "end": _day_or_none(entry["end"])})
        for entry in plain["modifiers"]
    )
    days: dict[str, Any] = {name: date.fromisoformat(plain[name]) for name in ("start", "until")}
    days["luck_from"] = _day_or_none(plain.get("luck_from"))
    parameters = {**_joined(), **plain["parameters"]}
    return RunConfig(**{**plain, **days, "modifiers": modifiers, "parameters": parameters})


def canonical_json(config: RunConfig) -> str:
    """Return one text for one configuration: sorted keys, shortest exact numbers, no spaces, no NaN."""
    plain = asdict(config) | {
        "parameters": parameters_of_key(config),
        "switches": dict(config.switches),
        "added": {name: {key: float(p) for key, p in values.items()} for name, values in config.added.items()},
    }
    if not config.luck:  # the seed's own luck is no part of the text, whatever the day
        del plain["luck"], plain["luck_from"]
    if not config.added:  # without any, the text is that of a model that knows of none
        del plain["added"]
    for modifier in plain["modifiers"]:
        modifier["value"] = float(modifier["value"])
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_day_text)


def parameters_of_key(config: RunConfig) -> dict[str, float]:
    """Return the parameters that are part of the text: all but those that joined the register and are as usual."""
    return {name: float(value) for name, value in config.parameters.items() if value != _joined().get(name)}


@cache
def _joined() -> dict[str, float]:
    """Return the usual values of parameters that joined the register later."""
    return {name: parameter.value for name, parameter in load_register().items() if parameter.joined}


def _day_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a configuration holds no {type(value).__name__}")


def _day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
