"""Events of the monitor as evidence of the trade: each changes how the record of its country may be read.

An event is evidence if its text names hidden places for goods. With the chance that its confidence stands for it is a
sign that the tables missed; else it says nothing. Of several signs of a country the first that is right counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.dates import read_period
from kladsim.monitor.event_log import read_log
from kladsim.monitor.events import Event
from kladsim.monitor.periods import begin_of, end_of
from kladsim.spread.model.hazard import country_terms
from kladsim.spread.model.priors import Draws
from kladsim.spread.model.tables import DATA, FIRST_YEAR, LAST_YEAR, SOURCE, CountryTables, Record

Floats = NDArray[np.float64]
LAST_EVENT = 2035
FEWEST_DRAWS = 100


@dataclass(frozen=True, slots=True)
class EventUse:
    """What became of an event: ``weight`` is the chance by which it counts as the first sign (0: not used)."""

    id: str
    country: str
    date: str
    confidence: str
    weight: float
    reason: str


@cache
def _read_words() -> tuple[re.Pattern[str], Mapping[str, float]]:
    held = tomllib.loads((DATA / "event_words.toml").read_text(encoding="utf-8"))
    words = "|".join(re.escape(word) for words in held["words"].values() for word in words)
    return re.compile(rf"\b(?:{words})", re.IGNORECASE), held["confidence"]


def list_events() -> dict[str, Event]:
    """Events that the monitor keeps, by id.

    Raises
    ------
    StorageError : a line of the log was changed
    """
    return read_log().events


def weigh_events(world: CountryTables, events: Mapping[str, Event]) -> tuple[Record, tuple[EventUse, ...]]:
    """Return the record as it may be read with the events, and what became of each event."""
    named = {name: _judge(world, event) for name, event in events.items()}
    years = {name: _list_years(events[name].date) for name in named}
    last = max([LAST_YEAR, *(years[name][1] for name, (chance, _) in named.items() if chance > 0)])
    record = world.read_record(last)
    uses = {name: EventUse(name, events[name].country, events[name].date, events[name].confidence, 0.0, why)
            for name, (_, why) in named.items()}  # fmt: skip
    for place in sorted({world.iso3.index(events[name].country) for name, (chance, _) in named.items() if chance > 0}):
        mine = [name for name, (chance, _) in named.items() if chance > 0 and events[name].country == world.iso3[place]]
        read = [(one.latest, one.earliest, "", one.weight) for one in world.readings if one.place == place]
        left, table = 1.0, 1.0
        record.sign[place] = 0.0
        for latest, earliest, name, chance in sorted(
            [*read, *((years[n][1], years[n][0], n, named[n][0]) for n in mine)]
        ):
            within = (earliest <= np.arange(FIRST_YEAR, last + 1)) & (np.arange(FIRST_YEAR, last + 1) <= latest)
            weight = left * (chance if name else min(1.0, chance / max(table, 1e-12)))
            left -= weight
            if not name:
                table -= chance
                record.sign[place] += weight * within
                continue
            record.own[place] += weight * within
            reason = named[name][1] if weight > 0 else "a certain sign of before is on record"
            uses[name] = EventUse(name, world.iso3[place], events[name].date, events[name].confidence,
                                  float(f"{weight:.3g}"), reason)  # fmt: skip
        record.none[place] = max(left, 0.0)
    return record, tuple(uses[name] for name in sorted(uses, key=lambda n: (events[n].country, years[n], n)))


def _judge(world: CountryTables, event: Event) -> tuple[float, str]:
    """Chance that an event is a sign, and why."""
    pattern, confidence = _read_words()
    first, last = _list_years(event.date)
    if event.country == SOURCE:
        return 0.0, "the source of the spread"
    if event.country not in world.iso3:
        return 0.0, "no country of the spread model"
    if not FIRST_YEAR <= first <= last <= LAST_EVENT:
        return 0.0, f"before {FIRST_YEAR} or after {LAST_EVENT}"
    if not pattern.search(f"{event.note} {event.source}"):
        return 0.0, "its text names no hidden places for goods"
    return confidence[event.confidence], "its text names hidden places for goods"


def _list_years(text: str) -> tuple[int, int]:
    period = read_period(text)
    return begin_of(period.step, period.freq).year, end_of(period.step, period.freq).year


def take_evidence(world: CountryTables, draws: Draws, record: Record) -> tuple[Draws, float]:
    """Return draws of the posterior given another record: the same number, taken by their weights; and how many count.

    A weight is the likelihood of the record beside that of the tables; the sources of the past stay as in the fit.
    """
    ratio = (country_terms(world, draws, record) - country_terms(world, draws)).sum(axis=1)
    weight = np.exp(ratio - ratio.max())
    weight /= weight.sum()
    places = np.minimum(np.searchsorted(np.cumsum(weight), (np.arange(len(draws)) + 0.5) / len(draws)), len(draws) - 1)
    return draws.take(places), float(1.0 / (weight**2).sum())


def tell_events(uses: tuple[EventUse, ...], effective: float | None) -> dict[str, Any]:
    """What became of the events, as plain values."""
    return {
        "used": [asdict(use) for use in uses if use.weight > 0],
        "not_used": [asdict(use) for use in uses if use.weight == 0],
        "effective_draws": None if effective is None else round(effective, 1),
    }
