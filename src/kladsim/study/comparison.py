"""Plans against a base with the same luck: runs, paired differences, as many replicates as a precision needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kladsim.core.accessors import accessor
from kladsim.core.errors import InputError, StorageError, suggest, unknown_name
from kladsim.core.files import plain, read_json, sha256_of, write_json
from kladsim.core.formatting import Language, format_number
from kladsim.core.validated import relocated
from kladsim.model.config import END_OF_TIME, RunConfig
from kladsim.policy.card import preset_of
from kladsim.policy.fields import parse_count
from kladsim.policy.scenario import Scenario
from kladsim.runs.development import describe_warnings, withholds_verdicts
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.engine import DEFAULT_ENGINE, engine_named
from kladsim.runs.harms import market_changes, note_of
from kladsim.runs.interval_words import interval_sentence
from kladsim.runs.judging import FEWEST_PAIRS, PAIRS
from kladsim.runs.netcdf import without_empty
from kladsim.runs.parameters import draws_for
from kladsim.runs.provenance import slug
from kladsim.runs.result import Result
from kladsim.runs.running import RunRequest, changed, run_jobs
from kladsim.runs.scenario_files import scenario_from, scenarios_of, store_scenario
from kladsim.runs.store import folder_for_runs, runs_root
from kladsim.runs.summary import TOTAL
from kladsim.runs.tasks import Report
from kladsim.study.economics import Economics
from kladsim.study.economics import economics as value_plans
from kladsim.study.effects import Differences, Effect, differences
from kladsim.study.groups import GroupEffect
from kladsim.study.precision import Reached, next_replicates, precision_targets, reached

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import xarray as xr
    from altair import TopLevelMixin

MOST_REPLICATES = 200
FORMAT = "kladsim-comparison-3"


@dataclass(frozen=True)
class TotalEffect(Effect):
    """An effect that can be drawn: it knows the comparison that it comes from."""

    comparison: Comparison | None = field(default=None, repr=False, compare=False)

    @accessor
    def plot(self, path: str | Path | None = None) -> TopLevelMixin | Path:
        """Draw the paired difference by year with its 90 % band: a chart, or the file if ``path`` is given."""
        raise NotImplementedError


@dataclass(frozen=True)
class Comparison:
    """A base and its plans, run with the same seed, scale, time and replicates.

    Parameters
    ----------
    base, plans : the finished runs
    root : the folder of the runs, in which the comparison is kept too
    precision : targets of precision and what was reached
    scenarios : the scenarios by name, for what their levers cost (those missing are looked for beside the runs)
    notes : what to know: levers without effect, values beyond what studies cover, an end that was put off

    Where a plan differs from the base in what the market controls, all runs give harm of persons only.
    """

    base: Result
    plans: Mapping[str, Result]
    root: Path | None = None
    precision: tuple[Reached, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if changes := self.market_changes:
            only = {name: replace(result, persons_only=True) for name, result in self.plans.items()}
            object.__setattr__(self, "base", replace(self.base, persons_only=True))
            object.__setattr__(self, "plans", only)
            object.__setattr__(self, "notes", tuple(dict.fromkeys((*self.notes, note_of(changes)))))

    @property
    def market_changes(self) -> tuple[str, ...]:
        """The market parameters and mechanisms M8, M9 in which a plan differs from the base."""
        own = self.base.scenario["config"]
        found = (market_changes(own, result.scenario["config"]) for result in self.plans.values())
        return tuple(dict.fromkeys(name for names in found for name in names))

    @classmethod
    def open(cls, path: str | Path) -> Comparison:
        """Open a saved comparison (``compare-….json``) with its runs, and the scenarios that it was made with.

        Raises
        ------
        InputError : no saved comparison, or a run that is not there or was made anew with another result
        """
        file = Path(path)
        if not file.is_file():
            near = suggest(str(path), sorted(str(other) for other in file.parent.glob("compare-*.json")))
            allowed = "a file compare-….json that `kladsim compare` wrote, or runs (see `kladsim runs ls`)"
            raise InputError("no such file", where="comparison", value=str(path), allowed=allowed, suggestion=near)
        content: dict[str, Any] = read_json(file)
        try:
            facts = {"": content["base"], **content["plans"]}
            runs = {name: _saved_run(file, saved) for name, saved in facts.items()}
            written = {name: scenario_from(entry) for name, entry in content.get("scenarios", {}).items()}
        except (KeyError, TypeError, AttributeError):
            raise InputError("is no saved comparison", where="comparison", value=str(path)) from None
        scenarios = {name: scenario for name, scenario in written.items() if scenario is not None}
        return cls(runs.pop(""), runs, file.parent, scenarios=scenarios)

    @property
    def from_store(self) -> bool:
        """Whether every run was there already."""
        return all(result.from_store for result in (self.base, *self.plans.values()))

    @cached_property
    def differences(self) -> Differences:
        """All differences, read from the saved comparison if there is one of the same runs."""
        return self._saved or differences(self.base, self.plans)

    @property
    def is_saved(self) -> bool:
        """Whether a file that can be read holds the comparison of the same runs and scenarios."""
        return self._saved is not None and self._content.get("scenarios") == self._scenarios_as_plain()

    @cached_property
    def _saved(self) -> Differences | None:
        try:
            if self._content["format"] != FORMAT or list(self._content["plans"]) != list(self.plans):
                return None  # plans whose names differ in signs only share a file
            return Differences.from_plain(self._content["differences"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # not there, damaged or another version's: made anew

    @cached_property
    def _content(self) -> dict[str, Any]:
        try:
            return read_json(self.path) if self.from_store and self.path.exists() else {}
        except StorageError:
            return {}

    def _scenarios_as_plain(self) -> dict[str, Any]:
        return {name: plain(item.to_plain()) for name, item in scenarios_of(self).items()}

    @property
    def interval(self) -> str:
        """What the intervals hold."""
        return self.base.interval

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Totals and years of every national outcome and plan."""
        return self.differences.effects

    @property
    def years(self) -> list[int]:
        """The calendar years of the runs."""
        return list(self.differences.years)

    @property
    def since(self) -> int | None:
        """The first year in which any outcome of any plan differs; totals are taken from it on."""
        return self.differences.since

    def totals(self) -> list[Effect]:
        """Effects over all years from the first in which anything differs."""
        return [effect for effect in self.effects if effect.period == TOTAL]

    def base_level(self, outcome: str) -> float:
        """The base's median over the same years as the totals."""
        return self.differences.levels[outcome]

    def headline(self) -> list[Effect]:
        """Totals of the headline outcomes (of all, if none is marked)."""
        marked = self.base.headline_names
        return [effect for effect in self.totals() if effect.outcome in marked] or self.totals()

    def losers(self) -> list[Effect]:
        """National totals that get worse under the plan (see ``kladsim.runs.judging``)."""
        return [effect for effect in self.totals() if effect.verdict == "worse"]

    @property
    def no_verdict(self) -> Literal["", "few", "withheld"]:
        """Why no plan gets a verdict: too few pairs, or a model in development; empty where plans get one."""
        return "withheld" if withholds_verdicts() else "few" if self.base.replicates < FEWEST_PAIRS else ""

    def losing_groups(self, plan: str | None = None) -> list[GroupEffect]:
        """Districts, regions and groups of age and sex that are worse off, where the difference is clear."""
        return [g for g in self.differences.groups if g.verdict == "worse" and plan in (None, g.plan)]

    def effect(self, outcome: str, plan: str | None = None) -> TotalEffect:
        """The total effect on one outcome (of the first plan, if none is named).

        Raises
        ------
        InputError : unknown outcome or plan
        """
        chosen = self.plan_name(plan)
        found = {e.outcome: e for e in self.totals() if e.plan == chosen}
        if outcome not in found:
            raise unknown_name("outcome", outcome, found, where="outcome")
        return TotalEffect(**vars(found[outcome]), comparison=self)

    def plan_name(self, plan: str | None) -> str:
        """Return the plan's name (the first plan's, if none is named).

        Raises
        ------
        InputError : unknown plan
        """
        chosen = plan if plan is not None else next(iter(self.plans))
        if chosen not in self.plans:
            raise unknown_name("plan", chosen, self.plans, where="plan")
        return chosen

    def economics(self, discount: float = 0.03) -> Economics:
        """Public cost by payer, QALYs, DALYs and cost per QALY of each plan (see ``kladsim.study.economics``)."""
        return value_plans(self, discount)

    def summary(self, outcome: str | None = None, by: str | None = None) -> pd.DataFrame:
        """Paired differences as a tidy table: totals, or each year with ``by="year"``."""
        import pandas as pd

        if by not in (None, "year"):
            raise unknown_name("grouping", str(by), ("year",), where="by")
        known = {effect.outcome for effect in self.effects}
        if outcome is not None and outcome not in known:
            raise unknown_name("outcome", outcome, known, where="summary")
        rows = [
            e.to_plain()
            for e in self.effects
            if outcome in (None, e.outcome) and (e.period == TOTAL) == (by is None)
        ]
        return pd.DataFrame(rows, columns=[*Effect.__dataclass_fields__, "verdict"])

    def to_xarray(self) -> xr.Dataset:
        """All runs as one dataset with ``scenario`` as first axis (base first); names as in ``Result.to_xarray``."""
        import xarray as xr

        runs = {self.base.name: self.base, **self.plans}
        parts = [result.dataset() for result in runs.values()]
        return without_empty(xr.concat(parts, xr.DataArray(list(runs), dims="scenario", name="scenario")))

    def to_dict(self) -> dict[str, Any]:
        """Effects and origin as plain values, as ``--json`` prints them."""
        return {
            "base": self.base.to_dict(),
            "plans": {name: result.to_dict() for name, result in self.plans.items()},
            "since": self.since,
            "effects": [effect.to_plain() for effect in self.totals()],
            "losers": [{"plan": effect.plan, "outcome": effect.outcome} for effect in self.losers()],
            "losing_groups": [vars(group) for group in self.losing_groups()],
            "precision": [{**vars(item), "met": item.met} for item in self.precision],
            "notes": list(self.notes),
            "scenarios": self._scenarios_as_plain(),
            "from_store": self.from_store,
            "interval": self.interval,
            "placeholders": self.describe_warnings() or None,
            "badge": BADGE,
            "use": USE,
        }

    def describe_warnings(self, language: Language = "en") -> str:
        """Return what must stand above the results (see ``kladsim.runs.development``)."""
        return describe_warnings((run.provenance for run in (self.base, *self.plans.values())), language)

    @cached_property
    def path(self) -> Path:
        """Where the comparison is kept: beside its runs, named by their digests."""
        return self._path(self.root if self.root is not None else runs_root())

    def _path(self, folder: Path) -> Path:
        # What levers cost changes no run: plans that differ in it alone have files of their own.
        costs = {
            name: [lever.options() for lever in item.levers if lever.cost is not None]
            for name, item in scenarios_of(self).items()
        }
        content = [self.base.digest, *(result.digest for result in self.plans.values())]
        key = sha256_of([*content, costs] if any(costs.values()) else content)
        return folder / f"compare-{slug('-'.join((self.base.name, *self.plans)))}-{key[:8]}.json"

    def save(self, root: str | Path | None = None) -> Path:
        """Write the comparison, by year too, below ``root`` (default: beside the runs) and return its file."""
        path = self.path if root is None else self._path(Path(root))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"format": FORMAT, **self.to_dict(), "differences": self.differences.to_plain()})
        return path

    @accessor
    def plot(self, path: str | Path) -> Path:
        """Draw levels, paired differences and effects, worse and better alike; return the picture's path."""
        raise NotImplementedError

    @accessor
    def map(
        self, outcome: str, date: str, plan: str | None = None, path: str | Path | None = None
    ) -> TopLevelMixin | Path:
        """Map the paired difference of a year by region, hatched where too noisy: a chart, or the file at ``path``.

        Raises
        ------
        InputError : the outcome is not known by region, or the date lies outside the runs
        """
        raise NotImplementedError

    @accessor
    def report(self, path: str | Path, language: str = "en") -> Path:
        """Write the brief as ``NAME.pdf`` or ``NAME.html``, equal bytes for equal runs; return its path.

        Raises
        ------
        InputError : another ending or language, or a single replicate
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        plans = ", ".join(self.plans)
        text = f"Comparison({plans} against {self.base.name!r}, {self.base.replicates} replicates)"
        above = self.describe_warnings()
        return f"{text}\n{above}" if above else text

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row'>{e.outcome}</th><td>{e.plan}</td><td>{format_number(e.median)}</td>"
            f"<td>{format_number(e.low)} to {format_number(e.high)}</td><td>{format_number(e.p_better)}</td></tr>"
            for e in self.headline()
        )
        above = self.describe_warnings()
        warned = f"<p role='alert'><strong>{escape(above)}</strong></p>" if above else ""
        notes = f"<p>{interval_sentence(self.interval)} Note: {BADGE}.</p>"
        return f"{warned}<table><tbody>{cells}</tbody></table>{notes}"


def compare(
    base: Scenario | str,
    *plans: Scenario | str,
    replicates: int = PAIRS,
    precision: str | Iterable[str] | Mapping[str, float] | None = None,
    max_replicates: int = MOST_REPLICATES,
    seed: int | None = None,
    until: date | str | None = None,
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
    replicates, repeats = parse_count(replicates, "replicates"), parse_count(repeats, "repeats")
    max_replicates = parse_count(max_replicates, "max_replicates")
    model = engine_named(engine)
    targets = precision_targets(precision)
    if not plans:
        raise InputError("no plan to compare with", where="PLAN", allowed="at least one scenario")
    scenarios = common(base, plans, seed=seed, until=until, scale=scale)
    first = scenarios[0]
    pack = model.load_pack(first.country)
    configs = {scenario.name: resolved(scenario, pack) for scenario in scenarios}
    given = {name for scenario in scenarios for name in scenario.parameters}
    draws = draws_for(parameters, first.country, given, engine=engine, repeats=repeats)
    notes_before = _notes(scenarios, (base, *plans), until)

    def compared(n: int) -> Comparison:
        # A run goes to its own content-named folder; ``out`` only says below which root.
        jobs = [
            RunRequest(
                name, config, n, None, threads, workers, engine, executor, root=folder_for_runs(out), draws=draws
            )
            for name, config in configs.items()
        ]
        results = dict(zip(configs, run_jobs(jobs, progress, model, pack), strict=True))
        known = {scenario.name: scenario for scenario in scenarios}
        for name, result in results.items():
            store_scenario(result.path, known[name])
        return Comparison(results.pop(first.name), results, folder_for_runs(out), scenarios=known, notes=notes_before)

    n = replicates
    while True:
        comparison = compared(n)
        results_reached = reached(targets, comparison.differences, comparison.base.headline_names) if targets else ()
        more = next_replicates(results_reached, n, max_replicates)
        if more <= n:
            return replace(comparison, precision=results_reached)
        n = more


def _saved_run(file: Path, saved: Mapping[str, Any]) -> Result:
    """Open a run of a saved comparison, from where it was or from beside the comparison's file."""
    place = Path(saved["path"])
    run = Result.open(place if place.exists() else file.parent / place.name)
    if run.digest != saved["digest"]:
        raise InputError(
            "was made anew since the comparison was saved; compare again", where=str(run.path), value=run.digest[:16],
            allowed=str(saved["digest"])[:16],
        )  # fmt: skip
    return run


