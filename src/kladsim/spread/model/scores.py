"""How well first signs of left-out countries are predicted, beside distance alone.

Each country with a sign is left out in turn: its sign, stages and part as a source are removed and the model is
fitted again. A country without a sign takes its record out of the full fit by importance weights (its likelihood
lies near one, so the weights are near equal).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.spread.model.fitting import fit
from kladsim.spread.model.hazard import (
    DISTANCE_ALONE,
    NEAR_ALONE,
    YEARS,
    Parts,
    collected_chance,
    country_terms,
    sign_years,
)
from kladsim.spread.model.priors import Draws
from kladsim.spread.model.random_numbers import uniform
from kladsim.spread.model.tables import DATA, FIRST_YEAR, CountryTables, read_world

Floats = NDArray[np.float64]
BOOTSTRAPS = 4000
MODELS = {"model": Parts(), "distance": DISTANCE_ALONE, "near": NEAR_ALONE}
SAVED = DATA / "predictions.npz"
WORDS = (
    "Each country with a sign was left out in turn (its record and its part as a source) and the model was fitted "
    "again. Rivals have distance to Russia and nothing else, or distance, border and language, with the same "
    "priors and data. Intervals: bootstrap over countries."
)


@dataclass(frozen=True, slots=True)
class Score:
    """A score of the model and of its rival, and their difference with a 90 % bootstrap interval over countries.

    ``better`` says in which direction (+1 more, -1 less); ``share`` is the share of resamples in which the model wins.
    """

    name: str
    countries: int
    model: float
    rival: float
    difference: float
    low: float
    high: float
    better: int
    share: float


def left_out_predictions(
    world: CountryTables,
    parts: Parts | None = None,
    *,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Predictive chance of a first sign on record by year (n × years) for each country, its own record left out."""
    on = parts or Parts()
    out = np.zeros((len(world), len(YEARS)))
    full = fit(world, parts=on, seed=seed)
    given = on.without(full.draws)
    weight = np.exp(-country_terms(world, given))
    years = record_years(world, given)
    out[:] = (weight[:, :, None] * years).sum(axis=0) / weight.sum(axis=0)[:, None]
    places = np.flatnonzero(world.signed)
    for done, place in enumerate(places):
        blind = world.without_record(int(place))
        again = fit(blind, parts=on, seed=seed, left_out=int(place))
        out[place] = record_years(blind, on.without(again.draws))[:, place].mean(axis=0)
        if progress is not None:
            progress(done + 1, len(places))
    return out


def record_years(world: CountryTables, draws: Draws) -> Floats:
    """Chance of a first sign in each year that the tables' search collects: B × n × years."""
    years, _ = sign_years(world, draws)
    return np.asarray(years * collected_chance(world, draws)[:, :, None] * world.read_record().searched)


def predict_all(
    world: CountryTables, progress: Callable[[int, int], None] | None = None, seed: int = 1
) -> dict[str, Floats]:
    """Left-out predictions of the model and of its rivals."""
    each = int(world.signed.sum())
    total = each * len(MODELS)

    def report_after(before: int) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, _: progress(before + done, total)

    return {
        name: left_out_predictions(world, parts, seed=seed, progress=report_after(place * each))
        for place, (name, parts) in enumerate(MODELS.items())
    }


def save_predictions(predictions: Mapping[str, Floats], world: CountryTables, file: Path = SAVED) -> None:
    """Store predictions with the digest of the tables."""
    held: dict[str, Any] = {name: values.astype(np.float32) for name, values in predictions.items()}
    np.savez_compressed(file, tables=np.frombuffer(world.digest.encode(), dtype=np.uint8), **held)


def saved_predictions(file: Path = SAVED) -> dict[str, Floats]:
    """Read the predictions that ship.

    Raises
    ------
    InputError : they are missing or belong to other tables
    """
    if not file.is_file():
        raise InputError("no stored predictions; run `kladsim spread scores --again`", where=file.name)
    with np.load(file, allow_pickle=False) as held:
        if held["tables"].tobytes().decode() != read_world().digest:
            raise InputError("belongs to other tables; run `kladsim spread scores --again`", where=file.name)
        return {name: held[name].astype(np.float64) for name in MODELS}


