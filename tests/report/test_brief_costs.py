"""The brief of a comparison has the same price however it was come by, and tells plans in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.study.valued_model import SPEC

from kladsim import Diversion, ElectronicMonitoring, Package, Scenario, Takedown, Treatment
from kladsim.evidence.translating import texts
from kladsim.policy.registry import own_lever_classes, parse_lever
from kladsim.report.brief import brief
from kladsim.report.cost_words import COSTS
from kladsim.report.plan_words import APART, describe_lever
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison, compare
from kladsim.study.economics import MEASURES, METHOD, economics

BASE = Scenario.preset("russia").with_(until="2017", seed=3)
PLANS = (
    BASE.with_(Treatment(places=9000, start="2015-07-01"), Diversion(share=0.5, start="2015"), name="More places"),
    BASE.with_(ElectronicMonitoring(share=0.2, start="2015", where="RU-MOW"), name="At home"),
    BASE.with_(parameters={"justice.court_capacity": 200}, name="More courts"),
)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(BASE, *PLANS, replicates=4, engine=SPEC, parameters="point", out=tmp_path_factory.mktemp("runs"))


def test_a_saved_comparison_and_its_runs_have_the_price_of_the_live_one(comparison: Comparison, tmp_path: Path) -> None:
    live = brief(comparison)["cost"]
    assert len(live["rows"]) == 15 and all(row["median"] != "–" for row in live["rows"])
    saved = Comparison.open(comparison.save(tmp_path))
    runs = {name: Result.open(result.path) for name, result in comparison.plans.items()}
    from_runs = Comparison(Result.open(comparison.base.path), runs)
    for other in (saved, from_runs):
        assert brief(other)["cost"] == live and brief(other)["plans"] == brief(comparison)["plans"]
    written = [saved.report(tmp_path / "saved.html"), comparison.report(tmp_path / "live.html")]
    assert written[0].read_bytes() == written[1].read_bytes()


def test_treatment_places_are_in_the_price_by_hand(comparison: Comparison) -> None:
    from kladsim.evidence.costs import load_costs

    known = dict(comparison.scenarios)
    free = {**known, "More places": known["More places"].with_(name="More places")}
    free["More places"] = Scenario(**free["More places"].fields() | {"levers": known["More places"].levers[1:]})
    with_places, without = (
        economics(comparison, 0.0, scenarios=x, draws=1).plans["More places"] for x in (known, free)
    )
    years = (365 - 181) / 365 + 1  # from 1 July 2015 to the end of 2016
    added = 9000 * years * load_costs()["cost.health.treatment_place"].value
    assert with_places.cost - without.cost == pytest.approx(added)


def test_what_is_not_known_is_said_and_never_nothing(comparison: Comparison, tmp_path: Path) -> None:
    content = json.loads(comparison.save(tmp_path).read_text())
    del content["scenarios"]
    old = tmp_path / "compare-old.json"
    old.write_text(json.dumps(content))
    opened = Comparison.open(old)
    for name in ("base", *content["plans"]):
        facts = content["base"] if name == "base" else content["plans"][name]
        (Path(facts["path"]) / "scenarios.json").rename(tmp_path / f"{name}.kept")
    try:
        cost = brief(opened)["cost"]
        told = {(row["plan"], row["name"]): row["median"] for row in cost["rows"]}
        assert told["More places", "cost"] == told["At home", "cost"] == "–"
        assert told["More courts", "cost"] != "–" != told["More places", "qaly_lost"]  # no lever, nothing unknown
        assert "cost not known" in cost["verdicts"][0] and "scenario is not known" in cost["verdicts"][-1]
        lines = {plan["name"]: plan["levers"] for plan in brief(opened)["plans"]}
        assert "not on record" in lines["More places"][0] and "convicted couriers diverted" in " ".join(
            lines["More places"]
        )
        assert not any("justice." in line for line in lines["More places"])
    finally:
        for name in ("base", *content["plans"]):
            facts = content["base"] if name == "base" else content["plans"][name]
            (tmp_path / f"{name}.kept").rename(Path(facts["path"]) / "scenarios.json")


def test_plans_are_told_in_plain_words_and_parameters_too(comparison: Comparison) -> None:
    plans = {plan["name"]: plan["levers"] for plan in brief(comparison)["plans"]}
    assert plans["More places"] == [
        "Treatment places: places 9,000, from 2015-07-01",
        "Diversion from prison: share 50 %, from 2015-01-01",
    ]
    assert plans["At home"] == ["Electronic monitoring: share 20 %, from 2015-01-01, Moscow"]
    (line,) = plans["More courts"]
    was = comparison.base.scenario["config"]["parameters"]["justice.court_capacity"]
    assert line.startswith("parameter justice.court_capacity (") and line.endswith(f"200 instead of {was:g}")
    russian = {plan["name"]: plan["levers"] for plan in brief(comparison, language="ru")["plans"]}
    assert russian["At home"] == ["Электронный надзор: доля 20 %, с 2015-01-01, г. Москва"]


def test_levers_of_every_kind_in_both_languages() -> None:
    from tests.policy.every_lever import EXAMPLES, example

    for name in EXAMPLES:
        for lever in (part for _, part in example(name).parts()):
            english, russian = (describe_lever(lever, "russia", language) for language in ("en", "ru"))
            assert english.startswith(texts("lever", "en")[lever.name]) and "=" not in english and "_" not in english
            assert russian.split(":")[0] != english.split(":")[0]
    assert describe_lever(Takedown(date="2024-03-01", times=2), "russia") == "Platform takedown: times 2, on 2024-03-01"
    ended = parse_lever({"lever": "police", "tier": "courier", "factor": 1.5, "start": 2020, "end": 2022, "cost": 3})
    assert describe_lever(ended, "russia") == (
        "Police effort: cost a year, mn 3, tier: couriers, factor 1.5, from 2020-01-01 until 2022-01-01"
    )
    package = BASE.with_(Package(of="treatment-first", start="2015"), name="p")
    assert len([part for lever in package.levers for part in lever.parts()]) > 1


def test_every_word_of_cost_and_plans_has_its_russian() -> None:
    known = {context: texts(context, "ru") for context in ("text", "lever", "option")}
    levers = {name: made for name, made in own_lever_classes().items() if name != "package"}
    options = {option for made in levers.values() for option in made.model_fields if option not in APART}
    assert [name for name in levers if name not in known["lever"]] == []
    assert [option for option in sorted(options) if option not in known["option"]] == []
    assert [text for text in (METHOD, *(MEASURES[name][0] for name in COSTS)) if text not in known["text"]] == []


def test_the_russian_brief_tells_cost_in_russian(comparison: Comparison) -> None:
    cost = brief(comparison, language="ru")["cost"]
    text = " ".join(
        [*cost["verdicts"], cost["words"], cost["money"], *(f"{r['measure']} {r['unit']}" for r in cost["rows"])]
    )
    for name in ("More places", "At home", "More courts", "Monte Carlo", "QALY", "DALY", "bn", "mn"):
        text = text.replace(name, "")
    assert not [letter for letter in text if "a" <= letter.lower() <= "z"], text


def test_a_run_that_cannot_be_valued_says_why(tmp_path: Path) -> None:
    from tests.study.fake_model import SPEC as LEFT_OUT

    found = compare(BASE, PLANS[0], replicates=2, engine=LEFT_OUT, out=tmp_path)
    cost = brief(found)["cost"]
    assert not cost["rows"] and "prison_years" in cost["verdicts"][0]


def test_money_and_year_stand_in_the_head_of_the_table(comparison: Comparison) -> None:
    from kladsim.report.printing import to_html

    page = to_html(brief(comparison)).decode()
    assert "(RUB, prices of 2021)</th>" in page
    assert page.count("draws of unit costs") == 1  # what intervals hold is said once


@pytest.mark.parametrize("language", ["en", "ru"])
def test_two_pages_hold_cost_and_health(comparison: Comparison, language: Any) -> None:
    pytest.importorskip("typst")
    from tests.report.test_brief import pages

    one = Comparison(comparison.base, {"More places": comparison.plans["More places"]}, scenarios=comparison.scenarios)
    content = brief(one, language=language, annex=False)
    assert len(content["cost"]["rows"]) == 5 and pages(content) <= 2
