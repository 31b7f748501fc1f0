"""The experiments that checks need, read from ``experiments.yaml``: histories, and arms that branch from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import Validated, relocated
from kladsim.evidence.register import load_register
from kladsim.model.config import MECHANISMS, Modifier, Operation
from kladsim.model.quantities import check_modifier

FILE = Path(__file__).with_name("experiments.yaml")
_VALUE = re.compile(r"([x=])([-0-9.e]+)(?: from (\S+))?(?: to (\S+))?(?: in (\S+))?")
_SIGNS: dict[str, Operation] = {"x": "multiply", "=": "set"}
FORM = "x1.5 or =0.1, perhaps with 'from DAY', 'to DAY' and 'in REGION'"


@dataclass(frozen=True)
class ArmChange:
    """What an arm changes against its history.

    Parameters
    ----------
    parameters : values by name; a text such as "x1.5" multiplies the register's value
    off : mechanisms switched off
    modifiers : dated changes of quantities, of any kind
    world : state arrays set ("=0") or multiplied ("x1.1") on the day of the change
    drivers : national drivers (columns of the calendar) multiplied from that day on
    computed : names of changes worked out from the history, see ``changing.COMPUTED``
    """

    parameters: Mapping[str, float | str] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    world: Mapping[str, str] = field(default_factory=dict)
    drivers: Mapping[str, float] = field(default_factory=dict)
    computed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arm:
    """One future: what it changes, from when to when, and which groups of people are followed in it."""

    name: str
    change: ArmChange
    start: date
    until: date
    doc: str
    looks: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A history from 2014 and the arms that branch from it.

    Parameters
    ----------
    name, doc : what it is, for people
    until : the end of the history itself, which is the arm "base"
    change : what differs from the default scenario from the first day
    arms : futures that branch from the history
    scale : 1/k of persons
    replicates : how many the shipped store holds
    cohorts : whether groups of people are followed (full runs only)
    doubted : parameters that every replicate draws anew from their range (see ``changing.drawn``)
    """

    name: str
    doc: str
    until: date
    change: ArmChange = ArmChange()
    arms: tuple[Arm, ...] = ()
    scale: int = 100
    replicates: int = 8
    cohorts: bool = False
    doubted: tuple[str, ...] = ()
    country: str = "russia"


class _ChangeEntry(Validated):
    name: str
    doc: str
    parameters: dict[str, float | str] = Field(default_factory=dict)
    quantities: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    off: tuple[str, ...] = ()
    world: dict[str, str] = Field(default_factory=dict)
    drivers: dict[str, float] = Field(default_factory=dict)
    computed: tuple[str, ...] = ()

    def change(self, start: date) -> ArmChange:
        """Return the change of a history or arm that begins on ``start``; raise ``InputError`` for unknown names."""
        register = load_register()
        for name in self.parameters:
            register.find(name)
        for name in self.off:
            if name not in MECHANISMS:
                raise unknown_name("mechanism", name, MECHANISMS, where="off")
        modifiers = tuple(
            _modifier(name, text, start)
            for name, texts in self.quantities.items()
            for text in ((texts,) if isinstance(texts, str) else texts)
        )
        return ArmChange(self.parameters, self.off, modifiers, self.world, self.drivers, self.computed)


class _ArmEntry(_ChangeEntry):
    start: date
    until: date
    looks: tuple[tuple[date, str], ...] = ()


class _ExperimentEntry(_ChangeEntry):
    until: date
    scale: int = 100
    replicates: int = 8
    cohorts: bool = False
    doubted: tuple[str, ...] = ()
    country: str = "russia"
    branch: tuple[date, date] | None = None
    arms: list[dict[str, Any]] = Field(default_factory=list)


