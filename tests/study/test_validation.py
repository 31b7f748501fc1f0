"""Validation: every id has a check, rules judge as they say, a wrong world fails, and nothing forbidden leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.study.doors import are_current, assert_all_say_stale, refused_without_posterior

from kladsim.core.errors import InputError
from kladsim.evidence import claims, patterns, published, targets
from kladsim.model.config import MECHANISMS
from kladsim.study.measures.experiments import EXPERIMENTS, Experiment
from kladsim.study.measures.replicate import run_replicate
from kladsim.validation.checks.claims import OWN, carried
from kladsim.validation.checks.patterns_of_work import at_stock
from kladsim.validation.judging import judge, matrix, result_of
from kladsim.validation.registry import checks, experiments_of, select_checks
from kladsim.validation.store import ExperimentTask, FactRows, ship, shipped, stale
from kladsim.validation.verdicts import CheckInput, CheckPart, in_runs, predicted, right_direction


def test_every_id_of_the_evidence_has_a_check() -> None:
    ids = {row.id for table in (patterns(), targets(), published(), claims()) for row in table}
    assert ids == set(checks())


def test_every_claim_in_scope_names_a_mechanism_and_a_check_or_a_reason() -> None:
    for claim in claims():
        how = carried()[claim.id]
        assert bool(how.checks) != bool(how.reason), claim.id
        assert claim.scope != "in" or claim.mechanisms, claim.id
        assert all(name == OWN or name in checks() for name in how.checks), claim.id


def test_enough_published_rows_are_tested_and_secondary_ones_never() -> None:
    tested = [check for check in checks().values() if check.kind == "published" and check.judge is not None]
    assert len(tested) >= 25
    assert sum(check.use in ("VAL", "SIGN") for check in tested) >= 15
    read = {row.id for row in published() if row.testable}
    assert {check.id for check in tested} <= read


def test_whatever_is_not_testable_says_why_and_experiments_exist() -> None:
    for check in checks().values():
        assert (check.judge is None) == bool(check.why_not), check.id
        assert set(check.needs) <= set(EXPERIMENTS), check.id
    assert {f"off-{name}" for name in MECHANISMS} <= set(EXPERIMENTS)


def test_target_parts_are_those_that_are_measured() -> None:
    from kladsim.study.measures.targets import MEASURES
    from kladsim.validation.checks.targets import ELSEWHERE, measured

    mine = {(t.id, part) for t in targets() if t.id not in (*ELSEWHERE, "T10", "T25") for part in measured(t)}
    assert mine == set(MEASURES)


def test_expected_punishments_are_what_the_kernel_draws_from() -> None:
    from kladsim.core.jit import plain
    from kladsim.model import Simulation
    from kladsim.model import codes as k
    from kladsim.model.punishment import punished
    from kladsim.policy.scenario import Scenario
    from kladsim.study.measures.cohorts import present_rows
    from kladsim.study.measures.watching import expected_punishments
    from kladsim.world import load_pack

    pack = load_pack("russia")
    s = Simulation(Scenario.preset("russia").with_(until="2015-01-01", scale="1/200").resolve(pack), pack)
    s.run()
    rows = present_rows(s)
    rows = rows[s.persons_table.flags[rows] & k.COURIER > 0]
    world = SimpleNamespace(on=s.world.on, branches=s.world.branches, p=[_named(s._p)])
    today = SimpleNamespace(day=s.day - 1)
    drawn = sum(plain(punished)(s.persons_table, int(i), 0, world, today) for i in rows)
    assert len(rows) > 3
    assert expected_punishments(s)[0] == pytest.approx(drawn)


def _named(parameters: dict[str, float]) -> SimpleNamespace:
    return SimpleNamespace(**{name.replace(".", "_"): value for name, value in parameters.items()})


def test_only_names_ids_and_kinds() -> None:
    assert select_checks("P08, targets")[:2] == ["P08", "T01"]
    assert experiments_of(["P24"]) == []
    with pytest.raises(InputError, match="did you mean"):
        select_checks("patern")


def part(*values: float, low: float | None = None, high: float | None = None, strict: bool = False) -> CheckPart:
    return CheckPart("x", np.array(values), low, high, strict=strict)


def test_a_pattern_holds_in_four_fifths_of_runs_with_all_parts_together() -> None:
    assert in_runs(part(1, 1, 1, 1, 0, low=0.5)).ok
    assert not in_runs(part(1, 1, 1, 0, 0, low=0.5)).ok
    assert not in_runs(part(1, 1, 1, 1, 0, low=0.5), part(0, 1, 1, 1, 1, low=0.5)).ok
    assert not in_runs(part(float("nan"), 1, 1, 1, float("nan"), low=0.5)).ok
    assert not in_runs(part(0.0, low=0.0, strict=True)).ok


@pytest.mark.parametrize("size", [20, 40, 120])
def test_an_effect_is_read_at_the_stock_it_is_asked_for(size: int) -> None:
    """Whatever stocks came out: an effect in proportion to one courier's share of them is found exactly."""
    rows = {
        f"stock-{asked}": [
            {"replicate": r, "arms": {"base": {"couriers_mean@2021": n, "x": 0.0}, "more": {"x": -400.0 * 1e3 / n}}}
            for r, n in enumerate((1e3 * asked * 0.8, 1e3 * asked * 1.1))
        ]
        for asked in (20, 40, 120)
    }
    found = at_stock(CheckInput(rows), size, "more", "base", lambda a, b: b["x"] - a["x"])
    ends = [(16, 96), (22, 132)]  # beyond the stocks run, the nearest stands
    np.testing.assert_allclose(found, [-400.0 / min(max(size, low), high) for low, high in ends])


