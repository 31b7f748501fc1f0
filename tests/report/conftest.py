"""Runs of the fake model to draw."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from kladsim import Diversion, Scenario  # noqa: E402
from kladsim.study.comparison import Comparison, compare  # noqa: E402


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two scenarios of the fake model that differ from 2015 on."""
    from tests.study.fake_model import SPEC

    base = Scenario.preset("russia").with_(until="2017")
    plan = base.with_(Diversion(share=0.5, start="2015-07"), name="plan")
    return compare(base, plan, replicates=6, out=tmp_path_factory.mktemp("runs"), engine=SPEC)
