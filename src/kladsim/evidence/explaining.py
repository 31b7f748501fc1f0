"""`explain(id)`: one answer for every thing that has an id or a name in the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from kladsim.core.errors import unknown_name
from kladsim.evidence.claims import (
    DOCUMENTS,
    Claim,
    Figure,
    MeasurableClaim,
    Published,
    claims,
    figures,
    patterns,
    published,
    targets,
)
from kladsim.evidence.costs import load_costs
from kladsim.evidence.mechanisms import MECHANISMS, Mechanism
from kladsim.evidence.register import Parameter, load_register


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an id stands for: text, values, source, grade and the mechanisms that carry it."""

    id: str
    kind: str
    text: str
    values: tuple[str, ...]
    source: str
    url: str = ""
    grade: str = ""
    mechanisms: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary ready for JSON."""
        return asdict(self)


def explain(name: str) -> Explanation:
    """Explain an evidence id, a mechanism or a parameter.

    Raises
    ------
    InputError
        For an unknown id or name, with the nearest one.
    """
    found = _find(name)
    if isinstance(found, Claim):
        return _claim(found)
    if isinstance(found, Figure):
        return _figure(found)
    if isinstance(found, MeasurableClaim):
        return _check(found)
    if isinstance(found, Published):
        return _published(found)
    return _mechanism(found) if isinstance(found, Mechanism) else _parameter(found)


def explainable() -> tuple[str, ...]:
    """Return every id and name that `explain` knows."""
    return tuple(entry.id for entry in _entries()) + tuple(MECHANISMS) + tuple(load_register()) + tuple(load_costs())


_Entry = Claim | Figure | MeasurableClaim | Published


def _entries() -> Iterator[_Entry]:
    for table in (claims(), figures(), targets(), patterns(), published()):
        yield from table


def _find(name: str) -> _Entry | Mechanism | Parameter:
    for entry in _entries():
        if entry.id == name:
            return entry
    if name in MECHANISMS:
        return MECHANISMS[name]
    register = load_register()
    if name in register:
        return register[name]
    if name in load_costs():
        return load_costs()[name]
    raise unknown_name("evidence id, mechanism or parameter", name, explainable())


def _claim(claim: Claim) -> Explanation:
    return Explanation(
        id=claim.id,
        kind=f"claim ({claim.type})",
        text=claim.text,
        values=(f"implies: {claim.implied_mechanism}", f"to observe: {claim.implied_observable}"),
        source=DOCUMENTS[claim.document],
        mechanisms=claim.mechanisms,
        related=_parameters_citing(claim.id),
        note={"in": "", "context": "about the sources", "out": "out of scope: contrast only"}[claim.scope],
    )


def _figure(figure: Figure) -> Explanation:
    bounded = figure.low is not None or figure.high is not None
    ends = f" ({_end(figure.low)} to {_end(figure.high)})" if bounded else ""
    when = " to ".join(dict.fromkeys(date for date in (figure.period_start, figure.period_end) if date))
    return Explanation(
        id=figure.id,
        kind=f"figure ({figure.group})",
        text=f"{figure.text}; {figure.place}" + (f", {when}" if when else ""),
        values=(f"{figure.value or 'none found'}{ends} {figure.unit}",),
        source=figure.source,
        url=figure.url,
        grade=figure.grade,
        mechanisms=figure.mechanisms,
        related=_parameters_citing(figure.id),
        note=figure.note,
    )


def _check(check: MeasurableClaim) -> Explanation:
    return Explanation(
        id=check.id,
        kind=f"{type(check).__name__.lower()} ({check.kind})",
        text=check.statement,
        values=tuple(str(band) for band in check.bands),
        source=", ".join(check.evidence),
        grade=_weakest_grade(check.evidence),
        mechanisms=check.mechanisms,
        related=_parameters_citing(check.id),
        note=check.note,
    )


def _published(result: Published) -> Explanation:
    pointer = () if result.testable else ("pointer, not a test",)
    return Explanation(
        id=result.id,
        kind=f"published result ({result.section})",
        text=result.text,
        values=(result.value,),
        source=result.source,
        grade=result.tag,
        mechanisms=result.mechanisms,
        related=_parameters_citing(result.id),
        note="; ".join(filter(None, (f"use: {result.use}", *pointer, result.note))),
    )


def _mechanism(mechanism: Mechanism) -> Explanation:
    carried = tuple(entry.id for entry in _entries() if mechanism.id in entry.mechanisms)
    signs = {1: "rises", -1: "falls", 0: "changes"}
    return Explanation(
        id=mechanism.id,
        kind="mechanism" + (" (measurement)" if mechanism.measurement else ""),
        text=mechanism.title,
        values=(
            f"off means: {mechanism.off_means}",
            *(f"switched off, {outcome} {signs[sign]}" for outcome, sign in mechanism.direction),
        ),
        source=", ".join(mechanism.sources),
        grade=_weakest_grade(mechanism.sources),
        mechanisms=(mechanism.id,),
        related=tuple(dict.fromkeys(mechanism.sources + carried)),
    )


def _parameter(parameter: Parameter) -> Explanation:
    return Explanation(
        id=parameter.name,
        kind=f"parameter ({parameter.control})",
        text=parameter.doc,
        values=(
            f"{parameter.value:g} ({parameter.low:g} to {parameter.high:g}) {parameter.unit}",
            f"prior: {parameter.prior}",
        ),
        source=parameter.source,
        grade=parameter.grade,
        related=parameter.evidence,
    )


def _parameters_citing(evidence_id: str) -> tuple[str, ...]:
    return _citations().get(evidence_id, ())


@cache
def _citations() -> dict[str, tuple[str, ...]]:
    citing: dict[str, tuple[str, ...]] = {}
    for name, parameter in load_register().items():
        for evidence_id in dict.fromkeys(parameter.evidence):
            citing[evidence_id] = (*citing.get(evidence_id, ()), name)
    return citing


def _weakest_grade(ids: tuple[str, ...]) -> str:
    return max((figure.grade for figure in figures() if figure.id in ids), default="")


def _end(number: float | None) -> str:
    return "open" if number is None else f"{number:.15g}"
