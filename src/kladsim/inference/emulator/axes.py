"""The axes of the emulator: how strongly each public lever is used, and the main parameters.

A lever's axis is its main option times its strength, as the lever itself multiplies them, so that a share of 0.8 at
strength 0.5 is the same point as a share of 0.4. Every axis is 0 where the lever changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError
from kladsim.evidence.register import Parameter, Register, load_register

if TYPE_CHECKING:
    from kladsim.policy.lever import Lever

USUAL_ODDS = 2.22
TAKEDOWNS_APART = 180
SKEWED = ("lognormal", "loguniform")


@dataclass(frozen=True)
class LeverAxis:
    """How strongly one lever is used.

    Parameters
    ----------
    name : the lever, with its variant after a dot where it has several axes
    lever : the lever's name
    option : the option that says how strongly
    low, high : range in which the emulator is trained, as the change that the lever makes (0: none)
    off : the option's value that changes nothing (1 for factors)
    fixed : options that belong to this axis; other values of them are another axis, or none
    whole : whether only whole values exist
    """

    name: str
    lever: str
    option: str
    low: float
    high: float
    off: float = 0.0
    fixed: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False

    @property
    def scale(self) -> float:
        """The change that is 1 on the axis."""
        return max(abs(self.low), abs(self.high))

    def made(self, change: float, start: date) -> Lever:
        """Return the lever that makes this change from ``start`` on."""
        from kladsim.policy.registry import lever_class

        kind = lever_class(self.lever)
        value: float | int = self.off + change
        if self.lever == "contingency_management":
            # Two options make one change: the share, at the usual odds; above that, the odds.
            share = min(1.0, change / (USUAL_ODDS - 1.0))
            options: dict[str, Any] = {"share": share, "odds": 1.0 + change / share if share else USUAL_ODDS}
            return kind(**options, **{kind.dated_by: start})
        if self.whole:
            value = round(value)
        return kind(**{self.option: value, **self.fixed, kind.dated_by: start})


LEVERS: tuple[LeverAxis, ...] = (
    LeverAxis("advertising_removal", "advertising_removal", "share", 0.0, 0.9),
    LeverAxis("contingency_management", "contingency_management", "share", 0.0, 2.1),
    LeverAxis("data_sharing", "data_sharing", "share", 0.0, 1.0),
    LeverAxis("decriminalisation", "decriminalisation", "share", 0.0, 1.0),
    LeverAxis("diversion.courier", "diversion", "share", 0.0, 1.0, fixed={"tier": "courier"}),
    LeverAxis("diversion.buyer", "diversion", "share", 0.0, 1.0, fixed={"tier": "buyer"}),
    LeverAxis("drug_checking", "drug_checking", "share", 0.0, 0.5),
    LeverAxis("early_warning", "early_warning", "share", 0.0, 0.5),
    LeverAxis("electronic_monitoring", "electronic_monitoring", "share", 0.0, 1.0),
    LeverAxis("financial_sanctions", "financial_sanctions", "factor", 0.0, 4.0, off=1.0),
    LeverAxis("information_campaign", "information_campaign", "gain", 0.0, 0.5),
    LeverAxis("poisoning_response", "poisoning_response", "share", 0.0, 0.5),
    LeverAxis("police.buyer", "police", "factor", -0.5, 0.9, off=1.0, fixed={"tier": "buyer"}),
    LeverAxis("police.courier", "police", "factor", -0.5, 2.0, off=1.0, fixed={"tier": "courier"}),
    LeverAxis("police.organiser", "police", "factor", -0.5, 2.0, off=1.0, fixed={"tier": "organiser"}),
    LeverAxis("precursor_control", "precursor_control", "share", 0.0, 0.8),
    LeverAxis("recruitment_prevention.young", "recruitment_prevention", "share", 0.0, 0.6, fixed={"whom": "young"}),
    LeverAxis("recruitment_prevention.all", "recruitment_prevention", "share", 0.0, 0.6, fixed={"whom": "all"}),
    LeverAxis("sentencing.all", "sentencing", "factor", -0.5, 1.0, off=1.0, fixed={"whom": "all"}),
    LeverAxis("sentencing.courier", "sentencing", "factor", -0.5, 1.0, off=1.0, fixed={"whom": "courier"}),
    LeverAxis(
        "takedown", "takedown", "times", 0.0, 4.0, fixed={"rank": 1, "every_days": TAKEDOWNS_APART}, whole=True
    ),
    LeverAxis("treatment", "treatment", "places", 0.0, 60_000.0, whole=True),
    LeverAxis("youth_income", "youth_income", "share", 0.0, 1.0),
)
"""Ranges: what can be delivered at most by the lever's own limit, else what studies cover, else the whole option."""

APART = (("diversion.courier", "electronic_monitoring"), ("recruitment_prevention.young", "recruitment_prevention.all"),
         ("sentencing.all", "sentencing.courier"))  # fmt: skip
"""Axes that the design does not move together: one makes the other pointless or they share a capacity."""

