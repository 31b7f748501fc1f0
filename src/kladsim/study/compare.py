"""Plans against a base with the same luck: runs, paired differences, as many replicates as a precision needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError, StorageError, unknown_name
from kladsim.model.config import END_OF_TIME, RunConfig
from kladsim.study.effects import Differences, Effect, differences
from kladsim.study.engine import DEFAULT_ENGINE, engine_named
from kladsim.study.files import read_json, sha256_of, write_json
from kladsim.study.gate import BADGE, USE, two_digits
from kladsim.study.groups import GroupEffect
from kladsim.study.intervals import interval_sentence
from kladsim.study.parameters import draws_for
from kladsim.study.placeholders import words_above
from kladsim.study.precision import Reached, next_replicates, reached, wishes
from kladsim.study.provenance import slug
from kladsim.study.result import Result
from kladsim.study.run import Job, Report, changed, run_jobs
from kladsim.study.store import runs_root
from kladsim.study.summary import TOTAL

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import xarray as xr

    from kladsim.policy.scenario import Scenario
    from kladsim.study.economics import Economics

MOST_REPLICATES = 200
LIKELY_WORSE = 0.05
FORMAT = "kladsim-comparison-2"


@dataclass(frozen=True)
class TotalEffect(Effect):
    """An effect that can be drawn: it knows the comparison that it comes from."""

    comparison: Comparison | None = field(default=None, repr=False, compare=False)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw the paired difference by year with its 90 % band: a chart, or the file if ``path`` is given."""
        figures: Any = import_module("kladsim.report.effects")
        return figures.effect_picture(self.comparison, self.outcome, self.plan, path)


