"""An emulator of the main outcomes: what public levers change, answered in milliseconds with an error band.

Trained on paired runs that share a saved history (``running``), chosen among families by held-out error (``fitting``),
shipped as one small file of numbers that NumPy alone evaluates (``predicting``), judged by ``checking``.
"""

from __future__ import annotations

from kladsim.inference.emulator.predicting import Emulator, Prediction, Projected, UncoveredError, shipped

__all__ = ["Emulator", "Prediction", "Projected", "UncoveredError", "shipped"]