CHANGELESS = ("start", "date", "strength", "evidence")
PLAIN = {"end": None, "where": (), "delay_days": 0, "ramp_days": 0, "capacity": None, "cost": None, "payer": None}
"""Options of every programme that the emulator knows at these values alone."""


def axis_of(lever: Lever) -> tuple[LeverAxis, float, date]:
    """Return the axis of a lever, its change and its first day.

    Raises
    ------
    InputError : an option that the emulator was not trained on
    """
    options = {name: getattr(lever, name) for name in type(lever).model_fields}
    for name, usual in PLAIN.items():
        if name in options and options[name] != usual:
            raise InputError(
                "is not what the emulator was trained on", where=f"{lever.name}.{name}", value=options[name],
                allowed=str(usual),
            )  # fmt: skip
    axis = next((item for item in LEVERS if item.lever == lever.name and _fits(item, options)), None)
    if axis is None:
        known = [f"{item.name} {dict(item.fixed)}" for item in LEVERS if item.lever == lever.name]
        allowed = "; ".join(known) or ", ".join(dict.fromkeys(item.lever for item in LEVERS))
        raise InputError("is no lever that the emulator knows", where=lever.name, allowed=allowed)
    change = _change(axis, options)
    if not axis.low - 1e-9 <= change <= axis.high + 1e-9:
        raise InputError(
            "lies outside the range that the emulator was trained on", where=f"{lever.name}.{axis.option}",
            value=f"{axis.off + change:g}", allowed=f"{axis.off + axis.low:g} to {axis.off + axis.high:g}",
        )  # fmt: skip
    return axis, change, options[type(lever).dated_by]


def _fits(axis: LeverAxis, options: Mapping[str, Any]) -> bool:
    if axis.lever == "takedown" and options["times"] == 1:  # how far apart says nothing about one closure
        return bool(options["rank"] == axis.fixed["rank"])
    return all(options[name] == value for name, value in axis.fixed.items())


def _change(axis: LeverAxis, options: Mapping[str, Any]) -> float:
    change = (float(options[axis.option]) - axis.off) * float(options["strength"])
    return change * (float(options["odds"]) - 1.0) if axis.lever == "contingency_management" else change


# -- parameters ----------------------------------------------------------------------------------------------------

PARAMETERS = (
    "demand.elasticity",
    "use.initiation",
    "use.remission",
    "health.poisoning_dependent",
    "health.seek_dependent",
    "recruitment.rate",
    "price.risk",
    "price.scarcity",
)
"""What moves policy effects most among what the literature disputes (assumption: the choice of these eight)."""
MARKET = "market"
REACH = 0.5
"""Share of the register's range (of its logarithm, if skewed) on each side of its value in which they vary."""


@dataclass(frozen=True)
class ParameterAxis:
    """One parameter from -1 (low) over 0 (its value) to 1 (high)."""

    name: str
    value: float
    low: float
    high: float
    skewed: bool
    control: str

    @property
    def group(self) -> str:
        """What it is told as: market parameters are one uncertainty, never ranked singly."""
        return MARKET if self.control == MARKET else self.name

    def at(self, unit: float) -> float:
        """Return the value at a place on the axis."""
        end, share = (self.high if unit > 0 else self.low), REACH * abs(unit)
        if self.skewed:
            return float(self.value * (end / self.value) ** share)
        return float(self.value + (end - self.value) * share)

    def place(self, value: float) -> float:
        """Return the place of a value on the axis (beyond -1 or 1 outside the range)."""
        from math import log

        if value == self.value:
            return 0.0
        end, sign = (self.high, 1.0) if value > self.value else (self.low, -1.0)
        if end == self.value:
            return 2.0 * sign
        share = log(value / self.value) / log(end / self.value) if self.skewed and value > 0 else (
            (value - self.value) / (end - self.value)
        )  # fmt: skip
        return sign * share / REACH


def parameter_axes(values: Mapping[str, float] | None = None, register: Register | None = None) -> list[ParameterAxis]:
    """Return the parameters' axes around ``values`` (default: the register's)."""
    known = register or load_register()
    return [_axis(known[name], (values or {}).get(name, known[name].value)) for name in PARAMETERS]


def _axis(p: Parameter, value: float) -> ParameterAxis:
    return ParameterAxis(p.name, float(value), p.low, p.high, p.prior in SKEWED and p.low > 0, str(p.control))


def levers_at(changes: Mapping[str, float], start: date) -> list[Lever]:
    """Return the levers that make these changes, by axis name, all from ``start`` on."""
    axes = {axis.name: axis for axis in LEVERS}
    return [axes[name].made(change, start) for name, change in changes.items() if change]


def unpacked(levers: Iterable[Lever]) -> list[Lever]:
    """Return levers with packages taken apart; those of strength 0 are left out."""
    return [part for lever in levers for _, part in lever.parts() if part.strength > 0]


def names(axes: Sequence[LeverAxis] = LEVERS) -> list[str]:
    """Return the names of the lever axes."""
    return [axis.name for axis in axes]
