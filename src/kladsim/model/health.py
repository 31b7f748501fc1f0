"""M12, health: poisoning, psychosis, excess mortality, treatment with relapse, and the weeks after release.

Rates are per person-year by use state and substance (H9-H13); no published figure is for cathinones, so
stimulants stand in for them. Deaths from poisoning and other excess deaths come on top of the life table. With
M12 off nobody dies of drugs and there is no treatment.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.jit import part
from kladsim.core.population import find
from kladsim.core.processes import DormantProcess, Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.entities import Persons
from kladsim.model.people import (
    age_and_sex,
    bit,
    clear_flag,
    drop_out,
    entity_of,
    of_residents,
    remove,
    set_bit,
    set_use,
    years,
)
from kladsim.model.requests import enqueue, push
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def background_rate(w: World, t: DayContext, cell: int, e: int) -> float:
    """Daily probability of death of the life table, by age and sex (WPP 2024)."""
    age, male = age_and_sex(w, t, cell, e)
    return mortality(w, t, age, male)


@part
def mortality(w: World, t: DayContext, age: int, male: bool) -> float:
    """Daily probability of death at an age in days."""
    return w.people.mortality[0 if male else 1, max(0, min(100, years(age)))] * t.mortality_factor / 365.0


@part
def dormant_death(e: int, c: int, w: World, t: DayContext) -> float:
    """Death of a person never involved."""
    cell = w.chunks.group[c]
    if bit(w.people.involved, e) or bit(w.people.gone, e):
        return 0.0
    age, male = age_and_sex(w, t, cell, e)
    return mortality(w, t, age, male) if of_residents(age) else 0.0


@part
def die_dormant(a: Persons, e: int, c: int, w: World, t: DayContext) -> None:
    """Count the death of a person never involved."""
    r = w.regions.of_chunk[c]
    set_bit(w.people.gone, e)
    w.tally.count[r, n.DEATHS_BACKGROUND] += 1
    w.people.alive[r] -= 1
    w.cells.alive[w.chunks.group[c]] -= 1


@part
def death(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Death of an involved person by the life table."""
    return background_rate(w, t, w.chunks.group[c], entity_of(w, t, c, a.pid[i]))


