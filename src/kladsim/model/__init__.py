"""The drug economy: one module an actor or mechanism, and ``day.py``, the order of a day.

Mechanisms read named quantities and do not know which policies exist. The public names load when they are asked
for, so that ``import kladsim`` compiles nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kladsim.model.outcomes import OUTCOMES as OUTCOMES
    from kladsim.model.simulation import Simulation as Simulation
    from kladsim.model.version import MODEL_VERSION as MODEL_VERSION

_HOME = {
    "MODEL_VERSION": "kladsim.model.version",
    "OUTCOMES": "kladsim.model.outcomes",
    "Simulation": "kladsim.model.simulation",
}

__all__ = ["MODEL_VERSION", "OUTCOMES", "Simulation"]


if not TYPE_CHECKING:  # so that a type checker still sees a name that does not exist

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
