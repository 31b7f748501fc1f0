"""An agent-based model of a nation's dead-drop drug economy, for public-health and justice policy.

The public names stand in ``__init__.pyi`` and load when they are first read (SPEC 1), so that ``import kladsim`` stays
instant. Levers need no line there: each file in ``policy/levers`` is found by the registry.
"""

from __future__ import annotations

import lazy_loader

from kladsim.core.accessors import register_loader
from kladsim.core.version import VERSION

__version__ = VERSION

_get_name, _list_names, _names = lazy_loader.attach_stub(__name__, __file__)


def _levers() -> dict[str, object]:
    """Return the levers that come with kladsim by the names of their classes."""
    from kladsim.policy.registry import own_lever_classes

    return {lever.__name__: lever for lever in own_lever_classes().values()}


def __getattr__(name: str) -> object:
    if name == "__all__":
        return sorted({*_names, *_levers(), "__version__"})
    if name not in _names and name[:1].isupper() and name in (levers := _levers()):
        return levers[name]
    try:
        return _get_name(name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *_names, *_levers()})


def _load_scenario_methods() -> None:
    from kladsim.policy.accessors import register

    register()


def _load_result_methods() -> None:
    from kladsim.report import accessors as drawing
    from kladsim.runs import accessors as exporting

    drawing.register()
    exporting.register()


register_loader("kladsim.policy.scenario", _load_scenario_methods)
register_loader("kladsim.runs.result", _load_result_methods)
register_loader("kladsim.study.comparison", _load_result_methods)
