"""Stored results that ``make renew`` has not made anew for this model yet: their guards are strict expected failures.

``python tools/renew.py --list`` tells the steps that are due. When a step is made its guard passes, which fails the test
until the name is taken out here: nothing is skipped, and nothing stays on the list unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

AWAITED = {"prior": "patterns over draws of the prior (step prior)", "emulator": "emulator of levers (step emulator)"}


def cases(names: Iterable[str], awaited: dict[str, str]) -> list[Any]:
    """Return the names as parameters of a guard; ``awaited`` says which step a name waits for."""
    marks = {name: [pytest.mark.xfail(strict=True, reason=f"due: {AWAITED[step]}")] for name, step in awaited.items()}
    return [pytest.param(name, marks=marks.get(name, [])) for name in names]
