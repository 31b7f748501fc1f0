"""The flow of calibration: prior, design, emulator, history matching, posterior, and the checks of it.

One command runs all of it and resumes where it stopped: every run of the model is a row in the store, found by its
content, and everything after the runs is a pure function of rows and seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.evidence.register import load_register
from kladsim.inference.calibration.design import Matched, filling, list_tasks, match
from kladsim.inference.calibration.emulator import SummaryEmulator, fit, quality
from kladsim.inference.calibration.observation import Datum, Held, fitted, fitted_until_2019, held_out, simulated
from kladsim.inference.calibration.random_numbers import normal
from kladsim.inference.calibration.running import compute
from kladsim.inference.calibration.sampling import Likelihood, Sampled, rhat, sample
from kladsim.inference.calibration.store import CalibrationRows, Row
from kladsim.inference.calibration.tilting import Tilted, learn, tilted, tolerances
from kladsim.runs.calibrated import calibrated_names
from kladsim.runs.priors import ParameterPrior, priors_of, values_at
from kladsim.runs.rows import HERE, Runner
from kladsim.world import load_pack

Array = NDArray[np.float64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How large a calibration is.

    Parameters
    ----------
    scale : 1/k of persons of every run
    first, second, third : runs of the prior, of what history matching left, and of draws of a first posterior
    rounds, fourth : waves run at draws as the patterns weigh them, and the runs of each, from which emulator and
        chances are learnt anew: weights seek out where both say too much, until runs there have told
    sifted : the sampler whose particles the patterns weigh takes so many times ``particles``
    held : further runs of what history matching left, kept out of the emulator, to test it
    part : share of the second wave and of the runs kept out that is run, in their order (1: all that was planned)
    predictive : runs of posterior draws, for the checks that need the model itself
    early_runs : whether points kept out are forecast by as many runs too, or by the emulator with its error
    repeats, particles : independent repeats of the sampler, and the particles of each
    draws : draws that ship
    truths, truth_particles : synthetic truths of simulation-based calibration
    structures : whether disputed structures are weighed, and draws carry one
    seed : of designs and samplers (seeds of runs are their replicates' numbers)
    """

    scale: int = 100
    first: int = 160
    second: int = 100
    third: int = 40
    rounds: int = 2
    fourth: int = 120
    sifted: int = 36
    held: int = 24
    part: float = 1.0
    predictive: int = 150
    repeats: int = 6
    particles: int = 600
    draws: int = 300
    truths: int = 1000
    truth_particles: int = 200
    seed: int = 1
    country: str = "russia"
    structures: bool = True
    early_runs: bool = False


@dataclass
class Calibration:
    """What a calibration found, stage by stage."""

    plan: Plan
    names: tuple[str, ...]
    priors: tuple[ParameterPrior, ...]
    data: tuple[Datum, ...]
    early: tuple[Datum, ...]
    held: tuple[Held, ...]
    u: Array
    rows: list[Row]
    emulator: SummaryEmulator
    matched: Matched
    held_u: Array
    held_rows: list[Row]
    quality: dict[str, Array]
    posterior: Sampled
    early_posterior: Sampled
    tilted: Tilted
    log: list[str] = field(default_factory=list)

    @property
    def all_data(self) -> tuple[Datum, ...]:
        """What the emulator emulates: the data of both fits and the points kept out, each once."""
        return everything(self.data, self.early, self.held)

    @property
    def rhat(self) -> Array:
        """Potential scale reduction between independent repeats, by parameter."""
        return rhat(self.posterior.z)

    def emulator_of(self, data: Sequence[Datum]) -> SummaryEmulator:
        """Return the emulator of some data."""
        return self.emulator.select_outputs(places(self.all_data, data))

    def shipped_draws(self) -> Array:
        """Return the draws that ship, as the patterns weigh them: float64[draws, parameters] (values)."""
        return values_at(self.priors, self.weighed(self.plan.draws))

    def weighed(self, many: int) -> Array:
        """Return up to ``plan.particles`` particles as the patterns weigh them: float64[many, parameters]."""
        return thinned(self.tilted.u[None], many)


def joined(data: Sequence[Datum], more: Sequence[Datum]) -> tuple[Datum, ...]:
    """Return data of both lists, each once."""
    return tuple({datum.id: datum for datum in (*data, *more)}.values())


