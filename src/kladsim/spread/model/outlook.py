"""What is told about each country: a band of hazard, timing in years, stages, and why; ordered by region of the world.

No revenue, price or margin, no ranking: countries stand by region of the world and by name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.files import write_bytes
from kladsim.spread.model.events import list_events, take_evidence, tell_events, weigh_events
from kladsim.spread.model.fitting import SpreadPosterior, load_posterior, posterior_digest
from kladsim.spread.model.forward import Paths, simulate
from kladsim.spread.model.hazard import NEAREST_KM, Parts, known_sources, link_weights, source_strength
from kladsim.spread.model.priors import Draws
from kladsim.spread.model.tables import DATA, LAST_YEAR, NOT_YET, CountryTables, Record, read_world

Floats = NDArray[np.float64]
SAVED = DATA / "outlook.json"
BY = 2030
LAST = 2035
BANDS = (("low", 0.15), ("medium", 0.50), ("high", 1.01))
"""Band of the chance that the trade has arrived by the end of ``BY``; the limits are a convention."""
WIDE = 0.8
WORDS = (
    "The model projects the arrival of dead-drop trade by country as bands, never as ranks. Intervals hold 80 % of the "
    "posterior: parameters, the coding of strictness and what may be there unseen; not the structure of the model. No "
    "published country-to-country hazard with an interval exists: most priors are assumptions. A first sign is what "
    "was seen and published, not what occurred: closed countries may look free of a trade that nobody reports, and the "
    "tables hold only signs that were found in a search of excerpts, mostly about countries near Russia."
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A part's factor on the yearly hazard (median, 80 % interval) beside ``against``."""

    part: str
    factor: float
    low: float
    high: float
    against: str


@dataclass(frozen=True, slots=True)
class CountryOutlook:
    """The outlook of one country."""

    iso3: str
    name: str
    region: str
    status: str
    sign: str
    chance: float
    low: float
    high: float
    band: str
    bands: str
    unseen: float
    years: str
    sustained: float
    reasons: tuple[Reason, ...]
    note: str


def outlook(
    posterior: SpreadPosterior | None = None,
    world: CountryTables | None = None,
    *,
    parts: Parts | None = None,
    seed: int = 1,
    paths: int = 8,
    source: Floats | None = None,
    record: Record | None = None,
) -> tuple[CountryOutlook, ...]:
    """Compute the outlook of all countries from a posterior (default: the one that ships).

    Parameters
    ----------
    record : how first signs are read (default: as the tables say); draws are weighed by it
    """
    place = world or read_world()
    draws = (posterior or load_posterior(world=place)).draws
    if record is not None:
        draws, _ = take_evidence(place, draws, record)
    ran = simulate(place, draws, parts=parts, last=LAST, paths=paths, seed=seed, source=source, record=record)
    on = parts or Parts()
    why = reasons(place, on.without(draws)) if on.spread else [()] * len(place)
    made = [_country(place, ran, i, why[i]) for i in range(len(place))]
    return tuple(sorted(made, key=lambda c: (c.region, c.name)))


def current_outlook(
    parts: Parts | None = None, source: Floats | None = None
) -> tuple[tuple[CountryOutlook, ...], dict[str, Any]]:
    """Return the outlook with the events that the monitor keeps as evidence, and what became of each event.

    Without an event that counts, a part that is off and another source it is the outlook that ships, to the bit.
    """
    world = read_world()
    record, uses = weigh_events(world, list_events())
    if not any(use.weight > 0 for use in uses):
        plainly = parts is None and source is None
        return saved_outlook() if plainly else outlook(parts=parts, source=source), tell_events(uses, None)
    _, effective = take_evidence(world, load_posterior(world=world).draws, record)
    found = outlook(parts=parts, source=source, record=record)
    told = {world.iso3.index(use.country) for use in uses if use.weight > 0}
    names = {world.iso3[place] for place in told if not world.signed[place]}
    marked = tuple(replace(c, status="event of the monitor") if c.iso3 in names else c for c in found)
    return marked, tell_events(uses, effective)


def saved_outlook(file: Path = SAVED) -> tuple[CountryOutlook, ...]:
    """Read the outlook that was stored with the posterior that ships.

    Raises
    ------
    InputError : it is missing, or belongs to another posterior
    """
    return _saved(file, posterior_digest())


