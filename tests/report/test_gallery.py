"""The gallery: ten studies, all run at tiny scale; the plans on a page load again and are those of the study."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kladsim import InputError, Scenario
from kladsim.report.gallery import Gallery, index_of, read_galleries, read_gallery, write_page
from kladsim.runs.disclosure import BADGE

ROOT = Path(__file__).parents[2]
STUDIES = read_galleries(ROOT / "examples" / "gallery")
TINY: dict[str, Any] = {"scale": "1/5000", "replicates": 1, "until": "2020-04-01"}
PARTS = ("In short", "What the model projects", "Money and health", "Who is worse off", "The plans", "Limits")


def test_there_are_ten_with_the_questions_of_a_ministry() -> None:
    assert len(STUDIES) == 10
    told = " ".join(study.name for study in STUDIES)
    for word in ("couriers", "takedown", "diversion", "youth", "treatment", "checking", "precursor", "advertising",
                 "packages", "early"):  # fmt: skip
        assert word in told
    index = index_of(STUDIES)
    assert all(f"]({study.name}.md)" in index for study in STUDIES)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which all studies keep their runs, so that the base runs once."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_study_runs_and_its_page_holds_its_plans(study: Gallery, runs: Path, tmp_path: Path) -> None:
    page = write_page(study, tmp_path, out=runs, **TINY)
    text = page.read_text(encoding="utf-8")
    assert all(f"## {part}" in text for part in PARTS) and BADGE in text
    assert ("## Do the effects add up?" in text) == (study.together is not None)
    picture = tmp_path / f"{study.name}.svg"
    assert picture.name in text and picture.read_text(encoding="utf-8").startswith("<svg")
    _check_plans(study, text, tmp_path)


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_page_in_the_documents_is_of_this_study(study: Gallery, tmp_path: Path) -> None:
    page = ROOT / "docs" / "gallery" / f"{study.name}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {study.title}\n\n{study.question}\n")
    _check_plans(study, text, tmp_path)
    assert (page.parent / f"{study.name}.svg").exists()


def _check_plans(study: Gallery, text: str, folder: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == len(study.plans)
    for plan, block in zip(study.plans, blocks, strict=True):
        (folder / "plan.yaml").write_text(block, encoding="utf-8")
        assert Scenario.load(folder / "plan.yaml").key() == plan.key()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: x\ncolour: red\n", "unknown field"),
        ("title: x\n", "lacks a field"),
        (
            "title: x\nquestion: y\nbase: russia\nuntil: 2020\nshow: []\nlimits: []\nplans:\n"
            "  - {name: a, levers: [{lever: treatment, start: 2019, places: -1}]}\n",
            r"levers\.0\.treatment\.places",
        ),
    ],
)
def test_a_bad_study_is_named(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_gallery(tmp_path / "bad.yaml")
    assert "bad.yaml" in str(caught.value)


def test_a_plan_has_what_its_study_gives_it(tmp_path: Path) -> None:
    from kladsim.report.gallery import _short_yaml

    path = tmp_path / "s.yaml"
    text = (ROOT / "examples" / "gallery" / "03-diversion.yaml").read_text(encoding="utf-8")
    start = text.index("  - name: ")
    path.write_text(
        text[:start]
        + text[start:].replace("  - name: ", "  - parameters: {justice.court_capacity: 200}\n    name: ", 1)
    )
    plan = read_gallery(path).plans[0]
    assert plan.parameters == {"justice.court_capacity": 200} and "justice.court_capacity: 200" in _short_yaml(plan)
    path.write_text(text[:start] + text[start:].replace("  - name: ", "  - untill: 2027\n    name: ", 1))
    with pytest.raises(InputError, match="until"):
        read_gallery(path)