def _modifier(quantity: str, text: str, start: date) -> Modifier:
    """Return the modifier that a text such as "x1.5 from 2018-02-01 in RU-SVE" describes."""
    match = _VALUE.fullmatch(text)
    if match is None:
        raise InputError("is no change of a quantity", where=quantity, value=text, allowed=FORM)
    sign, value, first, last, region = match.groups()
    begin, end = date.fromisoformat(first) if first else start, date.fromisoformat(last) if last else None
    modifier = Modifier(quantity, begin, end, _SIGNS[sign], float(value), region)
    check_modifier(modifier)
    return modifier


def _filled(value: Any, keys: Mapping[str, Any]) -> Any:
    """Return a value of the file with the keys of an item in the place of their names in braces."""
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        return keys.get(whole[1], value) if whole else re.sub(r"\{(\w+)\}", lambda m: str(keys.get(m[1], m[0])), value)
    if isinstance(value, Mapping):
        return {name: _filled(item, keys) for name, item in value.items()}
    return [_filled(item, keys) for item in value] if isinstance(value, list) else value


def _expanded(entries: list[dict[str, Any]], lists: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield entries one by one: those with ``each`` once for every item of their list."""
    for entry in entries:
        if "each" not in entry:
            yield entry
            continue
        rest = {name: value for name, value in entry.items() if name != "each"}
        items = lists[entry["each"]] if isinstance(entry["each"], str) else entry["each"]
        for keys in items:
            made = _filled(rest, keys)
            yield from made["arms"] if set(made) == {"arms"} else (made,)


def _experiment(entry: dict[str, Any], lists: Mapping[str, list[dict[str, Any]]]) -> Experiment:
    declared = _ExperimentEntry(**entry)
    starts = dict(zip(("start", "until"), declared.branch, strict=True)) if declared.branch else {}
    arms = []
    for item in _expanded(declared.arms, lists):
        arm = _ArmEntry(**{**starts, **item})
        arms.append(Arm(arm.name, arm.change(arm.start), arm.start, arm.until, arm.doc, arm.looks))
    return Experiment(
        declared.name, declared.doc, declared.until, declared.change(START), tuple(arms), declared.scale,
        declared.replicates, declared.cohorts, declared.doubted, declared.country,
    )  # fmt: skip


def read_experiments(path: Path = FILE) -> tuple[dict[str, Experiment], dict[str, list[dict[str, Any]]]]:
    """Read experiments by name, and the named lists of the file.

    Raises
    ------
    InputError : an unknown key, parameter, quantity or mechanism (with the nearest name), or a change of no known form
    """
    from ruamel.yaml import YAML

    content = YAML(typ="safe").load(path)
    structures = content.pop("structures").items()
    entries = content.pop("experiments")
    lists = {
        "mechanisms": [{"mechanism": name} for name in MECHANISMS],
        "structures": [{"structure": name, "values": values} for name, values in structures],
        **content,
    }
    experiments: dict[str, Experiment] = {}
    for entry in _expanded(entries, lists):
        try:
            experiment = _experiment(entry, lists)
        except InputError as error:
            raise relocated(error, f"{path.name}, experiment {entry.get('name')}", joint=", ") from None
        if experiment.name in experiments:
            raise InputError("is there twice", where=path.name, value=experiment.name)
        experiments[experiment.name] = experiment
    return experiments, lists


START = date(2014, 1, 1)
EXPERIMENTS, _LISTS = read_experiments()
STRUCTURES: dict[str, dict[str, float | str]] = {item["structure"]: item["values"] for item in _LISTS["structures"]}
"""Structures that the literature disputes, as values of parameters."""
STOCK_SIZES: tuple[int, ...] = tuple(item["size"] for item in _LISTS["stocks"])
POOLS: tuple[float, ...] = tuple(item["pool"] for item in _LISTS["pools"])


def arm_of(experiment: str, arm: str) -> Arm:
    """Return an arm of an experiment by name; raise ``InputError`` with the nearest one."""
    arms = {item.name: item for item in EXPERIMENTS[experiment].arms}
    if arm not in arms:
        raise unknown_name("arm", arm, arms, where=f"experiment {experiment}")
    return arms[arm]
