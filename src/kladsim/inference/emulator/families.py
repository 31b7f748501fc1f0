"""Train families of functions on paired differences: ridge polynomials, a Gaussian process, boosted trees.

All are scikit-learn's; what they learnt is taken out as plain arrays, so that answering needs none of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.inference.emulator.evaluating import LOGARITHMS, POLYNOMIALS, Array, features, group_sizes, polynomial

Trained = dict[str, NDArray[Any]]
SEED = 1
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)
HARDER = {"square": 3.0, "pair": 10.0, "parameter": 3.0}
"""How much harder squares, pairs of levers, and levers by parameters are shrunk than strengths (assumption: effects
of levers mostly add up)."""
GROUPS = {"linear": 1, "quadratic": 2, "interactions": 3}
LEAST_SHARE = 0.05
"""Plans with less of an outcome than this share of the base count as having this share, in logarithms."""


def library() -> Any:
    """Return scikit-learn.

    Raises
    ------
    InputError : it is not installed
    """
    with extra("calibrate"):
        import sklearn
    return sklearn


def candidates() -> list[tuple[str, float]]:
    """Return all families with their penalties, as ``trained`` takes them."""
    polynomials = [(name, penalty) for name in (*POLYNOMIALS, *LOGARITHMS) for penalty in PENALTIES]
    return [*polynomials, ("gp", 0.3), ("gp", 1.0), ("trees", 0.05)]


def trained(family: str, penalty: float, u: Array, p: Array, y: Array) -> Trained:
    """Train one family on every column of ``y`` (rows without a value are left out of that column).

    Parameters
    ----------
    family, penalty : one of ``candidates``
    u, p : strengths of levers and places of parameters, float64[points, axes]
    y : differences as a share of the base, float64[points, columns]
    """
    library()
    if family in LOGARITHMS:
        return _ridge(GROUPS[family.removeprefix("log ")], penalty, u, p, np.log(np.maximum(1.0 + y, LEAST_SHARE)))
    if family in POLYNOMIALS:
        return _ridge(GROUPS[family], penalty, u, p, y)
    return _gp(penalty, u, p, y) if family == "gp" else _trees(penalty, u, p, y)


def _sets(y: Array) -> list[tuple[NDArray[np.bool_], list[int]]]:
    """Return the columns that have the same rows, together."""
    found: dict[bytes, tuple[NDArray[np.bool_], list[int]]] = {}
    for column in range(y.shape[1]):
        known = np.isfinite(y[:, column])
        found.setdefault(known.tobytes(), (known, []))[1].append(column)
    return list(found.values())


def _shrink(groups: int, levers: int, parameters: int) -> Array:
    sizes = group_sizes(levers, parameters, groups)
    harder = [1.0, HARDER["square"], HARDER["pair"], HARDER["parameter"]]
    return np.concatenate([np.full(size, 1.0 / np.sqrt(h)) for size, h in zip(sizes, harder, strict=False)])


def _ridge(groups: int, penalty: float, u: Array, p: Array, y: Array) -> Trained:
    with extra("calibrate"):
        from sklearn.linear_model import Ridge

    terms, shrink = features(u, p, groups), _shrink(groups, u.shape[1], p.shape[1])
    coefficients = np.zeros((terms.shape[1], y.shape[1]))
    for known, columns in _sets(y):
        model = Ridge(alpha=penalty, fit_intercept=False, solver="cholesky")
        model.fit(terms[known] * shrink, y[known][:, columns])
        coefficients[:, columns] = np.atleast_2d(model.coef_).T * shrink[:, None]
    return {"groups": np.array([groups]), "coefficients": coefficients.astype(np.float32)}


def _gp(penalty: float, u: Array, p: Array, y: Array) -> Trained:
    """A quadratic trend and a Gaussian process on what it leaves; one set of length scales for all columns."""
    with extra("calibrate"):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    trend = _ridge(2, penalty, u, p, y)
    left = y - polynomial(trend, u, p)
    x = np.concatenate([u, p], axis=1)
    overall = np.nanmean(left, axis=1)
    size = float(overall.std()) or 1.0
    kernel = ConstantKernel(0.3, (1e-3, 10.0)) * RBF(2.0, (0.3, 20.0)) + WhiteKernel(0.7, (1e-2, 10.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = GaussianProcessRegressor(kernel, random_state=SEED).fit(x, overall / size).kernel_
    constant, length, noise = (np.exp(found.theta[at]) for at in range(3))
    weights = np.zeros_like(y)
    for known, columns in _sets(y):
        model = GaussianProcessRegressor(ConstantKernel(constant) * RBF(length), alpha=noise, optimizer=None)
        model.fit(x[known], left[known][:, columns])
        place = np.ix_(np.flatnonzero(known), np.array(columns))
        weights[place] = constant * model.alpha_.reshape(known.sum(), len(columns))
    scaled = x / length
    return trend | {"points": scaled.astype(np.float32), "lengths": np.full(x.shape[1], length),
                    "weights": weights.astype(np.float32)}  # fmt: skip


def _trees(rate: float, u: Array, p: Array, y: Array) -> Trained:
    with extra("calibrate"):
        from sklearn.ensemble import GradientBoostingRegressor

    x = np.concatenate([u, p], axis=1).astype(np.float32)
    parts: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots, column_of, at = [], [], 0
    for column in range(y.shape[1]):
        known = np.isfinite(y[:, column])
        model = GradientBoostingRegressor(
            n_estimators=100, learning_rate=rate, max_depth=3, subsample=0.7, min_samples_leaf=4, random_state=SEED
        ).fit(x[known], y[known, column])
        for (one,) in model.estimators_:
            tree = one.tree_
            inner = tree.children_left >= 0
            parts["feature"].append(tree.feature)
            parts["threshold"].append(tree.threshold)
            parts["left"].append(np.where(inner, tree.children_left + at, -1))
            parts["right"].append(np.where(inner, tree.children_right + at, -1))
            parts["value"].append(rate * tree.value[:, 0, 0])
            roots.append(at)
            column_of.append(column)
            at += tree.node_count
    kinds: Sequence[tuple[str, Any]] = (
        ("feature", np.int16), ("threshold", np.float32), ("left", np.int32), ("right", np.int32), ("value", np.float32)
    )  # fmt: skip
    return {name: np.concatenate(parts[name]).astype(kind) for name, kind in kinds} | {
        "roots": np.array(roots, np.int32), "column": np.array(column_of, np.int16),
    }  # fmt: skip
