"""Patterns of the spread: rows that validation can show, and ablations that take the effect away."""

from __future__ import annotations

from kladsim.spread.checks import patterns


def test_patterns_give_rows_with_ablations_and_m16_off_fails() -> None:
    rows = patterns(runs=24)
    assert {row["id"] for row in rows} == {"P24", "P25"}
    for row in rows:
        assert row["low"] <= row["value"] <= row["high"] and 0 <= row["share"] <= 1
        assert row["status"] in (("pass", "fail", "vacuous") if row["kind"] == "pattern" else ("",))
        assert row["mechanism"] == "M16" and row["target"] and row["reason"]
    off = [row for row in rows if "M16 off" in row["reason"]]
    assert len(off) == 3 and all(row["share"] == 0.0 for row in off)
    lead = [row for row in rows if row["part"].startswith("lead")]
    assert lead[0]["value"] > lead[1]["value"]
