"""What the routes ask: one object that holds settings, model, runs and supervisor, and answers in plain shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from kladsim.app import answers as a
from kladsim.app.comparing import compared, totals
from kladsim.app.emulated import emulated, why_not
from kladsim.app.estimate import Estimate, Estimated, Stored, estimate
from kladsim.app.library import Library
from kladsim.app.listing import Lister
from kladsim.app.memo import Memo
from kladsim.app.plans import Frame, PlanIn, RequestedRun, frame_of, scenario_of, wanted
from kladsim.app.settings import ServerSettings
from kladsim.app.supervisor import Supervisor
from kladsim.app.view import View
from kladsim.app.writing import code_of
from kladsim.core.errors import InputError
from kladsim.policy.scenario import Scenario
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.engine import Engine, engine_named
from kladsim.runs.interval_words import describe_interval, estimate_sentence, interval_sentence
from kladsim.runs.judging import Verdict
from kladsim.runs.placeholders import placeholder_words
from kladsim.runs.provenance import origin_of
from kladsim.runs.result import Result
from kladsim.runs.summary import index_since, over_time, quantiles
from kladsim.study.comparison import Comparison
from kladsim.study.effects import Differences, in_order
from kladsim.study.effects import Effect as StudyEffect
from kladsim.study.groups import GroupEffect

REMEMBERED = 500


@dataclass(frozen=True)
class Planned:
    """A plan as asked, and what became of it: a run, or a problem."""

    asked: PlanIn
    scenario: Scenario | None = None
    run: RequestedRun | None = None
    problem: InputError | None = None


class Service:
    """Answers for one server."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.library = Library(settings)
        self.supervisor = Supervisor(settings)
        self.lister = Lister(settings, self.library, self.supervisor)
        self._wanted: Memo[RequestedRun] = Memo(REMEMBERED)
        self._compared: Memo[Differences] = Memo(REMEMBERED)
        self._frames: Memo[Frame] = Memo(REMEMBERED)
        self._levels: Memo[list[a.Level]] = Memo(REMEMBERED)
        self._plans: Memo[Planned] = Memo(REMEMBERED)
        self._guesses: Memo[Estimate | None] = Memo(REMEMBERED)
        self._groups: Memo[tuple[GroupEffect, ...]] = Memo(REMEMBERED)

    @cached_property
    def engine(self) -> Engine:
        """The model, imported when first needed."""
        return engine_named(self.settings.engine)

    # -- base and plans ------------------------------------------------------------------------------------

    def frame(self, asked: a.Asked) -> Frame:
        """The base of a request, remembered: reading a preset costs more than answering."""
        return self._frames(asked.frame.model_dump_json(), lambda: frame_of(asked.frame, self.settings))

    def levels(self, view: View, since: int | None) -> list[a.Level]:
        """Every national outcome over the years from ``since`` on, remembered."""
        return self._levels((view.id, since), lambda: levels(view, since))

    def base(self, frame: Frame) -> RequestedRun:
        """The run of the base."""
        return self.wanted(frame, frame.base)

    def wanted(self, frame: Frame, scenario: Scenario) -> RequestedRun:
        """The run of a scenario in a frame, remembered: a page asks for the same ones again and again."""
        content = scenario.key(), scenario.name, frame.key
        return self._wanted(content, lambda: wanted(frame, scenario, self.engine, self.library.shelf))

    def compared(self, base: View, plan: View) -> Differences:
        """The paired differences of one plan, remembered."""
        return self._compared((base.id, plan.id), lambda: compared(base, {plan.name: plan}))

    def group_effects(self, base: View, plan: View) -> tuple[GroupEffect, ...] | None:
        """Groups of people in which a plan changes something, None where neither the runs nor the view tell.

        They are read from the runs by region and age once, and remembered.
        """
        one, other = self.library.result(base.id), self.library.result(plan.id)
        if one is not None and other is not None:
            pair = Comparison(one, {plan.name: other})
            return self._groups((base.id, plan.id), lambda: pair.differences.groups)
        stored = plan.against.get(base.id)
        return None if stored is None else tuple(GroupEffect(**row) for row in stored["groups"])

    def planned(self, frame: Frame, plans: list[PlanIn]) -> list[Planned]:
        """Each plan with its run, or with what is wrong with it."""
        return [self._one(frame, plan) for plan in plans]

    def valid_plans(self, frame: Frame, plans: list[PlanIn]) -> list[tuple[PlanIn, Scenario, RequestedRun]]:
        """Each plan that has levers, with its scenario and run.

        Raises
        ------
        InputError : a plan is not valid
        """
        planned = self.planned(frame, plans)
        for plan in planned:
            if plan.problem is not None:
                raise plan.problem
        return [(p.asked, p.scenario, p.run) for p in planned if p.scenario and p.run and p.asked.levers]

    def _one(self, frame: Frame, plan: PlanIn) -> Planned:
        return self._plans((frame.key, plan.model_dump_json()), lambda: self._made(frame, plan))

    def _made(self, frame: Frame, plan: PlanIn) -> Planned:
        try:
            scenario = scenario_of(frame, plan)
            return Planned(plan, scenario, self.wanted(frame, scenario))
        except InputError as error:
            return Planned(plan, problem=error)

    def base_view(self, frame: Frame, run: RequestedRun) -> tuple[View | None, bool]:
        """The view of the base, and whether it was made with another model or other data than are installed.

        The shipped baseline stands in for a base that nobody has run only where it answers the same question: never
        for another country, other dates, another scale, seed or number of replicates, or named parameters.
        """
        view = self.library.find(run.id)
        if view is not None:
            return view, False
        shipped = self.library.shipped_base()
        return (shipped, True) if shipped is not None and _answers(shipped, frame) else (None, False)

    def start(self, asked: a.Asked, client: str) -> list[a.RunInfo]:
        """Queue the runs of a request that are not there: plans first, then the base.

        Raises
        ------
        InputError : a plan is not valid, or too many runs wait
        """
        frame = self.frame(asked)
        base = self.base(frame)
        runs = [run for _, _, run in self.valid_plans(frame, asked.plans)]
        known = self.library.find(base.id) is not None
        ordered = [*runs, base] if known else [base, *runs]
        jobs = [self.supervisor.submit(run, client) for run in ordered]
        return [self.lister.of_job(job) for job in jobs]

    # -- state of a page -----------------------------------------------------------------------------------

    def state(self, asked: a.Asked) -> a.StateAnswer:
        """All that the page says about a base and its plans.

        Raises
        ------
        InputError : the base is not valid
        """
        frame = self.frame(asked)
        run = self.base(frame)
        view, stale = self.base_view(frame, run)
        planned = self.planned(frame, asked.plans)
        plans = [self._plan(plan, run, None if stale else view) for plan in planned]
        since = min((plan.since for plan in plans if plan.since), default=None)
        return a.StateAnswer(
            base=self.lister.of_run(run),
            stale=stale,
            country=frame.base.country,
            shown=view.id if view else None,
            model=str(view.provenance.get("model_version")) if view else None,
            years=view.years if view else [],
            levels=self.levels(view, since) if view else [],
            plans=plans,
            interval=_sentence(view.provenance if view else self.origin(frame), (view or frame).replicates),
            placeholders=_placeholders(view),
            badge=BADGE,
            use=USE,
        )

    def origin(self, frame: Frame) -> dict[str, Any]:
        """What decides the words on the parameters of runs that are still to be made."""
        return origin_of(self.engine.version, frame.base.country, frame.draws)

    def code(self, asked: a.Asked) -> a.Code:
        """The same state for those who write.

        Raises
        ------
        InputError : the base or a plan is not valid
        """
        frame = self.frame(asked)
        plans = self.valid_plans(frame, asked.plans)
        return code_of(frame, [(plan.name, scenario) for plan, scenario, _ in plans])

    def _plan(self, plan: Planned, base: RequestedRun, base_view: View | None) -> a.PlanAnswer:
        name = plan.asked.name
        if plan.problem is not None:
            return a.PlanAnswer(name=name, problems=[a.problem_of(plan.problem)])
        if plan.run is None or plan.scenario is None or not plan.asked.levers:
            return a.PlanAnswer(name=name)
        notes = list(plan.scenario.notes())
        info = self.lister.of_run(plan.run)
        view = self.library.find(plan.run.id)
        guess = self.estimated(plan.scenario, base_view, leave_out=plan.run.id) if base_view else None
        if view is None or base_view is None:
            why = None if guess else why_not(plan.scenario, self.settings.engine) or _no_baseline(base_view)
            return _estimated_answer(name, info, notes, guess, why, base_view)
        found = self.compared(base_view, view)
        effects = [effect_of(effect, found) for effect in in_order(totals(found))]
        apart = _disagreement(totals(found), guess)
        return a.PlanAnswer(
            name=name, run=info, kind="simulated", since=found.since, notes=notes, effects=effects, disagreement=apart,
            basis=f"{view.replicates}", interval=_sentence(base_view.provenance, base_view.replicates),
        )  # fmt: skip

    def estimated(self, scenario: Scenario, base: View, leave_out: str) -> Estimate | None:
        """The estimate of a plan from the emulator, else from the paired runs that are stored."""
        guess = self._guesses(
            (leave_out, base.id), lambda: emulated(scenario, base, base.replicates, self.settings.engine)
        )
        if guess is not None:
            return guess
        levers = scenario.to_plain()["levers"]
        stored = []
        for job in self.supervisor.jobs():
            if job.state != "finished" or not job.levers or job.id == leave_out or not _may_serve(job.levers, levers):
                continue
            view = self.library.find(job.id)
            if view is not None:
                try:
                    stored.append(Stored(tuple(job.levers), tuple(totals(self.compared(base, view)))))
                except InputError:
                    continue
        return estimate(levers, stored)

    def runs_compared(self, asked: a.Asked) -> Comparison:
        """Base and plans as the study layer compares them, from their run directories.

        Raises
        ------
        InputError : a plan is not valid, or a run is not there
        """
        frame = self.frame(asked)
        base = self.library.result(self.base(frame).id)
        if base is None:
            raise InputError("has not been run here yet", where="baseline", allowed="simulate a plan first")
        results: dict[str, Result] = {}
        scenarios: dict[str, Scenario] = {base.name: frame.base}
        for plan, scenario, run in self.valid_plans(frame, asked.plans):
            name = unique(plan.name, [base.name, *results])
            result = self.library.result(run.id)
            if result is None:
                raise InputError("has not been simulated yet", where=name)
            results[name], scenarios[name] = result, scenario
        return Comparison(base, results, scenarios=scenarios)

    def comparison(self, asked: a.Asked) -> tuple[View | None, dict[str, View], list[str]]:
        """Views of base and plans by name, and the names of those that are not simulated yet."""
        frame = self.frame(asked)
        run = self.base(frame)
        base, stale = self.base_view(frame, run)
        views: dict[str, View] = {}
        missing: list[str] = []
        for plan in self.planned(frame, asked.plans):
            if not plan.asked.levers:
                continue
            view = self.library.find(plan.run.id) if plan.run is not None else None
            name = unique(plan.asked.name, [base.name if base else "", *views])
            if view is None or stale:
                missing.append(plan.asked.name)
            else:
                views[name] = view
        return base, views, missing


