"""Evaluate a trained family of functions with NumPy alone: polynomials, kernels and trees, as plain arrays.

Polynomials stand for the difference itself, or for the logarithm of plan over base. Every family gives the paired
difference as a share of the base, float64[points, years], and exactly 0 where no lever is used: polynomials have no
term without a lever, the others are taken against their own value at no lever.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POLYNOMIALS = ("linear", "quadratic", "interactions")
LOGARITHMS = ("log linear", "log quadratic", "log interactions")
"""The same terms for the logarithm of plan over base: effects of levers multiply."""
Arrays = Mapping[str, NDArray[np.floating] | NDArray[np.integer]]


def features(u: Array, p: Array, groups: int) -> Array:
    """Return the terms of a polynomial: float64[points, terms].

    Parameters
    ----------
    u : strengths of levers, float64[points, levers]
    p : places of parameters, float64[points, parameters]
    groups : 1 strengths, 2 their squares too, 3 lever by lever and lever by parameter too
    """
    parts = [u]
    if groups >= 2:
        parts.append(u * u)
    if groups >= 3:
        first, second = np.triu_indices(u.shape[1], 1)
        parts += [u[:, first] * u[:, second], (u[:, :, None] * p[:, None, :]).reshape(len(u), -1)]
    return np.concatenate(parts, axis=1)


def group_sizes(levers: int, parameters: int, groups: int) -> list[int]:
    """Return how many terms each group of a polynomial has."""
    return [levers, levers, levers * (levers - 1) // 2, levers * parameters][: 4 if groups >= 3 else groups]


def evaluate(family: str, arrays: Arrays, u: Array, p: Array) -> Array:
    """Return what a family gives at the points: float64[points, columns]."""
    if family in POLYNOMIALS:
        return polynomial(arrays, u, p)
    if family in LOGARITHMS:
        return np.asarray(np.expm1(polynomial(arrays, u, p)))
    found = polynomial(arrays, u, p) if "coefficients" in arrays else 0.0
    more = kernel if family == "gp" else trees
    return np.asarray(found + more(arrays, u, p) - more(arrays, np.zeros_like(u), p))


def polynomial(arrays: Arrays, u: Array, p: Array) -> Array:
    """Evaluate a polynomial."""
    return features(u, p, int(arrays["groups"][0])) @ np.asarray(arrays["coefficients"], dtype=np.float64)


class Polynomials:
    """Polynomials of many outcomes at once: terms of levers that nobody uses are never made.

    Parameters
    ----------
    arrays : each outcome's polynomial
    levers, parameters : how many axes there are
    """

    def __init__(self, arrays: list[Arrays], levers: int, parameters: int) -> None:
        self.levers, self.parameters, self.many = levers, parameters, len(arrays)
        terms = sum(group_sizes(levers, parameters, 3))
        parts = []
        for one in arrays:
            known = np.asarray(one["coefficients"], dtype=np.float64)
            parts.append(np.concatenate([known, np.zeros((terms - len(known), known.shape[1]))]))
        self.coefficients = np.concatenate(parts, axis=1) if parts else np.zeros((terms, 0))
        self.place = np.zeros((levers, levers), dtype=np.intp)
        self.place[np.triu_indices(levers, 1)] = np.arange(levers * (levers - 1) // 2)

    def __call__(self, u: Array, p: Array) -> Array:
        """Return float64[points, outcomes, columns]."""
        used = np.flatnonzero(u.any(axis=0))
        first, second = np.triu_indices(len(used), 1)
        pairs, products = 2 * self.levers, 2 * self.levers + self.levers * (self.levers - 1) // 2
        rows = np.concatenate([
            used,
            self.levers + used,
            pairs + self.place[used[first], used[second]],
            (products + used[:, None] * self.parameters + np.arange(self.parameters)).reshape(-1),
        ])
        found = features(u[:, used], p, 3) @ self.coefficients[rows]
        return np.asarray(found.reshape(len(u), self.many, -1))


def kernel(arrays: Arrays, u: Array, p: Array) -> Array:
    """Evaluate a Gaussian process' mean: a squared-exponential kernel to the training points times weights."""
    points = np.asarray(arrays["points"], dtype=np.float64)
    x = np.concatenate([u, p], axis=1) / np.asarray(arrays["lengths"], dtype=np.float64)
    squares = (x * x).sum(axis=1)[:, None] + (points * points).sum(axis=1)[None, :] - 2.0 * x @ points.T
    return np.asarray(np.exp(-0.5 * np.maximum(squares, 0.0)) @ np.asarray(arrays["weights"], dtype=np.float64))


def trees(arrays: Arrays, u: Array, p: Array) -> Array:
    """Evaluate boosted trees: each node sends a point left or right until it is in a leaf."""
    x = np.concatenate([u, p], axis=1).astype(np.float32)
    feature, threshold = np.asarray(arrays["feature"]), np.asarray(arrays["threshold"])
    left, right = np.asarray(arrays["left"]), np.asarray(arrays["right"])
    roots, column = np.asarray(arrays["roots"]), np.asarray(arrays["column"])
    node = np.broadcast_to(roots, (len(x), len(roots))).astype(np.int64)
    rows = np.arange(len(x))[:, None]
    while True:
        inner = left[node] >= 0
        if not inner.any():
            break
        goes_left = x[rows, np.maximum(feature[node], 0)] <= threshold[node]
        node = np.where(inner, np.where(goes_left, left[node], right[node]), node)
    values = np.asarray(arrays["value"], dtype=np.float64)[node]
    found = np.zeros((len(x), int(column.max()) + 1))
    for at in range(found.shape[1]):
        found[:, at] = values[:, column == at].sum(axis=1)
    return found
