"""A country pack whose tables are placeholders: every door says so above its numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kladsim
from kladsim.cli.main import verbs
from kladsim.runs.development import describe_warnings
from kladsim.runs.placeholders import placeholder_words, placeholders_of
from kladsim.world import load_pack
from kladsim.world.scaffold import PLACEHOLDER, new_pack, placeholders, tables_of

SAID = "Every number of the country pack ruritania is a placeholder"
PLAN = "name: {name}\ncountry: ruritania\nuntil: 2014-03-01\nscale: 1/100\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    new_pack(folder / "packs" / "ruritania", name="ruritania", title="Ruritania", iso3="RUR", currency="RUC", people=400_000)
    (folder / "base.yaml").write_text(PLAN.format(name="ruritania"), encoding="utf-8")
    (folder / "plan.yaml").write_text(
        PLAN.format(name="plan") + "levers:\n- lever: treatment\n  start: 2014-02-01\n  places: 2\n", encoding="utf-8"
    )
    return folder


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    monkeypatch.setenv("KLADSIM_PACKS", str(home / "packs"))
    monkeypatch.setenv("KLADSIM_RUNS", str(home / "runs"))
    return home


def said_by(*words: str) -> str:
    found = CliRunner().invoke(verbs, [*words, "--workers", "1"])
    assert found.exit_code == 0, found.output
    return " ".join(found.stdout.split())


def test_a_new_pack_is_nothing_but_placeholders_and_a_real_one_has_none(here: Path) -> None:
    found = placeholders_of(load_pack("ruritania"))
    assert found is not None and found["every"] and found["pack"] == "ruritania"
    assert set(found["tables"]) == set(tables_of(here / "packs" / "ruritania"))
    for country in ("russia", "georgia", "south-korea"):
        assert placeholders_of(load_pack(country)) is None


def test_one_table_of_data_is_told_from_none_and_from_all(tmp_path: Path) -> None:
    folder = tmp_path / "ruritania"
    new_pack(folder, name="ruritania", title="R", iso3="RUR", currency="RUC", people=400_000)
    table = folder / "mortality.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(PLACEHOLDER, "counted"), encoding="utf-8")
    found = placeholders_of(load_pack(folder))
    assert found is not None and not found["every"]
    tables = len(tables_of(folder))
    said = placeholder_words(found)
    assert said.startswith(f"{tables - 1} of {tables} tables of the country pack ruritania hold placeholders (")
    assert "cohorts.csv" in said and "mortality.csv," not in said
    for path in folder.rglob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace(PLACEHOLDER, "counted"), encoding="utf-8")
    assert placeholders(folder) == {} and placeholders_of(load_pack(folder)) is None


def test_words_in_both_languages_and_each_once() -> None:
    record = {"pack": "x", "every": True, "tables": {"a.csv": 3}, "of": 1}
    origins = [{"placeholders": each} for each in (record, None, record)]
    assert describe_warnings(origins) == placeholder_words(record)
    assert "заглушки" in placeholder_words(record, "ru")
    assert placeholder_words(None) == describe_warnings([]) == ""


def test_the_terminal_says_it_before_the_first_number(here: Path) -> None:
    run = said_by("run", "base.yaml", "--replicates", "2", "--no-picture", "--quiet")
    assert run.index(SAID) < run.index("deaths")
    compared = said_by("compare", "base.yaml", "plan.yaml", "--replicates", "2", "--no-picture", "--quiet")
    assert compared.index(SAID) < compared.index("deaths")


def test_json_has_a_field(here: Path) -> None:
    told = json.loads(said_by("run", "base.yaml", "--replicates", "2", "--json"))
    assert told["placeholders"]["every"] and told["placeholders"]["words"].startswith(SAID)
    told = json.loads(said_by("compare", "base.yaml", "plan.yaml", "--replicates", "2", "--json"))
    assert told["placeholders"].startswith(SAID)


@pytest.fixture
def found(here: Path) -> Any:
    return kladsim.compare("base.yaml", "plan.yaml", replicates=2)


def test_python_says_it_in_both_forms(found: Any) -> None:
    for value in (found.base, found):
        assert SAID in repr(value)
        html = value._repr_html_()
        assert html.index(SAID) < html.index("<table>")


def test_brief_pictures_and_files_say_it(found: Any, tmp_path: Path) -> None:
    from kladsim.report import effects, figures
    from kladsim.report.brief import brief, run_brief
    from kladsim.runs.export import export

    for language, words in (("en", SAID), ("ru", "заглушки")):
        assert words in brief(found, language=language)["limits"][0]
    assert SAID in run_brief(found.base)["limits"][0]
    assert SAID in figures._caption(found.base)[0] and SAID in effects._caption(found)[0]
    for ending in ("csv", "json"):
        path = Path(export(found.base, ["deaths"], fmt=ending, out=tmp_path / f"x.{ending}"))
        assert SAID in path.read_text(encoding="utf-8")


def test_the_page_says_it(here: Path, found: Any) -> None:
    from kladsim.app.service import _placeholders
    from kladsim.app.view import view_of

    told = _placeholders(view_of(found.base))
    assert told is not None and told["en"].startswith(SAID) and "заглушки" in told["ru"]
    text = (Path(__file__).parents[2] / "web" / "src" / "components" / "RunBar.svelte").read_text(encoding="utf-8")
    assert "page.answer.placeholders[words.language]" in text


def test_a_run_of_data_says_nothing(here: Path, tmp_path: Path) -> None:
    """Once every row has a source the same command has nothing to say, under a key of its own."""
    folder = tmp_path / "packs" / "ruritania"
    shutil.copytree(here / "packs" / "ruritania", folder)
    before = load_pack(folder).digest
    for path in folder.rglob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace(PLACEHOLDER, "counted"), encoding="utf-8")
    pack = load_pack(folder)
    assert placeholders_of(pack) is None and pack.digest != before
