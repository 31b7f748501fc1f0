"""M2, use careers: initiation, progression, quitting, relapse; power-law feedbacks and an asymmetric memory of
risk.

A flow is a base rate times powers of *relative* drivers: perceived risk, availability, social influence (form
after SOURCE, Lim et al. 2022, doi:10.1073/pnas.2115714119; its opioid values are not used for stimulants).
States follow the light-heavy family (Behrens et al. 1999). Perceived risk rises in about two years and falls in
about twenty (H1-H12). With M2 off all rates are constant.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.fixedmath import power
from kladsim.core.jit import part
from kladsim.core.processes import DormantProcess, Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.entities import Persons
from kladsim.model.parameters import Parameters
from kladsim.model.people import (
    activate,
    age_and_sex,
    bit,
    came_from,
    of_residents,
    pid_of,
    set_use,
    susceptibility,
    years,
)
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def age_of_first_use(age: int) -> float:
    """Return the relative rate of first use by age in years (shape: assumption; peak at 16-25, claim S059)."""
    if age < 16:
        return 0.4
    if age < 18:
        return 1.0
    if age < 25:
        return 1.6
    if age < 30:
        return 0.8
    if age < 40:
        return 0.3
    return 0.06


@part
def feedback(risk: float, availability: float, peers: float, p: Parameters) -> float:
    """Return risk^-a x availability^b x peers^c, the multiplier of initiation."""
    return (
        power(risk, -p.use_initiation_risk)
        * power(availability, p.use_initiation_availability)
        * power(peers, p.use_initiation_peers)
    )


@part
def initiation(e: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of first use of a person never involved."""
    cell = w.chunks.group[c]
    if bit(w.people.involved, e) or bit(w.people.gone, e):
        return 0.0
    age, male = age_and_sex(w, t, cell, e)
    if not of_residents(age):
        return 0.0
    p = w.p[0]
    sex = p.use_initiation_male if male else 2.0 - p.use_initiation_male
    rate = p.use_initiation * age_of_first_use(years(age)) * sex
    return rate * susceptibility(w, pid_of(w, t, cell, e)) * w.use.start_factor[w.regions.of_chunk[c]] / 365.0


@part
def choose_product(w: World, r: int, u: float) -> int:
    """Return the product at quantile ``u`` of the region's mix."""
    for g in range(k.G - 1):
        if u < w.demand.mix[r, g]:
            return g
    return k.G - 1


@part
def begin_use(a: Persons, e: int, c: int, w: World, t: DayContext) -> None:
    """A person uses for the first time: main substance from what is around, channel from those who began before."""
    i = activate(a, w, t, c, e, k.LIGHT)
    r = w.regions.of_chunk[c]
    start_main(a, i, c, w, t)
    w.tally.count[r, n.INITIATIONS] += 1


