"""The monitor: series of observations by country and city, their nowcast, forecasts, indicators and alarms.

Data are read by ``library`` (shipped) and ``intake`` (a person's CSV, kept by ``store``); ``latent`` is the one
statistical model behind forecasts and nowcasts; ``wastewater`` and ``single`` say what it assumes of each kind of
series; ``calibration`` turns past errors into intervals; ``backtest`` judges them. ``watching`` gives each series a
status with reasons; ``detectors``, ``joint`` and ``combined`` raise alarms behind one protocol; ``amoc`` judges them
on the simulated arrivals of ``outbreaks`` as ``observing`` shows them, and ``worth`` says what earlier detection is
worth. Heavy imports happen when something is computed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kladsim.monitor.combined import Combined as Combined
    from kladsim.monitor.forecasting import forecast as forecast
    from kladsim.monitor.intake import check as check
    from kladsim.monitor.library import series_names as series_names
    from kladsim.monitor.store import add as add
    from kladsim.monitor.watching import watch as watch

_HOME = {
    "forecast": "kladsim.monitor.forecasting",
    "series_names": "kladsim.monitor.library",
    "check": "kladsim.monitor.intake",
    "add": "kladsim.monitor.store",
    "watch": "kladsim.monitor.watching",
    "Combined": "kladsim.monitor.combined",
}

__all__ = ["forecast", "series_names", "check", "add", "watch", "Combined"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
