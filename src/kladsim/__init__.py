"""An agent-based model of a nation's dead-drop drug economy, for public-health and justice policy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kladsim.core.errors import InputError as InputError
    from kladsim.core.errors import KladsimError as KladsimError
    from kladsim.policy.lever import Evidence as Evidence
    from kladsim.policy.lever import Lever as Lever
    from kladsim.policy.lever import Programme as Programme
    from kladsim.policy.levers.diversion import Diversion as Diversion
    from kladsim.policy.levers.takedown import Takedown as Takedown
    from kladsim.policy.registry import lever_classes as lever_classes
    from kladsim.policy.scenario import Scenario as Scenario
    from kladsim.study.branch import branch as branch
    from kladsim.study.compare import compare as compare
    from kladsim.study.run import run as run

# Where each public name lives. Nothing loads before it is asked for: `import kladsim` stays instant.
_HOME = {
    "Scenario": "kladsim.policy.scenario",
    "run": "kladsim.study.run",
    "compare": "kladsim.study.compare",
    "branch": "kladsim.study.branch",
    "Takedown": "kladsim.policy.levers.takedown",
    "Diversion": "kladsim.policy.levers.diversion",
    "Lever": "kladsim.policy.lever",
    "Programme": "kladsim.policy.lever",
    "Evidence": "kladsim.policy.lever",
    "lever_classes": "kladsim.policy.registry",
    "InputError": "kladsim.core.errors",
    "KladsimError": "kladsim.core.errors",
}

__all__ = [
    "Scenario",
    "run",
    "compare",
    "branch",
    "Takedown",
    "Diversion",
    "Lever",
    "Programme",
    "Evidence",
    "lever_classes",
    "InputError",
    "KladsimError",
    "__version__",
]


if not TYPE_CHECKING:  # so that a type checker still sees a name that does not exist

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