def everything(data: Sequence[Datum], early: Sequence[Datum], held: Sequence[Held]) -> tuple[Datum, ...]:
    """Return all that is emulated."""
    return joined(joined(data, early), [point.datum for point in held])


def places(every: Sequence[Datum], some: Sequence[Datum]) -> Array:
    """Return the columns of some data among all."""
    at = {datum.id: j for j, datum in enumerate(every)}
    return np.array([at[datum.id] for datum in some], dtype=np.int64)


def thinned(u: Array, many: int) -> Array:
    """Return ``many`` particles, as many from each repeat: float64[many, parameters]."""
    repeats, particles, d = u.shape
    each = -(-many // repeats)
    step = max(1, particles // each)
    mixed = u[:, ::step][:, :each].transpose(1, 0, 2).reshape(-1, d)
    return np.asarray(mixed[:many])


def calibrate(
    plan: Plan,
    rows: CalibrationRows,
    runner: Runner = HERE,
    *,
    say: Say = lambda text: None,
) -> Calibration:
    """Run the flow to the posteriors (checks: see ``reporting``).

    Linear algebra takes one thread: with more, its sums differ in their last bits, and weights then move draws.

    Raises
    ------
    KeyboardInterrupt : interrupted; the same call resumes
    """
    with extra("calibrate"):  # all of it now: runs take hours, and what they are for must not fail after them
        import scoringrules  # noqa: F401
        import sklearn  # noqa: F401
        from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _calibrate(plan, rows, runner, say)


def _calibrate(plan: Plan, rows: CalibrationRows, runner: Runner, say: Say) -> Calibration:
    names = calibrated_names()
    priors = priors_of(load_register(), names)
    data, early = fitted(), fitted_until_2019()
    held = held_out(load_pack(plan.country))
    every = everything(data, early, held)
    at = places(every, data)
    d = len(names)
    log: list[str] = []

    def note(text: str) -> None:
        log.append(text)
        say(text)

    def run(what: str, u: Array, first: int, digits: int = 8) -> list[Row]:
        points = list_tasks(priors, u, scale=plan.scale, first=first, country=plan.country, digits=digits)
        return compute(what, points, rows, runner)

    first = filling(plan.first, d, plan.seed)
    u, got = first, run("first wave", first, 0)
    emulator = fit(u, table(got, every))
    note(f"first wave: {len(u)} runs, median R2 {np.median(emulator.r2[at]):.2f} (leave one out)")
    matched = match(emulator.select_outputs(at), data, plan.second + plan.held, plan.seed + 1)
    kept, held_u = (some[: round(plan.part * len(some))] for some in apart(matched.points, plan.held))
    note(f"history matching: {100 * matched.share:.2g} % of the prior is not ruled out; cut {matched.cut:.2f}")
    u = np.concatenate([u, kept])
    got = got + run("second wave", kept, 1000)
    unseen = run("held out", held_u, 3000)
    emulator = fit(u, table(got, every), _weights(plan, len(u)))
    note(f"second wave: {len(u)} runs, median R2 {np.median(emulator.r2[at]):.2f}")
    if plan.third:
        draft = draw_posterior(emulator.select_outputs(at), data, plan, d, seed=31)
        third = thinned(draft.u, plan.draws)[: plan.third]
        got = got + run("third wave", third, 6000, digits=6)
        u = np.concatenate([u, third])
        emulator = fit(u, table(got, every), _weights(plan, len(u)))
        note(f"third wave: {len(u)} runs, median R2 {np.median(emulator.r2[at]):.2f}")
    chance = learn(np.concatenate([u, held_u]), [*got, *unseen])

    def inside(points: Array) -> Array:
        return tolerances(data, emulator.select_outputs(at).predict(points)[0])

    def wide() -> Array:
        more = replace(plan, particles=plan.sifted * plan.particles) if chance.names else plan
        return draw_posterior(emulator.select_outputs(at), data, more, d, seed=51).u

    shortfalls: list[Array] = []  # by how much each wave showed less than was expected of it

    def weighed(many: int, least: int) -> Tilted:
        over = np.maximum(np.mean(shortfalls, axis=0), 0.0) if shortfalls else 0.0
        return tilted(wide(), chance, inside, many, least, over)

    for number in range(plan.rounds if chance.names else 0):
        more_u = weighed(plan.fourth, plan.fourth).u
        told = run("weighed waves", more_u, 8000 + 1000 * number, digits=6)
        expected, shown = chance.at(more_u).mean(axis=0), np.nanmean(chance.shown(told), axis=0)
        shortfalls.append(expected - shown)
        each = zip(chance.names, shown, expected, strict=True)
        met = ", ".join(f"{name} {100 * was:.0f} ({100 * said:.0f})" for name, was, said in each)
        ends = np.nanmean(tolerances(data, table(told, data)), axis=0)
        note(
            f"weighed wave {number + 1}: patterns shown (expected), %: {met}; "
            f"ends of tolerances kept by the runs' mean: {np.sum(ends >= 0)} of {len(ends)}"
        )
        got, u = got + told, np.concatenate([u, more_u])
        emulator = fit(u, table(got, every), _weights(plan, len(u)))
        chance = learn(np.concatenate([u, held_u]), [*got, *unseen])
    tested = quality(emulator, held_u, table(unseen, every))
    note(
        f"on {len(held_u)} runs held out: median R2 {np.median(tested['r2'][at]):.2f}, "
        f"coverage of 90 % intervals {100 * np.mean(tested['coverage_90'][at]):.0f} %"
    )
    posterior = draw_posterior(emulator.select_outputs(at), data, plan, d, seed=31)
    late = draw_posterior(emulator.select_outputs(places(every, early)), early, plan, d, seed=41)
    note(f"posterior: {plan.repeats} repeats of {plan.particles} particles; R-hat to {rhat(posterior.z).max():.3f}")
    own = weighed(plan.particles, plan.draws)
    if chance.names:
        note(
            f"patterns: {own.effective:.0f} of {own.of} particles count where each of {', '.join(chance.names)} is "
            f"expected in {100 * own.aim:.0f} % of runs"
        )
    return Calibration(
        plan, names, priors, data, early, held, u, got, emulator, matched, held_u, unseen, tested, posterior, late,
        own, log,
    )  # fmt: skip


def apart(points: Array, held: int) -> tuple[Array, Array]:
    """Return points without ``held`` of them, evenly spread over the list, and those."""
    which = np.zeros(len(points), dtype=np.bool_)
    if held:
        which[np.linspace(0, len(points) - 1, held).astype(np.int64)] = True
    return points[~which], points[which]


def table(rows: Sequence[Row], data: Sequence[Datum]) -> Array:
    """Return what rows say of data, on the data's scales."""
    return simulated([row["values"] for row in rows], data)


def draw_posterior(emulator: SummaryEmulator, data: Sequence[Datum], plan: Plan, d: int, seed: int) -> Sampled:
    """Return particles of independent repeats (the first axis)."""
    observed = np.tile([datum.observed for datum in data], (plan.repeats, 1))
    sd = np.array([datum.sd for datum in data])
    likelihood = Likelihood(emulator, observed, sd)
    return sample(likelihood, plan.repeats, d, particles=plan.particles, seed=seed)


FAR = 0.35  # weight of a run of the first wave: the prior's corners should not bend the emulator where the data lie


def _weights(plan: Plan, runs: int) -> Array:
    weights = np.ones(runs)
    weights[: plan.first] = FAR
    return weights


def forecasts(c: Calibration, many: int = 400) -> Array:
    """Return what the emulator forecasts of the points kept out, with its error and luck: float64[many, points].

    Parameters are draws of the posterior that saw nothing after 2019; numbers are as published.
    """
    data = [point.datum for point in c.held]
    mean, variance = c.emulator_of(data).predict(thinned(c.early_posterior.u, many))
    seen = mean + np.sqrt(variance) * normal(23, "predictive", 0, mean.shape)
    return np.stack([datum.back(seen[:, j]) for j, datum in enumerate(data)], axis=1)


def predictive_values(calibration: Calibration, posterior: Sampled, first: int) -> tuple[Array, list[Any]]:
    """Return draws of a posterior and the runs that the checks want of them."""
    u = thinned(posterior.u, calibration.plan.predictive)
    plan = calibration.plan
    return u, list_tasks(calibration.priors, u, scale=plan.scale, first=first, country=plan.country)