@part
def die(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave by a death of the life table."""
    remove(a, i, c, w, t, n.DEATHS_BACKGROUND)


@part
def excess_death(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Excess deaths from other causes than poisoning (H9 less H10, and less the life table)."""
    if not w.on[12]:
        return 0.0
    p = w.p[0]
    if a.use[i] == k.DEPENDENT:
        return p.health_excess_dependent / 36500.0
    if a.use[i] == k.HEAVY:
        return p.health_excess_heavy / 36500.0
    return 0.0


@part
def die_excess(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave by an excess death."""
    remove(a, i, c, w, t, n.DEATHS_EXCESS)


@part
def poisoning(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Poisoning, fatal or not, by state and substance; higher in the first weeks after release (H13)."""
    if not w.on[12]:
        return 0.0
    p = w.p[0]
    use = a.use[i]
    if use == k.LIGHT:
        rate = p.health_poisoning_light
    elif use == k.HEAVY:
        rate = p.health_poisoning_heavy
    elif use == k.DEPENDENT:
        rate = p.health_poisoning_dependent
    else:
        return 0.0
    if a.substance[i] == k.OPIOID:
        rate *= p.health_poisoning_opioid
    elif a.substance[i] == k.CANNABIS:
        rate *= p.health_poisoning_cannabis
    if a.flags[i] & (k.CONVICTED | k.MONITORED) == k.CONVICTED and a.until[i] > 0 and 0 <= t.day - a.until[i] < 14:
        rate *= p.health_release_factor
    rate *= t.potency - (t.potency - 1.0) * w.q[q.EARLY_WARNING, w.regions.of_chunk[c]]
    return rate * (1.0 - p.health_checking_effect * w.q[q.DRUG_CHECKING, w.regions.of_chunk[c]]) / 36500.0


@part
def be_poisoned(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Survive or die; both are visible harm, and survivors grow cautious."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    fatal = p.health_fatal_opioid if a.substance[i] == k.OPIOID else p.health_fatal_other
    fatal *= w.health.regional_fatality[r] * (1.0 - w.q[q.POISONING_RESPONSE, r])
    w.use.harm_sum[r] += 1.0
    if rng.unit(t.event_key, a.pid[i], 10) < fatal:
        w.use.harm_sum[r] += 9.0
        if a.flags[i] & (k.CONVICTED | k.MONITORED) == k.CONVICTED and a.until[i] > 0 and 0 <= t.day - a.until[i] < 84:
            w.tally.count[r, n.DEATHS_AFTER_RELEASE] += 1
        remove(a, i, c, w, t, n.DEATHS_POISONING)
    else:
        w.tally.count[r, n.POISONINGS_NONFATAL] += 1
        a.caution[i] = min(a.caution[i] + 4, k.MOST_CAUTION)


@part
def psychosis(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Psychosis of people dependent on stimulants (rate: assumption)."""
    if not w.on[12] or a.use[i] != k.DEPENDENT or a.substance[i] < k.AMPHETAMINE:
        return 0.0
    return w.p[0].health_psychosis / 36500.0


@part
def count_psychosis(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Count a psychosis."""
    w.tally.count[w.regions.of_chunk[c], n.PSYCHOSES] += 1


@part
def seek_treatment(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Ask for a treatment place."""
    if not w.on[12] or a.flags[i] & (k.WAITING | k.CUSTODY):
        return 0.0
    p = w.p[0]
    if a.use[i] == k.DEPENDENT:
        return p.health_seek_dependent / 365.0
    if a.use[i] == k.HEAVY:
        return p.health_seek_heavy / 365.0
    return 0.0


@part
def ask_for_place(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Join those who wait."""
    r = w.regions.of_chunk[c]
    a.flags[i] |= k.WAITING
    w.tally.count[r, n.TREATMENT_REQUESTS] += 1
    push(w.health.requests, r, a.pid[i], c, 0)


@part
def end_treatment(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """End of a treatment episode, completed or not (exponential stay)."""
    return 1.0 / w.p[0].health_treatment_days


@part
def leave_treatment(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave treatment abstinent, or as the person came; odds move with the quality of treatment (E1)."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    odds = p.health_abstinent / (1.0 - p.health_abstinent) * w.q[q.TREATMENT_OUTCOME, r]
    if rng.unit(t.event_key, a.pid[i], 11) < odds / (1.0 + odds):
        w.health.in_treatment[r] -= 1
        w.tally.count[r, n.TREATMENT_ENDS] += 1
        set_use(a, i, c, w, t, k.REMITTED)
        w.tally.count[r, n.REMISSIONS] += 1
    else:
        drop_out(a, i, c, w, t)


@part
def receive_requests(w: World, t: DayContext, regions: int) -> None:
    """Append the day's requests for treatment to the national queue (serial)."""
    enqueue(w.health.requests, w.health.queue, regions, t.priority_key)


@part
def admit(a: Persons, w: World, t: DayContext, regions: int) -> None:
    """Fill free treatment places from those who wait, in order of request and seeded priority (national queue)."""
    p = w.p[0]
    queue = w.health.queue
    free = 0
    for r in range(regions):
        free -= w.health.in_treatment[r]
    places = p.health_treatment_places * w.q[q.TREATMENT_PLACES, 0] + w.q[q.MORE_PLACES, 0]
    free += int(places / t.scale_factor)
    while free > 0 and queue.ends[0] < queue.ends[1]:
        z = queue.ends[0] % queue.pid.size
        queue.ends[0] += 1
        c = queue.chunk[z]
        i = find(a.pid, w.chunks, c, queue.pid[z])
        if i < 0 or a.klass[i] == k.LEFT or a.flags[i] & k.WAITING == 0:
            continue
        clear_flag(a, i, k.WAITING)
        if a.flags[i] & (k.CUSTODY | k.AT_FRONT | k.COURIER) or (a.use[i] != k.DEPENDENT and a.use[i] != k.HEAVY):
            continue
        r = w.regions.of_chunk[c]
        a.caution[i] = k.WAS_DEPENDENT if a.use[i] == k.DEPENDENT else k.WAS_HEAVY
        set_use(a, i, c, w, t, k.TREATMENT)
        w.health.in_treatment[r] += 1
        w.tally.count[r, n.TREATMENT_STARTS] += 1
        free -= 1


_ALL = {klass: 4e-4 for klass in range(1, 8)}

PROCESSES = (
    Process("death by the life table", 1, _ALL, die, death, death.__doc__ or "", ""),
    Process(
        "excess death",
        1,
        {k.C_HEAVY: 6e-5, k.C_DEPENDENT: 6e-5, k.C_COURIER: 6e-5},
        die_excess,
        excess_death,
        excess_death.__doc__ or "",
        "M12",
    ),
    Process(
        "poisoning",
        1,
        {k.C_LIGHT: 1e-4, k.C_HEAVY: 6e-4, k.C_DEPENDENT: 2e-3, k.C_COURIER: 2e-3},
        be_poisoned,
        poisoning,
        poisoning.__doc__ or "",
        "M12",
    ),
    Process(
        "psychosis",
        1,
        {k.C_DEPENDENT: 4e-4, k.C_COURIER: 4e-4},
        count_psychosis,
        psychosis,
        psychosis.__doc__ or "",
        "M12",
    ),
    Process(
        "asking for treatment",
        1,
        dict.fromkeys((k.C_HEAVY, k.C_DEPENDENT, k.C_COURIER), 2e-3),
        ask_for_place,
        seek_treatment,
        seek_treatment.__doc__ or "",
        "M12",
    ),
    Process(
        "end of treatment", 1, {k.C_TREATMENT: 0.04}, leave_treatment, end_treatment, end_treatment.__doc__ or "", "M12"
    ),
)
DORMANT_PROCESSES = (
    DormantProcess(
        "death by the life table, never involved", 2.5e-4, dormant_death, die_dormant, dormant_death.__doc__ or "", ""
    ),
)
