"""A new country: the pack loads at once, and says which rows are placeholders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kladsim.core.errors import InputError
from kladsim.world import load_pack
from kladsim.world.scaffold import new_pack, placeholders

COUNTRY: dict[str, Any] = {
    "name": "ruritania", "title": "Ruritania", "iso3": "RUR", "currency": "RUC", "people": 5_000_000,
}  # fmt: skip


def test_a_new_pack_loads_at_once(tmp_path: Path) -> None:
    files = new_pack(tmp_path / "ruritania", **COUNTRY)
    pack = load_pack(tmp_path / "ruritania")
    assert (pack.name, pack.iso3, pack.n_regions) == ("ruritania", "RUR", 1)
    assert pack.persons_at_start == pytest.approx(3_500_000, rel=0.01)
    assert {path.name for path in files} >= {"pack.yaml", "regions.csv", "SOURCES.md", "parameters.csv"}


def test_every_table_begins_as_a_placeholder(tmp_path: Path) -> None:
    new_pack(tmp_path / "new", **COUNTRY)
    left = placeholders(tmp_path / "new")
    assert {"regions.csv", "cohorts.csv", "series.csv", "events.csv", "parameters.csv"} <= set(left)
    assert left["mortality.csv"] == 101


@pytest.mark.parametrize(
    "change", [{"name": "Ruri Tania"}, {"iso3": "RU"}, {"currency": "rub"}, {"people": 3}], ids=lambda c: next(iter(c))
)
def test_bad_input_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        new_pack(tmp_path / "new", **COUNTRY | change)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        new_pack(tmp_path, **COUNTRY)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
