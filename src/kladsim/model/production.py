"""M10, production and import: small local laboratories and imports fill a wholesale stock of whole packages.

Local stimulants (the two cathinones and amphetamine) come from laboratories that platforms make easy to enter
and that all hang on one precursor index; cannabis, opioids, MDMA and cocaine come over the border, cannabis in
part from home (S015-S018, T18, P14, P15). With M10 off there are imports only.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.jit import part
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.state import World
from kladsim.model.today import DayContext

MOST_IMPORT = 2.25
"""Over open borders importers can bring so many times what is usually asked for (assumption)."""
RARE = 0.1
"""Packages a day: what a small sample asks for as rarely tells little of its stock, which then counts as usual."""


@part
def inflow(flow: float, stock: float, cover: float, most: float) -> float:
    """Return packages a day that suppliers send: what was used, plus a correction towards the wished cover."""
    return min(most, max(0.0, flow + (cover * flow - stock) / 21.0))


@part
def produce(w: World, t: DayContext, regions: int) -> None:
    """Make and import today's packages (serial)."""
    p = w.p[0]
    border = 0.0
    precursor = 0.0
    for r in range(regions):
        border += w.q[q.BORDER, r] / regions
        precursor += w.q[q.PRECURSOR, r] / regions
    crossed = 1.0 - p.production_precursor_imported * (1.0 - border)
    w.supply.precursor[0] += (precursor * crossed - w.supply.precursor[0]) / p.production_precursor_days
    for g in range(k.G):
        asked = 0
        for r in range(regions):
            asked += w.market.asked_by[r, g]
        if t.day > 0:
            w.supply.flow[g] += (asked - w.supply.flow[g]) / 21.0
            w.supply.routes[g] += (w.supply.flow[g] - w.supply.routes[g]) / 365.0
        else:
            w.supply.routes[g] = w.supply.flow[g]
        w.supply.made[g] = 0.0
    if w.on[10]:
        for lab in range(w.labs.alive.size):
            if w.labs.alive[lab]:
                g = w.labs.product[lab]
                ramp = min(1.0, (t.day - w.labs.born[lab]) / 30.0)
                push = min(
                    1.3, max(0.0, p.production_cover * w.supply.flow[g] * 2.0 / max(1.0, float(w.supply.wholesale[g])))
                )
                w.supply.unfinished[g] += w.labs.output[lab] * min(1.2, w.supply.precursor[0]) * ramp * min(1.0, push)
                out = int(w.supply.unfinished[g])
                w.supply.unfinished[g] -= out
                w.supply.wholesale[g] += out
                w.supply.made[g] += out
                w.tally.count[w.labs.region[lab], n.PRODUCED] += out
    for g in range(k.G):
        open_border = 1.0 - w.supply.import_share[g] * (1.0 - border)
        usual = max(w.supply.flow[g], w.supply.routes[g])
        if w.supply.local[g]:
            most = p.production_import_local * open_border if w.on[10] else 0.9 * border
            capacity = usual * most + (1.0 - w.on[10])
        else:
            capacity = (usual * MOST_IMPORT + p.production_least_import / t.scale_factor) * open_border
        wish = inflow(w.supply.flow[g], float(w.supply.wholesale[g]), p.production_cover, capacity)
        amount = int(wish + rng.unit(t.lab_key, g, 1))
        w.supply.wholesale[g] += amount
        w.tally.count[0, n.IMPORTED] += amount
        w.supply.import_sum[g] += amount
        cover = (w.supply.wholesale[g] + RARE * p.production_cover) / (w.supply.flow[g] + RARE)
        w.supply.cover[g] += (cover - w.supply.cover[g]) / 14.0


@part
def laboratory_turnover(w: World, t: DayContext, regions: int) -> None:
    """Weekly: police close laboratories, some give up, new ones enter where local supply falls short (serial).

    What cannot be sold makes laboratories give up as readily as what is short makes them enter.
    """
    p = w.p[0]
    if not w.on[10]:
        return
    capacity = np.zeros(k.G)
    for lab in range(w.labs.alive.size):
        if w.labs.alive[lab]:
            capacity[w.labs.product[lab]] += w.labs.output[lab] * min(1.2, w.supply.precursor[0])
    pace = pace_of_entry(w)
    police = p.policing_laboratory * w.q[q.EFFORT_LABORATORY, 0] / 52.0
    for lab in range(w.labs.alive.size):
        if not w.labs.alive[lab]:
            continue
        g = w.labs.product[lab]
        idle = max(0.0, 1.0 - w.supply.flow[g] * p.production_spare / capacity[g]) if capacity[g] > 0.0 else 0.0
        u = rng.unit(t.lab_key, lab, 2)
        if u < police:
            w.labs.alive[lab] = 0
            if u * t.scale_factor < police:
                w.tally.count[w.labs.region[lab], n.LABORATORIES_CLOSED] += 1
                w.supply.seized_labs[g] += 1
        elif u < police + p.production_quit / 52.0 + pace * idle:
            w.labs.alive[lab] = 0
    for g in range(k.G):
        if not w.supply.local[g]:
            continue
        new = int(laboratories_entering(w, t, g, capacity[g], pace) + rng.unit(t.lab_key, g, 3))
        for lab in range(w.labs.alive.size):
            if new == 0:
                break
            if not w.labs.alive[lab]:
                open_laboratory(w, t, lab, g, regions)
                new -= 1


@part
def pace_of_entry(w: World) -> float:
    """Return the share of a gap that new laboratories close in a week; platforms make it easy to enter."""
    return w.p[0].production_entry * (0.4 + 0.6 * min(1.0, w.channels.online_national[0] / 0.25))


@part
def laboratories_entering(w: World, t: DayContext, g: int, capacity: float, pace: float) -> float:
    """Return how many laboratories enter this week where those there are fall short of what is asked for."""
    gap = max(0.0, w.supply.flow[g] * w.p[0].production_spare - capacity)
    return gap / w.p[0].production_output * t.scale_factor * pace


@part
def most_new_laboratories(w: World, t: DayContext) -> int:
    """Return how many laboratories ``laboratory_turnover`` may open at most."""
    most = 0
    for g in range(k.G):
        if w.supply.local[g]:
            most += int(laboratories_entering(w, t, g, 0.0, pace_of_entry(w)) + 1.0)
    return most


@part
def open_laboratory(w: World, t: DayContext, lab: int, g: int, regions: int) -> None:
    """Set up a laboratory in a free slot."""
    w.labs.alive[lab] = 1
    w.labs.product[lab] = g
    w.labs.born[lab] = t.day
    w.labs.output[lab] = w.p[0].production_output / t.scale_factor * (0.4 + 1.2 * rng.unit(t.lab_key, lab, 4))
    w.labs.region[lab] = min(regions - 1, int(rng.unit(t.lab_key, lab, 5) * regions))
