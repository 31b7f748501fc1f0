"""Plans against a base with the same luck: paired differences, replicate by replicate, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.study.engine import DEFAULT_ENGINE, engine_named
from kladsim.study.files import sha256_of, write_json
from kladsim.study.gate import BADGE, USE, Released, two_digits
from kladsim.study.provenance import INTERVAL, slug
from kladsim.study.result import Result
from kladsim.study.run import Job, Report, changed, run_job
from kladsim.study.store import runs_root
from kladsim.study.summary import TOTAL, over_time

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import xarray as xr

    from kladsim.policy.scenario import Scenario

# A median's standard error is this much the mean's, for nearly normal differences.
MEDIAN_ERROR = math.sqrt(math.pi / 2)


@dataclass(frozen=True)
class Effect:
    """One paired difference, plan minus base; interval and error are NaN with a single replicate."""

    outcome: str
    unit: str
    plan: str
    period: str
    median: float
    low: float
    high: float
    p_better: float
    mc_error: float
    n: int


@dataclass(frozen=True)
class Comparison:
    """A base and its plans, run with the same seed, scale, time and replicates."""

    base: Result
    plans: Mapping[str, Result]
    effects: tuple[Effect, ...]

    @property
    def from_store(self) -> bool:
        """Whether every run was there already."""
        return all(result.from_store for result in (self.base, *self.plans.values()))

    @property
    def years(self) -> list[int]:
        """The calendar years of the runs."""
        return [int(year) for year in next(self.base.each()).labels.get("year", [])]

    @property
    def since(self) -> int | None:
        """The first year in which any outcome of any plan differs; totals are taken from it on."""
        return _since(self.base, self.plans)

    def totals(self) -> list[Effect]:
        """Effects over all years from the first in which anything differs."""
        return [effect for effect in self.effects if effect.period == TOTAL]

    def base_level(self, outcome: str) -> float:
        """The base's median over the same years as the totals."""
        item = self.base.national()[outcome]
        years = self.years
        first = years.index(self.since) if self.since in years else 0
        return float(np.median(_later(item, first)))

    def headline(self) -> list[Effect]:
        """Totals of the headline outcomes (of all, if none is marked)."""
        marked = {item.name for item in self.base.national().values() if item.headline}
        return [effect for effect in self.totals() if effect.outcome in marked] or self.totals()

    def losers(self) -> list[Effect]:
        """Totals that are likely worse under the plan (P(better) below 0.05)."""
        return [effect for effect in self.totals() if effect.p_better < 0.05]

    def effect(self, outcome: str, plan: str | None = None) -> Effect:
        """The total effect on one outcome (of the first plan, if none is named).

        Raises
        ------
        InputError : unknown outcome or plan
        """
        chosen = plan if plan is not None else next(iter(self.plans))
        if chosen not in self.plans:
            raise unknown_name("plan", chosen, self.plans, where="plan")
        found = {e.outcome: e for e in self.totals() if e.plan == chosen}
        if outcome not in found:
            raise unknown_name("outcome", outcome, found, where="outcome")
        return found[outcome]

    def summary(self, outcome: str | None = None, by: str | None = None) -> pd.DataFrame:
        """Paired differences as a tidy table: totals, or each year with ``by="year"``."""
        import pandas as pd

        if by not in (None, "year"):
            raise unknown_name("grouping", str(by), ("year",), where="by")
        known = {effect.outcome for effect in self.effects}
        if outcome is not None and outcome not in known:
            raise unknown_name("outcome", outcome, known, where="summary")
        rows = [
            vars(e)
            for e in self.effects
            if outcome in (None, e.outcome) and (e.period == TOTAL) == (by is None)
        ]
        return pd.DataFrame(rows, columns=list(Effect.__dataclass_fields__))

    def to_xarray(self) -> xr.Dataset:
        """All runs as one dataset with ``scenario`` as first axis (base first)."""
        import xarray as xr

        runs = {self.base.name: self.base, **self.plans}
        parts = [result.to_xarray() for result in runs.values()]
        return xr.concat(parts, xr.DataArray(list(runs), dims="scenario", name="scenario"))

    def to_dict(self) -> dict[str, Any]:
        """Effects and origin as plain values, as ``--json`` prints them."""
        return {
            "base": self.base.facts(),
            "plans": {name: result.facts() for name, result in self.plans.items()},
            "effects": [vars(effect) for effect in self.totals()],
            "losers": [{"plan": effect.plan, "outcome": effect.outcome} for effect in self.losers()],
            "from_store": self.from_store,
            "interval": INTERVAL,
            "badge": BADGE,
            "use": USE,
        }

    def save(self, root: str | Path | None = None) -> Path:
        """Write the comparison (all effects, by year too) below ``root`` and return its file."""
        content = {**self.to_dict(), "effects": [vars(effect) for effect in self.effects]}
        key = sha256_of([self.base.digest, *(result.digest for result in self.plans.values())])
        folder = Path(root) if root is not None else runs_root()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"compare-{slug('-'.join((self.base.name, *self.plans)))}-{key[:8]}.json"
        write_json(path, content)
        return path

    def plot(self, path: str | Path) -> Path:
        """Draw levels, paired differences and effects, worse and better alike; return the picture's path."""
        # Pictures are made a layer above: looked up by name when asked for, so that no import points up.
        figures: Any = import_module("kladsim.report.figures")
        return Path(figures.compare_picture(self, path))

    def __repr__(self) -> str:
        plans = ", ".join(self.plans)
        return f"Comparison({plans} against {self.base.name!r}, {self.base.replicates} replicates)"

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row'>{e.outcome}</th><td>{e.plan}</td><td>{two_digits(e.median)}</td>"
            f"<td>{two_digits(e.low)} to {two_digits(e.high)}</td><td>{two_digits(e.p_better)}</td></tr>"
            for e in self.headline()
        )
        return f"<table><tbody>{cells}</tbody></table><p>Interval: {INTERVAL}. Note: {BADGE}.</p>"