@dataclass(frozen=True)
class Comparison:
    """A base and its plans, run with the same seed, scale, time and replicates.

    Parameters
    ----------
    base, plans : the finished runs
    root : the folder of the runs, in which the comparison is kept too
    precision : what wishes for precision came to
    scenarios : the scenarios by name, for what their levers cost; empty where only runs are known
    notes : what to know: levers without effect, values beyond what studies cover, an end that was put off
    """

    base: Result
    plans: Mapping[str, Result]
    root: Path | None = None
    precision: tuple[Reached, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def from_store(self) -> bool:
        """Whether every run was there already."""
        return all(result.from_store for result in (self.base, *self.plans.values()))

    @cached_property
    def found(self) -> Differences:
        """All differences, read from the saved comparison if there is one of the same runs."""
        return self._saved or differences(self.base, self.plans)

    @property
    def is_saved(self) -> bool:
        """Whether the comparison of the same runs is kept in a file that can be read."""
        return self._saved is not None

    @cached_property
    def _saved(self) -> Differences | None:
        if not (self.from_store and self.path.exists()):
            return None
        try:
            content = read_json(self.path)
            if content["format"] != FORMAT or list(content["plans"]) != list(self.plans):
                return None  # plans whose names differ in signs only share a file
            return Differences.from_plain(content["differences"])
        except (StorageError, KeyError, TypeError, ValueError, AttributeError):
            return None  # damaged or another version's: made anew

    @property
    def interval(self) -> str:
        """What the intervals hold."""
        return self.base.interval

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Totals and years of every national outcome and plan."""
        return self.found.effects

    @property
    def years(self) -> list[int]:
        """The calendar years of the runs."""
        return list(self.found.years)

    @property
    def since(self) -> int | None:
        """The first year in which any outcome of any plan differs; totals are taken from it on."""
        return self.found.since

    def totals(self) -> list[Effect]:
        """Effects over all years from the first in which anything differs."""
        return [effect for effect in self.effects if effect.period == TOTAL]

    def base_level(self, outcome: str) -> float:
        """The base's median over the same years as the totals."""
        return self.found.levels[outcome]

    def headline(self) -> list[Effect]:
        """Totals of the headline outcomes (of all, if none is marked)."""
        marked = self.base.headline_names
        return [effect for effect in self.totals() if effect.outcome in marked] or self.totals()

    def losers(self) -> list[Effect]:
        """National totals that are likely worse under the plan (P(better) below 0.05)."""
        return [effect for effect in self.totals() if effect.p_better < LIKELY_WORSE]

    def losing_groups(self, plan: str | None = None) -> list[GroupEffect]:
        """Districts, regions and groups of age and sex that are likely worse, in cells that may be shown."""
        return [g for g in self.found.groups if g.p_better < LIKELY_WORSE and plan in (None, g.plan)]

    def effect(self, outcome: str, plan: str | None = None) -> TotalEffect:
        """The total effect on one outcome (of the first plan, if none is named).

        Raises
        ------
        InputError : unknown outcome or plan
        """
        chosen = self._plan(plan)
        found = {e.outcome: e for e in self.totals() if e.plan == chosen}
        if outcome not in found:
            raise unknown_name("outcome", outcome, found, where="outcome")
        return TotalEffect(**vars(found[outcome]), comparison=self)

    def _plan(self, plan: str | None) -> str:
        chosen = plan if plan is not None else next(iter(self.plans))
        if chosen not in self.plans:
            raise unknown_name("plan", chosen, self.plans, where="plan")
        return chosen

    def economics(self, discount: float = 0.03) -> Economics:
        """Public cost by payer, QALYs, DALYs and cost per QALY of each plan (see ``kladsim.study.economics``)."""
        from kladsim.study.economics import economics

        return economics(self, discount)

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
            "since": self.since,
            "effects": [vars(effect) for effect in self.totals()],
            "losers": [{"plan": effect.plan, "outcome": effect.outcome} for effect in self.losers()],
            "losing_groups": [vars(group) for group in self.losing_groups()],
            "precision": [{**vars(item), "met": item.met} for item in self.precision],
            "notes": list(self.notes),
            "from_store": self.from_store,
            "interval": self.interval,
            "placeholders": self.placeholder_words() or None,
            "badge": BADGE,
            "use": USE,
        }

    def placeholder_words(self, language: str = "en") -> str:
        """Return what must stand above the results where tables of a country pack are placeholders."""
        return words_above((run.placeholders for run in (self.base, *self.plans.values())), language)

    @cached_property
    def path(self) -> Path:
        """Where the comparison is kept: beside its runs, named by their digests."""
        return self._path(self.root if self.root is not None else runs_root())

    def _path(self, folder: Path) -> Path:
        key = sha256_of([self.base.digest, *(result.digest for result in self.plans.values())])
        return folder / f"compare-{slug('-'.join((self.base.name, *self.plans)))}-{key[:8]}.json"

    def save(self, root: str | Path | None = None) -> Path:
        """Write the comparison, by year too, below ``root`` (default: beside the runs) and return its file."""
        path = self.path if root is None else self._path(Path(root))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"format": FORMAT, **self.to_dict(), "differences": self.found.to_plain()})
        return path

    def plot(self, path: str | Path) -> Path:
        """Draw levels, paired differences and effects, worse and better alike; return the picture's path."""
        # Pictures are made a layer above: looked up by name when asked for, so that no import points up.
        figures: Any = import_module("kladsim.report.figures")
        return Path(figures.compare_picture(self, path))

    def map(self, outcome: str, date: str, plan: str | None = None, path: str | Path | None = None) -> Any:
        """Map the paired difference of a year by region, where it may be shown: a chart, or the file at ``path``.

        Raises
        ------
        InputError : the outcome is not known by region, or the date lies outside the runs
        """
        figures: Any = import_module("kladsim.report.effects")
        return figures.effect_map(self, outcome, date, self._plan(plan), path)

    def report(self, path: str | Path, language: str = "en") -> Path:
        """Write the two-page brief as ``NAME.pdf`` or ``NAME.html``, equal bytes for equal runs; return its path.

        Raises
        ------
        InputError : another ending or language, or a single replicate
        """
        if language not in ("en", "ru"):
            raise unknown_name("language", language, ("en", "ru"), where="language")
        made: Any = import_module("kladsim.report.brief").brief(self, language=language)
        return Path(import_module("kladsim.report.printing").write_brief(made, Path(path)))

    def __repr__(self) -> str:
        plans = ", ".join(self.plans)
        said = f"Comparison({plans} against {self.base.name!r}, {self.base.replicates} replicates)"
        above = self.placeholder_words()
        return f"{said}\n{above}" if above else said

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row'>{e.outcome}</th><td>{e.plan}</td><td>{two_digits(e.median)}</td>"
            f"<td>{two_digits(e.low)} to {two_digits(e.high)}</td><td>{two_digits(e.p_better)}</td></tr>"
            for e in self.headline()
        )
        above = self.placeholder_words()
        warned = f"<p role='alert'><strong>{escape(above)}</strong></p>" if above else ""
        notes = f"<p>{interval_sentence(self.interval)} Note: {BADGE}.</p>"
        return f"{warned}<table><tbody>{cells}</tbody></table>{notes}"


