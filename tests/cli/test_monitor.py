"""Monitor verbs on a person's own files: what is wrong is told at once, what is stored is said, one country by any name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kladsim.monitor import library

from .conftest import Cli

CASES = Path(__file__).parents[1] / "monitor" / "cases"
HEAD = "country,place,indicator,unit,period,value\n"

pytestmark = pytest.mark.usefixtures("own_folder")


def test_all_errors_on_one_screen_and_as_json(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + "XX,,calls,calls,2021,some\nLV,,calls,calls,2022,some\n" + "LV,,calls,,2023,9-5\n" * 40, encoding="utf-8")
    screen = cli("monitor", "check", str(path))
    assert screen.code == 2 and screen.err.startswith("invalid input: 4 kinds of error on 42 lines")
    for text in ("2. no number", "where: bad.csv, lines 2, 3, value", "bad.csv, lines 4–43, unit", "bad.csv, lines 4–43, value"):
        assert text in screen.err
    said = json.loads(cli("monitor", "add", str(path), "--json").err)["error"]
    assert [one["where"] for one in said["errors"]] == [
        "bad.csv, line 2, country", "bad.csv, lines 2, 3, value", "bad.csv, lines 4–43, value", "bad.csv, lines 4–43, unit",
    ]  # fmt: skip
    assert said["exit_code"] == 2 and "questions" not in said and not (tmp_path / "monitor").exists()


def test_one_error_looks_as_any_other(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + "LV,,calls,calls,2021,9-5\n", encoding="utf-8")
    said = cli("monitor", "check", str(path))
    assert said.code == 2 and said.err.splitlines()[0].startswith("invalid input: the lower bound is above the upper one")
    assert "where: bad.csv, line 2, value" in said.err


def test_questions_are_told_as_json_and_answered_by_options(cli: Cli, tmp_path: Path) -> None:
    """Nothing is asked where no terminal is; each question names its option, and a recipe keeps the answers."""
    path, recipe = tmp_path / "police.csv", tmp_path / "police.yaml"
    path.write_text("Day;Where;Amount\n03/04/2021;Riga;1\n04/04/2021;Riga;2\n", encoding="utf-8")
    said = cli("monitor", "import", str(path), "--json")
    asked = {one["about"]: one["option"] for one in json.loads(said.out)["questions"]}
    assert said.code == 2 and set(asked) == {"country", "period", "unit"}
    assert asked == {one["about"]: one["option"] for one in json.loads(said.err)["error"]["questions"]}
    answers = ["--map", "country=LV", "--map", "Day=period", "--map", "Where=place", "--map", "indicator=calls", "--map", "unit=calls"]
    open_order = json.loads(cli("monitor", "add", str(path), "--json", *answers).out)["questions"]
    assert [(one["about"], one["choices"], one["examples"]) for one in open_order] == [("order", ["dmy", "mdy"], ["03/04/2021"])]
    done = cli("monitor", "add", str(path), "--order", "dmy", "--save-recipe", str(recipe), *answers)
    assert done.code == 0, done.err
    assert library.every()["own/LVA/Riga/calls"].values.tolist() == [1.0, 2.0]
    path.write_text("Day;Where;Amount\n05/04/2021;Riga;3\n", encoding="utf-8")
    assert cli("monitor", "add", str(path), "--recipe", str(recipe)).code == 0
    library.forget()
    assert library.every()["own/LVA/Riga/calls"].values.tolist() == [1.0, 2.0, 3.0]


def test_mistakes_in_maps_and_recipes_are_named(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(HEAD + "LV,Riga,calls,calls,2021,5\n", encoding="utf-8")
    assert "did you mean: period" in cli("monitor", "check", str(path), "--map", "value=perod").err
    assert "no such column" in cli("monitor", "check", str(path), "--map", "Wert=value").err
    assert "no pair" in cli("monitor", "check", str(path), "--map", "Wert").err
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("colums: {a: value}\n", encoding="utf-8")
    said = cli("monitor", "check", str(path), "--recipe", str(recipe))
    assert said.code == 2 and "recipe.yaml, colums" in said.err and "did you mean: columns" in said.err


def test_what_is_stored_is_said_and_replaced_values_are_counted(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "Латвия,Riga,amphetamine,mg/1000/day,2022,27\n", encoding="utf-8")
    checked = cli("monitor", "check", str(path)).out
    assert "Published values that yours would replace in your folder: 1." in checked and "Stored." not in checked
    added = cli("monitor", "add", str(path))
    assert added.code == 0 and "yours replace in your folder: 1.\nStored." in added.out
    facts = json.loads(cli("monitor", "add", str(path), "--json").out)
    assert (facts["stored"], facts["replaced"], facts["changed"], facts["kept"]) == (True, 0, 0, 1)
    path.write_text(HEAD + "LV,,calls,calls,2022,:\n", encoding="utf-8")
    assert cli("monitor", "add", str(path)).out.endswith("Nothing to store.\n")


def test_orders_marks_and_encodings_are_options(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes((HEAD + 'RU,Казань,calls,calls,03/04/2021,"1,234"\n').encode("koi8-r"))
    assert "--encoding" in cli("monitor", "check", str(path)).err
    asked = cli("monitor", "check", str(path), "--encoding", "koi8-r").err
    assert "--order dmy" in asked and "--decimal comma" in asked
    options = ("--encoding", "koi8-r", "--order", "dmy", "--decimal", "point")
    assert cli("monitor", "add", str(path), *options).code == 0
    row = (tmp_path / "monitor" / "observations.csv").read_text(encoding="utf-8").splitlines()[1]
    assert "Казань" in row and "2021-04-03,1234.0" in row


def test_series_of_a_country_by_any_name(cli: Cli) -> None:
    told = {cli("monitor", "series", "--country", text, "--json").out for text in ("LV", "LVA", "Latvia", "Латвия")}
    assert len(told) == 1 and {row["country"] for row in json.loads(told.pop())} == {"LV", "LVA"}
    wrong = cli("monitor", "watch", "--country", "H")
    assert wrong.code == 2 and "did you mean" not in wrong.err


def test_an_edition_and_events_from_the_terminal(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "GE,Tbilisi,deaths,persons,2023,4\nGE,Tbilisi,deaths,persons,2024,<5\n", encoding="utf-8")
    assert cli("monitor", "add", str(path)).code == 0
    path.write_text(HEAD + "GE,Tbilisi,deaths,persons,2023,6\nGE,Tbilisi,deaths,persons,2025,<5\n", encoding="utf-8")
    told = json.loads(cli("monitor", "update", str(path), "--edition", "2026-03-01", "--json").out)["files"][0]
    assert {name: told[name] for name in ("added", "revised", "withdrawn", "unchanged", "last_period")} == {
        "added": 1, "revised": 1, "withdrawn": 1, "unchanged": 0, "last_period": "2025",
    }  # fmt: skip
    assert "revised: own/GEO/Tbilisi/deaths in 2023: 4 → 6" in told["log"]
    library.forget()
    facts = json.loads(cli("monitor", "series", "own/GEO/Tbilisi/deaths", "--json").out)[0]
    assert (facts["last"], facts["last_day"], facts["points"], facts["intervals"]) == ("2025", "2025-12-31", 1, 1)
    event = ("--date", "2026-02", "--country", "Georgia", "--place", "Tbilisi", "--kind", "forensic", "--substance", "mephedrone", "--source", "Forensic bureau")
    added = json.loads(cli("monitor", "events", "add", *event, "--json").out)
    assert (added["added"], added["known"]) == (1, 0)
    assert cli("monitor", "events", "assess", added["ids"][0], "--decision", "second sample", "--by", "duty officer").code == 0
    row = json.loads(cli("monitor", "events", "ls", "--country", "GE", "--json").out)["rows"][0]
    assert (row["substance"], row["triage"][0]["decision"]) == ("synthetic cathinones", "second sample")
    line = json.loads(cli("monitor", "events", "ls", "--country", "GEO", "--series", "--since", "2025-01-01", "--json").out)["rows"]
    assert [(one["day"], one["type"]) for one in line][-2:] == [("2025-12-31", "value"), ("2026-02-28", "event")]
    refused = cli("monitor", "events", "add", *event, "--note", "see t" + ".me/name")
    assert refused.code == 2 and "which no event may hold" in refused.err
    assert "did you mean: synthetic cathinones" in cli("monitor", "events", "add", *event[:8], "--substance", "mephedrnoe", "--source", "x").err


def test_the_command_writes_a_model_output_table(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "hub.csv"
    said = cli("monitor", "forecast", "korea_drug_crimes", "--horizon", "1", "--hubverse", str(path), "--json")
    assert said.code == 0, said.err
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert json.loads(said.out)["rows"] == len(rows) and len(rows) % 23 == 0
    assert {row["output_type"] for row in rows} == {"quantile"} and {row["horizon"] for row in rows} == {"1"}
    assert all(float(row["value"]) >= 0.0 and row["location"].startswith("KOR") for row in rows)


def test_a_folder_of_editions_is_stored_when_all_of_it_can_be_read(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "editions"
    folder.mkdir()
    (folder / "1.csv").write_text(HEAD + "KZ,,cases,cases,2020,1\nKZ,,cases,cases,2021,2\n", encoding="utf-8")
    (folder / "2.csv").write_text(HEAD + "KZ,,cases,cases,2021,many\n", encoding="utf-8")
    (folder / "notes.md").write_text("no table", encoding="utf-8")
    assert cli("monitor", "update", str(folder)).code == 2 and not (tmp_path / "monitor" / "observations.csv").exists()
    (folder / "2.csv").write_text(HEAD + "KZ,,cases,cases,2020,1\nKZ,,cases,cases,2021,3\n", encoding="utf-8")
    told = json.loads(cli("monitor", "update", str(folder), "--json").out)
    assert [one["file"] for one in told["files"]] == ["1.csv", "2.csv"] and told["left_out"] == ["notes.md"]
    assert [one["revised"] for one in told["files"]] == [0, 1]