def compare(
    base: Scenario | str,
    *plans: Scenario | str,
    replicates: int = 10,
    seed: int | None = None,
    until: str | None = None,
    scale: str | float | None = None,
    out: str | Path | None = None,
    threads: int = 1,
    workers: int = 1,
    progress: Report | None = None,
    engine: str = DEFAULT_ENGINE,
) -> Comparison:
    """Run a base and plans with common random numbers and take paired differences.

    All get the base's seed and scale and the latest end among them; ``out`` is the folder for their runs.

    Raises
    ------
    InputError : no plan, two plans of one name, or a plan of another country or start
    """
    model = engine_named(engine)
    first = changed(base, seed=seed, scale=scale)
    others = [changed(plan, seed=first.seed, scale=first.scale) for plan in plans]
    _check(first, others)
    end = until if until is not None else max(scenario.until for scenario in (first, *others))
    pack = model.load_pack(first.country)

    def result(scenario: Scenario) -> Result:
        # A run goes to its own content-named folder; ``out`` only says below which root.
        config = changed(scenario, until=end).resolve(pack)
        job = Job(scenario.name, config, replicates, None, threads, workers, engine, root=_folder(out))
        return run_job(job, progress, model, pack)

    base_result = result(first)
    plan_results = {scenario.name: result(scenario) for scenario in others}
    return paired(base_result, plan_results)


def _folder(out: str | Path | None) -> Path | None:
    return None if out is None else Path(out)


def _check(base: Scenario, plans: list[Scenario]) -> None:
    if not plans:
        raise InputError("no plan to compare with", where="PLAN", allowed="at least one scenario")
    names = [scenario.name for scenario in (base, *plans)]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "two scenarios have one name", where="name", value=name, allowed="different names"
            )
    for plan in plans:
        for field in ("country", "start"):
            if getattr(plan, field) != getattr(base, field):
                raise InputError(
                    "differs from the base", where=f"{plan.name}.{field}", value=str(getattr(plan, field)),
                    allowed=str(getattr(base, field)),
                )  # fmt: skip


def paired(base: Result, plans: Mapping[str, Result]) -> Comparison:
    """Take the paired differences of finished runs that share seed and replicates."""
    since = _since(base, plans)
    effects = [effect for name, result in plans.items() for effect in _effects(name, result, base, since)]
    return Comparison(base, dict(plans), tuple(effects))


def _since(base: Result, plans: Mapping[str, Result]) -> int | None:
    years = next(base.each()).labels.get("year", [])
    before = base.national()
    for index, year in enumerate(years):
        for result in plans.values():
            after = result.national()
            for name in before.keys() & after.keys():
                old, new = before[name].values[:, index], after[name].values[:, index]
                if not np.array_equal(old, new, equal_nan=True):
                    return int(year)
    return None


def _effects(plan: str, result: Result, base: Result, since: int | None) -> Iterator[Effect]:
    before, after = base.national(), result.national()
    years = [int(year) for year in next(base.each()).labels.get("year", [])]
    first = years.index(since) if since is not None else 0
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        yield _effect(old, plan, TOTAL, _later(new, first) - _later(old, first))
        for index, year in enumerate(years):
            yield _effect(old, plan, str(year), new.values[:, index] - old.values[:, index])


def _later(item: Released, first: int) -> NDArray[np.float64]:
    return over_time(replace(item, values=item.values[:, first:]))


def _effect(item: Released, plan: str, period: str, difference: NDArray[np.float64]) -> Effect:
    n = len(difference)
    low, high, error = math.nan, math.nan, math.nan
    if n > 1:
        low, high = (float(x) for x in np.quantile(difference, [0.05, 0.95]))
        error = MEDIAN_ERROR * float(difference.std(ddof=1)) / math.sqrt(n)
    median = float(np.median(difference))
    return Effect(
        item.name, item.unit, plan, period, median, low, high, _p_better(item, difference), error, n
    )


def _p_better(item: Released, difference: NDArray[np.float64]) -> float:
    """Share of replicates in which the plan is better (ties half); NaN if no direction is good in itself."""
    if item.better not in ("lower", "higher") or np.isnan(difference).any():
        return math.nan
    gain = -difference if item.better == "lower" else difference
    return float((gain > 0).mean() + 0.5 * (gain == 0).mean())
