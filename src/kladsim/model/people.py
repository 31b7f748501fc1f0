"""Persons: who somebody is (a pure function of identity) and how a person enters, changes state and leaves.

Entities of a cell are numbered by birth date, so a person's age follows from the rank among the cell's birth
cohorts, and those who turn 14 or 65 today are neighbours. Sex is spread evenly within a cohort. A person never
involved costs two bits: *involved* (has a row) and *gone* (dead or over age).
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.arrays import UInt8
from kladsim.core.jit import part
from kladsim.core.population import find
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.entities import Persons
from kladsim.model.state import World
from kladsim.model.today import DayContext

FIRST_DAY_14 = 5114
"""Age in days on the 14th birthday (14 x 365.25, rounded up)."""
FIRST_DAY_65 = 23742
ONE8 = np.uint8(1)


@part
def bit(bits: UInt8, e: int) -> bool:
    """Return whether bit ``e`` is set."""
    return (bits[e >> 3] >> np.uint8(e & 7)) & ONE8 == ONE8


@part
def set_bit(bits: UInt8, e: int) -> None:
    """Set bit ``e``; cells start at multiples of eight, so threads never share a byte."""
    bits[e >> 3] |= np.uint8(ONE8 << np.uint8(e & 7))


@part
def rank_of(w: World, t: DayContext, cell: int, e: int) -> int:
    """Return the rank by birth date at full scale of entity ``e`` of a cell; a sample keeps every k-th rank."""
    return int((e - w.cells.first[cell]) * t.scale_factor)


@part
def pid_of(w: World, t: DayContext, cell: int, e: int) -> int:
    """Return the person number at full scale: the same person has the same number and luck at every scale."""
    return int(w.cells.base[cell] + rank_of(w, t, cell, e))


@part
def entity_of(w: World, t: DayContext, c: int, pid: int) -> int:
    """Return the entity of a person number in a chunk's cell."""
    cell = w.chunks.group[c]
    return int(w.cells.first[cell] + (pid - w.cells.base[cell]) // t.scale_factor)


@part
def cohort_of(w: World, cell: int, rank: int) -> int:
    """Return the birth-year index of a rank in a cell (binary search)."""
    low = 0
    high = w.people.cohort_start.shape[1] - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if w.people.cohort_start[cell, middle] <= rank:
            low = middle
        else:
            high = middle
    return low


@part
def _age(w: World, t: DayContext, cell: int, rank: int, y: int) -> int:
    """Return the age in days of a rank of cohort ``y``; birthdays are spread evenly over the year of birth."""
    size = w.people.cohort_start[cell, y + 1] - w.people.cohort_start[cell, y]
    born = w.people.birth_zero[y] + int((rank - w.people.cohort_start[cell, y] + 0.5) * 365.0 / size)
    return int(t.day - born)


@part
def _is_male(w: World, cell: int, rank: int, y: int) -> bool:
    """Return the sex of a rank of cohort ``y``; the male share of each cohort is met exactly."""
    rank -= w.people.cohort_start[cell, y]
    share = w.people.male_share[y]
    return int((rank + 1) * share) > int(rank * share)


@part
def age_and_sex(w: World, t: DayContext, cell: int, e: int) -> tuple[int, bool]:
    """Return the age in days today, and whether the entity is male, by one search for the cohort."""
    rank = rank_of(w, t, cell, e)
    y = cohort_of(w, cell, rank)
    return _age(w, t, cell, rank, y), _is_male(w, cell, rank, y)


@part
def age_days(w: World, t: DayContext, cell: int, e: int) -> int:
    """Return the age in days today."""
    rank = rank_of(w, t, cell, e)
    return int(_age(w, t, cell, rank, cohort_of(w, cell, rank)))


@part
def years(age: int) -> int:
    """Return the age in full years."""
    return int(age / k.DAYS_A_YEAR)


@part
def is_male(w: World, t: DayContext, cell: int, e: int) -> bool:
    """Return whether the entity is male."""
    rank = rank_of(w, t, cell, e)
    return bool(_is_male(w, cell, rank, cohort_of(w, cell, rank)))


@part
def resident(w: World, t: DayContext, cell: int, e: int) -> bool:
    """Return whether the entity is alive and aged 14-64 today."""
    return not bit(w.people.gone, e) and of_residents(age_days(w, t, cell, e))


@part
def of_residents(age: int) -> bool:
    """Return whether an age in days is one of 14 to 64 years."""
    return FIRST_DAY_14 <= age < FIRST_DAY_65


@part
def susceptibility(w: World, pid: int) -> float:
    """Return the fixed relative susceptibility to drug use (0.25 to 1.75, mean 1; assumption)."""
    return 0.25 + 1.5 * rng.unit(w.people.trait_key, pid, 0)


@part
def klass_of(use: int, flags: int) -> int:
    """Return the activity class that follows from use state and flags."""
    if flags & (k.CUSTODY | k.AT_FRONT):
        return k.C_CUSTODY
    if flags & k.COURIER:
        return k.C_COURIER
    if use == k.LIGHT:
        return k.C_LIGHT
    if use == k.HEAVY:
        return k.C_HEAVY
    if use == k.DEPENDENT:
        return k.C_DEPENDENT
    if use == k.TREATMENT:
        return k.C_TREATMENT
    return k.CALM


@part
def active_use(use: int) -> bool:
    """Return whether the state is one of current use."""
    return use == k.LIGHT or use == k.HEAVY or use == k.DEPENDENT


@part
def set_use(a: Persons, i: int, c: int, w: World, t: DayContext, use: int) -> None:
    """Move a person to another use state and keep the region's stocks."""
    r = w.regions.of_chunk[c]
    w.use.by_state[r, a.use[i]] -= 1
    w.use.by_state[r, use] += 1
    was, now = active_use(a.use[i]), active_use(use)
    if was and not now:
        w.use.by_channel[r, a.channel[i]] -= 1
    if now and not was:
        w.use.by_channel[r, a.channel[i]] += 1
    a.use[i] = use
    a.since[i] = t.day
    a.klass[i] = klass_of(a.use[i], a.flags[i])


@part
def came_from(caution: int) -> int:
    """Return the state of use that a person in treatment or in remission came from."""
    if caution == k.WAS_DEPENDENT:
        return k.DEPENDENT
    return k.HEAVY if caution == k.WAS_HEAVY else k.LIGHT


@part
def drop_out(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave treatment without success: back to the state that the person came from."""
    r = w.regions.of_chunk[c]
    w.health.in_treatment[r] -= 1
    w.tally.count[r, n.TREATMENT_ENDS] += 1
    use = came_from(a.caution[i])
    a.caution[i] = 0
    set_use(a, i, c, w, t, use)


@part
def set_channel(a: Persons, i: int, c: int, w: World, channel: int) -> None:
    """Change the usual channel and keep the region's stocks."""
    if active_use(a.use[i]):
        r = w.regions.of_chunk[c]
        w.use.by_channel[r, a.channel[i]] -= 1
        w.use.by_channel[r, channel] += 1
    a.channel[i] = channel


@part
def set_flag(a: Persons, i: int, flag: int) -> None:
    """Set flags and refresh the class."""
    a.flags[i] |= np.uint8(flag)
    a.klass[i] = klass_of(a.use[i], a.flags[i])


@part
def clear_flag(a: Persons, i: int, flag: int) -> None:
    """Clear flags and refresh the class."""
    a.flags[i] &= np.uint8(255 - flag)
    a.klass[i] = klass_of(a.use[i], a.flags[i])


@part
def activate(a: Persons, w: World, t: DayContext, c: int, e: int, use: int) -> int:
    """Give a person never involved before a row, and return it."""
    i = w.chunks.start[c] + w.chunks.count[c]
    w.chunks.count[c] += 1
    set_bit(w.people.involved, e)
    a.pid[i] = pid_of(w, t, w.chunks.group[c], e)
    a.use[i], a.substance[i], a.channel[i], a.platform[i] = use, 0, k.STREET, k.NO_PLATFORM
    a.flags[i], a.caution[i], a.charge[i], a.employer[i] = 0, 0, 0, -1
    a.since[i], a.role_since[i], a.until[i], a.last_buy[i] = t.day, 0, 0, 0
    a.klass[i] = klass_of(use, 0)
    r = w.regions.of_chunk[c]
    w.use.by_state[r, use] += 1
    if active_use(use):
        w.use.by_channel[r, k.STREET] += 1
    return int(i)


@part
def stop_courier(a: Persons, i: int, c: int, w: World) -> None:
    """End the role of courier and free the branch's place."""
    if a.flags[i] & k.COURIER:
        w.labour.couriers[w.regions.of_chunk[c]] -= 1
        if a.employer[i] >= 0:
            w.branches.couriers[a.employer[i]] -= 1
        a.employer[i] = -1
        clear_flag(a, i, k.COURIER)


@part
def remove(a: Persons, i: int, c: int, w: World, t: DayContext, counter: int) -> None:
    """Take a person out for good: count the cause, undo every role and stock, keep the row as left."""
    r = w.regions.of_chunk[c]
    e = entity_of(w, t, c, a.pid[i])
    stop_courier(a, i, c, w)
    if a.flags[i] & k.CUSTODY:
        w.justice.custody[r] -= 1
        if a.flags[i] & k.CHARGED == 0:
            w.justice.prisoners[r, a.charge[i]] -= 1
    if a.flags[i] & k.AT_FRONT:
        w.justice.at_front[r] -= 1
    if a.use[i] == k.TREATMENT:
        w.health.in_treatment[r] -= 1
    w.use.by_state[r, a.use[i]] -= 1
    if active_use(a.use[i]):
        w.use.by_channel[r, a.channel[i]] -= 1
    set_bit(w.people.gone, e)
    a.klass[i] = k.LEFT
    w.tally.count[r, counter] += 1
    w.people.alive[r] -= 1
    w.cells.alive[w.chunks.group[c]] -= 1


@part
def chunk_of(w: World, cell: int, e: int) -> int:
    """Return the chunk that holds entity ``e`` of a cell."""
    c = w.regions.chunk_of_cell[cell]
    while e >= w.chunks.first[c] + w.chunks.size[c]:
        c += 1
    return int(c)


@part
def _birthdays(w: World, t: DayContext, cell: int, age: int) -> tuple[int, int]:
    """Return the range of entities of a cell whose age in days reaches ``age`` today."""
    born = t.day - age
    y = 0
    last = w.people.birth_zero.size - 1
    while y < last and w.people.birth_zero[y + 1] <= born:
        y += 1
    doy = born - w.people.birth_zero[y]
    start = w.people.cohort_start[cell, y]
    size = w.people.cohort_start[cell, y + 1] - start
    first = w.cells.first[cell]
    if born < w.people.birth_zero[0] or doy > 364 or size == 0:
        return first, first
    low = start + min(size, max(0, int(np.ceil(doy * size / 365.0 - 0.5))))
    high = start + min(size, max(0, int(np.ceil((doy + 1) * size / 365.0 - 0.5))))
    return first + (low + t.scale_factor - 1) // t.scale_factor, first + (high + t.scale_factor - 1) // t.scale_factor


@part
def residents_range(w: World, t: DayContext, cell: int) -> tuple[int, int]:
    """Return the range of entities of a cell aged 14-64 today, the dead among them included."""
    return _birthdays(w, t, cell, FIRST_DAY_65)[1], _birthdays(w, t, cell, FIRST_DAY_14)[1]


@part
def birthdays(a: Persons, w: World, t: DayContext, low: int, high: int) -> None:
    """Let persons enter on their 14th birthday and leave on their 65th (phase over regions)."""
    if t.day == 0:  # the residents of the first morning were counted with their birthdays of that day
        return
    for r in range(low, high):
        for cell in range(w.regions.first_cell[r], w.regions.first_cell[r + 1]):
            first, last = _birthdays(w, t, cell, FIRST_DAY_14)
            w.tally.count[r, n.ENTRIES] += last - first
            w.people.alive[r] += last - first
            w.cells.alive[cell] += last - first
            first, last = _birthdays(w, t, cell, FIRST_DAY_65)
            for e in range(first, last):
                if bit(w.people.gone, e):
                    continue
                if bit(w.people.involved, e):
                    c = chunk_of(w, cell, e)
                    i = find(a.pid, w.chunks, c, pid_of(w, t, cell, e))
                    remove(a, i, c, w, t, n.EXITS_AGE)
                else:
                    set_bit(w.people.gone, e)
                    w.tally.count[r, n.EXITS_AGE] += 1
                    w.people.alive[r] -= 1
                    w.cells.alive[cell] -= 1
