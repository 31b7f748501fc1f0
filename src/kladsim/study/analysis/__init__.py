"""What drives a plan's effects and where it fails: sensitivity, scenario discovery and robustness over a study's
points, in the words of exploratory modelling (levers, uncertainties, outcomes). ``rules`` says what may be asked.
"""

from __future__ import annotations

from kladsim.study.analysis.discovery import Discovery, discover
from kladsim.study.analysis.ema import to_ema
from kladsim.study.analysis.robustness import Robustness, robustness
from kladsim.study.analysis.sensitivity import Sensitivity, sensitivity

__all__ = ["sensitivity", "Sensitivity", "discover", "Discovery", "robustness", "Robustness", "to_ema"]
