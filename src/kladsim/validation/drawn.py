"""Experiments under draws of parameters: replicate r has draw r of the posterior or the prior, in its structure.

What passes at the point may hang on it. Only the country with a posterior is drawn; others keep their point.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from kladsim.runs.parameters import ParameterDraws, draws_for
from kladsim.study.measures.experiments import Experiment

COUNTRY = "russia"
LEAST = 24
"""Replicates an experiment has at least: draws differ more than seeds, for which a few are enough at the point."""


@cache
def draws_of(mode: str) -> ParameterDraws | None:
    """Return the draws of a mode, None at the point.

    Raises
    ------
    InputError : an unknown mode, or no posterior of this version of the model
    """
    return draws_for(mode, COUNTRY)


def source_of(mode: str) -> str:
    """Return the hash of what a mode draws from, an empty text at the point."""
    draws = draws_of(mode)
    return "" if draws is None else draws.source


def under(experiment: Experiment, mode: str, replicate: int) -> Experiment:
    """Return an experiment with the draw of a replicate; what the experiment itself sets or multiplies comes on top."""
    draws = draws_of(mode)
    if draws is None or experiment.country != COUNTRY:
        return experiment
    values: dict[str, float | str] = dict(draws.at(replicate))
    for name, own in experiment.change.parameters.items():
        drawn = values.get(name)
        values[name] = drawn * float(own[1:]) if isinstance(own, str) and isinstance(drawn, float) else own
    return replace(experiment, change=replace(experiment.change, parameters=values))
