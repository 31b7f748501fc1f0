"""Patterns as filters: a draw ships only where the model shows the patterns of the past as a rule.

Pattern-oriented modelling rejects parameters under which a model does not show what is known of its system in kind
(Grimm & Railsback 2012, 10.1098/rstb.2011.0180). The rule is that of the validation: in at least 80 % of runs. One
history says little of a chance, so patterns are no data: they restrict the prior, for everything else alike. How
likely a run is to show a pattern is learnt from the runs of the design, and from a further wave where it seems likely,
by a Gaussian process classifier with a length scale for each parameter (scikit-learn's, by marginal likelihood; on the
324 runs of model 0.6.0 its log loss was 0.21 to 0.45 a pattern, that of logistic regression on the emulator's features
0.35 to 0.50, which was also too sure of nothing: 0.6 to 0.7 where 200 runs say 0.86 to 0.96). The fit to 2019 takes
none of it: these patterns are of 2021 and later.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.evidence import patterns
from kladsim.study.calibration.store import Row
from kladsim.study.validation.verdicts import MUST

Array = NDArray[np.float64]
FEWEST = 20
"""Runs with and without a pattern from which its chance is learnt; with fewer its share among all runs stands."""
BLOCK = 4096
QUANTITIES = {
    "P04": (("closure_drop_week", 1.0), ("closure_regained", 1.0)),
    "P05": (("leader_changes", 1.0),),
    "P06": (("effective_before", 1.0), ("effective_after", 1.0)),
    "P10": (("couriers_swing@2021", 100.0), ("couriers_replaced@2021", 100.0)),
}
"""What a run's summary holds of a pattern, in the order of its bands, with the factor to their unit."""


@dataclass(frozen=True)
class Chance:
    """How likely runs are to show each pattern, by shares of the priors."""

    names: tuple[str, ...]
    models: tuple[Any, ...]

    def at(self, u: Array) -> Array:
        """Return chances at points: float64[points, patterns] of float64[points, parameters]."""
        z = 2.0 * np.asarray(u, dtype=np.float64) - 1.0
        found = np.ones((len(z), len(self.names)))
        for j, model in enumerate(self.models):
            if isinstance(model, float):
                found[:, j] = model
                continue
            for first in range(0, len(z), BLOCK):
                block = slice(first, first + BLOCK)
                found[block, j] = model.predict_proba(z[block])[:, 1]
        return found


def shown(rows: Sequence[Row]) -> Array:
    """Return whether each run shows each pattern, NaN where it does not say: float64[runs, patterns]."""
    bands = {pattern.id: pattern.bands for pattern in patterns()}
    found = np.full((len(rows), len(QUANTITIES)), np.nan)
    for i, row in enumerate(rows):
        for j, (name, parts) in enumerate(QUANTITIES.items()):
            values = [factor * row["values"].get(quantity, np.nan) for quantity, factor in parts]
            if np.isfinite(values).all():
                found[i, j] = all(_inside(v, band) for v, band in zip(values, bands[name], strict=False))
    return found


def _inside(value: float, band: Any) -> bool:
    low = -np.inf if band.low is None else band.low
    high = np.inf if band.high is None else band.high
    return bool(low <= value <= high)


def learn(u: Array, rows: Sequence[Row]) -> Chance:
    """Learn the chance of each pattern that runs at shares ``u`` of the priors say anything of."""
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    table, z = shown(rows), 2.0 * u - 1.0
    kernel = ConstantKernel(4.0, (1e-2, 1e4)) * RBF(np.full(z.shape[1], 3.0), (0.3, 1e3))
    names, models = [], []
    for j, name in enumerate(QUANTITIES):
        known = np.isfinite(table[:, j])
        if not known.any():
            continue
        yes = table[known, j] > 0.5
        names.append(name)
        if min(yes.sum(), (~yes).sum()) < FEWEST:
            models.append(float(yes.mean()))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a length scale at its bound: a parameter that tells nothing
            models.append(GaussianProcessClassifier(kernel).fit(z[known], yes))
    return Chance(tuple(names), tuple(models))


@dataclass(frozen=True)
class Filtered:
    """Particles that the patterns leave, best mixed, and what they left.

    Parameters
    ----------
    u : float64[particles, parameters]
    share : of all particles, those that show every pattern in at least 80 % of runs
    before, after : mean chance of each pattern over all particles, and over those that are left
    """

    u: Array
    share: float
    names: tuple[str, ...]
    before: Array
    after: Array

    def to_plain(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "rule": MUST,
            "share": round(self.share, 4),
            "kept": len(self.u),
            "patterns": {
                name: {"all": round(float(a), 3), "kept": round(float(b), 3)}
                for name, a, b in zip(self.names, self.before, self.after, strict=True)
            },
        }


def filtered(u: Array, chance: Chance, least: int) -> Filtered:
    """Keep the particles that show every pattern as a rule.

    ``u`` is float64[repeats, particles, parameters]; where fewer than ``least`` are left, those nearest to it stay.
    """
    mixed = u.transpose(1, 0, 2).reshape(-1, u.shape[2])
    chances = chance.at(mixed)
    lowest = chances.min(axis=1, initial=1.0)
    kept = lowest >= MUST
    share = float(kept.mean())
    if kept.sum() < least:
        kept = np.zeros(len(mixed), dtype=np.bool_)
        kept[np.argsort(-lowest, kind="stable")[:least]] = True
    return Filtered(mixed[kept], share, chance.names, chances.mean(axis=0), chances[kept].mean(axis=0))