@part
def start_main(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Draw the main substance and the first channel of a person who begins."""
    r = w.regions.of_chunk[c]
    a.substance[i] = choose_product(w, r, rng.unit(t.event_key, a.pid[i], 1))
    if not w.on[1] or w.cells.opened[w.chunks.group[c]] >= 0:
        u = rng.unit(t.event_key, a.pid[i], 2)
        if u < w.channels.online_start[r]:
            w.use.by_channel[r, k.STREET] -= 1
            w.use.by_channel[r, k.PLATFORM] += 1
            a.channel[i] = k.PLATFORM
            a.platform[i] = pick_platform(w, r, rng.unit(t.event_key, a.pid[i], 3))


@part
def pick_platform(w: World, r: int, u: float) -> int:
    """Return the platform at quantile ``u`` of the region's choice weights (255: none is open)."""
    last = k.NO_PLATFORM
    for j in range(k.MAX_PLATFORMS):
        if w.platforms.state[j] == 1:
            last = j
            if u < w.market.platform_choice[r, j]:
                return j
    return last


@part
def progress(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Light to heavy, heavy to dependent (H1; availability as driver)."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    if a.use[i] == k.LIGHT:
        return p.use_light_to_heavy * w.use.progress_factor[r] / 365.0
    if a.use[i] == k.HEAVY:
        harder = 1.0
        if a.substance[i] == k.OPIOID:
            harder = p.use_opioid_progression
        elif a.substance[i] == k.CANNABIS:
            harder = p.use_cannabis_progression
        return p.use_heavy_to_dependent * harder * w.use.progress_factor[r] / 365.0
    return 0.0


@part
def apply_progression(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Move one state up."""
    set_use(a, i, c, w, t, a.use[i] + 1)


@part
def recede(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Quit light use, return from heavy to light, remit without treatment (H4-H6: between both estimates)."""
    p = w.p[0]
    factor = w.use.quit_factor[w.regions.of_chunk[c]] / 365.0
    if a.use[i] == k.LIGHT:
        return p.use_light_quit * factor
    if a.use[i] == k.HEAVY:
        return p.use_heavy_back * factor
    if a.use[i] == k.DEPENDENT:
        return p.use_remission * factor
    return 0.0


@part
def apply_regression(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Move to the lower state: heavy to light, all others to remitted."""
    r = w.regions.of_chunk[c]
    if a.use[i] == k.HEAVY:
        set_use(a, i, c, w, t, k.LIGHT)
    elif a.use[i] == k.LIGHT:
        set_use(a, i, c, w, t, k.REMITTED)
        w.tally.count[r, n.QUITS] += 1
        a.caution[i] = 0
    else:
        set_use(a, i, c, w, t, k.REMITTED)
        w.tally.count[r, n.REMISSIONS] += 1
        a.caution[i] = k.WAS_DEPENDENT


@part
def relapse(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Return to use: 61 % in the first year after dependence, less later (H7); rare after light use. Who was treated
    as a heavy user returns as often as who was dependent (assumption: H7 was measured on people in treatment).
    """
    p = w.p[0]
    if a.use[i] != k.REMITTED:
        return 0.0
    if came_from(a.caution[i]) == k.LIGHT:
        return p.use_relapse_light / 365.0
    first = t.day - a.since[i] < 365
    return (p.use_relapse_first_year if first else p.use_relapse_later) / 365.0


@part
def apply_relapse(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Relapse to the state of before."""
    use = came_from(a.caution[i])
    a.caution[i] = 0
    set_use(a, i, c, w, t, use)
    w.tally.count[w.regions.of_chunk[c], n.RELAPSES] += 1


@part
def stable_remission_hazard(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Stable remission after years without use (time to stable remission about ten years)."""
    if a.use[i] != k.REMITTED:
        return 0.0
    return 1.0 / (365.0 * w.p[0].use_years_to_stable)


@part
def become_stable(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Enter stable remission."""
    set_use(a, i, c, w, t, k.STABLE)


@part
def note_harm(w: World, t: DayContext, regions: int) -> None:
    """Smooth visible harm per person using over a year, against the first year (national: news travels; serial)."""
    harm = 0.0
    users = 0.0
    for r in range(regions):
        harm += w.use.harm_sum[r]
        w.use.harm_sum[r] = 0.0
        users += w.use.by_state[r, k.LIGHT] + w.use.by_state[r, k.HEAVY] + w.use.by_state[r, k.DEPENDENT]
    rate = harm * 365.0 / max(users, 1.0)
    if t.day < 365:
        w.use.harm_rate[0] += (rate - w.use.harm_rate[0]) / (t.day + 1.0)
        w.use.harm_start[0] = w.use.harm_rate[0]
        w.use.harm_indicated[0] = 1.0
    else:
        w.use.harm_rate[0] += (rate - w.use.harm_rate[0]) / 365.0
        w.use.harm_indicated[0] = (w.use.harm_rate[0] + 0.002) / (w.use.harm_start[0] + 0.002)


@part
def update_factors(w: World, t: DayContext, low: int, high: int) -> None:
    """Refresh the regional multipliers and the memory of risk from yesterday's harm (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        users = w.use.by_state[r, k.LIGHT] + w.use.by_state[r, k.HEAVY] + w.use.by_state[r, k.DEPENDENT]
        if t.day < 365:
            w.use.peer_start[r] = users / max(w.people.alive[r], 1)
        indicated = w.use.harm_indicated[0] * w.q[q.PERCEIVED_RISK, r]
        tau = p.use_risk_rise_years if indicated > w.use.risk[r] else p.use_risk_fall_years
        w.use.risk[r] += (indicated - w.use.risk[r]) / (365.0 * tau)
        if w.on[2]:
            peers = users / max(w.people.alive[r], 1) / max(w.use.peer_start[r], 1e-9)
            w.use.start_factor[r] = feedback(w.use.risk[r], w.use.availability[r], peers, p)
            w.use.progress_factor[r] = power(w.use.availability[r], p.use_progress_availability)
            w.use.quit_factor[r] = power(w.use.risk[r], p.use_quit_risk) * power(
                w.use.availability[r], -p.use_quit_availability
            )
        else:
            w.use.start_factor[r], w.use.progress_factor[r], w.use.quit_factor[r] = 1.0, 1.0, 1.0


_USING = (k.C_LIGHT, k.C_HEAVY, k.C_DEPENDENT, k.C_COURIER)

PROCESSES = (
    Process(
        "progression of use",
        1,
        dict.fromkeys(_USING, 1.2e-3),
        apply_progression,
        progress,
        progress.__doc__ or "",
        "M2",
    ),
    Process("receding use", 1, dict.fromkeys(_USING, 3e-3), apply_regression, recede, recede.__doc__ or "", "M2"),
    Process("relapse", 1, {k.CALM: 4e-3, k.C_COURIER: 4e-3}, apply_relapse, relapse, relapse.__doc__ or "", "M2"),
    Process(
        "stable remission",
        1,
        {k.CALM: 8e-4},
        become_stable,
        stable_remission_hazard,
        stable_remission_hazard.__doc__ or "",
        "M2",
    ),
)
DORMANT_PROCESSES = (DormantProcess("first use", 5e-4, initiation, begin_use, initiation.__doc__ or "", "M2"),)
