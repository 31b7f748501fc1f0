"""Experiments are data: what a file says becomes exactly the change, and a mistake names the near match."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.model.config import MECHANISMS, Modifier
from kladsim.study.measures.experiments import EXPERIMENTS, POOLS, STOCK_SIZES, STRUCTURES, arm_of, read_experiments

HEAD = "structures:\n  default: {}\n  low: {price.risk_power: 1.0}\nexperiments:\n"


def read(tmp_path: Path, *entries: str):
    path = tmp_path / "experiments.yaml"
    path.write_text(HEAD + "".join(f"- {entry}\n" for entry in entries), encoding="utf-8")
    return read_experiments(path)[0]


def test_changes_are_what_they_say() -> None:
    stop = arm_of("arms", "import-stop")
    assert stop.change.modifiers == (Modifier("border", date(2018, 2, 1), date(2018, 8, 1), "set", 0.1),)
    assert (stop.start, stop.until) == (date(2018, 1, 1), date(2020, 1, 1))
    (local,) = arm_of("published", "local-crackdown").change.modifiers
    assert local == Modifier("policing.effort.courier", date(2018, 1, 1), None, "multiply", 3.0, "RU-SVE")
    four = arm_of("closures", "repeated").change.modifiers
    assert [(m.quantity, m.start.month) for m in four] == [("platform.takedown", month) for month in (2, 5, 8, 11)]
    assert arm_of("curve", "pool-0.25-arrests").change.parameters == {"recruitment.rate": "x0.25"}
    assert arm_of("arms", "no-deposits").change.world == {"labour.deposits": "=0"}
    assert EXPERIMENTS["off-M9"].change.off == ("M9",) and EXPERIMENTS["off-M9"].cohorts


def test_entries_with_each_are_written_once_for_every_item() -> None:
    assert [name for name in EXPERIMENTS if name in {f"off-{m}" for m in MECHANISMS}] == [f"off-{m}" for m in MECHANISMS]
    assert len(EXPERIMENTS["structures"].arms) == 4 * len(STRUCTURES)
    assert arm_of("structures", "displacement ++").change.parameters == {"policing.diffusion": -0.25}
    assert STOCK_SIZES == (20, 40, 120) and POOLS == (0.15, 0.25, 0.4, 0.6, 1.0)
    assert EXPERIMENTS["stock-40"].change.parameters["recruitment.rate"] == "x1.6194"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: a, doc: a, until: 2015-01-01, parameter: {use.relapse_later: 1.0}}", "did you mean 'parameters'"),
        ("{name: a, doc: a, until: 2015-01-01, parameters: {use.relapse_latter: 1.0}}", "mean 'use.relapse_later'"),
        ("{name: a, doc: a, until: 2015-01-01, quantities: {bordr: =0.1}}", "did you mean 'border'"),
        ("{name: a, doc: a, until: 2015-01-01, quantities: {border: 0.1 more}}", "allowed: x1.5 or =0.1"),
        ("{name: a, doc: a, until: 2015-01-01, quantities: {border: =7}}", "out of range"),
        ("{name: a, doc: a, until: 2015-01-01, off: [M21]}", "unknown mechanism"),
        ("{name: a, doc: a}", "until: is required"),
    ],
)
def test_mistakes_name_the_experiment_and_the_near_match(tmp_path: Path, entry: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, entry)
    assert message in str(caught.value) and "experiments.yaml, experiment a" in str(caught.value)


def test_a_name_is_there_once(tmp_path: Path) -> None:
    entry = "{name: a, doc: a, until: 2015-01-01}"
    with pytest.raises(InputError, match="is there twice"):
        read(tmp_path, entry, entry)


def test_an_arm_that_is_not_there_names_the_near_match() -> None:
    with pytest.raises(InputError, match="did you mean 'wages'"):
        arm_of("arms", "wage")
