"""The generated description leaves nothing out that the model has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kladsim.report.description import odd
from kladsim.report.submodels import MODULES
from kladsim.report.templating import table

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def text() -> str:
    return odd()


def test_every_phase_in_order(text: str) -> None:
    from kladsim.model.day import LANES, PHASES

    places = [text.index(f"| {number} | {phase.name} |") for number, phase in enumerate(PHASES, start=1)]
    assert places == sorted(places)
    for item in (*LANES.processes, *LANES.awakenings):
        assert f"| {item.name} |" in text


def test_every_entity_with_every_column(text: str) -> None:
    from kladsim.model.entities import ALL_TABLES

    for entity in ALL_TABLES:
        part = text.split(f"### {entity.name}\n")[1].split("\n#")[0]
        assert all(f"| `{column.name}` |" in part for column in entity.columns)


def test_every_parameter_mechanism_quantity_outcome_and_stream(text: str) -> None:
    from kladsim.evidence import load_register, mechanisms
    from kladsim.model.outcomes import OUTCOMES
    from kladsim.model.quantities import QUANTITIES
    from kladsim.model.streams import STREAMS

    for name in (*load_register(), *QUANTITIES, *OUTCOMES):
        assert f"| `{name}` |" in text, name
    for mechanism in mechanisms():
        assert f"| {mechanism.id} | {mechanism.title} | {mechanism.off_means}" in text
    for name, number in STREAMS.names().items():
        assert f"| {number} | {name} |" in text


def test_submodels_and_limits(text: str) -> None:
    for name, _ in MODULES:
        assert f"### {name} (" in text
    assert "No published figure on use, death or treatment is for cathinones" in text
    assert "feedback(risk, availability, peers, p)" in text


def test_risk_by_tenure_and_force_have_no_equation_in_print(text: str) -> None:
    for module in ("policing", "punishment"):
        part = text.split(f"### {module} (")[1].split("\n#### ")[0]
        assert "```" not in part


def test_the_copy_in_docs_has_the_same_parts(text: str) -> None:
    """Numbers may move while the model is fitted; renew it with ``kladsim explain model``."""
    kept = (DOCS / "model_description.md").read_text(encoding="utf-8")
    assert _headings(kept) == _headings(text)


def _headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#") and "`" not in line]


def test_cells_of_a_table_stay_on_one_line() -> None:
    assert table(("a",), [("x | y\nz",), (0.5,)]) == "| a |\n| --- |\n| x \\| y z |\n| 0.5 |"
