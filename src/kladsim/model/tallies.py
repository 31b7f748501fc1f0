"""Night: stocks and counters of the day are added up for the recorder, in whole numbers (M17 measures, truth
beside it).
"""

from __future__ import annotations

from kladsim.core.jit import part
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.entities import Persons
from kladsim.model.people import active_use, age_days, entity_of, is_male, years
from kladsim.model.state import World
from kladsim.model.today import DayContext

STOCKS = (
    "residents",
    "light",
    "heavy",
    "dependent",
    "treatment",
    "remitted",
    "couriers",
    "prisoners_possession",
    "prisoners_trafficking",
    "custody",
    "at_front",
    "street_users",
    "platform_users",
    "own_channel_users",
    "charges_pending",
    "ready_believed",
    "ready_there",
)
N_STOCKS = len(STOCKS)


@part
def update_stocks(w: World, t: DayContext, low: int, high: int) -> None:
    """Add the day's counters to the year of the region and take the stocks (phase over regions)."""
    for r in range(low, high):
        for column in range(n.COUNT):
            w.tally.year_count[r, column] += w.tally.count[r, column]
        s = w.tally.stock[r]
        s[0] = w.people.alive[r]
        for use in range(1, 6):
            s[use] = w.use.by_state[r, use]
        s[6] = w.labour.couriers[r]
        s[7] = w.justice.prisoners[r, k.POSSESSION]
        s[8] = w.justice.prisoners[r, k.TRAFFICKING]
        s[9] = w.justice.custody[r]
        s[10] = w.justice.at_front[r]
        for channel in range(3):
            s[11 + channel] = w.use.by_channel[r, channel]
        s[14] = 0
        believed = 0
        missing = 0
        for z in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            b = w.trade.branch_index[z]
            for g in range(k.G):
                believed += w.listings.ready[b * k.G + g]
                missing += w.listings.missing[b * k.G + g]
        s[15] = believed
        s[16] = believed - missing
        for column in range(N_STOCKS):
            w.tally.year_stock[r, column] += s[column]


@part
def add_up(w: World, t: DayContext, regions: int) -> None:
    """Sum regions into the national day (serial)."""
    for column in range(n.COUNT):
        total = 0
        for r in range(regions):
            total += w.tally.count[r, column]
        w.tally.day_count[column] = total
    for column in range(N_STOCKS):
        total = 0
        for r in range(regions):
            total += w.tally.stock[r, column]
        w.tally.day_stock[column] = total
    w.tally.day_stock[14] = w.justice.queue.ends[1] - w.justice.queue.ends[0]
    for g in range(k.G):
        seized = 0
        for r in range(regions):
            seized += w.stock.seized_by[r, g]
            w.tally.year_seized[r, g] += w.stock.seized_by[r, g]
            w.stock.seized_by[r, g] = 0
        w.tally.day_seized[g] = seized
        w.tally.year_labs[g] += w.supply.seized_labs[g]
        w.supply.seized_labs[g] = 0


AGE_BANDS = (14, 18, 25, 30, 40, 50, 65)
N_BANDS = len(AGE_BANDS) - 1


@part
def band_of(age: int) -> int:
    """Return the index of the age band: 14-17, 18-24, 25-29, 30-39, 40-49, 50-64."""
    if age < 18:
        return 0
    if age < 25:
        return 1
    if age < 30:
        return 2
    if age < 40:
        return 3
    return 4 if age < 50 else 5


@part
def census(a: Persons, w: World, t: DayContext, low: int, high: int) -> None:
    """Count involved persons by region, use state, age band and sex, and buyers of the last year (phase over
    regions).
    """
    for r in range(low, high):
        w.tally.buyers_year[r] = 0
        for c in range(w.regions.first_chunk[r], w.regions.first_chunk[r + 1]):
            cell = w.chunks.group[c]
            for i in range(w.chunks.start[c], w.chunks.start[c] + w.chunks.count[c]):
                if a.klass[i] == k.LEFT:
                    continue
                if a.last_buy[i] > 0 and t.day - (a.last_buy[i] - 1) < 365:
                    w.tally.buyers_year[r] += 1
                if active_use(a.use[i]) and w.tally.detail[0]:
                    e = entity_of(w, t, c, a.pid[i])
                    band = band_of(years(age_days(w, t, cell, e)))
                    sex = 0 if is_male(w, t, cell, e) else 1
                    w.tally.users_by[r, band, sex] += 1
                    if a.use[i] == k.DEPENDENT:
                        w.tally.dependent_by[r, band, sex] += 1
