"""Packages: several levers as one, from the library or from a list, made weaker or stronger together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, SerializeAsAny, model_validator

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import relocated
from kladsim.model.config import FIRST_DAY, Modifier
from kladsim.policy.fields import OptionalDay, default, plain
from kladsim.policy.lever import Evidence, Expense, Lever
from kladsim.policy.registry import lever_class, parse_lever

LIBRARY = Path(__file__).parents[1] / "packages"


class Package(Lever):
    """Several levers as one: those of a package of the library (``of``), or a list (``levers``).

    ``start`` is the first day of all parts that give none; ``strength`` multiplies theirs.
    """

    name: ClassVar[str] = "package"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("assumption", "D", "parts work together as the model lets them; no study covers the package"),
    )

    of: str | None = None
    start: OptionalDay = default(None)
    levers: tuple[SerializeAsAny[Annotated[Lever, BeforeValidator(parse_lever)]], ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.of is None) == (not self.levers):
            raise InputError("needs either a package of the library or levers", where="of", value=self.of)
        if self.cost is None and self.payer is not None:
            raise InputError("needs a cost", where="payer", value=self.payer)
        self.parts()
        return self

    def parts(self) -> tuple[tuple[str, Lever], ...]:
        """Return the parts at the package's strength, packages inside it taken apart."""
        found: list[tuple[str, Lever]] = []
        for index, lever in enumerate(self._levers()):
            try:
                fields = {name: getattr(lever, name) for name in type(lever).model_fields}
                if self.start is not None and lever.dated_by not in lever.model_fields_set:
                    fields[lever.dated_by] = self.start
                weaker = type(lever)(**fields | {"strength": lever.strength * self.strength})
            except InputError as error:
                raise relocated(error, f"levers.{index}.{lever.name}") from None
            for place, part in weaker.parts():
                found.append((f"levers.{index}" + (f".{weaker.name}.{place}" if place else ""), part))
        return tuple(found)

    def effects(self) -> Iterable[Modifier]:
        """Yield what all parts do."""
        for _, part in self.parts():
            yield from part.compile()

    def spending(self) -> tuple[tuple[date, date | None, tuple[Expense, ...]], ...]:
        """Return when and on what the parts spend."""
        return tuple(entry for _, part in self.parts() for entry in part.spending())

    def options(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults; levers as YAML holds them."""
        options = super().options()
        if self.levers:
            options["levers"] = [{"lever": lever.name, **lever.options()} for lever in self.levers]
        return options

    def undocumented(self) -> tuple[str, ...]:
        """Return a sentence for each assumption of the package and of its parts."""
        return super().undocumented() + tuple(text for _, part in self.parts() for text in part.undocumented())

    def __repr__(self) -> str:
        inner = self.of or ", ".join(repr(lever) for lever in self.levers)
        rest = {name: value for name, value in super().options().items() if name not in ("of", "levers")}
        return f"Package({', '.join([inner, *(f'{name}={plain(value)!r}' for name, value in rest.items())])})"

    __str__ = __repr__

    def _levers(self) -> tuple[Lever, ...]:
        return self.levers if self.of is None else _from_library(self.of, self.start)


def package_names() -> tuple[str, ...]:
    """Return the packages of the library."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.yaml")))


def package_notes() -> list[tuple[str, str, list[str]]]:
    """Return each package of the library: its name, what it is for, and its levers."""
    found = []
    for name in package_names():
        text = (LIBRARY / f"{name}.yaml").read_text(encoding="utf-8")
        levers = [repr(lever) for lever in _from_library(name, FIRST_DAY)]
        found.append((name, text.splitlines()[0].lstrip("# "), levers))
    return found


@cache
def _from_library(name: str, start: date | None) -> tuple[Lever, ...]:
    from ruamel.yaml import YAML

    if name not in package_names():
        raise unknown_name("package", name, package_names(), where="of")
    if start is None:
        raise InputError("is required for a package of the library", where="start")
    entries = YAML(typ="safe", pure=True).load((LIBRARY / f"{name}.yaml").read_text(encoding="utf-8"))["levers"]
    return tuple(parse_lever(_dated(entry, start)) for entry in entries)


def _dated(entry: Mapping[str, Any], start: date) -> dict[str, Any]:
    return {lever_class(entry["lever"]).dated_by: start, **entry}
