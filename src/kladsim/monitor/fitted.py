"""Fitted variances and error shapes: shipped beside their data, made anew by ``kladsim monitor fit``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.core.errors import InputError
from kladsim.core.files import write_bytes
from kladsim.monitor import calibration, counting, library, single, wastewater
from kladsim.monitor.latent import Fit
from kladsim.monitor.predictive import Predictive
from kladsim.monitor.tables import DATA

FITTED_ON = ("open/wastewater.csv", "open/wastewater_sites.csv", "open/series.csv", "restricted/series.csv")
SHIPPED = DATA / "fitted.json"
AHEAD = {"year": 2, "quarter": 4, "month": 12, "week": 8, "day": 14}  # longest distance tested, in steps
ORIGINS = {"year": 4, "quarter": 8, "month": 24, "week": 6, "day": 6}  # last origins tested
SPACING = {"year": 1, "quarter": 1, "month": 3, "week": 2, "day": 4}


@dataclass(frozen=True)
class Group:
    """What series of one data set and frequency share."""

    fit: Fit
    shape: calibration.Shape


@dataclass(frozen=True)
class Fitted:
    """All fits: one a drug of the wastewater panel, one a data set and frequency besides."""

    digest: str
    drugs: dict[str, Fit]
    drug_shape: calibration.Shape
    groups: dict[str, Group]


def group_of(one: library.Series) -> str:
    """Return the group whose fit a series uses."""
    return f"{one.dataset}/{one.freq}"


def digest() -> str:
    """Return a digest of the shipped data, which a fit carries."""
    paths = [DATA / name for name in FITTED_ON]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest()[:16]


def ahead_group(ahead: int, freq: str) -> str:
    """Return the distance's group: the first quarter of the tested distances, the second, ..., the last and beyond."""
    longest = AHEAD[freq]
    return f"ahead {min(4, 1 + 4 * (min(ahead, longest) - 1) // longest)}"


def fit_group(members: Sequence[library.Series]) -> Group:
    """Fit a data set's shared variances and learn the shape of its forecasts' errors."""
    model = single.fit(members)
    freq = members[0].freq
    errors, ahead, when = errors_of(members, model)
    labels = [ahead_group(a, freq) for a in ahead]
    years = min(len(set(when)), ORIGINS[freq])
    return Group(model, calibration.learn(np.array(errors), [labels], years))


def find_group(one: library.Series) -> Group:
    """Return the fit of a series' data set, or of the series alone where that was not fitted."""
    return load().groups.get(group_of(one)) or Group(single.fit([one]), calibration.learn(np.array([])))


def predict_series(
    one: library.Series, group: Group, steps: Sequence[int], until: int | None = None
) -> list[Predictive]:
    """Return what is to be expected of a series at later steps, from its values up to one."""
    mean, _, sd = single.predict(one, group.fit, np.array(steps, dtype=np.float64), until=until)
    last = single.bounds(one, until)[0][-1]
    back = None if counting.is_count(one) else partial(single.from_scale, constant=single.offset_of(one))
    return [
        Predictive(float(m), float(s), group.shape, (ahead_group(int(step - last), one.freq),), back)
        for m, s, step in zip(mean, sd, steps, strict=True)
    ]


def errors_of(members: Sequence[library.Series], model: Fit) -> tuple[list[float], list[int], list[int]]:
    """Return standardised errors of forecasts from the last origins, their distances and target steps."""
    errors: list[float] = []
    ahead: list[int] = []
    when: list[int] = []
    for one in members:
        freq, constant = one.freq, single.offset_of(one)
        for back in range(ORIGINS[freq]):
            at = len(one.steps) - 1 - SPACING[freq] * (back + 1)
            if at < 2:
                break
            origin = int(one.steps[at])
            later = (one.steps > origin) & (one.steps <= origin + AHEAD[freq])
            if not later.any():
                continue
            target = one.steps[later].astype(float)
            mean, _, sd = single.predict(one, model, target, until=origin)
            values = one.values[later]
            if counting.is_count(one):
                errors += [counting.standardize_count(*case) for case in zip(values, mean, sd, strict=True)]
            else:
                errors += ((np.log(values + constant) - mean) / sd).tolist()
            ahead += (one.steps[later] - origin).tolist()
            when += one.steps[later].tolist()
    return errors, ahead, when


def fit_all(progress: Callable[[int, int], None] | None = None) -> Fitted:
    """Fit everything on the shipped data (minutes)."""
    from kladsim.monitor import backtest

    panel = wastewater.shipped_panel()
    members: dict[str, list[library.Series]] = {}
    for one in library.shipped().values():
        if one.points >= library.FEWEST:
            members.setdefault(group_of(one), []).append(one)
    total = len(members) + 2
    past = backtest.run(panel, rules=())
    drugs = {}
    for drug in sorted(set(panel.drug.tolist())):
        start = past.fits.get(drug)
        drugs[drug] = wastewater.fit_drug(panel.of(drug), drug, (*start.sd, start.noise) if start else None)
    groups = {}
    for done, (name, those) in enumerate(sorted(members.items())):
        groups[name] = fit_group(those)
        if progress:
            progress(done + 2, total)
    return Fitted(digest(), drugs, past.errors.shape(10**6), groups)


def save(fitted: Fitted, path: Path) -> None:
    """Write the fits as JSON."""
    facts = {
        "digest": fitted.digest,
        "drugs": {name: _plain_fit(fit) for name, fit in fitted.drugs.items()},
        "drug_shape": _plain_shape(fitted.drug_shape),
        "groups": {
            name: {"fit": _plain_fit(group.fit), "shape": _plain_shape(group.shape)}
            for name, group in fitted.groups.items()
        },
    }
    write_bytes(path, (json.dumps(facts, indent=1) + "\n").encode())


@cache
def load(path: Path = SHIPPED) -> Fitted:
    """Read fits from JSON.

    Raises
    ------
    InputError : the file is missing or damaged
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Fitted(
            facts["digest"],
            {name: _fit(fit) for name, fit in facts["drugs"].items()},
            _shape(facts["drug_shape"]),
            {name: Group(_fit(g["fit"]), _shape(g["shape"])) for name, g in facts["groups"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"the fits cannot be read ({problem}); `kladsim monitor fit` makes them", where=path.name
        ) from None


def _plain_fit(fit: Fit) -> dict[str, Any]:
    return {
        "sd": [float(f"{s:.6g}") for s in fit.sd],
        "noise": float(f"{fit.noise:.6g}"),
        "objective": round(fit.objective, 4),
    }


def _plain_shape(shape: calibration.Shape) -> dict[str, Any]:
    return {
        "at": list(shape.at),
        "quantiles": [round(q, 6) for q in shape.quantiles],
        "width": {k: round(v, 6) for k, v in shape.width.items()},
    }


def _fit(facts: dict[str, Any]) -> Fit:
    return Fit(tuple(facts["sd"]), float(facts["noise"]), float(facts["objective"]))


def _shape(facts: dict[str, Any]) -> calibration.Shape:
    return calibration.Shape(tuple(facts["at"]), tuple(facts["quantiles"]), dict(facts["width"]))
