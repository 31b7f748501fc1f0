"""Rule 11: person-first words, two digits, badge in JSON and exports, no brief of one replicate."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.evidence.translating import FILE as CATALOGUE
from kladsim.policy import Scenario
from kladsim.runs import run
from kladsim.runs.disclosure import BADGE
from kladsim.study import compare

ROOT = Path(__file__).parents[2]
BASE = Scenario(name="base", until="2016-01-01", scale=1)
SLURS = re.compile(r"\b(addicts?|abusers?|junkies|junkie|наркоман\w*|losers? (?:are|named))\b", re.IGNORECASE)


def test_words_are_person_first() -> None:
    files = [*ROOT.glob("docs/*.md"), ROOT / "README.md", CATALOGUE]
    files += ROOT.glob("src/kladsim/**/*.py")
    found = [(path.name, match[0]) for path in files for match in SLURS.finditer(path.read_text(encoding="utf-8"))]
    assert not found


def test_the_badge_travels_in_json_exports_and_comparisons() -> None:
    result = run(BASE, replicates=2, engine=SPEC)
    assert json.loads(str(result.export("deaths", "year", "json")))["badge"] == BADGE
    assert BADGE in str(result.export("deaths", "year", "csv")) and result.to_dict()["badge"] == BADGE
    found = compare(BASE, BASE.with_(name="plan", seed=BASE.seed), replicates=2, engine=SPEC)
    assert found.to_dict()["badge"] == BADGE


def test_one_replicate_makes_no_brief() -> None:
    from kladsim.report.brief import brief, run_brief

    found = compare(BASE, BASE.with_(name="plan"), replicates=1, engine=SPEC)
    for ask in (lambda: brief(found), lambda: run_brief(found.base)):
        with pytest.raises(InputError, match="replicate"):
            ask()
