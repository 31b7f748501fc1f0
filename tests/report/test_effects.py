"""One effect as a chart and on a map: every region is coloured, what is too noisy is hatched."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.study import compare
from kladsim.study.comparison import Comparison

BASE = Scenario(name="base", until="2016-01-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, tier="courier", start="2015-01"), name="plan")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(BASE, PLAN, replicates=4, engine=SPEC, out=tmp_path_factory.mktemp("runs"))


def test_an_effect_is_a_chart_or_a_file(compared: Comparison, tmp_path: Path) -> None:
    chart = compared.effect("deaths").plot().to_dict()
    assert "plan minus base" in str(chart["title"])
    assert compared.effect("deaths").plot(tmp_path / "a.png").stat().st_size > 1000


def test_a_map_colours_every_region_and_hatches_what_is_too_noisy(compared: Comparison, tmp_path: Path) -> None:
    layers = compared.map("deaths", date="2015-06").to_dict()["layer"]
    assert len(layers) == 4  # all regions grey, those simulated, hatched ones, disputed areas
    values = {f["properties"]["iso_3166_2"]: f["value"] for f in layers[1]["data"]["values"]}
    assert set(values) == {"RU-AL", "RU-MOW", "RU-SPE"} and values["RU-AL"] < 0 and values["RU-MOW"] < 0
    assert {f["properties"]["iso_3166_2"] for f in layers[2]["data"]["values"]} == {"RU-SPE"}  # 12 simulated events
    assert "gradient" in layers[2]["mark"]["fill"] and "strokeDash" in layers[3]["mark"]
    before = compared.map("deaths", date="2014").to_dict()["layer"]
    assert len(before[2]["data"]["values"]) == 3  # nothing differs before the plan begins
    assert compared.map("deaths", date="2015", path=tmp_path / "m.png").exists()


def test_places_and_times_that_are_not_there_are_named(compared: Comparison) -> None:
    with pytest.raises(InputError, match="outside the runs"):
        compared.map("deaths", date="2019-01")
    with pytest.raises(InputError, match="by region"):
        compared.map("arrests", date="2015")
    with pytest.raises(InputError, match="plan"):
        compared.map("deaths", date="2015", plan="plam")


def test_a_region_without_a_shape_is_an_error_not_a_grey_map(
    compared: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {**compared.base.labels, "region": ["RU-AL", "RU-MOV", "RU-SPE"]}
    monkeypatch.setitem(compared.base.__dict__, "labels", labels)
    with pytest.raises(InputError, match="did you mean 'RU-MO") as caught:
        compared.map("deaths", date="2015")
    assert caught.value.value == "RU-MOV"