def resolved(scenario: Scenario, pack: Any) -> RunConfig:
    """Return the configuration of one scenario among several; errors name the scenario."""
    try:
        return scenario.resolve(pack)
    except InputError as error:
        raise relocated(error, scenario.name, joint=", ") from None


def common(
    base: Scenario | str,
    plans: Sequence[Scenario | str],
    *,
    seed: int | None = None,
    until: date | str | None = None,
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


def _notes(scenarios: Sequence[Scenario], given: Sequence[Scenario | str], until: date | str | None) -> tuple[str, ...]:
    """Return what to know before comparing, each sentence once."""
    notes = [note for scenario in scenarios for note in scenario.notes()]
    latest = max(changed(scenario).until for scenario in given)
    if until is None and scenarios[0].until > latest:
        notes.insert(0, f"A lever begins after {latest}, the end of the scenarios: all run until {scenarios[0].until}.")
    return tuple(dict.fromkeys([*notes, *_overruled(scenarios[0], given[1:])]))


def _overruled(base: Scenario, plans: Iterable[Scenario | str]) -> Iterator[str]:
    """Yield a sentence for each plan that asks for a seed or scale of its own: a comparison has the base's."""
    for plan in map(changed, plans):
        usual = preset_of(plan)
        for name in ("seed", "scale"):
            own, shared = getattr(plan, name), getattr(base, name)
            if own not in (shared, getattr(usual, name)):
                yield f"Plan {plan.name!r} runs with the base's {name} {shared}, not with its own {own}."


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