def test_a_wide_interval_cannot_pass_for_a_fit() -> None:
    narrow, wide = np.linspace(9, 11, 41), np.linspace(0, 40, 41)
    assert predicted(CheckPart("x", narrow), 10.0).ok
    assert not predicted(CheckPart("x", wide), 10.0).ok  # the point is inside, the median is not within a quarter
    assert not predicted(CheckPart("x", narrow), 12.0).ok
    assert "width" in predicted(CheckPart("x", wide), 10.0).reason


def test_a_direction_must_be_right_in_nineteen_of_twenty() -> None:
    assert right_direction(part(*[1.0] * 19, -1.0, low=0.0, strict=True)).ok
    assert not right_direction(part(*[1.0] * 18, -1.0, -1.0, low=0.0, strict=True)).ok


def test_without_rows_nothing_is_judged() -> None:
    assert {result.status for result in judge(select_checks(""), {})} == {"not run", "not testable"}


def small(scale: int, names: tuple[str, ...], *off: str) -> Experiment:
    """Return the futures named in a sample of 1/scale, with mechanisms off from the first day."""
    arms = EXPERIMENTS["arms"]
    some = tuple(arm for arm in arms.arms if arm.name in names)
    return replace(arms, name="small", arms=some, scale=scale, change=replace(arms.change, off=off))


def test_a_planted_wrong_world_fails_the_right_checks() -> None:
    """Where couriers come at a fixed rate and nobody is punished P11 and P18 fail; P11 passes where both are on."""
    rows = [run_replicate(small(1000, ("wages", "thieves"), "M7", "M9"), number) for number in range(4)]
    wrong = {"arms": rows, "arms-tenth": rows}  # four: in one so small a single recruit more is a rise by luck
    assert {name: result_of(checks()[name], CheckInput(wrong)).status for name in ("P11", "P18")} == {
        "P11": "fail",
        "P18": "fail",
    }
    right = {"arms-tenth": [run_replicate(small(20, ("wages",)), 0)]}  # at 1/100 luck drowns a tenth of wages
    assert result_of(checks()["P11"], CheckInput(right)).status == "pass"


def test_rows_resume_and_a_torn_line_counts_as_missing(tmp_path: Path) -> None:
    rows = FactRows(tmp_path)
    rows.add("base", {"replicate": 1, "seconds": 1.0, "arms": {"base": {"orders@2019": 2.0}}})
    with (rows.folder / "base.jsonl").open("a") as file:
        file.write('{"replicate": 0, "sec')
    assert [row["replicate"] for row in rows.read("base")] == [1]
    tasks = [ExperimentTask("base", number) for number in range(3)]
    assert rows.find_finished(tasks) == {"base/1"}


def fake(**facts: float) -> dict[str, object]:
    return {"replicate": 0, "seconds": 1.0, "arms": {"base": facts}}


def test_punishment_leaves_as_sign_and_standardised_effect_only(tmp_path: Path) -> None:
    years = {
        f"expected_punish_{kind}@{y}": v for kind, v in (("pledged", 3.0), ("deposit", 1.0)) for y in range(2018, 2022)
    }
    rows = {"base": [fake(**years), fake(**years)]}
    result = result_of(checks()["P20"], CheckInput(rows))
    assert (result.status, result.value, result.low, result.high, result.unit) == ("pass", 1.0, None, None, "sign")
    for shown in result.parts:
        assert set(shown) == {"name", "band", "unit", "holds_in", "sign", "standardised_effect"}
    ship([result], rows, {}, tmp_path / "results.json")  # type: ignore[arg-type]
    assert "expected_punish" not in (tmp_path / "results.json").read_text()


def test_the_matrix_names_what_turns_red() -> None:
    def rows(share: float) -> list[dict[str, object]]:
        return [fake(leader_share_highest=share, largest_shop_highest=0.01)] * 2

    table = matrix({"base": rows(0.9), "off-M4": rows(0.3)})  # type: ignore[dict-item]
    assert table["M4"]["P01"] == "red"


def test_a_random_part_of_the_stored_rows_is_the_same_today() -> None:
    """Recompute stored replicates, another choice every day; while the model is built each door says what they are of."""
    from kladsim.validation.keys import digest_of

    if not are_current(stale(shipped())):
        return
    cheap = [name for name in shipped()["experiments"] if name == "base" or name.startswith(("off-", "taste"))]
    choice = np.random.default_rng(date.today().toordinal())
    for name in choice.choice(cheap, 2, replace=False):
        digests = shipped()["experiments"][str(name)]["digests"]
        number = int(choice.integers(len(digests)))
        row = run_replicate(EXPERIMENTS[str(name)], number)
        assert digest_of(row["arms"]["base"])[:16] == digests[number]["base"], (name, number)


@pytest.mark.parametrize("mode", ["point", "posterior", "prior"])
def test_stale_results_say_so_in_every_door(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while nothing is stale: with rules that are not those of the stored results."""
    from kladsim.validation import store

    if mode == "posterior" and refused_without_posterior():
        return
    monkeypatch.setattr(store, "judging_key", lambda: "the rules of another day")
    why = stale(shipped(mode), mode)
    assert why
    assert_all_say_stale(why, mode)
