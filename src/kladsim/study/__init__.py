"""Designs, scenarios and replicates: run, compare, branch, the executors, and the store in which a run is a
directory that is named by its content, resumable and can be run again.
"""

from __future__ import annotations

from kladsim.runs.result import Result
from kladsim.runs.run import Progress, run
from kladsim.runs.verify import verify
from kladsim.study.branch import branch
from kladsim.study.compare import Comparison, compare
from kladsim.study.effects import Effect

__all__ = ["run", "compare", "branch", "verify", "Result", "Comparison", "Effect", "Progress"]