def compare(
    base: Scenario | str,
    *plans: Scenario | str,
    replicates: int = 10,
    precision: str | Iterable[str] | Mapping[str, float] | None = None,
    max_replicates: int = MOST_REPLICATES,
    seed: int | None = None,
    until: str | None = None,
    scale: str | float | None = None,
    out: str | Path | None = None,
    threads: int = 1,
    workers: int = 1,
    progress: Report | None = None,
    executor: str | None = None,
    engine: str = DEFAULT_ENGINE,
    parameters: str | None = None,
    repeats: int = 1,
) -> Comparison:
    """Run a base and plans with common random numbers and take paired differences.

    All get the base's seed and scale and the latest end among them, or the model's last day where a lever would
    begin after that; ``out`` is the folder for their runs.

    Parameters
    ----------
    replicates : how many replicates to have (at first, with a precision)
    until : first day after the runs, whatever the scenarios say
    precision : half-width that the 90 % Monte Carlo interval of median effects should have: ``{"deaths": 100}``,
        ``"deaths=5%"`` (of the base's level) or ``"auto"`` (headline outcomes: 10 % of the effect or 0.5 % of the
        level, the wider); replicates are added, never begun anew, until it is reached
    max_replicates : where to stop if it is not
    executor : where replicates run, as in ``run``
    parameters, repeats : as in ``run``; base and plans share the draws, and what any of them sets is drawn for none

    Raises
    ------
    InputError : no plan, two plans of one name, or a plan of another country or start
    """
    model = engine_named(engine)
    wished = wishes(precision)
    if not plans:
        raise InputError("no plan to compare with", where="PLAN", allowed="at least one scenario")
    scenarios = common(base, plans, seed=seed, until=until, scale=scale)
    first = scenarios[0]
    pack = model.load_pack(first.country)
    configs = {scenario.name: resolved(scenario, pack) for scenario in scenarios}
    given = {name for scenario in scenarios for name in scenario.parameters}
    draws = draws_for(parameters, first.country, given, engine=engine, repeats=repeats)
    told_before = _notes(scenarios, (base, *plans), until)

    def compared(n: int) -> Comparison:
        # A run goes to its own content-named folder; ``out`` only says below which root.
        jobs = [
            Job(name, config, n, None, threads, workers, engine, executor, root=_folder(out), draws=draws)
            for name, config in configs.items()
        ]
        results = dict(zip(configs, run_jobs(jobs, progress, model, pack), strict=True))
        known = {scenario.name: scenario for scenario in scenarios}
        return Comparison(results.pop(first.name), results, _folder(out), scenarios=known, notes=told_before)

    n = replicates
    while True:
        found = compared(n)
        told = reached(wished, found.found, found.base.headline_names) if wished else ()
        more = next_replicates(told, n, max_replicates)
        if more <= n:
            return replace(found, precision=told)
        n = more


def resolved(scenario: Scenario, pack: Any) -> RunConfig:
    """Return the configuration of one scenario among several; errors name the scenario."""
    from kladsim.policy.validated import relocated

    try:
        return scenario.resolve(pack)
    except InputError as error:
        raise relocated(error, scenario.name, joint=", ") from None


def _folder(out: str | Path | None) -> Path | None:
    return None if out is None else Path(out)


def common(
    base: Scenario | str,
    plans: Sequence[Scenario | str],
    *,
    seed: int | None = None,
    until: str | None = None,
    scale: str | float | None = None,
) -> list[Scenario]:
    """Return base and plans with the base's seed and scale and one end: ``until``, else the latest among them.

    Where a plan's lever begins only after that, the end is put off to the model's last day, so that it can act.

    Raises
    ------
    InputError : two scenarios of one name, or a plan of another country or start
    """
    first = changed(base, seed=seed, scale=scale)
    others = [changed(plan, seed=first.seed, scale=first.scale) for plan in plans]
    _check(first, others)
    end = until if until is not None else _end((first, *others))
    return [changed(scenario, until=end) for scenario in (first, *others)]


def _end(scenarios: Sequence[Scenario]) -> date:
    """Return the latest end, or the end of the model's time if a lever begins only after it."""
    latest = max(scenario.until for scenario in scenarios)
    levers = (lever.compile() for scenario in scenarios for lever in scenario.levers)
    late = any(changes and all(change.start >= latest for change in changes) for changes in levers)
    return END_OF_TIME if late else latest


def _notes(scenarios: Sequence[Scenario], given: Sequence[Scenario | str], until: str | None) -> tuple[str, ...]:
    """Return what to know before comparing, each sentence once."""
    told = [note for scenario in scenarios for note in scenario.notes()]
    latest = max(changed(scenario).until for scenario in given)
    if until is None and scenarios[0].until > latest:
        told.insert(0, f"A lever begins after {latest}, the end of the scenarios: all run until {scenarios[0].until}.")
    return tuple(dict.fromkeys(told))


def _check(base: Scenario, plans: list[Scenario]) -> None:
    names = [scenario.name for scenario in (base, *plans)]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "two scenarios have one name", where="name", value=name, allowed="different names"
            )
    for plan in plans:
        for name in ("country", "start"):
            if getattr(plan, name) != getattr(base, name):
                raise InputError(
                    "differs from the base", where=f"{plan.name}.{name}", value=str(getattr(plan, name)),
                    allowed=str(getattr(base, name)),
                )  # fmt: skip
