"""Who is worse off is told from the runs; a view that travels without its run tells the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from kladsim.app import answers as a
from kladsim.app.groups import groups_answer
from kladsim.app.library import SHIPPED
from kladsim.app.prepare import made, story_plans, travelling
from kladsim.app.regional import regions_answer
from kladsim.app.service import Service
from kladsim.app.view import write_view
from kladsim.core.errors import InputError
from kladsim.report.people import TableCell, cell_of

from .conftest import PLAN, settings_in


def test_a_plan_that_came_with_the_package_tells_what_its_run_tells(tmp_path: Path) -> None:
    asked = a.Asked.model_validate({"plans": [PLAN]})
    maps = a.RegionsAsked.model_validate({"plans": [PLAN], "outcome": "deaths", "plan": 0, "view": "difference"})
    here = Service(settings_in(tmp_path / "here", replicates=6))
    base, plan = made(here, None), made(here, asked.plans[0])
    told = groups_answer(here, asked)
    assert told.plans[0].name == "Divert" and {group.verdict for group in told.plans[0].groups} == {"better"}
    assert {group.kind for group in told.plans[0].groups} >= {"region"}
    pair = here.comparison(maps)
    map_ = regions_answer(here, maps, pair[0], pair[1])
    assert not map_.missing and map_.median

    there = Service(settings_in(tmp_path / "there", replicates=6))
    write_view(there.settings.views, base[0])
    write_view(there.settings.views, travelling(base, plan, mapped=True))
    assert there.state(asked).plans[0].effects == here.state(asked).plans[0].effects
    assert groups_answer(there, asked) == told
    pair = there.comparison(maps)
    assert regions_answer(there, maps, pair[0], pair[1]) == map_
    with pytest.raises(InputError, match="has not been run here yet"):
        there.runs_compared(asked)


def test_without_maps_a_travelling_plan_says_what_is_missing(tmp_path: Path) -> None:
    here = Service(settings_in(tmp_path / "here", replicates=6))
    asked = a.RegionsAsked.model_validate({"plans": [PLAN], "outcome": "deaths", "plan": 0})
    base, plan = made(here, None), made(here, asked.plans[0])
    there = Service(settings_in(tmp_path / "there", replicates=6))
    write_view(there.settings.views, base[0])
    write_view(there.settings.views, travelling(base, plan, mapped=False))
    pair = there.comparison(asked)
    assert regions_answer(there, asked, pair[0], pair[1]).missing == "Divert"  # the plan's name, not its run's


def test_few_runs_tell_nothing_about_groups(tmp_path: Path) -> None:
    service = Service(settings_in(tmp_path, replicates=5))
    asked = a.Asked.model_validate({"plans": [PLAN]})
    made(service, None)
    made(service, asked.plans[0])
    told = groups_answer(service, asked)
    assert told.plans[0].missing == "few" and told.fewest == 6
    assert groups_answer(service, a.Asked()).plans == []


@pytest.mark.parametrize(
    ("who", "kind", "place", "age", "sex"),
    [
        ("RU-MOW", "region", "RU-MOW", "", ""),
        ("RU-MOW, 18-24, male", "region", "RU-MOW", "18-24", "male"),
        ("Far Eastern", "district", "Far Eastern", "", ""),
        ("40-49, female", "people", "", "40-49", "female"),
    ],
)
def test_groups_are_taken_apart(who: str, kind: str, place: str, age: str, sex: str) -> None:
    assert cell_of(who, ["RU-MOW"]) == TableCell(kind, place, age, sex)  # type: ignore[arg-type]


def test_every_story_opens_plans_and_some_step_a_map() -> None:
    plans = story_plans()
    assert len(plans) >= 8 and any(mapped for _, mapped in plans)


def test_the_package_brings_a_baseline() -> None:
    """The first page shows finished numbers: those of the installed model, or older ones that are said to be old.

    A baseline of another model or of other parameters answers another question, and then none is shown.
    """
    from kladsim.runs.judging import PAIRS

    service = Service(
        settings_in(Path("/nonexistent"), engine=_real(), until="2031-01-01", replicates=PAIRS, shipped=True)
    )
    view = service.library.shipped_base()
    assert view is not None
    answer = service.state(a.Asked())
    if view.id == answer.base.id:
        assert answer.shown == view.id and answer.levels and answer.years[0] == 2014 and not answer.stale
    else:
        assert answer.shown is None or answer.stale
    # Eleven views of 20 runs each take 1.6 MB; the eight runs of model 0.6.0 took 0.8.
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.json.gz")) < 2_000_000


def _real() -> str:
    from kladsim.runs.engine import DEFAULT_ENGINE

    return DEFAULT_ENGINE
