"""Choose a family for every outcome by held-out error, set its error band, and write the file that is shipped."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.files import write_bytes
from kladsim.inference.emulator.axes import PARAMETERS, names, parameter_axes
from kladsim.inference.emulator.design import STARTS, YEARS
from kladsim.inference.emulator.evaluating import Array, evaluate
from kladsim.inference.emulator.families import Trained, candidates, trained
from kladsim.inference.emulator.keys import emulator_key
from kladsim.inference.emulator.measures import MEASURES
from kladsim.inference.emulator.predicting import FORMAT, Emulator
from kladsim.inference.emulator.table import PairTable, columns_of, longest, table_of
from kladsim.model.version import model_version

FOLDS = 5
LEVEL = 0.90
FEWEST = 20
SHRUNK_BY = 8.0
"""How many rows the common spread of residuals counts for, beside a lever's own."""


def fit(
    rows: Sequence[dict[str, Any]], *, k: int, values: dict[str, float] | None = None,
    origin: Mapping[str, Any] | None = None, families: Sequence[tuple[str, float]] | None = None,
) -> Emulator:  # fmt: skip
    """Train an emulator on finished histories; held-out ones are kept in the file and fitted by nothing.

    Parameters
    ----------
    rows : finished histories
    k : their scale 1/k
    values : parameter values around which the axes lie (default: the register's)
    origin : which draws the histories have, as a run's record of origin says it (see ``kladsim.runs.interval_words``)
    families : families and penalties to choose from (default: all)

    Raises
    ------
    InputError : too few histories, histories of different draws, or scikit-learn is missing
    """
    sources = sorted({str(row["history"]["source"]) for row in rows})
    if len(sources) > 1:
        raise InputError("have different draws of parameters", where="histories", value=", ".join(sources))
    every = table_of(rows) if rows else None
    if every is None or (every.role < 2).sum() < FEWEST or not (every.role == 2).any():
        found = 0 if every is None else int((every.role < 2).sum())
        allowed = f"at least {FEWEST}, and a held-out history"
        raise InputError("are too few to train on", where="paired runs", value=found, allowed=allowed)
    train, test = every.where(every.role < 2), every.where(every.role == 2)
    fold = _folds(train.group)
    arrays: dict[str, NDArray[Any]] = {}
    measures = []
    for at, measure in enumerate(MEASURES):
        y = train.y[:, at, :]
        family, penalty, errors = select_family(train.u, train.p, y, fold, families)
        out = _cross_validated(family, penalty, train.u, train.p, y, fold)
        fitted = trained(family, penalty, train.u, train.p, y)
        band = _band(train, y, out, fold)
        slopes = _base(train, at)
        for name, array in (fitted | band | {"base": slopes}).items():
            arrays[f"{measure.name}/{name}"] = array
        measures.append(asdict(measure) | {"family": family, "penalty": penalty, "errors": errors})
    arrays["draws"] = train.p[_first_rows(train.history, ~train.wide)].astype(np.float32)
    for name in ("u", "p", "y", "plan", "history"):
        array = getattr(test, name)
        arrays[f"test/{name}"] = array.astype(np.float32 if array.dtype == np.float64 else np.int32)
    meta = {
        "format": FORMAT, "model_version": model_version(), "key": emulator_key(), "k": k, "years": YEARS,
        "origin": dict(origin or {}), "source": "".join(sources),
        "starts": [min(STARTS).isoformat(), f"{max(STARTS).year}-12-31"],
        "levers": names(), "parameters": list(PARAMETERS), "measures": measures, "level": LEVEL,
        "values": {axis.name: axis.value for axis in parameter_axes(values)},
        "runs": {"train": len(train), "held_out": len(test), "histories": len(set(every.history.tolist()))},
        "worker_seconds": round(sum(float(row["seconds"]) for row in rows), 1),
    }  # fmt: skip
    return Emulator(meta, arrays)


def select_family(
    u: Array, p: Array, y: Array, fold: NDArray[np.int64], families: Sequence[tuple[str, float]] | None = None
) -> tuple[str, float, dict[str, float]]:
    """Return the family and penalty of the smallest held-out error, and each family's best error.

    The error is the root mean square over the mean of all years, as a share of that of "no effect".
    """
    total = longest(y)[:, None]
    nothing = float(np.sqrt((total**2).mean())) or 1.0
    errors: dict[str, float] = {}
    best: tuple[float, str, float] = (np.inf, "linear", 1.0)
    for family, penalty in families or candidates():
        out = _cross_validated(family, penalty, u, p, total, fold)
        error = float(np.sqrt(((total - out) ** 2).mean())) / nothing
        errors[family] = round(min(error, errors.get(family, np.inf)), 4)
        best = min(best, (error, family, penalty))
    return best[1], best[2], errors


