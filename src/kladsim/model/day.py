"""The order of a day: every phase in one list, in the order of MODEL section 4; ``print(order())`` shows it.

Each entry names the kernel and the mechanism it belongs to. Regional phases run region by region on any number
of threads; national ones run once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kladsim.core.jit import part
from kladsim.core.phases import Fused, Phase, fuse, listing
from kladsim.core.processes import Lanes, build_step, mark
from kladsim.model import (
    adoption,
    careers,
    ceilings,
    couriers,
    demand,
    drops,
    economy,
    health,
    justice,
    market,
    people,
    platforms,
    policing,
    production,
    punishment,
    room,
    shops,
    tallies,
)
from kladsim.model.requests import enqueue

LANES = Lanes(
    (
        *demand.PROCESSES,
        *health.PROCESSES,
        *careers.PROCESSES,
        *adoption.PROCESSES,
        *couriers.PROCESSES,
        *policing.PROCESSES,
        *punishment.PROCESSES,
        *justice.PROCESSES,
    ),
    tuple(
        replace(awakening, ceiling=ceiling)
        for awakening, ceiling in zip(
            (*careers.AWAKENINGS, *couriers.AWAKENINGS, *health.AWAKENINGS),
            (ceilings.of_first_use, ceilings.of_application, ceilings.of_death),
            strict=True,
        )
    ),
)
_want_step = build_step(LANES, (0,), fused=False, dormant=False)
_life_step = build_step(LANES, (1,), fused=False, dormant=True)


@part
def _morning(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    economy.morning(w, t, low, high)


@part
def _closures(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    platforms.closures(w, t, w.shops.alive.size, high)


@part
def _memory(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    careers.update_factors(w, t, low, high)


@part
def _birthdays(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    people.birthdays(a, w, t, low, high)


@part
def _labour(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    couriers.update_labour(w, t, low, high)
    couriers.hire(a, w, t, low, high)


@part
def _police(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    policing.update_hazards(w, t, low, high)


@part
def _ask(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    drops.ask_for_stock(w, t, low, high)


@part
def _supply(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    production.produce(w, t, w.labs.alive.size, high)
    drops.ration(w, t, high)


@part
def _place(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    drops.place(w, t, low, high)
    drops.thieves(w, t, low, high)


@part
def _choice(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    adoption.update_pull(w, t, low, high)
    demand.update_mix(w, t, low, high)


@part
def _scan(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    first, last = w.regions.first_chunk[low], w.regions.first_chunk[high]
    mark(a, w.chunks, first, last, t.scan_key, w.scan.thresholds, w.scan.marks, w.scan.n_marks, w.scan.flag[worker])


@part
def _demand(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    first, last = w.regions.first_chunk[low], w.regions.first_chunk[high]
    _want_step(
        a, w.chunks, w, t, worker, first, last, t.scan_key, t.accept_key, t.skip_key,
        w.scan.thresholds, w.scan.marks, w.scan.n_marks, w.scan.over, w.scan.flag[worker],
    )  # fmt: skip


@part
def _order(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    market.orders(a, w, t, worker, low, high)


@part
def _preorder(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    drops.give_back(w, high)
    market.preorders(a, w, t, high)


@part
def _review(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    punishment.review(w, t, low, high)


@part
def _life(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    first, last = w.regions.first_chunk[low], w.regions.first_chunk[high]
    _life_step(
        a, w.chunks, w, t, worker, first, last, t.scan_key, t.accept_key, t.skip_key,
        w.scan.thresholds, w.scan.marks, w.scan.n_marks, w.scan.over, w.scan.flag[worker],
    )  # fmt: skip


@part
def _seize(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    drops.seize(w, t, low, high)


@part
def _vacancies(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    couriers.share_vacancies(w, t, high)


@part
def _courts(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    careers.note_harm(w, t, high)
    punishment.update_fear(w, t, high)
    enqueue(w.justice.charges, w.justice.queue, high, t.priority_key)
    people_here = 0.0
    for r in range(high):
        people_here += w.people.alive[r]
    w.justice.court_carry[0] += w.p[0].justice_court_capacity * people_here / 1e5 / 365.0
    capacity = int(w.justice.court_carry[0])
    w.justice.court_carry[0] -= capacity
    justice.courts(a, w, t, capacity)
    if t.day > 0 and t.day % 30 == 0:
        policing.learn(w, t, high)


@part
def _treatment(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    enqueue(w.health.requests, w.health.queue, high, t.priority_key)
    health.admit(a, w, t, high)


@part
def _platforms(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    shops.settle_money(w, t, w.branches.shop.size)
    shops.reputations(w, t, w.shops.alive.size)
    platforms.daily(w, t, high)
    platforms.shops_join(w, t, w.shops.alive.size)
    shops.prices(w, t, high)


@part
def _entry(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    if room.enters_today(t):
        branches = w.branches.shop.size
        shops.entry_and_exit(w, t, w.shops.alive.size, branches, high)
        shops.drop_dead(w, branches)
        shops.reindex(w, branches, high)
        shops.branch_entry(w, t, w.shops.alive.size, branches, high, 0)
        shops.reindex(w, branches, high)
        production.laboratory_turnover(w, t, w.labs.alive.size, high)
    if t.day % 3 == 0 or platforms.closed_today(w, t):
        platforms.reach_and_choice(w, t, w.shops.alive.size, high)


@part
def _spread(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    economy.service(w, t, high)
    if t.day % 7 == 5:
        economy.open_places(w, t, w.cells.region.size)


@part
def _night(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    economy.coverage(w, t, low, high)
    tallies.night(w, t, low, high)


@part
def _sum(a: Any, w: Any, t: Any, worker: Any, low: Any, high: Any) -> None:
    tallies.add_up(w, t, high)


PHASES = (
    Phase("economy and shocks", "regional", _morning, "movement, borders, what is on the shelf", "M15"),
    Phase("closures", "national", _closures, "platforms that are closed today, before anybody buys", "M5"),
    Phase("memory of risk", "regional", _memory, "feedbacks on use from visible harm, availability and peers", "M2"),
    Phase("birthdays", "regional", _birthdays, "persons enter at 14 and leave at 65"),
    Phase("recruitment of couriers", "regional", _labour, "applications of yesterday meet vacancies", "M7"),
    Phase("police effort", "regional", _police, "effort by tier becomes hazards", "M11"),
    Phase("stock wanted", "regional", _ask, "branches ask for drops within their couriers' capacity", "M8"),
    Phase("scan", "regional", _scan, "mark the persons that something may happen to today"),
    Phase(
        "production and import",
        "national",
        _supply,
        "laboratories and imports fill the wholesale stock; rationing",
        "M10",
    ),
    Phase(
        "room for requests", "room", room.for_requests, "buffers are made long enough for whatever the marked may ask"
    ),
    Phase("room for trade", "room", room.for_trade, "weekly: tables are made long enough for whoever may enter"),
    Phase("stocking of drops", "regional", _place, "drops are placed, kept, lost, found by outsiders", "M8"),
    Phase("pull of channels", "regional", _choice, "drivers of channel and substance choice", "M1"),
    Phase("demand and channel choice", "regional", _demand, "who buys, what, and where", "M3"),
    Phase("order and pick-up", "regional", _order, "requests meet ready drops; found, not found or arrested", "M4"),
    Phase("pre-orders", "national", _preorder, "what a region lacks comes from its federal district", "M5"),
    Phase("review and reputation", "regional", _review, "reports of drops not found; hazard of punishment", "M9"),
    Phase(
        "life",
        "regional",
        _life,
        "punishment, arrest, use transitions, poisoning, death, first use, applications",
        "M2",
    ),
    Phase("seizures", "regional", _seize, "drops in hand of arrested couriers", "M11"),
    Phase("vacancies", "national", _vacancies, "each federal district seeks couriers where people apply", "M7"),
    Phase("courts and prison", "national", _courts, "charges are tried within the courts' capacity", "M13"),
    Phase("treatment", "national", _treatment, "free places are given to those who wait", "M12"),
    Phase(
        "money, platforms and prices", "national", _platforms, "settling, competition, closure, promotion, prices", "M4"
    ),
    Phase("entry and exit", "national", _entry, "weekly: shops, branches, laboratories", "M6"),
    Phase("spread to new places", "national", _spread, "weekly: places open down the settlement ladder", "M1"),
    Phase("night", "regional", _night, "stocks and counters by region"),
    Phase("record", "national", _sum, "sum of the day"),
)

SKIPS = room.skips_of(LANES.awakenings)
"""How the dormant are reached who may get a row or apply: their number is known each morning (``room``)."""
_FUSED: list[tuple[Fused, ...]] = []


def fused() -> tuple[Fused, ...]:
    """Return the day as few compiled calls (made once a process)."""
    if not _FUSED:
        _FUSED.append(fuse(PHASES))
    return _FUSED[0]


def order() -> str:
    """Return the order of the day for people."""
    return listing(PHASES)
