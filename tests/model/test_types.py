"""The schemas of the state say what mypy, NumPy and Numba know of it; planted faults are found before anything is compiled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.model.running import simulation

from kladsim.model.entities import ALL_TABLES
from kladsim.model.state import BUFFERS, PARTS, World, column_names

ROOT = Path(__file__).parents[2]
UNITS = {
    "1", "0/1", "0/1/2", "0-1", "share", "probability", "1/day", "1/year", "1/year/100,000", "2^-32", "1e-6", "count", "code", "bits", "index",
    "row", "rows", "day", "day + 1", "days", "persons", "entity", "arrests", "cases", "shops", "laboratories", "accounts", "requests",
    "requests/day", "orders", "orders/day", "drops", "drops/day", "packages", "packages/day", "kopecks", "steps", "state", "product",
    "channel", "platform", "charge", "branch", "class 0-7",
}  # fmt: skip
"""Units that columns may have."""

FAULTS = '''\
from kladsim.model.entities import Persons
from kladsim.model.state import World
from kladsim.model.today import DayContext


def hazard(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    right = w.police.buyer_hazard[w.regions.of_chunk[c]] * w.p[0].policing_heavy * t.season_police * a.caution[i]
    w.police.buyer_hazrad[0] = 1.0
    wrong = w.p[0].policing_heavvy
    a.cautoin[i] = 1
    wrong += t.season_polce
    wrong += w.polise.success[0]
    return right + w.use.by_channel[0]
'''
FOUND = {8: "buyer_hazrad", 9: "policing_heavvy", 10: "cautoin", 11: "season_polce", 12: "polise", 13: "return value"}
"""Line of a planted fault, and what mypy says of it."""


def test_mypy_finds_a_misspelt_column_parameter_part_and_a_missing_index(tmp_path):
    path = tmp_path / "faults.py"
    path.write_text(FAULTS, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary"]
    done = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True)
    lines = {int(line.split(":")[1]): line for line in done.stdout.splitlines() if "faults.py" in line and "error" in line}
    assert set(lines) == set(FOUND), done.stdout + done.stderr
    for number, word in FOUND.items():
        assert word in lines[number]


def test_the_stub_of_parameters_is_what_the_register_says():
    assert subprocess.run([sys.executable, str(ROOT / "tools" / "parameter_types.py"), "--check"]).returncode == 0


def test_every_column_has_a_known_unit_and_a_meaning():
    tables = [(table.name, table.columns) for table in ALL_TABLES]
    for name, columns in (*tables, *((name, part.COLUMNS) for name, part in PARTS.items())):
        assert len({column.name for column in columns}) == len(columns)
        for column in columns:
            assert column.unit in UNITS, f"{name}.{column.name}: unit {column.unit!r}"
            assert column.doc and column.doc[-1] != ".", f"{name}.{column.name}"


def test_arrays_are_as_the_schema_says():
    s = simulation("2014-01-02", 2000)
    for name, part in PARTS.items():
        held = getattr(s.world, name)
        assert isinstance(held, part)
        assert {field for field, _ in held.items()} == {
            *(column.name for column in part.COLUMNS), *part.__annotations__.keys() - {"COLUMNS"}
        }, name  # fmt: skip
        for column in part.COLUMNS:
            array = getattr(held, column.name)
            assert array.dtype == np.dtype(column.dtype), f"{name}.{column.name}"
            assert array.ndim == len(column.shape.split(",")), f"{name}.{column.name}"
    assert set(World.__annotations__) == {*PARTS, *(n for n, _ in s.world.items())}
    assert all(f"{part}.{buffer}" in column_names() for part, buffers in BUFFERS.items() for buffer in buffers)


def test_a_name_that_no_schema_has_is_an_error_at_run_time():
    w = simulation("2014-01-02", 2000).world
    with pytest.raises(AttributeError, match="buyer_hazrad"):
        w.police.buyer_hazrad  # noqa: B018
    with pytest.raises(AttributeError, match="polise"):
        w.replaced(polise={})
