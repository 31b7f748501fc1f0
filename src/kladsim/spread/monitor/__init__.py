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
    from kladsim.spread.monitor.combined import Combined as Combined
    from kladsim.spread.monitor.forecasting import forecast as forecast
    from kladsim.spread.monitor.intake import check as check
    from kladsim.spread.monitor.library import series_names as series_names
    from kladsim.spread.monitor.store import add as add
    from kladsim.spread.monitor.watching import watch as watch

_HOME = {
    "forecast": "kladsim.spread.monitor.forecasting",
    "series_names": "kladsim.spread.monitor.library",
    "check": "kladsim.spread.monitor.intake",
    "add": "kladsim.spread.monitor.store",
    "watch": "kladsim.spread.monitor.watching",
    "Combined": "kladsim.spread.monitor.combined",
}

__all__ = ["forecast", "series_names", "check", "add", "watch", "Combined"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
