"""Persons: who somebody is by rank, and how states, flags and stocks go together, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world

from kladsim.core.jit import plain
from kladsim.model import codes as k
from kladsim.model import people
from kladsim.model.entities import PERSONS


@pytest.mark.parametrize("e", [0, 7, 8, 23])
def test_bits_are_one_each(e):
    bits = np.zeros(3, np.uint8)
    plain(people.set_bit)(bits, e)
    assert [x for x in range(24) if plain(people.bit)(bits, x)] == [e]
    plain(people.set_bit)(bits, e)
    assert [x for x in range(24) if plain(people.bit)(bits, x)] == [e]


def cohorts(scale: int = 1, **columns):
    """Return a world and a day: a cell of 16 entities from number 8 on; of 40 people 10 and 30 were born in two years.

    The years of birth begin on the days -9000 and -8635.
    """
    w = world(
        cells=SimpleNamespace(first=np.array([8]), base=np.array([100]), alive=np.array([0]), opened=np.array([0])),
        cohort_start=np.array([[0, 10, 40]]), birth_zero=np.array([-9000, -8635]), male_share=np.array([0.5, 0.25]),
        gone=np.zeros(8, np.uint8), involved=np.zeros(8, np.uint8), **columns,
    )  # fmt: skip
    t = today()
    t.scale_factor = scale
    return w, t


@pytest.mark.parametrize(("scale", "e", "rank"), [(1, 8, 0), (1, 20, 12), (10, 8, 0), (10, 11, 30)])
def test_ranks_and_numbers_at_every_scale(scale, e, rank):
    w, t = cohorts(scale)
    assert plain(people.rank_of)(w, t, 0, e) == rank
    assert interpreted(people.pid_of)(w, t, 0, e) == 100 + rank
    assert interpreted(people.entity_of)(w, t, 0, 100 + rank) == e


@pytest.mark.parametrize(("rank", "cohort"), [(0, 0), (9, 0), (10, 1), (39, 1)])
def test_cohort_of_a_rank(rank, cohort):
    assert plain(people.cohort_of)(cohorts()[0], 0, rank) == cohort


@pytest.mark.parametrize(("rank", "age"), [(0, 10_000 - 18), (9, 10_000 - 346), (10, 9635 - 6), (39, 9635 - 358)])
def test_age_days_are_spread_over_the_year(rank, age):
    """The first of ten was born 0.5 / 10 into the year (day 18), the last of thirty 29.5 / 30 (day 358)."""
    w, t = cohorts()
    assert interpreted(people.age_days)(w, t, 0, 8 + rank) == age


@pytest.mark.parametrize(("days", "years"), [(0, 0), (365, 0), (366, 1), (5113, 13), (5114, 14), (23741, 64), (23742, 65)])
def test_years_are_full(days, years):
    assert plain(people.years)(days) == years


def test_is_male_meets_the_share_of_each_cohort():
    """Every second of ten, every fourth of thirty: 5 and 7."""
    w, t = cohorts()
    male = [interpreted(people.is_male)(w, t, 0, 8 + rank) for rank in range(40)]
    assert (sum(male[:10]), sum(male[10:]), male[:4], male[10:14]) == (5, 7, [False, True] * 2, [False] * 3 + [True])


@pytest.mark.parametrize(("age", "gone", "resident"), [(5113, 0, False), (5114, 0, True), (23741, 0, True), (23742, 0, False), (9000, 1, False)])
def test_resident_from_14_to_64(age, gone, resident):
    w = world(**cell_of_age(age / k.DAYS_A_YEAR))
    w.people.birth_zero[0], w.people.gone[0] = 1000 - age - 182, gone
    assert interpreted(people.resident)(w, today(), 0, 0) is resident


@pytest.mark.parametrize(("luck", "value"), [(0.0, 0.25), (0.5, 1.0), (1.0, 1.75)])
def test_susceptibility(luck, value):
    assert interpreted(people.susceptibility, Luck(luck))(world(), 3) == value


@pytest.mark.parametrize(("use", "flags", "klass"), [
    (k.NONE, 0, k.CALM), (k.LIGHT, 0, k.C_LIGHT), (k.HEAVY, 0, k.C_HEAVY), (k.DEPENDENT, 0, k.C_DEPENDENT),
    (k.TREATMENT, 0, k.C_TREATMENT), (k.REMITTED, 0, k.CALM), (k.LIGHT, k.COURIER, k.C_COURIER),
    (k.LIGHT, k.COURIER | k.CUSTODY, k.C_CUSTODY), (k.NONE, k.AT_FRONT, k.C_CUSTODY), (k.HEAVY, k.CHARGED, k.C_HEAVY),
])  # fmt: skip
def test_klass_of_use_and_flags(use, flags, klass):
    assert plain(people.klass_of)(use, flags) == klass
    assert plain(people.active_use)(use) == (use in (k.LIGHT, k.HEAVY, k.DEPENDENT))
    a = person(use=use)
    interpreted(people.set_flag)(a, 0, flags)
    assert (a.flags[0], a.klass[0]) == (flags, klass)
    interpreted(people.clear_flag)(a, 0, flags)
    assert (a.flags[0], a.klass[0]) == (0, plain(people.klass_of)(use, 0))


@pytest.mark.parametrize(("was", "now", "change"), [(k.LIGHT, k.HEAVY, 0), (k.LIGHT, k.TREATMENT, -1), (k.REMITTED, k.HEAVY, 1), (k.NONE, k.REMITTED, 0)])
def test_set_use_keeps_the_stocks(was, now, change):
    a, w = person(use=was, channel=k.PLATFORM), world()
    interpreted(people.set_use)(a, 0, 0, w, today(), now)
    assert w.use.by_state[0, [was, now]].tolist() == [-1, 1]
    assert w.use.by_channel[0].tolist() == [0, change, 0]
    assert (a.use[0], a.since[0], a.klass[0]) == (now, 1000, plain(people.klass_of)(now, 0))


@pytest.mark.parametrize(("caution", "use"), [(k.WAS_DEPENDENT, k.DEPENDENT), (k.WAS_HEAVY, k.HEAVY), (0, k.LIGHT), (200, k.LIGHT)])
def test_who_drops_out_goes_back_where_they_came_from(caution, use):
    assert plain(people.came_from)(caution) == use
    a, w = person(use=k.TREATMENT, caution=caution), world()
    w.health.in_treatment[0] = 3
    interpreted(people.drop_out)(a, 0, 0, w, today())
    assert (a.use[0], a.caution[0], w.health.in_treatment[0], counted(w, "treatment_ends")) == (use, 0, 2, 1)


@pytest.mark.parametrize(("use", "counts"), [(k.LIGHT, [-1, 1, 0]), (k.REMITTED, [0, 0, 0])])
def test_set_channel_counts_people_who_use(use, counts):
    a, w = person(use=use), world()
    interpreted(people.set_channel)(a, 0, 0, w, k.PLATFORM)
    assert (a.channel[0], w.use.by_channel[0].tolist()) == (k.PLATFORM, counts)


@pytest.mark.parametrize(("use", "street"), [(k.LIGHT, 1), (k.NONE, 0)])
def test_activate_gives_a_row(use, street):
    w, t = cohorts()
    w.chunks.start[:], w.chunks.count[:] = 2, 3
    a = PERSONS.allocate(6)
    a.caution[5], a.flags[5], a.employer[5], a.until[5], a.last_buy[5] = 9, 9, 9, 9, 9
    assert interpreted(people.activate)(a, w, t, 0, 20, use) == 5
    assert (w.chunks.count[0], a.pid[5], a.use[5], a.since[5], a.platform[5]) == (4, 112, use, 1000, k.NO_PLATFORM)
    assert [int(column[5]) for column in (a.caution, a.flags, a.employer, a.until, a.last_buy)] == [0, 0, -1, 0, 0]
    assert a.klass[5] == plain(people.klass_of)(use, 0)
    assert plain(people.bit)(w.people.involved, 20)
    assert (w.use.by_state[0, use], w.use.by_channel[0].tolist()) == (1, [street, 0, 0])


@pytest.mark.parametrize(("flags", "employer", "places"), [(k.COURIER, 0, (4, 1)), (k.COURIER, -1, (4, 2)), (0, -1, (5, 2))])
def test_stop_courier_frees_the_place(flags, employer, places):
    w = world(branches=SimpleNamespace(couriers=np.array([2])))
    w.labour.couriers[0] = 5
    a = person(use=k.LIGHT, flags=flags, employer=employer)
    interpreted(people.stop_courier)(a, 0, 0, w)
    assert (w.labour.couriers[0], w.branches.couriers[0]) == places
    assert (a.flags[0], a.employer[0]) == (0, -1)


@pytest.mark.parametrize(("columns", "stocks"), [
    ({"use": k.LIGHT, "channel": k.PLATFORM}, (5, 5, 5, 5, 4)),
    ({"use": k.TREATMENT}, (5, 5, 5, 4, 5)),
    ({"flags": k.CUSTODY, "charge": k.TRAFFICKING}, (4, 4, 5, 5, 5)),
    ({"flags": k.CUSTODY | k.CHARGED, "charge": k.TRAFFICKING}, (4, 5, 5, 5, 5)),
    ({"flags": k.AT_FRONT}, (5, 5, 4, 5, 5)),
])  # fmt: skip
def test_remove_undoes_every_stock(columns, stocks):
    w = world(**cell_of_age(30))
    parts = (w.justice.custody, w.justice.prisoners[:, k.TRAFFICKING], w.justice.at_front, w.health.in_treatment, w.use.by_channel[:, k.PLATFORM])
    for array in (*parts, w.people.alive, w.cells.alive, w.use.by_state):
        array[:] = 5
    a = person(**columns)
    interpreted(people.remove)(a, 0, 0, w, today(), people.n.DEATHS_EXCESS)
    assert tuple(int(array[0]) for array in parts) == stocks
    assert (w.people.alive[0], w.cells.alive[0], counted(w, "deaths_excess"), a.klass[0]) == (4, 4, 1, k.LEFT)
    assert w.use.by_state[0, a.use[0]] == 4
    assert plain(people.bit)(w.people.gone, 0)


@pytest.mark.parametrize(("e", "chunk"), [(8, 3), (17, 3), (18, 4), (27, 4)])
def test_chunk_of_an_entity(e, chunk):
    w, _ = cohorts(chunk_of_cell=np.array([3]))
    w.chunks.first, w.chunks.size = np.array([0, 0, 0, 8, 18]), np.array([0, 0, 0, 10, 10])
    assert plain(people.chunk_of)(w, 0, e) == chunk


@pytest.mark.parametrize(("scale", "stride"), [(1, 1), (2, 2)])
def test_birthdays_of_a_year_reach_everybody_once(scale, stride):
    """Ten people born in a year reach an age on ten different days of that year, in the order of their numbers."""
    w, t = cohorts(scale)
    due = []
    for day in range(365):
        t.day = day
        low, high = plain(people._birthdays)(w, t, 0, 9000)
        due += [(day, e) for e in range(low, high)]
    assert [e for _, e in due] == list(range(8, 8 + 10 // stride))
    ages = {e: day for day, e in due}
    t.day = 0
    assert all(abs(interpreted(people.age_days)(w, t, 0, e) + day - 9000) <= 1 for e, day in ages.items())
    t.day = 0
    assert plain(people._birthdays)(w, t, 0, 9001) == (8, 8), "nobody was born before the first year"


def test_residents_range_is_between_both_birthdays():
    rule = interpreted(people.residents_range)
    rule.__globals__["_birthdays"] = lambda w, t, cell, age: (10, 14) if age == people.FIRST_DAY_14 else (3, 5)
    assert rule(None, None, 0) == (5, 14)


def test_birthdays_let_enter_and_leave():
    """Entities 20-22 are 14 today; 9 is dead, 10 never used and 11 did: both reach 65."""
    w, t = cohorts(first_cell=np.array([0, 1]), chunk_of_cell=np.array([0]))
    w.people.alive[0] = w.cells.alive[0] = 50
    plain(people.set_bit)(w.people.gone, 9)
    plain(people.set_bit)(w.people.involved, 11)
    w.chunks.first, w.chunks.size = np.array([8]), np.array([16])
    a = person(pid=103, use=k.REMITTED)
    rule = interpreted(people.birthdays)
    rule.__globals__["_birthdays"] = lambda w, t, cell, age: (20, 23) if age == people.FIRST_DAY_14 else (9, 12)
    rule(a, w, t, 0, 1)
    assert (counted(w, "entries"), counted(w, "exits_age")) == (3, 2)
    assert (w.people.alive[0], w.cells.alive[0], a.klass[0]) == (51, 51, k.LEFT)
    assert [e for e in range(8, 24) if plain(people.bit)(w.people.gone, e)] == [9, 10, 11]
    t.day = 0
    rule(a, w, t, 0, 1)
    assert counted(w, "entries") == 3


def test_age_and_sex_come_from_one_search():
    """Rank 25 is number 15 of 30 in the second cohort, born on -8635 + int(15.5 x 365 / 30) = -8447.

    A quarter of that cohort is male: of its first 16 four are, of its first 15 three, so number 15 is male.
    """
    w, t = cohorts()
    t.day = 100
    assert plain(people._age)(w, t, 0, 25, 1) == 8547
    assert plain(people._is_male)(w, 0, 25, 1) and not plain(people._is_male)(w, 0, 24, 1)
    assert interpreted(people.age_and_sex)(w, t, 0, 8 + 25) == (8547, True)


@pytest.mark.parametrize(("age", "counts"), [(5113, False), (5114, True), (23741, True), (23742, False)])
def test_residents_are_14_to_64(age, counts):
    assert plain(people.of_residents)(age) is counts
