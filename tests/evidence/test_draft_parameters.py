"""The draft of parameters for model 1.0 (decision 051) is in the form of the register and rests on no figure that is kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kladsim.evidence import load_register
from kladsim.evidence.register import Register
from kladsim.validation.roles import roles_of

DRAFT = Path(__file__).parents[2] / "docs/decisions/051-parameters-of-harm.csv"
KEYS = ("value", "low", "high", "unit", "prior", "source", "grade", "control", "doc")
NUMBERS = ("value", "low", "high")


def rows() -> list[dict[str, str]]:
    with DRAFT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    lines = []
    for row in rows():
        cells = {key: float(row[key]) if key in NUMBERS else row[key] for key in KEYS}
        lines += [f"[{json.dumps(row['name'])}]", *(f"{key} = {json.dumps(cell)}" for key, cell in cells.items())]
    path = tmp_path_factory.mktemp("draft") / "parameters.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_register(path)


def test_every_row_passes_the_checks_of_the_register(register: Register) -> None:
    assert list(register) == [row["name"] for row in rows()]


def test_what_a_row_replaces_stands_in_the_register() -> None:
    for row in rows():
        assert set(row["replaces"].split()) <= set(load_register()), row["name"]


def test_no_source_is_a_figure_that_is_kept(register: Register) -> None:
    """A claim may be named for the existence of a path; it sets no number."""
    for name, parameter in register.items():
        for source in parameter.evidence:
            if not source.startswith("S"):
                assert {row.role for row in roles_of(source)} != {"kept"}, (name, source)


def test_every_row_says_how_its_number_stands() -> None:
    for row in rows():
        assert row["standing"] in ("fitted", "assumption", "input", "fixed"), row["name"]
        assert (row["prior"] == "fixed") == (row["standing"] == "fixed"), row["name"]
        assert (
            row["identified_by"].startswith("none") == (row["standing"] == "assumption") or row["standing"] == "fixed"
        )
