"""Which levers and uncertainties drive a plan's effect: Morris' screening and Sobol's shares of variance.

Indices are of the paired difference to the baseline, mean over replicates. What luck does to them is told apart: the
same indices from each replicate alone give their Monte Carlo error. What varies as one group is ranked as one.

Sources: Morris 1991 (doi:10.1080/00401706.1991.10484804), Campolongo et al. 2007 (doi:10.1016/j.envsoft.2006.10.004),
Saltelli et al. 2010 (doi:10.1016/j.cpc.2009.09.018), computed by SALib.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.extras import extra
from kladsim.study.analysis import rules
from kladsim.study.analysis.table import numbers
from kladsim.study.design import MORRIS_LEVELS, problem, unit_points, values_at
from kladsim.study.ensemble import Study

CONFIDENCE = 0.90
SEED = 1
RESAMPLES = 200


@dataclass(frozen=True)
class Index:
    """The importance of one factor, or of a group that varies as one.

    Parameters
    ----------
    factor : its name
    total : Morris' mu* (in the outcome's unit) or Sobol's total share
    low, high : 90 % interval of ``total`` over the sample of points
    first : Sobol's first-order share, or Morris' sigma (interaction and curvature)
    noise : standard error of ``total`` that luck leaves with these replicates (NaN with one)
    """

    factor: str
    total: float
    low: float
    high: float
    first: float
    noise: float


@dataclass(frozen=True)
class Sensitivity:
    """A ranking of what drives an outcome's paired difference.

    ``noise_share`` is the share of the variance of single replicates that is luck.
    """

    method: str
    outcome: str
    unit: str
    plan: str
    base: str
    points: int
    replicates: int
    noise_share: float
    indices: tuple[Index, ...]


def sensitivity(study: Study, outcome: str, plan: str | None = None) -> Sensitivity:
    """Return what drives an outcome's paired difference in a study of design ``morris`` or ``saltelli``.

    Raises
    ------
    InputError : another design, an outcome that is no public harm or cost, an unknown plan, or points that are not
        finished
    """
    method = study.design.method
    if method not in ("morris", "saltelli"):
        raise InputError(
            "is no design for sensitivity", where="design", value=method,
            allowed="kladsim study plan ... --design morris (screening) or saltelli (shares of variance)",
        )  # fmt: skip
    rules.objective(outcome, rules.declared_outcomes(study))
    if len(rules.nameable(study.columns, outcome)) < len(study.columns):
        allowed = "a harm of persons, or a study that varies no market parameter"
        raise InputError("is no harm of persons", where="outcome", value=outcome, allowed=allowed)
    paired = numbers(study, outcome, plan)
    analyse = _analysis(study)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mean = analyse(paired.means)
        single = [analyse(paired.values[:, number]) for number in range(study.replicates)]
    indices = [_index(name, mean[name], [one[name][0] for one in single]) for name in mean]
    indices.sort(key=lambda index: -index.total if math.isfinite(index.total) else math.inf)
    return Sensitivity(
        method, outcome, paired.unit, paired.plan, paired.base, len(paired.values), study.replicates,
        paired.noise_share, tuple(indices),
    )  # fmt: skip


Raw = Mapping[str, tuple[float, float, float]]  # by factor: total, half-width of its interval, first


def _analysis(study: Study) -> Callable[[NDArray[np.float64]], Raw]:
    with extra("analysis"):
        from SALib.analyze import morris, sobol
    columns = study.columns
    task = problem(columns) | {"groups": [rules.group_of(column) for column in columns]}
    names = list(dict.fromkeys(task["groups"]))
    units = unit_points(study.design, columns)
    if values_at(units, columns) != study.points:
        raise InputError("another version of SALib samples other points; plan the study again", where=str(study.path))
    options: dict[str, Any] = {"conf_level": CONFIDENCE, "num_resamples": RESAMPLES, "seed": SEED}

    def by_morris(values: NDArray[np.float64]) -> Raw:
        indices = morris.analyze(task, units, values, num_levels=MORRIS_LEVELS, **options)
        return _by_name(indices["names"], indices["mu_star"], indices["mu_star_conf"], indices["sigma"])

    def by_sobol(values: NDArray[np.float64]) -> Raw:
        if np.ptp(values) == 0:
            return {name: (0.0, 0.0, 0.0) for name in names}
        indices = sobol.analyze(task, values, calc_second_order=False, **options)
        return _by_name(names, indices["ST"], indices["ST_conf"], indices["S1"])

    return by_morris if study.design.method == "morris" else by_sobol


def _by_name(names: Any, total: Any, half_width: Any, first: Any) -> Raw:
    rows = zip(names, total, half_width, first, strict=True)
    return {str(name): (float(t), float(h), float(f)) for name, t, h, f in rows}


def _index(name: str, raw: tuple[float, float, float], singles: list[float]) -> Index:
    total, half_width, first = raw
    noise = float(np.std(singles, ddof=1) / math.sqrt(len(singles))) if len(singles) > 1 else math.nan
    return Index(name, total, total - half_width, total + half_width, first, noise)

