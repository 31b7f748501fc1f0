"""Every extension path of CONTRIBUTING is an example package: installed, run, switched off, compared bit by bit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import PATIENCE

import kladsim

EXAMPLES = Path(__file__).parents[2] / "examples"
PATHS = {
    "youth_clubs": ("levers",), "peer_support": ("mechanisms",), "death_rate": ("outcomes",),
    "remission": ("observers", "outcomes"), "relapse_check": ("checks",), "iceland": ("packs",),
}  # fmt: skip
"""Each example with the entry-point groups that it uses: together all that kladsim reads."""


def install(example: Path, site: Path) -> None:
    """Put a package with its entry points into a folder, as pip would, without a network."""
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    shutil.copytree(example / "src", site, dirs_exist_ok=True)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        line for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]  # fmt: skip
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def call(folder: Path, *paths: Path, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run the scenarios in a process whose import path holds these folders first."""
    own = Path(kladsim.__file__).parents[1]
    path = os.pathsep.join([*map(str, paths), str(own), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("scenarios.py")), *arguments], cwd=folder,
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return call(tmp_path_factory.mktemp("without"))


@pytest.fixture(scope="module")
def with_all(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("with")
    for name in PATHS:
        install(EXAMPLES / name, folder / "site")
    return call(folder, folder / "site", arguments=("peer_support",))


def test_each_example_declares_the_entry_points_of_its_path() -> None:
    groups = {"levers", "mechanisms", "outcomes", "observers", "checks", "packs"}
    for name, used in PATHS.items():
        project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text())["project"]
        assert tuple(project["entry-points"]) == tuple(f"kladsim.{group}" for group in used)
        assert f"`{name}`" in (EXAMPLES / "README.md").read_text()
    assert {group for used in PATHS.values() for group in used} == groups
    contributing = (EXAMPLES.parent / "CONTRIBUTING.md").read_text()
    assert all(f"`kladsim.{group}`" in contributing for group in groups)


def test_installed_and_off_a_run_has_the_bits_of_a_run_without(
    without: dict[str, Any], with_all: dict[str, Any]
) -> None:
    """Mechanisms off, outcomes and observers on: the digest of state and outcomes is the same, and so is the run's key."""
    for name in ("plain", "off again"):
        assert with_all[name]["digest"] == without["plain"]["digest"], name
    assert with_all["key"] == with_all["off key"] == without["key"]
    assert without["plain"]["added"] == {}


def test_outcomes_and_observers_of_packages_are_in_the_results(with_all: dict[str, Any]) -> None:
    added = with_all["plain"]["added"]
    assert set(added) == {"death_rate", "lasting_remission"}
    assert len(added["death_rate"]) == 2 and max(added["death_rate"]) > 0
    assert added["lasting_remission"] == [0.0, 0.0]  # nobody can have lasted two years after fourteen months


def test_a_mechanism_acts_when_it_is_on_and_shifts_no_luck_of_others(with_all: dict[str, Any]) -> None:
    assert with_all["on"]["digest"] != with_all["plain"]["digest"]
    assert with_all["helped"] > 0
    assert with_all["dependent"][1] < with_all["dependent"][0]
    # With an effect of nothing its draws are made, and every person and death is as without it.
    assert with_all["silent deaths"] == with_all["plain"]["deaths"]
    assert with_all["silent persons"]


def test_a_mechanism_gives_the_same_bits_on_threads_and_when_resumed(with_all: dict[str, Any]) -> None:
    assert with_all["threads"] == with_all["on"]["digest"] == with_all["resumed"]["digest"]


def test_parameters_of_a_mechanism_have_ranges_and_need_it_on(with_all: dict[str, Any]) -> None:
    assert "belongs to peer_support, which is off" in with_all["off parameter"]
    assert "0 to 1 1/year" in with_all["beyond"]
    assert "did you mean 'peer_support'?" in with_all["misspelt"]


def test_checks_levers_and_packs_of_packages_are_known_by_name(
    without: dict[str, Any], with_all: dict[str, Any]
) -> None:
    status, value, statement, mechanisms = with_all["check"]
    assert (status, value, mechanisms) == ("pass", 0.5, ["M2"]) and statement.startswith("Fewer people relapse")
    assert with_all["lever"] == ["youth_clubs"]
    assert with_all["iceland"][0] == 1 and "burden_only" in with_all["iceland"][1]
    assert "iceland" in with_all["packs"] and "iceland" not in without["packs"]
