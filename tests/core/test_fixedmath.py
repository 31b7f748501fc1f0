"""Exponential, logarithm and power against high-precision values."""

from __future__ import annotations

import hashlib
import math
import struct
from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from kladsim.core import fixedmath

positive = st.floats(1e-300, 1e300)


def off(found: float, exact: Decimal) -> float:
    """Return the relative error."""
    with localcontext() as context:
        context.prec = 50
        return float(abs(Decimal(found) - exact) / abs(exact)) if exact else abs(found)


@given(positive)
def test_log(x):
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x).ln()
    assert abs(fixedmath.log(x) - float(exact)) <= 2e-15 * max(abs(float(exact)), 0.5 * abs(x - 1.0), 1e-300)


@given(st.floats(-600.0, 600.0))
def test_exp(x):
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x).exp()
    assert off(fixedmath.exp(x), exact) < 1e-15


@given(st.floats(1e-3, 1e3), st.floats(-20.0, 20.0))
def test_power(x, y):
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x) ** Decimal(y)
    assert off(fixedmath.power(x, y), exact) < 1e-13  # the logarithm's error times the exponent


@given(st.floats(-500.0, 500.0))
def test_logistic(x):
    assert math.isclose(fixedmath.logistic(x), 1.0 / (1.0 + math.exp(-x)), rel_tol=1e-14)


def test_edges():
    assert fixedmath.log(0.0) == fixedmath.log(-1.0) == -math.inf
    assert fixedmath.log(1.0) == 0.0 and fixedmath.exp(0.0) == 1.0
    assert fixedmath.exp(-1e9) == 0.0 and fixedmath.exp(1e9) == fixedmath.exp(700.0)
    assert fixedmath.power(0.0, 0.0) == 1.0 and fixedmath.power(0.0, 2.0) == fixedmath.power(0.0, -2.0) == 0.0
    assert math.isclose(fixedmath.exp(-700.0), math.exp(-700.0), rel_tol=1e-12)


def test_the_bits_are_the_same_on_every_machine():
    """Twenty thousand points: plain Python and compiled code give these bits, and so must every host."""
    total = hashlib.sha256()
    for i in range(20_000):
        x = (i * 2654435761 % 2**32) / 2**32
        values = fixedmath.exp(40.0 * x - 20.0), fixedmath.log(x + 1e-9), fixedmath.power(x + 0.5, 6.0 * x - 3.0)
        total.update(struct.pack("<3d", *values))
    assert total.hexdigest() == "c7f923e563aafe289e128cc92f5225fd041d63689d6a6b797830c23629889b13"
