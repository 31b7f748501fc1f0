"""What a study varies: public levers' options, parameters by name or as a group, and mechanism switches.

Ranges are those of the country: the register's, with the country's own values and units in the places of others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import python_value
from kladsim.evidence.register import CONTROLS, Parameter, Register, load_register
from kladsim.model.config import MECHANISMS
from kladsim.policy.added import added_mechanisms
from kladsim.policy.scenario import Scenario

MARKET = "market"
GROUPS = CONTROLS
FORMS = "NAME=LOW:HIGH, NAME=A,B,C, a parameter (its register range), a lever's option, or the group market or nature"
SKEWED = ("loguniform", "lognormal")
Value = float | int | str


@dataclass(frozen=True)
class Factor:
    """One thing that varies, as a person names it: a range, some values, or a register range (neither given)."""

    name: str
    low: float | None = None
    high: float | None = None
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        for name in ("name", "low", "high", "values"):
            object.__setattr__(self, name, python_value(getattr(self, name)))


@dataclass(frozen=True)
class DesignColumn:
    """One axis of the design: ``name`` as scenarios know it, the factor it belongs to, and its range or values.

    ``kind`` is lever, parameter or mechanism; ``control`` public, market, nature or structure.
    """

    name: str
    factor: str
    kind: str
    control: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    values: tuple[Value, ...] = ()

    def at(self, unit: float) -> Value:
        """The value at a share from 0 to 1 of the range."""
        if self.values:
            return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]
        if self.log:
            value = math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + unit * (self.high - self.low)
        return min(max(value, self.low), self.high)  # rounding may leave the range by a last digit


def parse_factor(text: str) -> Factor:
    """Return the factor that ``name=low:high``, ``name=a,b`` or ``name`` tells.

    Raises
    ------
    InputError : it tells none
    """
    name, sign, value = (part.strip() for part in text.partition("="))
    if not name or bool(sign) != bool(value):
        raise InputError("is no factor", where="vary", value=text, allowed=FORMS)
    if not sign:
        return Factor(name)
    if ":" in value:
        ends = [_number(part) for part in value.split(":")]
        low, high = (ends[0], ends[1]) if len(ends) == 2 else (None, None)
        if not (isinstance(low, float | int) and isinstance(high, float | int) and low < high):
            raise InputError("is no range", where=f"vary {name}", value=value, allowed="LOW:HIGH with LOW < HIGH")
        return Factor(name, float(low), float(high))
    return Factor(name, values=tuple(_number(part) for part in value.split(",")))


def _number(text: str) -> Value:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return text.strip()


def register_of(pack: Any) -> Register:
    """Return the register as it is for a country pack."""
    return load_register().localised(getattr(pack, "parameters", {}), str(pack.name))


def columns(factors: Iterable[Factor], scenarios: Sequence[Scenario], register: Register) -> tuple[DesignColumn, ...]:
    """Return the axes of the design; a group has one a parameter.

    Parameters
    ----------
    register : the country's, as ``register_of`` gives it

    Raises
    ------
    InputError : an unknown name, a range outside the register's, or a name given twice
    """
    axes: list[DesignColumn] = []
    for factor in factors:
        for column in _columns(factor, scenarios, register):
            if any(column.name == other.name for other in axes):
                raise InputError("varies twice", where="vary", value=column.name)
            axes.append(column)
    return tuple(axes)


def _columns(factor: Factor, scenarios: Sequence[Scenario], register: Register) -> list[DesignColumn]:
    if factor.name in GROUPS:
        if factor.low is not None or factor.values:
            raise InputError("a group takes its parameters' ranges", where="vary", value=factor.name)
        chosen = [p for _, p in register.controlled_by(factor.name).items() if p.prior != "fixed" and p.low < p.high]
        return [_parameter(Factor(p.name), p, factor.name) for p in chosen]
    if factor.name.startswith("mechanisms."):
        return [_mechanism(factor)]
    if factor.name in register:
        return [_parameter(factor, register[factor.name], factor.name)]
    return [_option(factor, scenarios, list(register))]


def _parameter(factor: Factor, known: Parameter, group: str) -> DesignColumn:
    low = known.low if factor.low is None else factor.low
    high = known.high if factor.high is None else factor.high
    numbers = [v for v in (*factor.values, low, high) if isinstance(v, float | int)]
    if len(numbers) < 2 + len(factor.values) or min(numbers) < known.low or max(numbers) > known.high:
        raise InputError(
            "lies outside the register's range", where=f"vary {known.name}",
            value=", ".join(map(str, factor.values)) or f"{low}:{high}", allowed=f"{known.low} to {known.high}",
        )  # fmt: skip
    log = known.prior in SKEWED and low > 0 and not factor.values
    return DesignColumn(known.name, group, "parameter", known.control, low, high, log, factor.values)


def _mechanism(factor: Factor) -> DesignColumn:
    name = factor.name.removeprefix("mechanisms.")
    if name not in MECHANISMS and name not in added_mechanisms():
        raise unknown_name("mechanism", name, (*MECHANISMS, *added_mechanisms()), where="vary")
    values = factor.values or ("off", "on")
    if not set(values) <= {"on", "off"}:
        raise InputError("is not on or off", where=f"vary {factor.name}", value=values, allowed="on,off")
    return DesignColumn(factor.name, factor.name, "mechanism", "structure", values=values)


def _option(factor: Factor, scenarios: Sequence[Scenario], parameters: list[str]) -> DesignColumn:
    name, _, option = factor.name.removeprefix("levers.").partition(".")
    levers = {lever.name: lever for scenario in scenarios for lever in scenario.levers}
    known = [f"{lever}.{field}" for lever, item in levers.items() for field in type(item).model_fields]
    if name not in levers or option not in type(levers[name]).model_fields:
        names = [*known, *parameters, *GROUPS]
        raise unknown_name("factor", factor.name.removeprefix("levers."), names, where="vary")
    full = f"levers.{name}.{option}"
    if factor.values:
        return DesignColumn(full, full, "lever", "public", values=factor.values)
    if factor.low is None or factor.high is None:
        documented = type(levers[name]).documented.get(option)
        if documented is None or documented[0] >= documented[1]:
            raise InputError("needs a range", where=f"vary {full}", allowed=f"{full}=LOW:HIGH")
        return DesignColumn(full, full, "lever", "public", *documented)
    return DesignColumn(full, full, "lever", "public", factor.low, factor.high)


def at_point(scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
    """Return the scenario with a point's values; an option of a lever that it does not have changes nothing.

    Raises
    ------
    InputError : a value that the scenario does not take
    """
    fields = scenario.fields()
    parameters = {
        name: value for name, value in values.items() if not name.startswith(("levers.", "mechanisms."))
    }
    mechanisms = {
        name.removeprefix("mechanisms."): value for name, value in values.items() if name.startswith("mechanisms.")
    }
    fields["parameters"] = {**scenario.parameters, **parameters}
    fields["mechanisms"] = {**scenario.mechanisms, **mechanisms}
    fields["levers"] = tuple(_with_options(lever, values) for lever in scenario.levers)
    return Scenario(**fields)


def _with_options(lever: Any, values: Mapping[str, Value]) -> Any:
    start = f"levers.{lever.name}."
    changes = {name.removeprefix(start): value for name, value in values.items() if name.startswith(start)}
    if not changes:
        return lever
    fields = {name: getattr(lever, name) for name in type(lever).model_fields}
    for option, value in changes.items():
        whole = isinstance(value, float) and isinstance(fields[option], int) and not isinstance(fields[option], bool)
        fields[option] = round(value) if whole and isinstance(value, float) else value
    return type(lever)(**fields)
