"""Priors as the register states them: its value, range and family, cut at the ends of the range.

Families are read so: ``uniform`` and ``loguniform`` over the range; ``normal``, ``lognormal`` and ``logitnormal`` have
the register's value as median and the range as four standard deviations (of the number, its logarithm or its logit);
``triangular`` has its mode there; ``beta`` and ``gamma`` have it as mean, and the range as four standard deviations.
What the register fixes is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.evidence.register import Parameter, Register

Array = NDArray[np.float64]
SMALL = 1e-3  # a range that begins at 0 begins at this share of the value where a logarithm is taken
WIDTHS = 4.0  # standard deviations between low and high


@dataclass(frozen=True)
class ParameterPrior:
    """The prior of one parameter, as quantiles of its range."""

    name: str
    family: str
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, parameter: Parameter) -> ParameterPrior:
        """Return the prior of a parameter of the register.

        Raises
        ------
        InputError : the register fixes it
        """
        if parameter.prior == "fixed" or parameter.low >= parameter.high:
            raise InputError("is fixed in the register", where="parameters", value=parameter.name)
        return cls(parameter.name, parameter.prior, parameter.value, parameter.low, parameter.high)

    def quantile(self, u: Array) -> Array:
        """Return the values at shares ``u`` (0 to 1) of the prior, never outside the range."""
        below, above = self._ends
        values = self._inverse(below + np.asarray(u, dtype=np.float64) * (above - below))
        return np.asarray(np.clip(values, self.low, self.high), dtype=np.float64)

    def share(self, values: Array) -> Array:
        """Return the share of the prior below values: the inverse of `quantile`."""
        below, above = self._ends
        return np.asarray(np.clip((self._forward(np.asarray(values)) - below) / (above - below), 0.0, 1.0))

    @cached_property
    def _ends(self) -> tuple[float, float]:
        low, high = (float(self._forward(np.array(end))) for end in (self.low, self.high))
        return low, high

    @cached_property
    def _spread(self) -> tuple[Any, float, float]:
        """The family's frozen distribution on the scale on which it is normal, or as scipy has it."""
        from scipy import stats

        if self.family in ("lognormal", "logitnormal", "normal"):
            low, middle, high = (self._scaled(end) for end in (self.low, self.value, self.high))
            return stats.norm(middle, (high - low) / WIDTHS), 0.0, 1.0
        width = self.high - self.low
        if self.family == "triangular":
            return stats.triang((self.value - self.low) / width, self.low, width), 0.0, 1.0
        mean, sd = (self.value - self.low) / width, 1.0 / WIDTHS
        if self.family == "beta":
            many = max(mean * (1.0 - mean) / sd**2 - 1.0, 0.5)
            return stats.beta(mean * many, (1.0 - mean) * many, self.low, width), 0.0, 1.0
        shape = max((mean / sd) ** 2, 0.5)
        return stats.gamma(shape, self.low, width * mean / shape), 0.0, 1.0

    def _scaled(self, value: float) -> float:
        if self.family == "lognormal":
            return float(np.log(max(value, SMALL * self.value)))
        if self.family == "logitnormal":
            share = min(max(value, SMALL), 1.0 - SMALL)
            return float(np.log(share / (1.0 - share)))
        return value

    def _forward(self, values: Array) -> Array:
        if self.family == "uniform":
            return np.asarray((values - self.low) / (self.high - self.low))
        if self.family == "loguniform":
            return np.asarray(np.log(values / self.low) / np.log(self.high / self.low))
        distribution = self._spread[0]
        if self.family == "lognormal":
            return np.asarray(distribution.cdf(np.log(np.maximum(values, SMALL * self.value))))
        if self.family == "logitnormal":
            share = np.clip(values, SMALL, 1.0 - SMALL)
            return np.asarray(distribution.cdf(np.log(share / (1.0 - share))))
        return np.asarray(distribution.cdf(values))

    def _inverse(self, u: Array) -> Array:
        if self.family == "uniform":
            return np.asarray(self.low + u * (self.high - self.low))
        if self.family == "loguniform":
            return np.asarray(self.low * (self.high / self.low) ** u)
        found = self._spread[0].ppf(u)
        if self.family == "lognormal":
            return np.asarray(np.exp(found))
        if self.family == "logitnormal":
            return np.asarray(1.0 / (1.0 + np.exp(-found)))
        return np.asarray(found)


def priors_of(register: Register, names: Sequence[str]) -> tuple[ParameterPrior, ...]:
    """Return the priors of parameters, in their order."""
    return tuple(ParameterPrior.of(register.find(name)) for name in names)


def values_at(priors: Sequence[ParameterPrior], u: Array) -> Array:
    """Return parameter values at shares of the priors: float64[points, parameters]."""
    shares = np.atleast_2d(u)
    return np.stack([prior.quantile(shares[:, j]) for j, prior in enumerate(priors)], axis=1)


def shares_of(priors: Sequence[ParameterPrior], values: Array) -> Array:
    """Return shares of the priors at parameter values: float64[points, parameters]."""
    given = np.atleast_2d(values)
    return np.stack([prior.share(given[:, j]) for j, prior in enumerate(priors)], axis=1)
