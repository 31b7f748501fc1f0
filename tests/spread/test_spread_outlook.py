"""The outlook says bands and reasons by region of the world, and nothing that responsible use forbids."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.spread.model.outlook import BANDS, CountryOutlook, band_of, outlook, round_to_two_digits, saved_outlook

FORBIDDEN = re.compile(r"revenue|price|margin|profit|opportunit|rank(?!s)|nationalit|ethnic", re.IGNORECASE)


@pytest.fixture(scope="module")
def countries() -> tuple[CountryOutlook, ...]:
    return saved_outlook()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(verbs, ["spread", *arguments])
    return done.exit_code, done.output


def test_countries_stand_by_region_of_the_world_and_name(countries: tuple[CountryOutlook, ...]) -> None:
    assert len(countries) == 170
    assert [(c.region, c.name) for c in countries] == sorted((c.region, c.name) for c in countries)
    _, text = run("outlook", "--json")
    assert [c["iso3"] for c in json.loads(text)["countries"]] == [c.iso3 for c in countries]


def test_no_output_tells_what_it_must_not(countries: tuple[CountryOutlook, ...]) -> None:
    for arguments in (("outlook",), ("explain", "MNG"), ("explain", "KOR"), ("outlook", "--json")):
        code, text = run(*arguments)
        assert code == 0
        assert not FORBIDDEN.findall(text.replace("never as ranks", ""))


def test_bands_hold_the_chance_and_its_interval(countries: tuple[CountryOutlook, ...]) -> None:
    names = [name for name, _ in BANDS]
    for c in countries:
        assert 0 <= c.low <= c.chance <= c.high <= 1
        assert c.chance == round_to_two_digits(c.chance)
        if c.status in ("no sign on record", "weak sign on record"):
            assert c.band in names and c.bands.split(" to ")[0] == band_of(c.low)
        else:
            assert c.band == "reached" and c.sign and c.note
    assert {c.band for c in countries} == {*names, "reached"}


def test_reasons_name_every_part(countries: tuple[CountryOutlook, ...]) -> None:
    for c in countries:
        assert len(c.reasons) == 11
        assert all(r.low <= r.factor <= r.high for r in c.reasons)
    mongolia = next(c for c in countries if c.iso3 == "MNG")
    assert {r.part: r.factor > 1 for r in mongolia.reasons}["common border"]
    chile = next(c for c in countries if c.iso3 == "CHL")
    assert {r.part: r.factor for r in chile.reasons}["common language"] == pytest.approx(1.0, abs=0.1)


def test_the_stored_outlook_is_the_one_that_is_computed(countries: tuple[CountryOutlook, ...]) -> None:
    for one, two in zip(outlook(), countries, strict=True):  # another processor may flip a draw on an edge
        assert (one.iso3, one.sign) == (two.iso3, two.sign)
        assert (one.chance, one.low, one.high) == pytest.approx((two.chance, two.low, two.high), rel=0.1, abs=0.01)
        assert [r.factor for r in one.reasons] == pytest.approx([r.factor for r in two.reasons], rel=0.1)


@pytest.mark.parametrize("arguments", [("outlook",), ("explain", "MNG"), ("scores",)])
def test_json_says_what_an_interval_holds(arguments: tuple[str, ...]) -> None:
    code, text = run(*arguments, "--json")
    assert code == 0 and "interval" in json.loads(text)


def test_commands_answer_and_name_mistakes() -> None:
    assert run("outlook", "--region", "Central Asia")[0] == 0
    assert "Turkmenistan" in run("explain", "turkmenistan")[1]
    assert run("explain", "XXX")[0] == 2
    assert run("outlook", "--region", "Atlantis")[0] == 2
    assert run("outlook", "--without", "langage")[0] == 2
    code, text = run("outlook", "--without", "spread", "--json")
    assert code == 0
    shipped = {c.iso3: c for c in saved_outlook()}
    for c in json.loads(text)["countries"]:  # what may be there unseen stays; nothing is reached from now on
        assert c["chance"] <= shipped[c["iso3"]].chance
    assert sum(c["chance"] for c in json.loads(text)["countries"]) < 0.8 * sum(c.chance for c in shipped.values())
    assert "example" in run("explain", "--help")[1].lower()