def save_outlook(countries: Sequence[CountryOutlook], file: Path = SAVED) -> None:
    """Store an outlook with the digest of its posterior."""
    held = {"posterior": posterior_digest(), "countries": [plain(country) for country in countries]}
    write_bytes(file, (json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n").encode())


@lru_cache(maxsize=2)
def _saved(file: Path, digest: str) -> tuple[CountryOutlook, ...]:
    if not file.is_file():
        raise InputError("no stored outlook; run `kladsim spread fit`", where=file.name)
    held = json.loads(file.read_text(encoding="utf-8"))
    if held.get("posterior") != digest:
        raise InputError("belongs to another posterior; run `kladsim spread fit`", where=file.name)
    return tuple(
        CountryOutlook(**{**row, "reasons": tuple(Reason(**reason) for reason in row["reasons"])})
        for row in held["countries"]
    )


def plain(country: CountryOutlook) -> dict[str, Any]:
    """One country as plain values."""
    return asdict(country)


def reasons(world: CountryTables, draws: Draws) -> list[tuple[Reason, ...]]:
    """Factors by which each part moves a country's yearly hazard at the end of the record."""
    columns, strength = known_sources(world)
    now = strength[:, -1].copy()
    now[-1] = source_strength(np.array([LAST_YEAR]))[0]
    weights = link_weights(world, draws, columns)
    weights[:, :, :-1] *= np.exp(draws["secondary"])[:, :, None]
    background = np.exp(draws["background"])
    total = weights @ now + background
    far = np.log(np.maximum(world.km[:, columns], NEAREST_KM) / 1000.0)
    middle = np.log(np.median(world.km[:, -1]) / 1000.0)

    def without(name: str, value: Floats) -> Floats:
        return np.asarray(total / ((weights * np.exp(-draws[name][:, :, None] * value)) @ now + background))

    at_middle = weights * np.exp(draws["distance"][:, :, None] * (far - middle))
    d, s = world.digital[:, -1], draws.strictness
    people = np.log(world.population / 1e7)
    world_mean = "rule of law and control of corruption at the world's mean"
    near = np.log(total / (at_middle @ now + background))
    alone = weights[:, :, -1] * now[-1] + background
    logs = {
        "distance to sources": (near, "all sources at the median distance from Russia"),
        "common border": (np.log(without("border", world.border[:, columns])), "no border with a source"),
        "common language": (np.log(without("language", world.language[:, columns])), "no common language"),
        "cross-border ties": (np.log(without("ties", world.ties[:, columns])), "no ties with Russia"),
        "other countries reached": (np.log(total / alone), "Russia as the only source"),
        "strictness of drug law": (draws["strictness"] * s, "a law of middling strictness"),
        "digital access": (draws["digital"] * d, "60 % of persons online"),
        "strictness × digital access": (draws["interaction"] * s * d, "no interaction"),
        "governance": (draws["governance"] * world.governance, world_mean),
        "population": (draws["population"] * people, "ten million inhabitants"),
        "region of the world": (draws.regions[:, world.region_of], "the mean region"),
    }  # fmt: skip
    tail = (1.0 - WIDE) / 2.0
    table = {
        part: (np.exp(np.quantile(value, [0.5, tail, 1.0 - tail], axis=0)), against)
        for part, (value, against) in logs.items()
    }
    return [
        tuple(
            Reason(
                part,
                round_to_two_digits(factor[0, i]),
                round_to_two_digits(factor[1, i]),
                round_to_two_digits(factor[2, i]),
                against,
            )
            for part, (factor, against) in table.items()
        )
        for i in range(len(world))
    ]


def round_to_two_digits(value: float) -> float:
    """Round to two significant digits."""
    return 0.0 if value == 0 or not math.isfinite(value) else float(f"{value:.2g}")


def band_of(chance: float) -> str:
    """The band in which a chance lies."""
    return next(name for name, limit in BANDS if chance < limit)


def _country(world: CountryTables, ran: Paths, i: int, why: tuple[Reason, ...]) -> CountryOutlook:
    tail = (1.0 - WIDE) / 2.0
    chances = ran.arrival_chance[:, i, BY - ran.first]
    low, middle, high = (round_to_two_digits(float(x)) for x in np.quantile(chances, [tail, 0.5, 1.0 - tail]))
    signed = bool(world.signed[i])
    unseen = 0.0 if signed else float((ran.arrival[:, :, i] <= LAST_YEAR).mean())
    bands = "reached" if signed else " to ".join(dict.fromkeys((band_of(low), band_of(high))))
    return CountryOutlook(
        iso3=world.iso3[i],
        name=world.name[i],
        region=world.region[world.region_of[i]],
        status=_status(ran, i) if signed else ("weak sign on record" if world.note[i] else "no sign on record"),
        sign=_span(world.sign[i]) if signed else "",
        chance=middle,
        low=low,
        high=high,
        band="reached" if signed else band_of(middle),
        bands=bands,
        unseen=round_to_two_digits(unseen),
        years="" if signed else _timing(ran.arrival[:, :, i]),
        sustained=round_to_two_digits(float((ran.sustained[:, :, i] <= BY).mean())),
        reasons=why,
        note=world.note[i],
    )


def _span(years: NDArray[np.int64]) -> str:
    return str(years[0]) if years[0] == years[1] else f"{years[0]}-{years[1]}"


def _status(ran: Paths, i: int) -> str:
    if (ran.sustained[:, :, i] <= LAST_YEAR).mean() > 0.5:
        return "self-sustaining"
    return "growth" if (ran.growth[:, :, i] <= LAST_YEAR).mean() > 0.5 else "first sign"


def _timing(arrival: NDArray[np.int16]) -> str:
    """Years from the end of the record until arrival: 80 % interval in words."""
    ends = []
    for share in (0.1, 0.5, 0.9):
        year = float(np.quantile(arrival, share, method="lower"))
        if year == NOT_YET:
            ends.append(f"over {LAST - LAST_YEAR}")
        else:
            ends.append("already" if year <= LAST_YEAR else f"{year - LAST_YEAR:.0f}")
    return f"{ends[1]} ({ends[0]} to {ends[2]})" if len(set(ends)) > 1 else ends[1]
