"""Numbers for people, written by hand."""

from __future__ import annotations

import math

import pytest

from kladsim.core.formatting import (
    Language,
    format_interval,
    format_number,
    typeset_estimate,
    typeset_exact,
    typeset_interval,
    typeset_number,
)


@pytest.mark.parametrize(
    ("value", "text", "short"),
    [
        (None, "–", "–"),
        (math.nan, "–", "–"),
        (math.inf, "–", "–"),
        (0.0, "0", "0"),
        (1.0, "1.0", "1.0"),
        (0.996, "1.0", "1.0"),
        (9.96, "10", "10"),
        (0.012345, "0.012", "0.012"),
        (0.00001234, "1.2e-05", "1.2e-05"),
        (-99.6, "-100", "-100"),
        (4_449.0, "4 400", "4 400"),
        (123_456.0, "120 000", "120 000"),
        (994_000.0, "990 000", "990 000"),
        (999_999.0, "1 000 000", "1.0 mn"),
        (-3_240_000.0, "-3 200 000", "-3.2 mn"),
        (1_260_000_000.0, "1 300 000 000", "1.3 bn"),
        (12_600_000_000_000.0, "13 000 000 000 000", "13 000 bn"),
    ],
)
def test_plain_numbers(value: float | None, text: str, short: str) -> None:
    assert format_number(value) == text
    assert format_number(value, short=True) == short


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (None, "ru", "–"),
        (0.0, "ru", "0"),
        (0.012345, "en", "+0.012"),
        (0.012345, "ru", "+0,012"),
        (-0.00001234, "ru", "−1,2e-05"),
        (-99.6, "en", "−100"),
        (4_449.0, "en", "+4,400"),
        (4_449.0, "ru", "+4\u202f400"),
        (9_940.0, "ru", "+9\u202f900"),
        (9_960.0, "ru", "+10\u00a0тыс."),
        (-123_456.0, "ru", "−120\u00a0тыс."),
        (-123_456.0, "en", "−120,000"),
        (999_999.0, "ru", "+1,0\u00a0млн"),
        (3_240_000.0, "en", "+3.2\u00a0mn"),
        (3_240_000.0, "ru", "+3,2\u00a0млн"),
        (1_260_000_000.0, "ru", "+1,3\u00a0млрд"),
        (2_345_000_000_000.0, "ru", "+2\u202f300\u00a0млрд"),
    ],
)
def test_typeset_numbers(value: float | None, language: Language, text: str) -> None:
    assert typeset_number(value, language, signed=True) == text


def test_intervals_and_estimates() -> None:
    assert format_interval(-12.3, 4_500_000.0, short=True) == "-12 to 4.5 mn"
    assert format_interval(None, math.nan) == "–"
    assert format_interval(None, 3.0) == "– to 3.0"
    assert typeset_interval(-12.3, 45.0, signed=True) == "−12 … +45"
    assert typeset_interval(-0.5, 12_300.0, "ru") == "−0,50 … 12\u00a0тыс."
    assert typeset_estimate(1.5, -0.5, 3.0, "ru") == "1,5 (−0,50 … 3,0)"


def test_numbers_that_a_person_set_are_not_rounded() -> None:
    assert typeset_exact(9_000) == "9,000"
    assert typeset_exact(1_234_567.5, "ru") == "1\u202f234\u202f567,5"
    assert typeset_exact(-0.125, "ru") == "−0,125"
