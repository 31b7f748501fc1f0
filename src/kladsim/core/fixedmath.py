"""Exponential, logarithm and power with the same bits on every processor.

NumPy's and libm's versions change their last bits with the processor's vector units. Where such a function
decides a state, the model uses these: only IEEE additions, multiplications, divisions and exact scalings, in a
fixed order. Relative error is below 1e-15 over the range that the model uses (tested against high-precision
values).
"""

from __future__ import annotations

import math

from kladsim.core.jit import kernel

LN2_HIGH = 0.693147180369123816490
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700
SQRT_HALF = 0.70710678118654752440


@kernel
def log(x: float) -> float:
    """Return the natural logarithm of a positive ``x`` (minus infinity at zero)."""
    if x <= 0.0:
        return -math.inf
    mantissa, exponent = math.frexp(x)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        exponent -= 1
    f = (mantissa - 1.0) / (mantissa + 1.0)
    s = f * f
    total = 1.0 / 21.0
    total = total * s + 1.0 / 19.0
    total = total * s + 1.0 / 17.0
    total = total * s + 1.0 / 15.0
    total = total * s + 1.0 / 13.0
    total = total * s + 1.0 / 11.0
    total = total * s + 1.0 / 9.0
    total = total * s + 1.0 / 7.0
    total = total * s + 1.0 / 5.0
    total = total * s + 1.0 / 3.0
    tail = 2.0 * f * s * total
    return exponent * LN2_HIGH + (exponent * LN2_LOW + (tail + 2.0 * f))


@kernel
def exp(x: float) -> float:
    """Return e to the power ``x``; beyond +-700 the result is clamped."""
    if x > 700.0:
        x = 700.0
    if x < -700.0:
        return 0.0
    k = math.floor(x * INVERSE_LN2 + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    total = 1.0 / 6227020800.0
    total = total * r + 1.0 / 479001600.0
    total = total * r + 1.0 / 39916800.0
    total = total * r + 1.0 / 3628800.0
    total = total * r + 1.0 / 362880.0
    total = total * r + 1.0 / 40320.0
    total = total * r + 1.0 / 5040.0
    total = total * r + 1.0 / 720.0
    total = total * r + 1.0 / 120.0
    total = total * r + 1.0 / 24.0
    total = total * r + 1.0 / 6.0
    total = total * r + 0.5
    total = total * r + 1.0
    total = total * r + 1.0
    return math.ldexp(total, int(k))


@kernel
def power(x: float, y: float) -> float:
    """Return ``x`` to the power ``y`` for ``x`` >= 0."""
    if y == 0.0:
        return 1.0
    if x <= 0.0:
        return 0.0
    return exp(y * log(x))


@kernel
def logistic(x: float) -> float:
    """Return 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exp(-x))
