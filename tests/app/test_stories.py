"""Every step of every story opens a state that the page and the model know, the same in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from kladsim.app import answers as a
from kladsim.app.service import Service
from kladsim.app.settings import ServerSettings
from kladsim.app.states import plans_of
from kladsim.app.stories import Step, stories
from kladsim.runs.disclosure import declared_cells

URL = Path(__file__).parents[2] / "web" / "src" / "lib" / "url.ts"
STEPS = [pytest.param(step, id=f"{story.name}-{at}") for story in stories("en") for at, step in enumerate(story.steps)]


@pytest.fixture(scope="module")
def service() -> Service:
    return Service(ServerSettings(runs=Path("/nonexistent")))


def _fields(state: str) -> dict[str, str]:
    _, _, query = state.partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {key: unquote(value) for key, _, value in pairs if key != "plan"}


def test_there_are_four_stories_with_the_same_states_in_both_languages() -> None:
    english, russian = stories("en"), stories("ru")
    assert len(english) >= 4 and [story.name for story in english] == [story.name for story in russian]
    for one, other in zip(english, russian, strict=True):
        assert len(one.steps) >= 3
        assert [_shape(step) for step in one.steps] == [_shape(step) for step in other.steps]
        assert all(step.text and step.title for step in (*one.steps, *other.steps))


def _shape(step: Step) -> object:
    """A state without the names of its plans, which are words."""
    return step.state.partition("?")[0], _fields(step.state), [plan.levers for plan in plans_of(step.state)]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_opens_a_state_that_is_known(service: Service, step: Step) -> None:
    text = URL.read_text(encoding="utf-8")
    screens = re.findall(r"'(\w+)'", text.partition("SCREENS = [")[2].partition("]")[0])
    screen = step.state.removeprefix("#/").partition("?")[0]
    fields, plans = _fields(step.state), plans_of(step.state)
    assert screen in screens
    assert set(fields) <= {"outcome", "view", "style", "tab", "active", "year", "region", "part"}
    assert fields.get("outcome", "deaths") in service.engine.outcomes
    assert fields.get("view", "level") in ("level", "difference")
    assert int(fields.get("active", "0")) < max(1, len(plans))
    if screen == "regions":
        cells = declared_cells(service.engine.outcomes[fields["outcome"]])
        assert any(set(cell) == {"year", "region"} for cell in cells)
    found = service.planned(service.frame(a.Asked()), plans)
    assert [one.problem for one in found if one.problem is not None] == []
