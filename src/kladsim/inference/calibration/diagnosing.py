"""What the data cannot tell apart, in words: contraction of each parameter, and pairs that only move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TIED = 0.45
LEARNT, LITTLE = 0.5, 0.1


@dataclass(frozen=True)
class Identified:
    """One parameter after the fit: how much narrower it is than its prior, and with what it is tied."""

    name: str
    contraction: float
    tied: tuple[tuple[str, float], ...]
    words: str


def identify(names: Sequence[str], u: Array, z: Array) -> list[Identified]:
    """Return what a posterior (draws as shares of the priors, and as normal coordinates) says of each parameter."""
    contraction = 1.0 - 12.0 * u.var(axis=0, ddof=1)
    correlation = np.atleast_2d(np.corrcoef(z.T))
    found = []
    for j, name in enumerate(names):
        order = np.argsort(-np.abs(correlation[j]))
        tied = tuple(
            (names[i], round(float(correlation[j, i]), 2)) for i in order if i != j and abs(correlation[j, i]) > TIED
        )
        found.append(Identified(name, float(contraction[j]), tied, _words(float(contraction[j]), tied)))
    return found


def _words(contraction: float, tied: Sequence[tuple[str, float]]) -> str:
    if contraction > LEARNT:
        said = "the data say much about it"
    elif contraction > LITTLE:
        said = "the data say something about it"
    else:
        said = "the data say next to nothing about it: it keeps its prior"
    if tied:
        pairs = " and ".join(f"{name} ({'together' if size > 0 else 'against each other'})" for name, size in tied)
        said += f"; it cannot be told apart from {pairs}"
    return said


def to_plain(found: Sequence[Identified]) -> list[dict[str, Any]]:
    """Return the findings as plain values."""
    return [
        {
            "name": i.name,
            "contraction": round(i.contraction, 3),
            "tied": [list(pair) for pair in i.tied],
            "words": i.words,
        }
        for i in found
    ]
