"""The packs of Georgia and South Korea: what they hold, what they may show, and their own tables when damaged."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.world.test_damaged import edit, message, put

from kladsim.world import Pack, list_packs, load_pack
from kladsim.world.scaffold import placeholders

NAMES = ("georgia", "south-korea")


@pytest.fixture(scope="module", params=NAMES)
def country(request: pytest.FixtureRequest) -> Pack:
    return load_pack(str(request.param))


@pytest.fixture
def georgia(tmp_path: Path) -> Path:
    target = tmp_path / "mine"
    shutil.copytree(load_pack("georgia").folder, target)
    return target


def test_both_are_listed() -> None:
    assert set(NAMES) <= set(list_packs())


def test_people_are_those_of_the_world_population_prospects(country: Pack) -> None:
    wanted = {"georgia": 2.60e6, "south-korea": 37.5e6}[country.name]
    assert country.persons_at_start == pytest.approx(wanted, rel=0.01)
    assert (country.people >= 0).all() and country.n_regions == {"georgia": 13, "south-korea": 17}[country.name]


def test_every_quantity_has_a_source_and_no_placeholder_is_left(country: Pack) -> None:
    assert placeholders(country.folder) == {}
    assert all(row.source.strip() and row.licence.strip() and row.unit.strip() for row in country.meta)
    assert all(local.source.strip() for local in country.parameters.values())
    assert all(event.basis in ("data", "assumption") for event in country.events)
    assert country.assumptions


def test_no_event_carries_the_answer_of_the_market(country: Pack) -> None:
    assert not country.events_of("platform_takedown")
    assert {event.kind for event in country.events} <= {"movement", "border_closure", "police_effort"}


def test_the_window_of_georgia_is_past_and_holds_three_cities() -> None:
    window = load_pack("georgia").window
    assert window is not None and (window.start, window.end) == (date(2020, 1, 1), date(2021, 1, 1))
    assert window.places == ("GE-TB", "GE-AJ-BAT", "GE-IM-KUT")
    assert load_pack("south-korea").window is None and load_pack("russia").window is None


def test_the_restricted_series_can_be_left_out(georgia: Path) -> None:
    whole = load_pack(georgia)
    assert len(whole.observations["scrape_packages"].values) == 56
    shutil.rmtree(georgia / "restricted")
    without = load_pack(georgia)
    assert without.digest == whole.digest == load_pack("georgia").digest
    assert "scrape_packages" not in without.observations and "drug_crimes_registered" in without.observations


def test_a_series_of_the_scrape_agrees_with_its_totals() -> None:
    seen = load_pack("georgia").observations
    assert seen["scrape_packages"].values.sum() == 6017 and seen["scrape_offers"].values.mean() == pytest.approx(121.96, abs=0.01)


def test_korean_police_series_add_up() -> None:
    seen = load_pack("south-korea").observations
    parts = sum(seen[f"police_persons_{kind}"].values[-1] for kind in ("cannabis", "narcotics_opioids_cocaine", "psychotropics"))
    assert seen["police_persons"].values[-1] == parts == 15162
    assert seen["police_online_persons"].values.tolist()[1] == 1100


def test_weekdays_peak_on_friday() -> None:
    week = load_pack("georgia").weekdays
    assert int(np.argmax(week)) == 4 and np.mean(week) == pytest.approx(1.0, abs=0.005)
    assert load_pack("russia").weekdays == ()


@pytest.mark.parametrize(
    ("file", "row", "old", "new", "column"),
    [
        ("parameters.csv", 2, "start.users", "start.user", "parameter"),
        ("parameters.csv", 2, "0.04", "0.4", "value"),
        ("weekdays.csv", 2, "Monday", "Mon", "weekday"),
        ("weekdays.csv", 3, "0.889", "9", "factor"),
        ("scrape.csv", 2, "7.6", "0", "value"),
        ("scrape.csv", 2, "scrapes_a_day", "scrapes", "item"),
        ("regions.csv", 3, "GE-AJ-BAT", "GE-AJ-B", "region"),
        ("regions.csv", 3, "152839", "52839", "region"),
        ("class_shares.csv", 3, "250k-1m", "250k", "class"),
        ("events.csv", 3, "movement", "orders", "kind"),
    ],
)
def test_a_bad_field_is_named(georgia: Path, file: str, row: int, old: str, new: str, column: str) -> None:
    put(georgia / file, row, old, new)
    text = message(georgia)
    assert file in text and f"column {column!r}" in text and f"row {row}" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("window_end: 2021-01-01", "window_end: 2026-01-01", "window_end"),
        ("window_end: 2021-01-01", "window_end: 2019-01-01", "window_end"),
        ("window_start: 2020-01-01", "# none", "window_start"),
        ("GE-IM-KUT]", "GE-IM-KUTT]", "did you mean 'GE-IM-KUT'"),
        ("measures: [scrape]", "measures: [scraping]", "did you mean 'scrape'"),
        ("town, rural]", "rural]", "million+"),
    ],
)
def test_a_bad_manifest_is_named(georgia: Path, old: str, new: str, said: str) -> None:
    put(georgia / "pack.yaml", next(i for i, x in enumerate(_lines(georgia), start=1) if old in x), old, new)
    text = message(georgia)
    assert "pack.yaml" in text and said in text


def _lines(folder: Path) -> list[str]:
    return (folder / "pack.yaml").read_text(encoding="utf-8").splitlines()


def test_a_missing_series_and_a_missing_scrape_are_named(georgia: Path) -> None:
    for file in ("series.csv", "series_index.csv"):
        edit(georgia / file, lambda lines: [x for x in lines if not x.startswith("internet_share")])
    assert "internet_share" in message(georgia)
    shutil.copy(load_pack("georgia").folder / "series.csv", georgia)
    shutil.copy(load_pack("georgia").folder / "series_index.csv", georgia)
    (georgia / "scrape.csv").unlink()
    text = message(georgia)
    assert "scrape.csv" in text and "missing" in text
