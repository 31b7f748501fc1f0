"""Golden numbers: results of an unchanged scenario change only together with the version and a line in CHANGELOG."""

from __future__ import annotations

import json

import pytest
from tests.golden.make import FILE, ROOT, golden, parameters_hash

from kladsim.model.version import MODEL_VERSION


@pytest.fixture(scope="module")
def stored():
    return json.loads(FILE.read_text())


def test_golden_numbers_are_those_of_these_parameters(stored):
    assert stored["parameters"] == parameters_hash(), (
        "the parameters changed: say so in CHANGELOG.md, raise MODEL_VERSION, and run python tests/golden/make.py"
    )


def test_a_small_run_gives_the_golden_numbers(stored):
    now = golden()
    assert now == stored, "results moved: CHANGELOG.md, MODEL_VERSION, then python tests/golden/make.py"


def test_the_version_is_told_in_the_changelog(stored):
    assert stored["version"] == MODEL_VERSION, "MODEL_VERSION changed: run python tests/golden/make.py"
    assert MODEL_VERSION == "0.1.0" or f"model {MODEL_VERSION}" in (ROOT / "CHANGELOG.md").read_text(), (
        f"CHANGELOG.md names no 'model {MODEL_VERSION}': say what moves results, and by how much"
    )
