"""Rule 5: violence appears as victims; its checks give pass or fail, direction and replicates; no amount, no gloss."""

from __future__ import annotations

import json
import re

from kladsim.evidence import claims, explain, figures, load_register, targets
from kladsim.evidence.tables import DATA
from kladsim.validation.punishing import PATTERNS, is_on_punishment, without_values
from kladsim.validation.report import Report
from kladsim.validation.store import as_results, shipped
from kladsim.validation.verdicts import CheckResult

AMOUNT = re.compile(r"18[ ,.\u00a0]?000 (?:RUB|rub|рубл)|USD 180|45 drop fees|cheap deterrence|stolen batch|drop fee near")


def result(name: str, kind: str = "pattern", mechanism: tuple[str, ...] = ("M9",), why: str = "") -> CheckResult:
    part = {"name": "a", "band": "> 0", "unit": "sign", "holds_in": 1.0, "sign": 1.0, "standardised_effect": 4.8}
    number = {"name": "b", "band": "> 1", "unit": "days", "value": 57.8, "low": 52.0, "high": 63.0, "holds_in": 0.9}
    return CheckResult(
        name, kind, "pass", "s", "t", 57.8, 52.0, 63.0, "days", 0.94, 16, mechanism, "", why, "r", (part, number)
    )


def test_a_check_of_punishment_has_no_value_anywhere() -> None:
    made = [result(name) for name in PATTERNS] + [result("S098", "claim"), result("S045", "claim", ("M7", "M9"))]
    for found in Report(made).results:
        assert (found.value, found.low, found.high) == (None, None, None)
        assert found.status == "pass" and found.replicates == 16 and found.share == 0.94
        assert found.parts[0]["sign"] == 1.0 and found.parts[0]["holds_in"] == 1.0
        told = json.dumps([dict(part) for part in found.parts])
        assert "57.8" not in told and "4.8" not in told and "52" not in told
    (other,) = Report([result("P01", mechanism=("M1",))]).results
    assert other.value == 57.8 and other.parts[0]["standardised_effect"] == 4.8


def test_reasons_keep_the_share_of_runs_and_no_size() -> None:
    kept, dropped = without_values(
        [result("P18", why="lag: 94 % of runs; S101 passes"), result("P19", why="median 57.8, width 3")]
    )
    assert kept.reason == "lag: 94 % of runs; S101 passes" and dropped.reason == ""


def test_what_ships_and_what_explain_says_has_no_value() -> None:
    for mode in ("point", "posterior", "prior"):
        stored = shipped(mode)
        closed = [found for found in as_results(stored) if is_on_punishment(found)]
        assert closed and not AMOUNT.search(json.dumps(stored["results"], ensure_ascii=False))
        assert all(found.value is None and found.low is None for found in closed)
        assert not any("standardised_effect" in part or "value" in part for found in closed for part in found.parts)
    for name in (*PATTERNS, "S098", "S080", "S101", "E161"):
        assert "result" not in explain(name).to_dict() and not AMOUNT.search(json.dumps(explain(name).to_dict()))


def test_claims_taken_from_another_model_stay_closed() -> None:
    report = Report([result("S101", "claim")])
    report.take_in([result("P19")], {})
    assert all(found.value is None for found in report.results)


def test_a_payment_was_reported_without_amount_comparison_or_gloss() -> None:
    (row,) = [figure for figure in figures() if figure.id == "E161"]
    assert row.value == "" and row.low is None and row.high is None and row.unit == ""
    assert "withdrawn" in row.note and "rule 5" in row.note
    claim = next(item for item in claims() if item.id == "S080")
    assert claim.text == "A payment was offered for beating a disloyal courier" and claim.implied_observable == ""
    text = "".join(path.read_text(encoding="utf-8") for path in DATA.glob("*.*"))
    assert not AMOUNT.search(text)
    assert not [t.id for t in targets() if "punishment" in t.statement]


def test_parameters_of_punishment_have_no_commentary_on_what_works() -> None:
    words = re.compile(r"cheap|effective|works|deters? |profit|pays|better|worth", re.IGNORECASE)
    for name, parameter in load_register().items():
        if name.startswith("punishment."):
            assert len(parameter.doc) < 120 and not words.search(parameter.doc), (name, parameter.doc)


def test_no_outcome_tells_fee_or_means() -> None:
    from kladsim.model.outcomes import OUTCOMES

    violent = [name for name in OUTCOMES if "punish" in name or "violen" in name]
    assert violent == ["victims_of_punishment", "victims_punished_falsely"]
    assert all(OUTCOMES[name].side == "health" and OUTCOMES[name].better == "lower" for name in violent)
