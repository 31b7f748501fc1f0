"""Rule 7: no profit, margin or cash is an outcome; prices are an index, but where a published target needs the value."""

from __future__ import annotations

from kladsim.evidence import targets
from kladsim.model.outcomes import OUTCOMES
from kladsim.model.quantities import QUANTITIES

WORDS = ("profit", "margin", "cash", "return", "fee", "commission", "deposit", "wealth", "earning", "cost")


def test_no_outcome_is_profit_or_cash() -> None:
    assert not [name for name in OUTCOMES if any(word in name for word in WORDS)]


def test_values_of_money_are_receipts_and_what_targets_need() -> None:
    priced = {name for name, out in OUTCOMES.items() if any(unit in out.unit for unit in ("RUB", "USD"))}
    receipts = {name for name in priced if "receipts" in name or "sales" in name}
    assert priced - receipts == {"order_value_usd", "courier_pay"}  # T08 and T23
    assert {"T08", "T23"} <= {target.id for target in targets()}
    assert OUTCOMES["price_index"].unit == "index"


def test_cashing_out_is_one_friction() -> None:
    assert [name for name in QUANTITIES if "cash" in name or name.startswith("money.")] == ["money.cash_out_friction"]
