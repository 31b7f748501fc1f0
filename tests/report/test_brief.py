"""Briefs and reports: two pages, losers as large as gainers, an annex, a single run; equal bytes for equal runs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.study.fake_model import SPEC

from kladsim import Scenario
from kladsim.core.errors import InputError
from kladsim.report.brief import brief, run_brief
from kladsim.report.printing import TEMPLATES, to_html, to_pdf
from kladsim.study.comparison import Comparison, compare

pytest.importorskip("typst")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    from kladsim.policy.registry import parse_lever

    base = Scenario.preset("russia").with_(until="2017", seed=3)
    lever = parse_lever({"lever": "diversion", "share": 0.5, "start": "2015-07-01"})
    plan = base.with_(lever, name="Divert")
    return compare(base, plan, replicates=6, engine=SPEC, out=tmp_path_factory.mktemp("runs"))


def pages(content: dict[str, Any]) -> int:
    """How many pages the PDF has, by drawing them."""
    import typst

    from kladsim.report.printing import _with_pictures

    data = _with_pictures(content)
    for chart in data["charts"]:
        chart["png"] = list(base64.b64decode(chart.pop("base64")))
    drawn = typst.compile(
        (TEMPLATES / "brief.typ").read_bytes(), format="png", ppi=20, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
    )  # fmt: skip
    return len(drawn) if isinstance(drawn, list) else 1


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_brief_has_at_most_two_pages_and_its_annex_comes_after(comparison: Comparison, language: Any) -> None:
    assert pages(brief(comparison, language=language, annex=False)) <= 2
    assert pages(brief(comparison, language=language)) >= 3


def test_those_who_lose_stand_beside_those_who_gain(comparison: Comparison) -> None:
    content = brief(comparison)
    (who,) = content["who"]
    assert who["plan"] == "Divert" and set(who) >= {"worse", "better"}
    assert who["better"]["count"] == sum(len(part["all"]) for part in who["better"]["parts"]) > 0
    assert "Regions" in {part["kind"] for part in who["better"]["parts"]}
    page = to_html(content).decode()
    assert page.index("Worse off") < page.index("Better off") and "Nothing is clear" in page


def test_the_annex_has_every_outcome_lever_and_digest(comparison: Comparison) -> None:
    annex = brief(comparison)["annex"]
    assert {row["plan"] for row in annex["effects"]} == {"Divert"}
    assert len(annex["effects"]) == len(comparison.totals())
    assert annex["levers"][0]["evidence"] and "share" in annex["levers"][0]["lever"]
    assert [row["digest"] for row in annex["origin"]] == [
        run.digest[:16] for run in (comparison.base, *comparison.plans.values())
    ]
    assert annex["years"] and annex["years"][0]["rows"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_single_run_has_a_report_without_effects(comparison: Comparison, language: Any) -> None:
    content = run_brief(comparison.base, language)
    assert content["levels"] and not content["effects"] and not content["who"]
    one, two = to_pdf(content), to_pdf(run_brief(comparison.base, language))
    assert one == two and b"pdfuaid" in one
    assert to_html(content) == to_html(run_brief(comparison.base, language))


def test_one_replicate_makes_no_report(tmp_path: Path) -> None:
    from kladsim.runs.running import run

    single = run(Scenario.preset("russia").with_(until="2015"), replicates=1, engine=SPEC, out=tmp_path)
    with pytest.raises(InputError, match="one replicate"):
        run_brief(single)
