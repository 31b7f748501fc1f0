"""The example package: built, unpacked and found by its entry point alone, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "youth_clubs"
PLAN = """
name: clubs
based_on: russia
levers:
  - {lever: youth_clubs, share: 0.4, start: 2020}
"""


def call(code: str, site: Path, cwd: Path) -> str:
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    wheel = call(build, folder, EXAMPLE).split()[-1]
    with zipfile.ZipFile(folder / wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_lever_has_less_than_fifty_lines() -> None:
    assert len((EXAMPLE / "src" / "kladsim_youth_clubs" / "__init__.py").read_text().splitlines()) < 50


def test_the_installed_lever_is_found_by_name(site: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    code = (
        "import json, kladsim as ks; from kladsim.world import load_pack; s = ks.Scenario.load('plan.yaml');"
        "m = s.resolve(load_pack('russia')).modifiers;"
        "print(json.dumps([sorted(ks.lever_classes()), repr(s), [x.quantity for x in m], m[0].value]))"
    )
    names, text, quantities, value = json.loads(call(code, site, tmp_path))
    assert "youth_clubs" in names and "YouthClubs" in text
    assert quantities == ["recruitment.prevention.young"] and value == pytest.approx(0.08)
