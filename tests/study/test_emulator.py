"""The emulator: exact at no lever, right on a known truth, caught when it is wrong, and honest about what it does not know."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from tests.study.made_up_emulator import START, made_up, rows

from kladsim import Scenario
from kladsim.cli.main import verbs
from kladsim.core.errors import InputError
from kladsim.inference.emulator import Emulator, UncoveredError
from kladsim.inference.emulator.asking import ask
from kladsim.inference.emulator.axes import LEVERS, PARAMETERS, axis_of, levers_at, parameter_axes
from kladsim.inference.emulator.checking import check
from kladsim.inference.emulator.design import LAST, Size, country_draws, histories
from kladsim.inference.emulator.drivers import drivers
from kladsim.inference.emulator.evaluating import Polynomials, evaluate, features
from kladsim.inference.emulator.families import trained
from kladsim.inference.emulator.fitting import fit, write
from kladsim.inference.emulator.measures import MEASURES
from kladsim.inference.emulator.running import parameters_of
from kladsim.inference.emulator.table import table_of
from kladsim.policy.registry import lever_class
from kladsim.runs import parameters


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return made_up()


def test_it_passes_on_a_truth_that_it_can_learn(emulator: Emulator) -> None:
    found = check(emulator)
    assert found.passed, found.problems
    assert min(one.r2 for one in found.outcomes) > 0.9
    assert 0.85 <= found.coverage <= 0.97


@pytest.mark.parametrize("fault", ["sign", "size", "band", "one outcome"])
def test_a_wrong_emulator_fails_the_check(emulator: Emulator, fault: str) -> None:
    arrays = {name: array.copy() for name, array in emulator.arrays.items()}
    names = [m.name for m in MEASURES] if fault != "one outcome" else ["deaths"]
    for name in names:
        if fault == "band":
            arrays[f"{name}/quantiles"] *= 0.2
        else:
            arrays[f"{name}/coefficients"] *= {"sign": -1.0, "size": 3.0, "one outcome": -1.0}[fault]
    found = check(Emulator(emulator.meta, arrays))
    assert not found.passed
    if fault == "one outcome":
        assert {problem.split(":")[0] for problem in found.problems if ":" in problem} == {"deaths"}


def test_no_lever_is_exactly_no_difference_and_no_band(emulator: Emulator) -> None:
    off = [lever_class("diversion")(share=0.5, start=START, strength=0.0)]
    for levers in ([], off, [lever_class("police")(tier="courier", factor=1.0, start=START)]):
        found = emulator.predict(levers, parameters={"demand.elasticity": 1.2})
        assert {(e.median, e.low, e.high) for e in found.effects} == {(0.0, 0.0, 0.0)}


@pytest.mark.parametrize("family", ["linear", "interactions", "log quadratic", "gp", "trees"])
def test_every_family_is_exactly_zero_without_a_lever(family: str) -> None:
    draw = np.random.default_rng(1)
    u = draw.random((60, 5)) * (draw.random((60, 5)) < 0.5)
    p, y = draw.random((60, 3)), np.stack([u.sum(axis=1) - 1.0, u[:, 0]], axis=1)
    y[:9, 1] = np.nan
    found = evaluate(family, trained(family, 0.3, u, p, np.maximum(y, -0.9)), np.zeros((4, 5)), draw.random((4, 3)))
    assert (found == 0.0).all() and found.shape == (4, 2)


def test_polynomials_of_used_levers_are_those_of_all() -> None:
    draw = np.random.default_rng(2)
    u, p = draw.random((3, 6)), draw.random((3, 2))
    u[:, [1, 4]] = 0.0
    arrays = [
        {"groups": np.array([groups]), "coefficients": draw.random((features(u, p, groups).shape[1], 4))}
        for groups in (1, 2, 3)
    ]
    found = Polynomials(arrays, 6, 2)(u, p)
    for at, one in enumerate(arrays):
        np.testing.assert_allclose(found[:, at], features(u, p, int(one["groups"][0])) @ one["coefficients"])


def test_a_file_gives_the_same_answers_and_the_same_bytes(emulator: Emulator, tmp_path: Path) -> None:
    assert write(emulator, tmp_path / "a.npz") == write(emulator, tmp_path / "b.npz") < 1_500_000
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    levers = levers_at({"treatment": 20_000.0, "police.buyer": -0.3}, START)
    assert Emulator.open(tmp_path / "a.npz").predict(levers) == emulator.predict(levers)


def test_strength_and_share_are_one_axis(emulator: Emulator) -> None:
    half = lever_class("diversion")(share=0.8, start=START, strength=0.5)
    whole = lever_class("diversion")(share=0.4, start=START)
    assert emulator.predict([half]) == emulator.predict([whole])
    for axis in LEVERS:
        for change in (axis.high, axis.low / 2):
            if change:
                found, back, start = axis_of(levers_at({axis.name: change}, START)[0])
                assert (found.name, start) == (axis.name, START) and back == pytest.approx(change)


def test_what_it_was_not_trained_on_gets_no_answer(emulator: Emulator) -> None:
    wrong = (
        {"lever": "diversion", "share": 0.5, "start": START, "where": ("RU-MOW",)},
        {"lever": "diversion", "share": 0.5, "start": START, "ramp_days": 90},
        {"lever": "diversion", "share": 0.5, "start": date(2019, 1, 1)},
        {"lever": "police", "tier": "shop", "factor": 1.5, "start": START},
        {"lever": "financial_sanctions", "factor": 5.0, "start": date(2024, 6, 1)},
    )
    from kladsim.policy.registry import parse_lever

    for content in wrong[:4]:
        with pytest.raises(UncoveredError):
            emulator.predict([parse_lever(content)])
    with pytest.raises(UncoveredError, match="too long"):
        emulator.predict([parse_lever(wrong[4])])
    with pytest.raises(UncoveredError, match="range"):
        emulator.predict([], parameters={"demand.elasticity": 2.5})
    with pytest.raises(InputError, match="market"):
        ask(emulator, None, ["price.risk=0.7"], start="2025-01-01", until="2031-01-01")


def test_a_later_lever_adds_its_part_from_its_own_start(emulator: Emulator) -> None:
    early, late = date(2025, 1, 1), date(2026, 7, 2)
    first = levers_at({"treatment": 30_000.0}, early)
    alone = emulator.predict(first)["deaths"].years
    both = emulator.predict([*first, *levers_at({"drug_checking": 0.4}, late)])["deaths"].years
    assert both[0][:2] == alone[0][:2]
    assert all(two[1] < one[1] for two, one in zip(both[1:], alone[1:], strict=True))
    assert abs(both[1][1] - alone[1][1]) < abs(both[2][1] - alone[2][1])


def test_more_runs_and_larger_samples_make_a_narrower_band(emulator: Emulator) -> None:
    levers = levers_at({"treatment": 30_000.0}, START)
    widths = [
        (found := emulator.predict(levers, runs=runs, k=k)["deaths"]).high - found.low
        for runs, k in ((2, 100), (8, 100), (8, 10))
    ]
    assert widths[0] > widths[1] > widths[2] > 0


def test_draws_of_parameters_are_averaged(emulator: Emulator) -> None:
    levers = levers_at({"treatment": 30_000.0, "police.courier": 1.0}, START)
    ends = [{PARAMETERS[0]: axis.at(end)} for axis in parameter_axes()[:1] for end in (-1.0, 1.0)]
    both = emulator.predict(levers, draws=[*ends, {"courier.quit": 0.1}], base={"deaths": 1.0})["deaths"]
    singly = [emulator.predict(levers, draws=[one], base={"deaths": 1.0})["deaths"] for one in (*ends, {})]
    assert both.median == pytest.approx(np.mean([one.median for one in singly]))


def test_designs_are_possible_sparse_and_hold_every_lever_out_of_nothing() -> None:
    design = histories(Size())
    assert design == histories(Size()) and len({history.number for history in design}) == len(design)
    plans = [plan for history in design for plan in history.plans]
    seen = [name for plan in plans for name in plan]
    assert all(seen.count(axis.name) >= 10 for axis in LEVERS)
    assert np.median([len(plan) for plan in plans]) <= 3 and max(map(len, plans)) >= 8
    tested = {h.group for h in design if h.role == "test"}
    assert tested and not tested & {h.group for h in design if h.role != "test"}
    for history in design:
        assert history.until <= LAST and len(history.units) == len(PARAMETERS)
        for plan in history.plans:
            Scenario(name="x", until=LAST, levers=tuple(levers_at(plan, history.start)))


def test_histories_have_the_draws_of_the_runs_that_they_stand_for() -> None:
    """Each history has a draw of its own with all it changes, structure too; every fourth also moves the axes."""
    draws = country_draws()
    assert draws is not None and draws == parameters.draws_for(parameters.shipped_mode("russia"), "russia", given())
    design = histories(Size(), draws=draws)
    assert len({history.draw for history in design}) == len(design), "no two histories share a draw"
    usual = dict(load_register_values())
    for history in design:
        values = parameters_of(history, usual)
        drawn = draws.at(history.draw)
        assert {name: value for name, value in values.items() if name not in PARAMETERS} == {
            name: value for name, value in drawn.items() if name not in PARAMETERS
        }
        if history.wide:
            assert history.role == "train"
        else:
            assert values == drawn
    assert sum(history.wide for history in design) == Size().histories // 4
    pairs = [h for h in design if h.role == "repeat"]
    assert all(one.plans == other.plans and one.draw != other.draw
               for one in pairs for other in pairs if one.group == other.group and one is not other)  # fmt: skip
    assert {history.start.year for history in design} == set(range(2024, 2031))
    stale = replace(design[0], source="posterior-000000000000")
    with pytest.raises(InputError, match="other draws"):
        parameters_of(stale, usual)


def given() -> list[str]:
    return list(Scenario.preset("russia").parameters)


def load_register_values() -> dict[str, float]:
    return {axis.name: axis.value for axis in parameter_axes()}


def test_an_answer_without_parameters_is_for_the_draws_that_trained_it(emulator: Emulator) -> None:
    levers = levers_at({"treatment": 30_000.0}, START)
    rows = emulator.drawn
    assert len(rows) > 1 and np.abs(rows).max() <= 1.0
    axes = parameter_axes()
    draws = [{axis.name: axis.at(unit) for axis, unit in zip(axes, row, strict=True)} for row in rows]
    usual, drawn = (emulator.predict(levers, draws=each)["deaths"] for each in ((), draws))
    assert usual.median == pytest.approx(drawn.median) and usual.base == pytest.approx(drawn.base)


def test_it_answers_for_starts_to_the_end_of_the_models_time(emulator: Emulator) -> None:
    for year in range(2024, 2031):
        assert emulator.predict(levers_at({"treatment": 30_000.0}, date(year, 1, 1)), until=min(date(year + 6, 1, 1), LAST))
    with pytest.raises(UncoveredError, match="not trained"):
        emulator.predict(levers_at({"treatment": 30_000.0}, date(2023, 1, 1)))


def test_an_outcome_that_does_not_occur_in_a_base_is_no_share_of_nothing() -> None:
    made = rows()
    absent = next(row for row in made if row["history"]["role"] == "train")
    absent["base"]["arrests_minor"] = [0.0] * len(absent["base"]["arrests_minor"])
    table = table_of(made)
    at = [measure.name for measure in MEASURES].index("arrests_minor")
    mine = table.history == absent["history"]["number"]
    assert np.isfinite(table.y[:, at, 0]).all() and (table.base[mine, at] > 0).all()
    others = np.array([np.mean(row["base"]["arrests_minor"]) for row in made])
    assert table.base[mine, at] == pytest.approx(0.05 * others.mean())
    emulator = fit(made, k=100, families=[("linear", 0.1)])
    assert np.isfinite(emulator.predict(levers_at({"treatment": 30_000.0}, START))["arrests_minor"].median)


def test_parameters_go_there_and_back() -> None:
    for axis in parameter_axes():
        for unit in (-1.0, -0.3, 0.0, 0.7, 1.0):
            assert axis.place(axis.at(unit)) == pytest.approx(unit, abs=1e-9)


def test_drivers_rank_what_moves_and_never_the_market_singly(emulator: Emulator) -> None:
    plan = levers_at({"treatment": 30_000.0, "police.courier": 1.0}, START)
    found = drivers(emulator, "deaths", plan=plan)
    assert found.levers[0].size >= found.levers[-1].size > 0
    names = [one.name for one in (*found.parameters, *found.shares, *found.parts)]
    assert "market" in names and not any(name.startswith("price.") for name in names)
    assert found.parameters[0].name == PARAMETERS[0]  # the made-up base hangs on it alone
    assert found.shares[0].total > 0.1 and found.effect is not None and found.effect < 0
    assert {part.name for part in found.parts if part.kind == "lever"} == {"treatment", "police.courier"}


def test_answers_need_neither_scikit_learn_nor_a_compiler(emulator: Emulator, tmp_path: Path) -> None:
    write(emulator, tmp_path / "e.npz")
    code = (
        "import sys; from pathlib import Path; from kladsim.inference.emulator import Emulator; from datetime import date;"
        "from kladsim.inference.emulator.axes import levers_at;"
        f"Emulator.open(Path({str(tmp_path / 'e.npz')!r})).predict(levers_at({{'treatment': 9000.0}}, date(2025, 1, 1)));"
        "print([m for m in ('sklearn', 'numba', 'scipy', 'xarray', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_command_line_checks_and_predicts(emulator: Emulator, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    path = tmp_path / "e.npz"
    write(emulator, path)
    runner = CliRunner()
    checked = runner.invoke(verbs, ["dev", "emulate", "check", "--file", str(path), "--json"])
    assert checked.exit_code == 0 and '"coverage_90"' in checked.stdout
    options = ["predict", "--file", str(path), "--set", "treatment.places=40000", "--set", "diversion.share=0.5", "--json"]
    told = runner.invoke(verbs, ["emulate", *options])
    assert told.exit_code == 0 and '"kind": "estimated"' in told.stdout, told.output
    assert runner.invoke(verbs, ["emulate", "predict", "--file", str(path), "--set", "treatmnt.places=4"]).exit_code == 2
    arrays = {name: -array if name.endswith("coefficients") else array for name, array in emulator.arrays.items()}
    write(Emulator(emulator.meta, arrays), path)
    assert runner.invoke(verbs, ["dev", "emulate", "check", "--file", str(path)]).exit_code == 1


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"electronic_monitoring": 0.8}, "prison_years"),
        ({"recruitment_prevention.all": 0.5}, "couriers"),
        ({"precursor_control": 0.7}, "orders"),
    ],
)
def test_the_shipped_emulator_has_the_direction_of_the_model(changes: dict[str, float], outcome: str) -> None:
    shipped = Emulator.open()
    sizes = [
        shipped.predict(levers_at({name: share * value for name, value in changes.items()}, START))[outcome].median
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert sizes[0] == 0.0 and all(later < earlier for earlier, later in zip(sizes, sizes[1:], strict=False)), sizes


def test_sums_of_an_older_file_are_called_what_they_are() -> None:
    from kladsim.inference.emulator.predicting import _name_sums

    meta = {"measures": [{"name": "deaths"}, {"name": "qaly_lost"}, {"name": "daly_lost"}]}
    arrays = {name: np.zeros(1) for name in ("deaths/base", "qaly_lost/base", "daly_lost/base", "test/u")}
    named, moved = _name_sums(meta, arrays)
    assert [m["name"] for m in named["measures"]] == ["deaths", "qaly_lost_with_front", "daly_lost_with_front"]
    assert list(moved) == ["deaths/base", "qaly_lost_with_front/base", "daly_lost_with_front/base", "test/u"]
    both = {"measures": [{"name": m.name} for m in MEASURES]}
    assert _name_sums(both, arrays) == (both, arrays)
    assert {"qaly_lost", "qaly_lost_with_front"} <= {m.name for m in MEASURES}


def test_a_year_of_a_run_has_its_sums_without_and_with_the_front() -> None:
    from types import SimpleNamespace

    from tests.study.test_economics import VALUE, Run

    from kladsim.inference.emulator.measures import COUNTED, yearly

    run = Run("x", {"deaths": [[0.0, 2.0]] * 2, "deaths_at_front": [[0.0, 3.0]] * 2})
    one = {name: replace(item, values=item.values[:1]) for name, item in run.national().items()}
    for measure in COUNTED:
        if measure.name not in one:
            one[measure.name] = replace(one["deaths"], name=measure.name, values=np.zeros((1, 2)), unit=measure.unit)
    config = SimpleNamespace(country="russia", start=date(2020, 1, 1), until=date(2022, 1, 1), parameters={})
    found = yearly(one, config, date(2020, 1, 1), 2)
    years = VALUE["weight.years.death"]
    assert found["daly_lost"] == pytest.approx([0.0, 2 * years])
    assert found["daly_lost_with_front"] == pytest.approx([0.0, 5 * years])
    assert found["qaly_lost_with_front"][1] == pytest.approx(5 * years * VALUE["weight.years.utility"])


def test_a_plan_is_asked_for_with_all_that_it_gives(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    head = "name: p\nbased_on: russia\n"
    levers = "levers: [{lever: treatment, places: 20000, start: 2025-01-01}]\n"
    path.write_text(head + "until: 2028-01-01\n" + levers)
    assert ask(emulator, str(path), (), start="2025-01-01").until == 2027
    assert ask(emulator, str(path), (), start="2025-01-01", until="2030-01-01").until == 2029
    path.write_text(head + levers)
    assert ask(emulator, str(path), (), start="2025-01-01").until == 2030
    for line, near in (
        ("start: 2015-01-01\n", "start"),
        ("mechanisms: {M9: off}\n", "mechanisms"),
        ("parameters: {recruitment.rat: 0.002}\n", "recruitment.rate"),
        ("parameters: {price.risk: 0.9}\n", "market"),
    ):
        path.write_text(head + line + levers)
        with pytest.raises(InputError, match=near):
            ask(emulator, str(path), (), start="2025-01-01")