def _sentence(provenance: Mapping[str, Any], runs: int) -> a.BilingualText:
    return a.BilingualText.of(
        lambda language: interval_sentence(describe_interval(provenance, language, runs), language=language)
    )


def _answers(view: View, frame: Frame) -> bool:
    """Whether a view was made for what a frame asks, the model, its data and the usual parameters aside."""
    base = frame.base
    asked = {
        "country": base.country, "start": base.start.isoformat(), "until": base.until.isoformat(),
        "scale": base.scale.denominator, "seed": base.seed,
    }  # fmt: skip
    alike = all(view.config[key] == value for key, value in asked.items())
    return alike and view.name == base.name and view.replicates == frame.replicates and frame.named is None


def unique(name: str, taken: list[str]) -> str:
    """The name, with a number if it is taken."""
    candidates = [name, *(f"{name} ({number})" for number in range(2, 9))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _may_serve(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    return sorted(str(lever["lever"]) for lever in one) == sorted(str(lever["lever"]) for lever in other)


def number(value: float | None) -> float | None:
    """A number for JSON: None where there is none."""
    return None if value is None or not math.isfinite(value) else float(value)


def levels(view: View, since: int | None) -> list[a.Level]:
    """Every national outcome over the years from ``since`` on (all years, if None)."""
    first = index_since(view.years, since)
    rows = []
    for name, item in view.released.items():
        cut = type(item)(**{**vars(item), "values": item.values[:, first:]})
        median, low, high = (float(x) for x in quantiles(over_time(cut)))
        rows.append(a.Level(outcome=name, unit=item.unit, median=number(median), low=number(low), high=number(high)))
    return rows


def effect_of(effect: StudyEffect, differences: Differences) -> a.EffectOut:
    """One effect with its size relative to the base."""
    base = number(differences.levels.get(effect.outcome))
    return _effect_out(effect, base, p_better=number(effect.p_better), verdict=effect.verdict)


def _effect_out(
    item: StudyEffect | Estimated, base: float | None, *, p_better: float | None, verdict: Verdict
) -> a.EffectOut:
    """An effect beside its base, in the outcome's unit and in per cent of the base."""

    def percent(value: float) -> float | None:
        return number(100.0 * value / abs(base)) if base else None

    return a.EffectOut(
        outcome=item.outcome, unit=item.unit, base=base, median=number(item.median), low=number(item.low),
        high=number(item.high), p_better=p_better, verdict=verdict, percent=percent(item.median),
        percent_low=percent(item.low), percent_high=percent(item.high),
    )  # fmt: skip


def _placeholders(view: View | None) -> dict[str, str] | None:
    """What must stand above the results of a run whose country pack holds placeholders, by language."""
    record = view.provenance.get("placeholders") if view else None
    return {language: placeholder_words(record, language) for language in ("en", "ru")} if record else None


def _estimated_answer(
    name: str, info: a.RunInfo, notes: list[str], guess: Estimate | None, why: InputError | None, base: View | None
) -> a.PlanAnswer:
    if guess is None:
        return a.PlanAnswer(name=name, run=info, notes=notes, why=None if why is None else a.problem_of(why))
    effects = [_estimated_effect(item) for item in guess.effects]
    estimate_text = None if base is None else partial(estimate_sentence, base.provenance, base.replicates)
    return a.PlanAnswer(
        name=name, run=info, kind="estimated", basis=guess.basis, since=guess.since, notes=notes, effects=effects,
        interval=estimate_text and a.BilingualText.of(estimate_text),
    )  # fmt: skip


def _no_baseline(base: View | None) -> InputError | None:
    """Why a plan has no estimate where the emulator knows its levers: it says shares of a baseline."""
    return None if base is not None else InputError("has to be simulated first with these settings", where="baseline")


def _estimated_effect(item: Estimated) -> a.EffectOut:
    return _effect_out(item, number(item.base or math.nan), p_better=None, verdict="neutral")


def _disagreement(effects: list[StudyEffect], guess: Estimate | None) -> list[str]:
    """Outcomes whose simulated median lies outside the band that the estimate had led to expect."""
    if guess is None:
        return []
    bands = {item.outcome: item for item in guess.effects}
    apart = [
        effect.outcome
        for effect in effects
        if effect.outcome in bands and not bands[effect.outcome].low <= effect.median <= bands[effect.outcome].high
    ]
    return sorted(apart)
