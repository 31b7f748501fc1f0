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


def test_a_discount_that_makes_no_sense_ends_before_the_run(cli: Cli, plan: str, tmp_path: Path) -> None:
    said = cli("compare", "russia", plan, *TINY, "--out", str(tmp_path / "runs"), "--costs", "--discount", "2")
    assert said.code == 2 and "discount" in said.err and not list((tmp_path / "runs").glob("*"))


@pytest.fixture
def valued(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on a tiny model that has every outcome of cost and health."""
    from tests.study.valued_model import valued_engine

    from kladsim.runs import engine

    monkeypatch.setattr(engine, "default_engine", valued_engine)
    return cli


def test_report_of_a_saved_comparison_has_the_cost_rows_of_the_terminal(valued: Cli, tmp_path: Path) -> None:
    plan = tmp_path / "both.yaml"
    plan.write_text(
        "name: both\nbased_on: russia\nlevers:\n  - {lever: treatment, places: 9000, start: 2014-07, cost: 900}\n"
        "  - {lever: diversion, share: 0.5, start: 2015}\n"
    )
    quick = ("--scale", "1/1000", "--until", "2016", "-n", "3", "--workers", "1", "--parameters", "point", "--quiet")
    live = json.loads(valued("compare", "russia", plan, *quick, "--costs", "--json").out)
    rows = {(row["plan"], row["name"]): row for row in live["economics"]["effects"]}
    saved, runs = live["path"], (live["base"]["path"], live["plans"]["both"]["path"])
    for what in ((saved,), runs):
        said = valued("report", *what, "--out", tmp_path / "brief.html", "--json")
        assert said.code == 0, said.err
        costs = json.loads(said.out)["costs"]
        assert [row["name"] for row in costs][:3] == ["cost", "qaly_lost", "qaly_lost_at_front"] and len(costs) == 5
        for row in costs:
            kept = rows[row["plan"], row["name"]]
            assert row == {key: kept[key] for key in row}, row
    again = json.loads(valued("compare", "russia", plan, *quick, "--costs", "--json").out)
    assert again["from_store"] and again["path"] == saved and again["economics"] == live["economics"]
    plan.write_text(plan.read_text().replace("cost: 900", "cost: 1800"))
    dearer = json.loads(valued("compare", "russia", plan, *quick, "--costs", "--json").out)
    assert dearer["from_store"] and dearer["path"] != saved
    more = {row["name"]: row["median"] for row in dearer["economics"]["effects"]}["cost.health"]
    by_hand = 0.9 * (184 / 365 + 1 / 1.03)  # 900 million a year from July 2014 to the end of 2015, in billions
    assert more - rows["both", "cost.health"]["median"] == pytest.approx(by_hand)
    told = json.loads(valued("report", *runs, "--out", tmp_path / "brief.html", "--json").out)["costs"]
    assert told[0]["name"] == "cost" and told[0]["median"] is None  # one run, two prices: neither is taken


def test_an_effect_carries_its_base(valued: Cli, tmp_path: Path) -> None:
    found = json.loads(
        valued("compare", "russia", "russia-divert", "--until", "2016", "-n", "3", "--workers", "1", "--json").out
    )
    assert found["effects"] and all(
        effect["base"] > 0 or effect["outcome"] == "diverted" for effect in found["effects"]
    )


def test_an_expense_that_cannot_be_priced_ends_before_the_run(valued: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from kladsim.policy.lever import Expense
    from kladsim.policy.levers.treatment import Treatment

    monkeypatch.setattr(Treatment, "expenses", lambda self: (Expense("health.treatment_plaice", 1.0),))
    plan = Path("plan.yaml")
    plan.write_text("name: p\nbased_on: russia\nlevers: [{lever: treatment, places: 5, start: 2014}]\n")
    said = valued("compare", "russia", plan, "--until", "2015", "-n", "2", "--workers", "1", "--costs")
    assert said.code == 2 and "did you mean: health.treatment_place" in said.err and not list(Path("runs").glob("*"))
    assert "p, levers.0.treatment" in said.err


def test_branch_refuses_parameters_on_the_command_line(valued: Cli, tmp_path: Path) -> None:
    quick = ("--scale", "1/1000", "--until", "2016", "--parameters", "point", "--quiet", "--json")
    base = json.loads(valued("run", "russia", *quick).out)["path"]
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: p\nbased_on: russia\nparameters: {courier.pay_per_drop: 450}\n")
    said = valued("branch", base, plan, "--at", "2015-01-01")
    assert said.code == 2 and "courier.pay_per_drop" in said.err and "kladsim compare" in said.err
    said = valued("branch", base, "russia-divert", "--at", "2014-06-01", "--set", "courier.pay_per_drop=450")
    assert said.code == 2 and "courier.pay_per_drop" in said.err
