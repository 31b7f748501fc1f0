"""Evaluate a trained family of functions with NumPy alone: polynomials, kernels and trees, as plain arrays.

Polynomials stand for the difference itself, or for the logarithm of plan over base. Every family gives the paired
difference as a share of the base, float64[points, years], and exactly 0 where no lever is used: polynomials have no
term without a lever, the others are taken against their own value at no lever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POLYNOMIALS = ("linear", "quadratic", "interactions")
LOGARITHMS = ("log linear", "log quadratic", "log interactions")
"""The same terms for the logarithm of plan over base: effects of levers multiply."""
FOREST = ("feature", "threshold", "left", "right", "value", "roots", "column")
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
    if family == "trees":
        return np.asarray(Forest([arrays])(u, p)[:, 0])
    return np.asarray(polynomial(arrays, u, p) + kernel(arrays, u, p) - kernel(arrays, np.zeros_like(u), p))


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


class Forest:
    """Boosted trees of many outcomes at once, against their own value at no lever.

    A leaf leads to itself, so that all trees are walked in step.

    Parameters
    ----------
    arrays : each outcome's trees, those of a column beside each other, columns in order
    """

    def __init__(self, arrays: list[Arrays]) -> None:
        self.many, at, columns = len(arrays), 0, 0
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in FOREST}
        for one in arrays:
            own = np.arange(len(one["left"]))
            leaf = np.asarray(one["left"]) < 0
            column = np.asarray(one["column"], dtype=np.intp)
            parts["feature"].append(np.where(leaf, 0, one["feature"]))
            parts["threshold"].append(np.asarray(one["threshold"], dtype=np.float32))
            parts["left"].append(at + np.where(leaf, own, one["left"]))
            parts["right"].append(at + np.where(leaf, own, one["right"]))
            parts["value"].append(np.asarray(one["value"], dtype=np.float64))
            parts["roots"].append(at + np.asarray(one["roots"], dtype=np.intp))
            parts["column"].append(columns + column)
            at, columns = at + len(own), columns + int(column[-1]) + 1
        whole = {name: np.concatenate(of) if of else np.zeros(0, np.intp) for name, of in parts.items()}
        self.feature, self.threshold, self.left, self.right, self.value, self.roots, column = whole.values()
        self.starts = np.flatnonzero(np.r_[True, column[1:] != column[:-1]]) if len(column) else column
        self.depth = self._depth()

    def _depth(self) -> int:
        node, depth = np.unique(self.roots), 0
        while len(node) and (self.left[node] != node).any():
            node = np.unique(np.concatenate([self.left[node], self.right[node]]))
            depth += 1
        return depth

    def __call__(self, u: Array, p: Array) -> Array:
        """Return float64[points, outcomes, columns]; exactly 0 without a lever."""
        both = np.concatenate([np.concatenate([u, np.zeros_like(u)]), np.concatenate([p, p])], axis=1)
        x, rows = both.astype(np.float32), np.arange(len(both))[:, None]
        node = np.broadcast_to(self.roots, (len(x), len(self.roots)))
        for _ in range(self.depth):
            goes_left = x[rows, self.feature[node]] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
        found = np.add.reduceat(self.value[node], self.starts, axis=1)
        return np.asarray((found[: len(u)] - found[len(u) :]).reshape(len(u), self.many, -1))
