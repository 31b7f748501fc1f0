"""Names are compared by their letters, in every script; no name is taken for another, and no value overwritten by one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import intake, library, store
from kladsim.monitor.names import extract_letters, find_near_name, normalize_name
from kladsim.monitor.nations import read_country, to_iso3
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.tables import DATA, read_rows

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value"
pytestmark = pytest.mark.usefixtures("own_folder")


def _add(tmp_path: Path, *rows: str, **options: object) -> intake.Log:
    path = tmp_path / "new.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return store.add(path, IntakeOptions(**options), today=TODAY)  # type: ignore[arg-type]


def _own() -> dict[str, list[float]]:
    return {name: one.values.tolist() for name, one in library.every().items() if one.dataset == "own"}


def test_three_places_keep_six_values() -> None:
    for name in ("a", "b", "c"):
        log = store.add(CASES / "places" / f"{name}.csv", today=TODAY)
        assert (log.kept, log.changed, log.replaced) == (2, 0, 0)
    assert _own() == {
        "own/RUS/Москва/poisonings": [100.0, 120.0],
        "own/RUS/Казань/poisonings": [40.0, 55.0],
        "own/RUS/Omsk/poisonings": [7.0, 8.0],
    }


@pytest.mark.parametrize(
    ("country", "places"),
    [
        ("GE", ("თბილისი", "ბათუმი", "ქუთაისი")),
        ("KR", ("서울", "부산", "대구")),
        ("CN", ("北京", "上海", "广州")),
        ("EG", ("القاهرة", "الجيزة", "أسوان")),
        ("TR", ("İzmir", "Iğdır", "Şırnak")),
        ("IN", ("दिल्ली", "मुंबई", "कोलकाता")),
        ("GR", ("Αθήνα", "Πάτρα", "Λάρισα")),
    ],
)
def test_places_of_every_script_stay_apart(tmp_path: Path, country: str, places: tuple[str, ...]) -> None:
    for number, place in enumerate(places):
        _add(tmp_path, f"{country},{place},calls,calls,2021,{number + 1}")
    assert sorted(value for (value,) in _own().values()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("Казань", "КАЗАНЬ"),
        ("İstanbul", "istanbul"),
        ("Zw\u00f6nitz", "Zwo\u0308nitz"),
        ("서울", "\u1109\u1165\u110b\u116e\u11af"),
        ("ｶｻﾞﾝ", "カザン"),
        ("Йошкар-Ола", "И\u0306ошкар-Ола"),
    ],
)
def test_one_name_in_two_spellings_is_one_place(tmp_path: Path, first: str, again: str) -> None:
    """Case, width and composed accents make no other name: not in two files, and not in one."""
    country = "RU"
    _add(tmp_path, f"{country},{first},calls,calls,2021,1")
    _add(tmp_path, f"{country},{again},calls,calls,2022,2")
    assert list(_own().values()) == [[1.0, 2.0]]
    shutil.rmtree(store.folder())
    _add(tmp_path, f"{country},{first},calls,calls,2021,1", f"{country},{again},calls,calls,2022,2")
    assert list(_own().values()) == [[1.0, 2.0]]


def test_a_guess_that_would_change_values_is_an_error(tmp_path: Path) -> None:
    _add(tmp_path, "DE,Zwönitz,calls,calls,2021,100")
    log = _add(tmp_path, "DE,Zwonitz,calls,calls,2022,120")  # the same place for all we know: a new year
    assert any("taken as that" in entry for entry in log.entries)
    with pytest.raises(InputError, match="'Zwonitz' was taken for 'Zwönitz': its 100 of 2021 would change"):
        _add(tmp_path, "DE,Zwonitz,calls,calls,2021,40")
    with pytest.raises(InputError, match="'Vienna' was taken for 'Wien'"):
        _add(tmp_path, "AT,Vienna,MDMA,mg/1000/day,2022,1")
    assert _own() == {"own/DEU/Zwönitz/calls": [100.0, 120.0]}
    _add(tmp_path, "DE,Zwonitz,calls,calls,2021,40", rename={"Zwonitz": "Zwönitz"})
    assert _own() == {"own/DEU/Zwönitz/calls": [40.0, 120.0]}


@pytest.mark.parametrize(
    ("first", "other"),
    [("отравления", "смерти"), ("중독", "사망"), ("مكالمات", "وفيات"), ("მოწამვლა", "სიკვდილი"), ("cases <18", "cases 18+")],
)
def test_indicators_of_every_script_stay_apart(tmp_path: Path, first: str, other: str) -> None:
    _add(tmp_path, f"RU,,{first},persons,2021,5")
    _add(tmp_path, f"RU,,{other},persons,2021,7", new=[other] if find_near_name(other, [first]) else ())
    assert _own() == {f"own/RUS/{first}": [5.0], f"own/RUS/{other}": [7.0]}
    _add(tmp_path, f"RU,,{first.upper()},Persons,2022,6")
    assert _own()[f"own/RUS/{first}"] == [5.0, 6.0]


def test_units_are_compared_as_names_are(tmp_path: Path) -> None:
    _add(tmp_path, "RU,,изъятия,кг,2021,5")
    _add(tmp_path, "RU,,изъятия,КГ,2022,6", "RU,,изъятия,кг,2023,7")
    assert _own() == {"own/RUS/изъятия": [5.0, 6.0, 7.0]}
    with pytest.raises(InputError, match="unit is not that"):
        _add(tmp_path, "RU,,изъятия,шт,2024,6")
    with pytest.raises(InputError, match="megagrams or milligrams"):
        _add(tmp_path, "RU,,seized mass,Mg,2024,6")


def test_a_name_without_letters_is_no_name(tmp_path: Path) -> None:
    for place, indicator, words in (("—", "calls", "names no city"), ("Omsk", "—", "no indicator"), ("Omsk", "!", "no ind")):
        with pytest.raises(InputError, match=words):
            _add(tmp_path, f"RU,{place},{indicator},persons,2021,5")
    assert extract_letters("—") == "" and find_near_name("—", ["…", "!"]) is None
    assert normalize_name("DİYARBAKIR") == normalize_name("diyarbakIr".replace("I", "ı").replace("ı", "i")) == "diyarbakir"


def test_a_bilingual_name_is_a_place(tmp_path: Path) -> None:
    store.add(CASES / "dates" / "slash.csv", today=TODAY)
    assert library.every()["own/ESP/Alicante-Alacant/calls"].place == "Alicante/Alacant"
    with pytest.raises(InputError, match="'Alicante-Alacant' was taken for"):
        _add(tmp_path, "ES,Alicante-Alacant,calls,calls,2021,99")
    with pytest.raises(InputError, match="name of another"):
        _add(tmp_path, "ES,Alicante-Alacant,calls,calls,2021,99", new=["Alicante-Alacant"])


@pytest.mark.parametrize("text", ["LV", "lva", "Latvia", "LATVIA", "Латвия", "латвия", "Latvija"])
def test_a_country_by_codes_and_names(text: str) -> None:
    assert read_country(text)[0].iso3 == "LVA"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("H", "no such country"),
        ("LVX", "no such country"),
        ("", "no such country"),
    ],
)
def test_codes_are_not_guessed(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_country(text)
    assert caught.value.suggestion is None


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [("ARB", "ARB", "Arab World"), ("EU27_2020", "EU27_2020", "European Union (27 countries of 2020)"), ("euro area", "EMU", "Euro area")],
)
def test_a_group_of_countries_is_named_as_one(text: str, code: str, name: str) -> None:
    group, said = read_country(text)
    assert (group.iso2, group.iso3, group.name) == (code, code, name)
    assert f"is a group of countries ({name}): kept as that, not as a country" in said


@pytest.mark.parametrize(("text", "code"), [("Letonia", "LVA"), ("Lettland", "LVA"), ("라트비아", "LVA"), ("Kosovë", "XKX"), ("კოსოვო", "XKX"), ("日本", "JPN"), ("الأردن", "JOR")])
def test_a_country_in_other_languages(text: str, code: str) -> None:
    assert read_country(text)[0].iso3 == code


def test_a_misspelt_name_has_a_near_match_and_codes_are_whole() -> None:
    with pytest.raises(InputError) as caught:
        read_country("Latvai")
    assert caught.value.suggestion == "Latvia"
    assert read_country("Kosovo")[0] == read_country("XK")[0] == read_country("Косово")[0]
    assert (to_iso3("xk"), to_iso3("LV"), to_iso3("LVA"), to_iso3(""), to_iso3("Europe")) == ("XKX", "LVA", "LVA", "", "Europe")
    held = {row["iso3"]: row["iso2"] for row in read_rows(DATA / "open" / "countries.csv")}
    assert len(held) == 250 and held["XKX"] == "XK"  # 249 of ISO 3166-1, and Kosovo
