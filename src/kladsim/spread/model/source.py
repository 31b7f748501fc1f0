"""Russia as a source of the spread, taken from a finished run instead of the curve of the fit.

A policy that shrinks the trade in Russia lowers the exposure of every other country. Two national yearly figures of
the run move the source's strength, as the root of their product (assumption): coverage, the share of residents in
places where drops are on offer, and the number of orders; both are means of replicates.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.spread.model.hazard import STRONGEST, source_strength
from kladsim.spread.model.tables import LAST_YEAR
from kladsim.world import load_pack

if TYPE_CHECKING:
    from kladsim.runs.result import Result

Floats = NDArray[np.float64]
COUNTRY = "russia"


def strength_from_run(path: Path, last: int) -> Floats:
    """Strength of the source from the year after the record to ``last``, following a run.

    The curve of the fit at the end of the record is scaled by the run's extent in a year over that of the last year on
    record; after the run's end the last value is held.

    Raises
    ------
    InputError : no finished run, not of Russia, or it ends before the years that are wanted
    """
    from kladsim.runs.result import Result

    result = Result.open(path)
    config = result.scenario["config"]
    if config["country"] != COUNTRY:
        raise InputError("is no run of Russia", where=str(path), value=config["country"], allowed=COUNTRY)
    first, until = int(config["start"][:4]), int(config["until"][:4])
    if first > LAST_YEAR or until < LAST_YEAR + 2:
        allowed = f"from {LAST_YEAR} or before, until {LAST_YEAR + 2} or later"
        raise InputError(
            "has too few years", where=str(path), value=f"{config['start']} to {config['until']}", allowed=allowed
        )
    years = until - first
    held = np.sqrt(_coverage(result)[:years] * _orders(result)[:years])
    place = np.minimum(np.arange(LAST_YEAR, last + 1), until - 1) - first
    relative = held[place] / max(float(held[LAST_YEAR - first]), 1e-9)
    return np.asarray(np.clip(source_strength(np.array([LAST_YEAR])) * relative[1:], 0.0, STRONGEST))


def _coverage(result: Result) -> Floats:
    """Coverage by year: regions weighted by population of the pack, mean of replicates."""
    people = load_pack(COUNTRY).regional["population"][:, 0]
    by_year = _outcome(result, "coverage", ("replicate", "year", "region")).mean(axis=0)
    return np.asarray((by_year * people).sum(axis=1) / people.sum(), dtype=np.float64)


def _orders(result: Result) -> Floats:
    """Orders by year, mean of replicates."""
    return np.asarray(_outcome(result, "orders", ("replicate", "year")).mean(axis=0), dtype=np.float64)


def _outcome(result: Result, name: str, dims: tuple[str, ...]) -> Floats:
    for item in result.outcomes.values():
        if item.name == name and item.dims == dims:
            return item.values
    raise InputError(f"the run did not record {name}", where=str(result.path))
