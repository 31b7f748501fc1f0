"""Peer support: groups of people in recovery that help others out of dependence, as a mechanism of one's own.

Groups come to reach a share of dependent people within some years (assumption), and whom they reach leaves dependence
more often. Off means the model without groups.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kladsim.core.jit import part
from kladsim.core.phases import Phase
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model.added import AddedMechanism
from kladsim.model.careers import apply_regression


@part
def spread_groups(a: Any, x: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    """Move the share of dependent people whom groups reach towards its aim (a phase over regions)."""
    p = x.p[0]
    for r in range(low, high):
        x.reach[r] += (p.peer_support_reach - x.reach[r]) / (365.0 * p.peer_support_years)


@part
def leave_dependence(a: Any, i: Any, c: Any, x: Any, t: Any) -> float:
    """Return the daily probability that a group helps a dependent person into remission."""
    if a.use[i] != k.DEPENDENT:
        return 0.0
    return x.p[0].peer_support_effect * x.reach[x.w.regions.of_chunk[c]] / 365.0


@part
def remit(a: Any, i: Any, c: Any, x: Any, t: Any) -> None:
    """Move the person into remission and count whom groups helped."""
    apply_regression(a, i, c, x.w, t)
    x.helped[x.w.regions.of_chunk[c]] += 1.0


PEER_SUPPORT = AddedMechanism(
    name="peer_support",
    title="peer support groups",
    off_means="no groups",
    version="1",
    sources=("assumption",),
    direction={"dependent": -1, "deaths": 0},
    parameters=Path(__file__).with_name("parameters.toml"),
    state={"reach": "share of dependent people whom groups reach", "helped": "people whom groups helped so far"},
    phases=(Phase("peer support", "regional", spread_groups, "groups spread"),),
    processes=(Process("peer support", 1, {k.C_DEPENDENT: 3e-3, k.C_COURIER: 3e-3}, remit, leave_dependence),),
)