def compare(
    world: CountryTables, predictions: Mapping[str, Floats], model: str, rival: str, seed: int = 1
) -> list[Score]:
    """Scores of two sets of predictions; every score is taken over the same countries."""
    one, two = predictions[model], predictions[rival]
    dated, every = np.flatnonzero(world.dated > 0), np.arange(len(world))
    makers: tuple[tuple[str, Callable[[CountryTables, Floats], Floats], NDArray[np.int64], int], ...] = (
        ("log score, interval, dated", _log_interval, dated, 1),
        ("log score, year, dated", _log_year, dated, 1),
        ("ranked probability score, dated", _ranked, dated, -1),
        ("log score, all", _log_interval, every, 1),
        ("ranked probability score, all", _ranked, every, -1),
        ("Brier score of a sign by 2025, all", _brier, every, -1),
    )
    rows = [_mean_score(name, at, make(world, one), make(world, two), way, seed) for name, make, at, way in makers]
    rows.append(_concordance("C-index, dated and without a sign", world, one, two, seed))
    return rows


def _log_interval(world: CountryTables, chance: Floats) -> Floats:
    total = chance.sum(axis=1)
    out = np.log(np.maximum(1.0 - total, 1e-12))
    for i in np.flatnonzero(world.signed):
        low, high = world.sign[i] - FIRST_YEAR
        out[i] = np.log(max(chance[i, low : high + 1].sum(), 1e-12))
    return np.asarray(out)


def _log_year(world: CountryTables, chance: Floats) -> Floats:
    place = np.maximum(world.dated - FIRST_YEAR, 0)
    return np.asarray(np.log(np.maximum(chance[np.arange(len(world)), place], 1e-12)))


def _ranked(world: CountryTables, chance: Floats) -> Floats:
    year = np.where(world.dated > 0, world.dated, np.where(world.signed, world.sign[:, 1], 9999))
    return np.asarray(((np.cumsum(chance, axis=1) - (year[:, None] <= YEARS)) ** 2).sum(axis=1))


def _brier(world: CountryTables, chance: Floats) -> Floats:
    return np.asarray((chance.sum(axis=1) - world.signed) ** 2)


def _mean_score(name: str, places: NDArray[np.int64], one: Floats, two: Floats, better: int, seed: int) -> Score:
    a, b = one[places], two[places]
    picks = _resamples(len(places), seed)
    spread = (a - b)[picks].mean(axis=1)
    return _score(name, len(places), float(a.mean()), float(b.mean()), spread, better)


def _concordance(name: str, world: CountryTables, one: Floats, two: Floats, seed: int) -> Score:
    places = np.flatnonzero((world.dated > 0) | ~world.signed)
    year = np.where(world.dated > 0, world.dated, 9999)[places]
    early = [_early(chance)[places] for chance in (one, two)]
    picks = _resamples(len(places), seed)[:1000]
    spread = [c_index(year[pick], early[0][pick]) - c_index(year[pick], early[1][pick]) for pick in picks]
    a, b = (c_index(year, value) for value in early)
    return _score(name, len(places), a, b, np.array(spread), 1)


def _early(chance: Floats) -> Floats:
    """Expected years with a sign until 2025: larger is earlier and surer."""
    return np.asarray(np.cumsum(chance, axis=1).sum(axis=1))


def c_index(year: NDArray[np.int64], early: Floats) -> float:
    """Share of pairs with a known order in which the earlier sign was predicted earlier (ties count half)."""
    first = year[:, None] < year[None, :]
    won = (early[:, None] > early[None, :]) + 0.5 * (early[:, None] == early[None, :])
    return float((first * won).sum() / max(first.sum(), 1))


def _resamples(number: int, seed: int) -> NDArray[np.int64]:
    luck = uniform(seed, "bootstrap", number, (BOOTSTRAPS, number))
    return np.asarray(np.floor(luck * number), dtype=np.int64)


def _score(name: str, countries: int, a: float, b: float, spread: Floats, better: int) -> Score:
    low, high = np.quantile(spread, [0.05, 0.95])
    share = float((better * spread > 0).mean())
    return Score(name, countries, a, b, a - b, float(low), float(high), better, share)


def wins(scores: Sequence[Score]) -> list[str]:
    """Names of the scores whose whole interval lies on the side of the model."""
    return [s.name for s in scores if (s.low if s.better > 0 else -s.high) > 0]
