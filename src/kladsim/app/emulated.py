"""What the page says of a plan before it is simulated, from the shipped emulator; and what drives an outcome."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Literal

import numpy as np
from pydantic import BaseModel

from kladsim.app.answers import BilingualText, Problem, problem_of
from kladsim.app.estimate import Estimate, Estimated
from kladsim.app.plans import preset
from kladsim.app.view import View
from kladsim.inference.emulator.axes import unpacked
from kladsim.inference.emulator.drivers import DriverPart, Drivers, drivers
from kladsim.inference.emulator.predicting import Emulator, UncoveredError, shipped
from kladsim.model.version import is_in_development, model_version
from kladsim.policy.scenario import Scenario
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.interval_words import estimate_sentence
from kladsim.runs.parameters import from_plain

PRESET = "russia"
BASIS = "emulator"
DRIVERS_RUNS = 8
"""The bands of the drivers are for the middle of so many runs."""
SAME = ("country", "start", "mechanisms", "parameters")
"""Fields of a scenario that the emulator knows at the preset's values alone."""


def emulated(scenario: Scenario, base: View, replicates: int, engine: str) -> Estimate | None:
    """Estimate a plan from the emulator; None where the emulator does not know what is asked.

    Parameters
    ----------
    scenario : the plan
    base : the view of the base that it stands beside
    replicates : the estimate's band is for the middle of so many runs
    engine : the server's model; the emulator knows one
    """
    emulator = shipped()
    if emulator is None or is_in_development() or engine != DEFAULT_ENGINE or not _known(scenario, emulator):
        return None
    try:
        prediction = emulator.predict(
            scenario.levers, until=scenario.until, runs=replicates, k=float(1 / scenario.scale),
            base=mean_years(base, scenario), draws=_draws(base, replicates),
        )  # fmt: skip
    except UncoveredError:
        return None
    effects = tuple(
        Estimated(item.outcome, item.unit, item.median, item.low, item.high, item.base)
        for item in prediction.effects
        if item.outcome in base.released
    )
    return Estimate(effects, BASIS, 0.0, prediction.since, bool(emulator.stale()))


def why_not(scenario: Scenario, engine: str) -> UncoveredError | None:
    """Return why the emulator says nothing of a plan, None if it does or if there is none."""
    emulator = shipped()
    if emulator is None or engine != DEFAULT_ENGINE:
        return None
    if is_in_development():
        made_with = str(emulator.meta["model_version"])
        return UncoveredError("was made with another model", where="emulator", value=made_with, allowed=model_version())
    usual = preset(PRESET)
    for name in SAME:
        asked = getattr(scenario, name)
        if asked != getattr(usual, name):
            value = asked if isinstance(asked, str) else str(asked)
            return UncoveredError(
                "is not what the emulator was trained on", where=name, value=value, allowed=str(getattr(usual, name))
            )
    try:
        emulator.predict(scenario.levers, until=scenario.until)
    except UncoveredError as error:
        return error
    return None


def _draws(base: View, replicates: int) -> list[dict[str, float]]:
    """Return the parameters of each replicate of the base; a draw of nothing where all have the register's."""
    made = base.provenance.get("parameters") or {}
    if not isinstance(made, dict) or made.get("mode", "point") == "point":
        return [{}]
    draws = from_plain(made)
    return [{}] if draws is None else [draws.at(number) for number in range(replicates)]


def _known(scenario: Scenario, emulator: Emulator) -> bool:
    usual = preset(PRESET)
    return bool(scenario.levers) and all(getattr(scenario, name) == getattr(usual, name) for name in SAME)


def mean_years(base: View, scenario: Scenario) -> dict[str, float]:
    """Return the base's mean year of each outcome since the plan's first lever began; the caller does not change it."""
    starts = [getattr(lever, type(lever).dated_by) for lever in unpacked(scenario.levers)]
    first = min((start.year for start in starts), default=0)
    return base.kept(("mean years", first, scenario.until.year), lambda: _means(base, first, scenario.until.year))


