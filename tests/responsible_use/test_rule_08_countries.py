"""Rule 8: bands by region of the world, the numbers in the same order; no supply of a country without data."""

from __future__ import annotations

from pathlib import Path

import pytest

from kladsim.runs.harms import is_harm_of_persons
from kladsim.spread.model.outlook import WORDS, saved_outlook
from kladsim.spread.opening import open_country
from kladsim.world import load_pack
from kladsim.world.load import BUILT_IN
from kladsim.world.scaffold import new_pack


def test_numbers_stand_in_the_order_of_regions_and_names_never_of_size() -> None:
    found = saved_outlook()
    order = [(country.region, country.name) for country in found]
    assert order == sorted(order)
    chances = [country.chance for country in found]
    assert chances != sorted(chances) and chances != sorted(chances, reverse=True)
    assert all(country.low <= country.chance <= country.high for country in found) and WORDS


@pytest.mark.parametrize("code", ["MNG", "POL"])
@pytest.mark.parametrize("manifest", ["whole", "without the line", "with another measure"])
def test_an_opened_pack_gives_no_supply_whatever_its_manifest_says(tmp_path: Path, code: str, manifest: str) -> None:
    """The hostile reader deletes the line ``measures: [burden_only]``."""
    opened = open_country(code, tmp_path / "pack")
    file = opened.folder / "pack.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    if manifest != "whole":
        lines = [line for line in lines if not line.startswith("measures")]
        lines += ["measures: [online_arrests]"] if manifest == "with another measure" else []
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert "burden_only" in load_pack(opened.folder).measures


def test_so_does_a_new_pack_until_no_placeholder_is_left(tmp_path: Path) -> None:
    import shutil

    new_pack(tmp_path / "new", name="new", title="New", iso3="NEW", currency="NEW", people=5_000_000)
    assert "burden_only" in load_pack(tmp_path / "new").measures
    shutil.copytree(BUILT_IN / "georgia", tmp_path / "georgia")
    assert "burden_only" not in load_pack(tmp_path / "georgia").measures  # data in every table
    table = tmp_path / "georgia" / "mortality_factor.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    rows[1] = rows[1].rsplit(",", 1)[0] + ",assumption: placeholder"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert "burden_only" in load_pack(tmp_path / "georgia").measures


def test_what_such_a_pack_gives_is_burden_and_no_money() -> None:
    from kladsim.model.outcomes import OUTCOMES, outcomes_of

    given = set(outcomes_of(("burden_only", "scrape", "online_arrests"), window=True))
    assert not [name for name in given if OUTCOMES[name].side == "supply" or "USD" in OUTCOMES[name].unit]
    assert {name for name in OUTCOMES if is_harm_of_persons(name)} <= given