def _folds(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fold of each row: rows of one group stay together."""
    place = {number: at % FOLDS for at, number in enumerate(dict.fromkeys(group.tolist()))}
    return np.array([place[number] for number in group.tolist()])


def _cross_validated(family: str, penalty: float, u: Array, p: Array, y: Array, fold: NDArray[np.int64]) -> Array:
    """Return what a family says of each row when the row's group was not fitted."""
    out = np.zeros_like(y)
    for number in sorted(set(fold.tolist())):
        held = fold == number
        fitted = trained(family, penalty, u[~held], p[~held], y[~held])
        out[held] = evaluate(family, fitted, u[held], p[held])
    return out


def _band(train: PairTable, y: Array, out: Array, fold: NDArray[np.int64]) -> Trained:
    """Return the numbers of the band: spread by lever, conformal quantiles, and the share that a single run adds.

    Residuals grow with what a plan moves: their squares are spread over its levers. Held-out residuals, in units of the
    spread of the other folds, give the quantile of each column.
    """
    error = longest(y - out)
    squares = error**2
    used = (train.u != 0).any(axis=1)
    terms = np.concatenate([used[:, None], np.abs(train.u)], axis=1)
    apart = np.zeros(len(terms))
    for number in sorted(set(fold.tolist())):
        held = fold == number
        apart[held] = np.sqrt(terms[held] @ _spread(terms[~held], squares[~held]))
    ratios = np.abs(columns_of(y) - columns_of(out)) / np.where(apart > 0, apart, 1.0)[:, None]
    quantiles = np.array([_quantile(column, used, train.group) for column in ratios.T])
    spread = _spread(terms, squares)
    return {
        "floor": spread[:1], "spread": spread[1:], "quantiles": quantiles,
        "luck": np.array([_monte_carlo_share(train, np.sqrt(terms @ spread), error)]),
    }  # fmt: skip


def _spread(terms: Array, squares: Array) -> Array:
    """Return what a plan at all, and each lever, adds to the squared residual.

    Non-negative least squares, drawn towards a common spread.
    """
    from scipy.optimize import nnls

    used, size = terms[:, 0] > 0, terms[:, 1:]
    common = float(squares[used].mean() / max(size[used].sum(axis=1).mean(), 1e-9)) or 1e-12
    prior = np.sqrt(SHRUNK_BY) * np.eye(terms.shape[1])
    wanted = np.concatenate([squares / common, np.sqrt(SHRUNK_BY) * np.r_[0.3, np.full(size.shape[1], 0.7)]])
    spread, _ = nnls(np.concatenate([terms, prior]), wanted)
    return np.asarray(np.maximum(spread * common, 1e-3 * common))


def _quantile(ratio: Array, used: NDArray[np.bool_], group: NDArray[np.int64]) -> float:
    """Return the conformal quantile of what is known, for a plan of a group that was not seen.

    Rows of a group share plans or parameters, so it is groups that are exchangeable: hierarchical conformal prediction
    (Lee, Barber & Willett 2023, arXiv:2306.06342), with groups of equal size.
    """
    kept = used & np.isfinite(ratio)
    known, groups = np.sort(ratio[kept]), len(set(group[kept].tolist()))
    if not len(known):
        return float("nan")
    level = LEVEL * (groups + 1) / groups
    return float(known[min(len(known), int(np.ceil(len(known) * level))) - 1])


def _monte_carlo_share(train: PairTable, scale: Array, residual: Array) -> float:
    """Return the share of the squared residual that a single run adds: other random numbers and the rest of its draw.

    Told by plans that ran twice, with a draw each: half the squared difference of their residuals, over their mean
    square. This part shrinks in the mean of several runs; the emulator's error does not.
    """
    pairs = [np.flatnonzero(train.plan == plan) for plan in dict.fromkeys(train.plan[train.role == 1].tolist())]
    pairs = [rows for rows in pairs if len(rows) == 2]
    if not pairs:
        return 0.0
    both = np.concatenate(pairs)
    ratio = residual / scale
    single = np.mean([(ratio[one] - ratio[other]) ** 2 / 2.0 for one, other in pairs])
    error = np.mean(ratio[both] ** 2)
    return float(min(0.95, single / error)) if error > 0 else 0.0


def _first_rows(history: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return one row of each history of which rows are kept (all, if none is)."""
    where = kept if kept.any() else np.ones_like(kept)
    numbers = dict.fromkeys(history[where].tolist())
    return np.array([np.flatnonzero((history == number) & where)[0] for number in numbers])


def _base(train: PairTable, at: int) -> Array:
    """Return how the logarithm of the base's mean year moves with the parameters: constant, then slopes."""
    rows = [np.flatnonzero(train.history == number)[0] for number in dict.fromkeys(train.history.tolist())]
    p, y = train.p[rows], np.log(np.maximum(train.base[rows, at], 1e-9))
    terms = np.concatenate([np.ones((len(p), 1)), p], axis=1)
    small = np.diag(np.r_[0.0, np.full(p.shape[1], 0.1)])
    return np.asarray(np.linalg.solve(terms.T @ terms + small, terms.T @ y))


def write(emulator: Emulator, path: Path) -> int:
    """Write an emulator's file; equal emulators give equal bytes. Return its size in bytes."""
    buffer = io.BytesIO()
    arrays: Any = emulator.arrays | {"meta": np.frombuffer(json.dumps(emulator.meta).encode(), np.uint8)}
    np.savez_compressed(buffer, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue())
    return len(buffer.getvalue())