def _means(base: View, first: int, end: int) -> dict[str, float]:
    rows = [at for at, year in enumerate(base.years) if first <= year < end]
    if not rows:
        return {}
    means = {name: float(np.nanmean(item.values[:, rows])) for name, item in base.released.items()}
    return {name: value for name, value in means.items() if np.isfinite(value) and value > 0}


# -- what drives an outcome ------------------------------------------------------------------------------------------


class DriverOut(BaseModel):
    """A lever or parameter by itself: change of the outcome in per cent at the ends of its range."""

    name: str
    kind: Literal["lever", "parameter", "market"]
    option: str
    low_at: float | None
    high_at: float | None
    low: float | None
    high: float | None
    low_band: float | None
    high_band: float | None


class ShareOut(BaseModel):
    """A factor's share of variance, alone and with others."""

    name: str
    kind: Literal["lever", "parameter", "market"]
    first: float
    total: float


class PartOut(BaseModel):
    """A plan's effect in per cent when one thing changes."""

    name: str
    kind: Literal["lever", "parameter", "market"]
    low: float
    high: float


class DriversAnswer(BaseModel):
    """What drives one outcome, estimated by the emulator; ``missing`` says why there is no answer."""

    outcomes: list[str] = []
    outcome: str = ""
    unit: str = ""
    base: float | None = None
    levers: list[DriverOut] = []
    parameters: list[DriverOut] = []
    shares: list[ShareOut] = []
    parts: list[PartOut] = []
    effect: float | None = None
    effect_problem: Problem | None = None
    r2: float | None = None
    coverage: float | None = None
    runs: int = 0
    held_out: int = 0
    model: str = ""
    stale: str = ""
    missing: str = ""
    interval: BilingualText | None = None
    badge: str = BADGE
    use: str = USE


def _holds(emulator: Emulator) -> BilingualText:
    """Return what the bands of the drivers hold: the draws that trained the emulator."""
    return BilingualText.of(partial(estimate_sentence, emulator.origin, DRIVERS_RUNS))


@lru_cache(maxsize=64)
def _without_plan(outcome: str) -> Drivers:
    emulator = shipped()
    assert emulator is not None
    return drivers(emulator, outcome)


def drivers_answer(outcome: str, plan: Scenario | None, engine: str) -> DriversAnswer:
    """Return what drives an outcome and a plan's effect on it.

    Raises
    ------
    InputError : an outcome that the emulator does not know
    """
    from kladsim.inference.emulator.checking import held_out

    emulator = shipped()
    if emulator is None or engine != DEFAULT_ENGINE:
        return DriversAnswer(missing="no emulator comes with this package")
    whole = _without_plan(outcome)
    why: Problem | None = None
    parts: tuple[DriverPart, ...] = ()
    effect: float | None = None
    if plan is not None and plan.levers:
        try:
            drivers_of_plan = drivers(emulator, outcome, plan=plan.levers, until=plan.until, only_parts=True)
            parts, effect = drivers_of_plan.parts, drivers_of_plan.effect
        except UncoveredError as error:
            why = problem_of(error)
    judged = held_out(emulator)[outcome]
    return DriversAnswer(
        outcomes=[str(measure["name"]) for measure in emulator.measures], outcome=outcome, unit=whole.unit,
        base=whole.base, levers=[DriverOut(**vars(one)) for one in whole.levers],
        parameters=[DriverOut(**vars(one)) for one in whole.parameters],
        shares=[ShareOut(**vars(one)) for one in whole.shares], parts=[PartOut(**vars(one)) for one in parts],
        effect=effect, effect_problem=why, r2=judged.r2, coverage=judged.coverage,
        runs=int(emulator.meta["runs"]["train"]), held_out=int(emulator.meta["runs"]["held_out"]),
        model=str(emulator.meta["model_version"]), stale=emulator.stale(), interval=_holds(emulator),
    )  # fmt: skip
