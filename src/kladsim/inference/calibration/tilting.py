"""Patterns weigh what the data left: the least change of the posterior under which the model shows them as a rule.

Pattern-oriented modelling rejects parameters under which a model does not show what is known of its system in kind
(Grimm & Railsback 2012, 10.1098/rstb.2011.0180). The rule is that of the validation: in at least 80 % of runs, here
over draws. One history says little of a chance, so patterns are no data. They are moment constraints: of all weights
of particles under which each pattern is expected in enough runs, and the mean prediction of each fitted target stays
inside its tolerance, those nearest to the posterior by relative entropy (minimum discrimination information, Kullback
1959; exponential tilting). To reject each particle that misses a chance of 80 % was tried on model 0.6.0: it left
1.4 % of them, and took four targets of 22 outside their tolerance. Where a target and a pattern cannot both hold, the
target gives way at a price that is the same for all (``GIVES``), and is reported outside.

How likely a run is to show a pattern is learnt from the runs of the design, and from further waves where it seems
likely, by a Gaussian process classifier with a length scale for each parameter (scikit-learn's, by marginal
likelihood). Logistic regression on the emulator's features was too unsure: 0.60 to 0.72 at the register's values,
where 200 runs say 0.86 to 0.96. Weights seek out where chances and emulator say too much, so that a wave shows less
than was expected of it; by how much on average is added to what the next weights, and the last, must expect. The fit
to 2019 takes none of it: these patterns are of 2021 and later.

Two waves: with four, tried on model 0.6.0, 525 particles are left for 352, and 61 draws show P10 in 74 % (200 of those
that ship in 78 %). What is left for a next model: of 200 draws run twice, those whose first run shows all four
patterns (53 %) show P04, P05, P06 and P10 in 93, 85, 88 and 84 % of the second (all: 86, 84, 84 and 76 %).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.evidence import patterns
from kladsim.inference.calibration.observation import Datum
from kladsim.inference.calibration.store import Row
from kladsim.study.measures import MUST

Array = NDArray[np.float64]
FEWEST = 20
"""Runs with and without a pattern from which its chance is learnt; with fewer its share among all runs stands."""
AIM = 0.87
"""Share of runs in which each pattern shall be expected over draws: the rule's 80 % and two standard errors of 120."""
MARGIN = 0.05
"""Part of a target's tolerance by which its mean prediction keeps off the ends: the emulator is not the model."""
MET = 0.005
"""By how much less than its aim a pattern may be expected, where its multiplier is at the end of its range."""
STRONGEST = 50.0
"""Largest multiplier of a pattern's constraint (columns have standard deviation 1)."""
GIVES = 4.0
"""Largest multiplier of a target's constraint: one that would cost more change than this gives way, and is told so."""
BLOCK = 4096
"""Points whose chances are predicted at a time: the classifier holds them against every run at once."""
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

    def shown(self, rows: Sequence[Row]) -> Array:
        """Return whether each run shows each of these patterns, NaN where it does not say: float64[runs, patterns]."""
        return shown(rows)[:, [list(QUANTITIES).index(name) for name in self.names]]

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
                found[i, j] = all(_inside(v, band) for v, band in zip(values, bands[name], strict=True))
    return found


def tolerances(data: Sequence[Datum], mean: Array) -> Array:
    """Return how far inside their tolerance targets are predicted, below and above: float64[particles, 2 targets].

    ``mean`` is float64[particles, data], on the scales of the data.
    """
    found = []
    for j, datum in enumerate(data):
        if datum.quantity.startswith("T"):
            low, high = sorted(float(datum.transform(np.array(end))) for end in (datum.low, datum.high))
            off = MARGIN * (high - low)
            found += [mean[:, j] - low - off, high - off - mean[:, j]]
    return np.stack(found, axis=1) if found else np.zeros((len(mean), 0))


def _inside(value: float, band: Any) -> bool:
    low = -np.inf if band.low is None else band.low
    high = np.inf if band.high is None else band.high
    return bool(low <= value <= high)


def learn(u: Array, rows: Sequence[Row]) -> Chance:
    """Learn the chance of each pattern that runs at shares ``u`` of the priors say anything of."""
    with extra("calibrate"):
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
class Tilted:
    """Particles drawn systematically in proportion to the weights that patterns give them.

    Parameters
    ----------
    u : float64[particles, parameters]
    aim : share of runs in which each pattern is expected at least; 0 where no weights would do, and all count alike
    effective, of : effective number of particles (Kish), and of how many
    names : patterns
    before, after : mean chance of each pattern over all particles, and over those weighed
    """

    u: Array
    aim: float
    effective: float
    of: int
    names: tuple[str, ...]
    before: Array
    after: Array

    def to_plain(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "rule": MUST,
            "aim": round(self.aim, 3),
            "effective": round(self.effective, 1),
            "particles": self.of,
            "patterns": {
                name: {"all": round(float(a), 3), "weighed": round(float(b), 3)}
                for name, a, b in zip(self.names, self.before, self.after, strict=True)
            },
        }


def nearest(wanted: Array, most: Array) -> Array:
    """Return weights (sum 1) nearest to equal ones under which each column's mean is at least 0, or nearly.

    ``wanted`` is float64[particles, constraints]. The dual is smooth and convex: one multiplier for each constraint,
    from 0 to ``most`` (float64[constraints]): a bound on a multiplier is a price at which its constraint gives way.
    Where no weights do, most of the weight falls on few particles.
    """
    from scipy.optimize import minimize

    spread = wanted.std(axis=0)
    told = spread > 1e-12
    g = wanted[:, told] / spread[told]

    def dual(m: Array) -> tuple[float, Array]:
        a = g @ m
        e = np.exp(a - a.max())
        return float(a.max() + np.log(e.mean())), e @ g / e.sum()

    bounds = [(0.0, float(end)) for end in most[told]]
    m = minimize(dual, np.zeros(g.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500}).x
    a = g @ m
    weights = np.exp(a - a.max()) if g.shape[1] else np.ones(len(wanted))
    return np.asarray(weights / weights.sum())


def tilted(
    u: Array, chance: Chance, inside: Callable[[Array], Array], many: int, least: int, over: Array | float = 0.0
) -> Tilted:
    """Weigh particles so that each pattern is expected in ``AIM`` of runs, and draw ``many`` of them.

    ``u`` is float64[repeats, particles, parameters]; ``inside`` returns further columns whose mean must be at least 0
    (float64[particles, constraints]). ``over`` (float64[patterns]) is by how much more a pattern must be expected,
    because its chance is known to say too much. Where fewer than ``least`` particles would count (Kish), the
    aim is lowered in steps until they do; what came of it is told.
    """
    mixed = u.transpose(1, 0, 2).reshape(-1, u.shape[2])
    chances, others = chance.at(mixed), inside(mixed)
    most = np.repeat([STRONGEST, GIVES], [chances.shape[1], others.shape[1]])
    weights, aim = np.full(len(mixed), 1.0 / len(mixed)), 0.0
    for tried in np.arange(AIM, 0.0, -0.01) if chance.names else ():
        found = nearest(np.concatenate([chances - tried - over, others], axis=1), most)
        met = np.all(found @ chances >= tried + over - MET)
        if met and 1.0 / np.sum(found**2) >= least:
            weights, aim = found, float(tried)
            break
    at = np.searchsorted(np.cumsum(weights), (np.arange(many) + 0.5) / many)
    taken = mixed[np.minimum(at, len(mixed) - 1)]
    effective = float(1.0 / np.sum(weights**2))
    return Tilted(taken, aim, effective, len(mixed), chance.names, chances.mean(axis=0), weights @ chances)
