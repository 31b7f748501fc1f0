"""Implementations of the methods of runs and comparisons that draw, map and report."""

from __future__ import annotations

from kladsim.core.accessors import register_accessor
from kladsim.report import brief, effects, figures
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison, TotalEffect


def register() -> None:
    """Register every implementation."""
    register_accessor(Result.plot, figures.plot_run)
    register_accessor(Comparison.plot, figures.plot_comparison)
    register_accessor(Comparison.map, effects.map_effect)
    register_accessor(Comparison.report, brief.write_comparison_brief)
    register_accessor(TotalEffect.plot, effects.plot_effect)
