"""The monitor: series of observations by country and city, their nowcast, forecasts, indicators and alarms.

Data are read by ``library`` (shipped) and ``intake`` (a person's CSV, kept by ``store``); ``latent`` is the one
statistical model behind forecasts and nowcasts; ``wastewater`` and ``single`` say what it assumes of each kind of
series; ``calibration`` turns past errors into intervals; ``backtest`` judges them. ``watching`` gives each series a
status with reasons; ``detectors``, ``joint`` and ``combined`` raise alarms behind one protocol; ``amoc`` judges them
on the simulated arrivals of ``outbreaks`` as ``observing`` shows them, and ``worth`` says what earlier detection is
worth. Heavy imports happen when something is computed.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
