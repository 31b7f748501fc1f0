"""What a strict user's mypy says of code that uses kladsim: README's passes, mistakes are found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = f"[mypy]\nstrict = true\nmypy_path = {ROOT / 'src'}\nfollow_imports = silent\n"
RIGHT = """
from datetime import date
from fractions import Fraction

import numpy as np

import kladsim as ks

base = ks.Scenario(name="a", start="2014", until=np.datetime64("2030-01-01"), scale="1/50", seed=3)
other = ks.Scenario(name="b", until=date(2030, 1, 1), scale=Fraction(1, 100), mechanisms={"M9": False})
third = base.with_(until=2030, scale=0.01, parameters={"courier.slack": 0.3})
closed = ks.Takedown(date=date(2027, 6, 1))
later = ks.Takedown(date="2027-06")
where = ks.Police(tier="courier", factor=1.5, start="2025", end=date(2026, 1, 1), where=["RU-MOW", "RU-SPE"])
one = ks.Police(tier="courier", factor=1.5, start=2025, end=None, where=("RU-MOW",))
first: date = closed.date
last: date | None = where.end
share: Fraction = base.scale
regions: tuple[str, ...] = where.where
ks.run(base, until=date(2015, 1, 1), replicates=2)
ks.compare(base, third, until=date(2015, 1, 1), scale="1/100", replicates=2)
"""
BEGIN = 'import kladsim as ks\nbase = ks.Scenario(name="a")\n'
WRONG = {
    'ks.Diversion(share=0.5, teir="courier", start="2025")': "teir",
    'ks.Diversion(share="half", start="2025")': "share",
    "ks.Diversion(share=0.5, start=3.5)": "start",
    "ks.Takedown()": "date",
    'ks.Scenario(name="a", until=None)': "until",
    'base.with_(untill="2030")': "untill",
    "ks.Police(tier='courier', factor=1.5, where=7)": "where",
    "number: int = ks.Takedown(date='2027').date": "int",
}


README, ACCEPTED, MISTAKEN = "readme.py", "accepted.py", "mistaken.py"


@pytest.fixture(scope="module")
def mypy_output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy says of three programs in one run: reading the package costs more than all of them."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("user")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)
    assert blocks
    (folder / README).write_text("\n".join(blocks))
    (folder / ACCEPTED).write_text(RIGHT)
    (folder / MISTAKEN).write_text(BEGIN + "\n".join(WRONG) + "\n")
    (folder / "mypy.ini").write_text(CONFIG)
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", README, ACCEPTED, MISTAKEN]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert "checked 3 source files" in done.stdout, done.stdout + done.stderr
    return done.stdout


def _errors(mypy_output: str, file: str) -> list[str]:
    return [text for text in mypy_output.splitlines() if text.startswith(f"{file}:") and ": error" in text]


@pytest.mark.slow
@pytest.mark.parametrize("file", [README, ACCEPTED])
def test_readme_and_every_accepted_kind_pass_a_strict_mypy(mypy_output: str, file: str) -> None:
    assert _errors(mypy_output, file) == []


@pytest.mark.slow
def test_mistakes_are_found(mypy_output: str) -> None:
    for line, (code, word) in enumerate(WRONG.items(), start=1 + len(BEGIN.splitlines())):
        found = [text for text in _errors(mypy_output, MISTAKEN) if text.startswith(f"{MISTAKEN}:{line}: ")]
        assert found and word in " ".join(found), (code, mypy_output)
    assert mypy_output.splitlines()[-1].endswith("in 1 file (checked 3 source files)"), mypy_output
