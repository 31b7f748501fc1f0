"""What a government or another public body may change: levers (one file each), packages of levers, and
scenarios, which are frozen, validated and resolve to the configuration of a run.
"""

from __future__ import annotations

from kladsim.policy.lever import Evidence, Lever, Programme
from kladsim.policy.registry import lever_class, lever_classes
from kladsim.policy.scenario import Scenario

__all__ = ["Scenario", "Lever", "Programme", "Evidence", "lever_class", "lever_classes"]
