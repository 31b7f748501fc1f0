"""``kladsim compare --costs``: money and health in the table and under ``economics`` in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

PLAN = (
    "name: more\nbased_on: russia\nuntil: 2014-04-01\nlevers:\n  - {lever: treatment, places: 9000, start: 2014-02}\n"
)
TINY = ("--scale", "1/2000", "--replicates", "2", "--until", "2014-04-01", "--quiet")


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = tmp_path / "more.yaml"
    path.write_text(PLAN)
    return str(path)


def test_costs_in_table_and_json(cli: Cli, plan: str, tmp_path: Path) -> None:
    runs = ("--out", str(tmp_path / "runs"))
    said = cli("compare", "russia", plan, *TINY, *runs, "--costs", "--json")
    assert said.code == 0, said.err
    economics = json.loads(said.out)["economics"]
    assert set(economics["plans"]) == {"more"} and economics["discount"] == 0.03
    places = next(row for row in economics["effects"] if row["measure"] == "public cost, health")
    assert places["median"] > 0
    said = cli("compare", "russia", plan, *TINY, *runs, "--costs", "--discount", "0.05")
    assert said.code == 0, said.err
    assert "QALYs lost" in said.out and "minors arrested" in said.out and "no cost" not in said.out
    words = " ".join(said.out.split())
    assert words.count("interval holds") == 1 and "draws of unit costs" in words and "prices of 2021" in words
    assert "luck and prices, not the parameters" not in words and "deaths at the front (apart" in words
    rows = [row["name"] for row in economics["effects"]]
    assert rows.index("qaly_lost") < rows.index("qaly_lost_at_front") < rows.index("qaly_lost_with_front")


def test_a_discount_that_makes_no_sense(cli: Cli, plan: str, tmp_path: Path) -> None:
    said = cli("compare", "russia", plan, *TINY, "--out", str(tmp_path / "runs"), "--costs", "--discount", "2")
    assert said.code == 2 and "discount" in said.err
