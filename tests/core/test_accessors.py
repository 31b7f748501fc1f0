"""Methods that a value declares and a function of a layer above implements."""

from __future__ import annotations

import pytest

from kladsim.core import accessors
from kladsim.core.accessors import accessor, register_accessor, register_loader


class Circle:
    """A value that declares what others compute."""

    radius = 2.0

    @accessor
    def area(self, pi: float = 3.0) -> float:
        """Return the area."""
        raise NotImplementedError

    @staticmethod
    @accessor
    def named(name: str) -> Circle:
        """Return the circle of a name."""
        raise NotImplementedError


def _area(circle: Circle, pi: float = 3.0) -> float:
    return pi * circle.radius**2


def test_a_method_without_implementation_says_which_one() -> None:
    with pytest.raises(NotImplementedError, match=r"Circle\.area is declared, and no module implements it"):
        Circle().area()


def test_a_loader_registers_when_the_method_is_called_first() -> None:
    calls: list[str] = []

    def load() -> None:
        calls.append("loaded")
        register_accessor(Circle.area, _area)
        register_accessor(Circle.named, lambda name: Circle())

    register_loader(__name__, load)
    assert calls == []
    assert Circle().area() == 12.0
    assert Circle().area(pi=2.0) == 8.0
    assert isinstance(Circle.named("unit"), Circle)
    assert calls == ["loaded"]
    assert Circle.area.__doc__ == "Return the area."


def test_every_declared_method_of_the_package_is_implemented() -> None:
    import kladsim.study.comparison  # noqa: F401

    for module, load in accessors._loaders.items():
        if module.startswith("kladsim."):
            load()
    declared = {name for name in accessors._declared if name.startswith("kladsim.")}
    assert {"kladsim.runs.result.Result.plot", "kladsim.policy.scenario.Scenario.resolve"} <= declared
    assert declared <= set(accessors._functions)
