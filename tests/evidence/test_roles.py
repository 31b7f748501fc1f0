"""Every figure that the model may be held against has a role, written before any parameter of model 1.0 is set."""

from __future__ import annotations

import csv
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import pytest

PACKAGE = Path(str(files("kladsim")))
CLOSURE = {"T11", "T12", "T13", "P04", "P05", "P06"}
"""The closure of the leading platform in 2022, which may be looked at while the model is built."""
STRADDLING = {"T18", "T23"}
"""One number or range for years on both sides of the end of 2019."""


def read(path: str) -> list[dict[str, str]]:
    with (PACKAGE / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def roles() -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in read("evidence/data/roles.csv"):
        found[row["table"]].append(row)
    return found


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("targets", "evidence/data/targets.csv"),
        ("patterns", "evidence/data/patterns.csv"),
        ("published", "evidence/data/published.csv"),
        ("observations", "inference/calibration/data/observations.csv"),
        ("holdout", "inference/calibration/data/holdout.csv"),
    ],
)
def test_every_row_of_a_table_has_a_role(roles: dict[str, list[dict[str, str]]], table: str, path: str) -> None:
    assert {row["id"] for row in roles[table]} == {row["id"] for row in read(path)}


def test_every_observation_of_a_pack_has_a_role(roles: dict[str, list[dict[str, str]]]) -> None:
    given = {(row["id"], row["part"]) for row in roles["pack observations"]}
    for pack in ("russia", "georgia", "south-korea"):
        path = f"world/packs/{pack}/observations.csv"
        assert {(f"{pack}/{row['series']}", row["date"]) for row in read(path)} <= given


def test_a_part_of_a_row_in_a_year_has_one_role(roles: dict[str, list[dict[str, str]]]) -> None:
    for table, rows in roles.items():
        keys = [(row["id"], row["part"], row["years"]) for row in rows]
        assert len(keys) == len(set(keys)), table
        assert {row["role"] for row in rows} <= {"input", "tuned", "kept"}
        assert all(row["reason"] for row in rows)


def test_published_rows_of_kind_val_and_sign_are_kept(roles: dict[str, list[dict[str, str]]]) -> None:
    role = {row["id"]: row["role"] for row in roles["published"]}
    for row in read("evidence/data/published.csv"):
        if row["use"].startswith(("VAL", "SIGN")) and row["section"] != "Levels of deaths and poisonings in Russia":
            assert role[row["id"]] == "kept", row["id"]
        if row["use"].startswith("CAL"):
            assert role[row["id"]] == "tuned", row["id"]


def test_nothing_dated_2020_or_later_is_tuned_but_the_closure(roles: dict[str, list[dict[str, str]]]) -> None:
    for table, rows in roles.items():
        for row in rows:
            first = row["years"][:4]
            if row["role"] != "tuned" or not first.isdigit() or first < "2020":
                continue
            named = {row["id"][:3], row["reason"].removeprefix("the closure itself: as ")[:3]}
            assert "closure" in row["reason"] or row["reason"].startswith("as T"), (table, row)
            assert named & (CLOSURE | STRADDLING), (table, row)


def test_the_same_figure_has_the_same_role_wherever_it_stands(roles: dict[str, list[dict[str, str]]]) -> None:
    of_target = defaultdict(set)
    for row in roles["targets"]:
        of_target[row["id"]].add(row["role"])
    for row in (*roles["observations"], *roles["holdout"]):
        if row["reason"].startswith("as T"):
            assert row["role"] in of_target[row["reason"][3:6]], row
