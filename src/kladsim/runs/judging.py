"""When a difference is called better or worse, and when runs carry a 90 % interval: one rule for every door.

**Verdict.** Of n paired runs, k agree in sign that the plan is better (a tie counts half). The plan is called better
where two things hold, and worse likewise:

1. *Probability of sign.* At least 95 % of the pairs agree (``SIGN``), so that the word stands for a probability of
   at least 0.95 over luck and the parameters drawn, as far as n pairs can show it.
2. *Chance.* A plan without effect has a fair coin's sign in each pair. So many must agree that a coin gives as many,
   for better or for worse, in at most 5 % of comparisons (``CHANCE``): 2 P(K >= k) <= 0.05 with K binomial (n, 1/2).
   Five pairs cannot show that even if all agree (2 / 2^5 = 6.25 %), six can (2 / 2^6 = 3.1 %).

With fewer than six pairs the answer is "too few runs". From six on, the fewest that must agree are: all of up to 19,
19 of 20, 38 of 40, 95 of 100. Where a plan changes nothing but luck, a single outcome then gets a verdict in 2 / 2^n
of comparisons up to 19 pairs (3.1 % at six, 0.8 % at eight) and in 0.004 % of them at 20. An outcome that is an input
of a plan (people diverted, treatments begun) has no better direction. While the model is in development
(``kladsim.runs.development``) every verdict is withheld, and so is the share of pairs that it would rest on.

**Interval.** The smallest and the largest of n runs hold another run with a chance of (n - 1) / (n + 1), which
reaches 90 % with 19 runs. Fewer are called by what they are: the range of n runs, smallest to largest.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kladsim.model.outcomes import OUTCOMES
from kladsim.runs.development import withholds_verdicts

Verdict = Literal["better", "worse", "unclear", "neutral", "few", "withheld"]
VERDICTS: tuple[Verdict, ...] = ("worse", "better", "unclear", "few", "neutral", "withheld")
"""In the order in which effects are told: what gets worse first."""
SIGN = 0.95
CHANCE = 0.05
PAIRS = 20
"""Pairs of runs that a comparison has where nobody names a number: 19 that agree make a verdict, and 19 an interval."""
FEWEST_FOR_90 = 19
TOO_FEW = "too few runs"
WITHHELD = "verdict withheld"
NO_VERDICT = {"few": TOO_FEW, "withheld": WITHHELD}
"""What stands in place of a verdict that is none."""


@cache
def fewest_agreeing(n: int) -> int | None:
    """Return how many of ``n`` pairs must agree for a verdict, None where even all of them say too little."""
    for k in range(math.ceil(SIGN * n - 1e-9), n + 1):
        if 2 * k > n and 2 * sum(math.comb(n, j) for j in range(k, n + 1)) <= CHANCE * 2**n:
            return k
    return None


FEWEST_PAIRS = next(n for n in range(1, 100) if fewest_agreeing(n) is not None)


def verdict(p_better: float, n: int) -> Verdict:
    """Return what ``n`` pairs say of which a share ``p_better`` is better (ties half; NaN: no direction is good)."""
    if withholds_verdicts():
        return "withheld"
    if math.isnan(p_better):
        return "neutral"
    fewest = fewest_agreeing(n)
    if fewest is None:
        return "few"
    agreeing = p_better * n
    return "better" if agreeing >= fewest - 1e-9 else "worse" if n - agreeing >= fewest - 1e-9 else "unclear"


class PairedSign:
    """What a share ``p_better`` of ``n`` pairs decides: its verdict; both are withheld of a model in development."""

    p_better: float
    n: int

    def __post_init__(self) -> None:
        if withholds_verdicts():
            object.__setattr__(self, "p_better", math.nan)

    @property
    def verdict(self) -> Verdict:
        """Whether the plan is better or worse."""
        return verdict(self.p_better, self.n)


def direction(outcome: str, declared: str | None) -> str:
    """Return which direction of an outcome is better (lower or higher), "" for none and for inputs of a plan."""
    known = OUTCOMES.get(outcome)
    is_input = known is not None and known.input
    return declared if declared in ("lower", "higher") and not is_input else ""


def levels_of(runs: int) -> tuple[float, float]:
    """Return at which shares an interval over so many runs ends: 5 and 95 %, or smallest and largest of few."""
    return (0.0, 1.0) if runs < FEWEST_FOR_90 else (0.05, 0.95)


def ends(values: NDArray[np.float64], runs: int | None = None) -> NDArray[np.float64]:
    """Return the ends of the interval over the first axis (``runs``: how many are behind it, if not its length)."""
    return np.asarray(np.quantile(values, levels_of(len(values) if runs is None else runs), axis=0))


def interval_name(n: int) -> str:
    """Return what the ends of ``n`` runs are called in the head of a table."""
    return "90 % interval" if n >= FEWEST_FOR_90 else f"range of {n} runs"
