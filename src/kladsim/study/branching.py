"""One history, many futures: continue a finished run from a date with other levers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from kladsim.core.errors import InputError
from kladsim.core.files import notify
from kladsim.model.config import Modifier, RunConfig, from_plain
from kladsim.policy.card import preset_of
from kladsim.policy.fields import parse_day
from kladsim.policy.scenario import Scenario
from kladsim.runs.engine import DEFAULT_ENGINE, Engine, engine_named
from kladsim.runs.parameters import ParameterDraws, drawn
from kladsim.runs.parameters import from_plain as draws_of
from kladsim.runs.provenance import pack_digest
from kladsim.runs.result import Result
from kladsim.runs.running import RunRequest, changed, run_job
from kladsim.runs.scenario_files import store_scenario
from kladsim.runs.store import RunStore, folder_for_runs
from kladsim.runs.tasks import Report


def branch(
    base: Result | str | Path,
    *plans: Scenario | str,
    at: date | str,
    until: date | str | None = None,
    luck: Literal["kept", "redrawn"] = "kept",
    out: str | Path | None = None,
    threads: int = 1,
    workers: int = 1,
    progress: Report | None = None,
    engine: str = DEFAULT_ENGINE,
) -> tuple[Result, ...]:
    """Continue each replicate of ``base`` from ``at`` under each plan's levers.

    With the luck kept, a branch has the same content, key and digest as the plan run from the start. With the luck
    redrawn, persons and their fixed traits stay and every later draw is new, the same for all plans. The history's
    state at ``at`` is made once and kept in the base's directory.

    Parameters
    ----------
    base : a finished run or its directory
    plans : scenarios whose levers apply from ``at`` on; what else decides the past is the base's, and a plan that asks
        for other values is refused (a branch shares the past, and the model has no parameter that changes on a day)
    at : the date of branching, after the base's start and not after its end
    until : the first day after the branches (default: the latest end of base and plan)
    luck : ``kept`` or ``redrawn`` from ``at`` on
    out : the folder for the branches' directories

    Raises
    ------
    InputError : no such run, a date outside it, or a plan that differs before ``at`` or in more than its levers
    """
    history = base if isinstance(base, Result) else Result.open(base)
    model = engine_named(engine)
    config = from_plain(history.scenario["config"])
    draws = draws_of(history.scenario.get("draws"))
    if luck == "redrawn" and config.luck:
        raise InputError("the history's luck was redrawn once already", where="luck", value=luck, allowed="kept")
    pack = _same_world(history, model, config)
    day = _day(at, config)
    store = RunStore.existing(history.path)
    kept = _StateKeeper(store, config, day, threads, model, pack, draws)
    results = []
    for plan in plans:
        scenario = changed(plan, until=until)
        _check_shared_past(scenario, config, draws)
        future = _future(config, scenario.resolve(pack), day, scenario.name, explicit=until is not None)
        if luck == "redrawn":
            future = replace(future, luck=1, luck_from=day)
        job = RunRequest(scenario.name, future, history.replicates, None, threads, workers, engine,
                  begin=kept.state, root=folder_for_runs(out), draws=draws)  # fmt: skip
        results.append(run_job(job, progress, model, pack))
        store_scenario(results[-1].path, scenario.with_(**_past_of(config)))
    return tuple(results)


class _StateKeeper:
    """Makes and keeps the state of each replicate of a history at one day."""

    def __init__(
        self, store: RunStore, config: RunConfig, at: date, threads: int, engine: Engine, pack: Any,
        draws: ParameterDraws | None = None,
    ) -> None:  # fmt: skip
        self.store, self.config, self.at = store, config, at
        self.start: Callable[[int], Any] = lambda number: engine.start(
            drawn(config, draws, number), pack, number, threads
        )
        self.load: Callable[[Path], Any] = lambda path: engine.load(path, config, pack, threads)

    def state(self, number: int) -> Path:
        """The file of a replicate's state at the day, made by running the history if it is not there or damaged."""
        path = self.store.checkpoint(number, self.at)
        if self._can_load(path):
            return path
        simulation = self.start(number)
        simulation.run(until_day=(self.at - self.config.start).days)
        return self.store.save_checkpoint(number, simulation.save, self.at)

    def _can_load(self, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            self.load(path)
        except Exception as error:  # noqa: BLE001 - a damaged archive raises almost anything
            notify(f"{path} was damaged and is made anew ({error})")
            return False
        return True


def _same_world(history: Result, engine: Engine, config: RunConfig) -> Any:
    pack = engine.load_pack(config.country)
    kept = {"model version": (history.scenario["model"], engine.version)}
    kept["country pack"] = (history.scenario["pack"], pack_digest(pack))
    for what, (then, now) in kept.items():
        if then != now:
            raise InputError(
                f"the run was made with another {what}; run it again first", where="RUN", value=then
            )
    return pack


def _check_shared_past(plan: Scenario, config: RunConfig, draws: ParameterDraws | None) -> None:
    """Refuse a plan that asks for another past than the run's: it would get the run's under the plan's name."""
    drawn_names = set() if draws is None else set(draws.names)
    for name, value in plan.parameters.items():
        if name in drawn_names or value != config.parameters.get(name):
            had = "drawn by replicate" if name in drawn_names else config.parameters.get(name)
            raise _another_past(plan, f"parameters.{name}", value, had)
    for name in plan.mechanisms:
        if config.switches.get(name, True):
            raise _another_past(plan, f"mechanisms.{name}", "off", "on")
    usual = preset_of(plan)
    shared = {**_past_of(config), "country": config.country, "start": config.start, "generator": config.generator}
    for name, had in shared.items():
        # A field that the plan leaves as its preset has it was not asked for: the run's is taken.
        if getattr(plan, name) not in (had, getattr(usual, name)):
            raise _another_past(plan, name, str(getattr(plan, name)), had)


def _past_of(config: RunConfig) -> dict[str, Any]:
    return {"seed": config.seed, "scale": Fraction(1, config.scale)}


def _another_past(plan: Scenario, field: str, value: object, had: object) -> InputError:
    return InputError(
        "cannot change in a branch, which shares the run's past; `kladsim compare` runs the plan from the start",
        where=f"{plan.name}.{field}", value=value, allowed=f"the run's: {had}",
    )  # fmt: skip


def _day(at: date | str, config: RunConfig) -> date:
    day = parse_day(at)
    if not config.start < day <= config.until:
        raise InputError(
            "lies outside the run",
            where="at",
            value=str(day),
            allowed=f"after {config.start}, to {config.until}",
        )
    return day


def _future(config: RunConfig, plan: RunConfig, at: date, name: str, *, explicit: bool) -> RunConfig:
    """The history's configuration with the plan's modifiers, equal before ``at``."""
    early = [m for m in plan.modifiers if m.start < at and m not in config.modifiers]
    early += [m for m in config.modifiers if m.start < at and m not in plan.modifiers]
    if early:
        raise InputError(
            f"plan {name!r} differs from the run before the branching date",
            where=early[0].quantity, value=_describe_modifier(early[0]), allowed=f"changes from {at} on",
        )  # fmt: skip
    until = plan.until if explicit else max(plan.until, config.until)
    if until <= at:
        raise InputError(
            "is not after the branching date", where="until", value=str(until), allowed=f"> {at}"
        )
    return replace(config, modifiers=plan.modifiers, until=until)


def _describe_modifier(modifier: Modifier) -> str:
    return f"{modifier.op} {modifier.value:g} from {modifier.start}"
