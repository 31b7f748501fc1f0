"""One country has one answer, by either code and by its names in any case and script."""

from __future__ import annotations

import pytest

from kladsim.core.errors import InputError
from kladsim.evidence.countries import aggregates, countries, find_country, fold_name


@pytest.mark.parametrize(
    ("texts", "iso3"),
    [
        (("LV", "LVA", "lv", " lva ", "Latvia", "LATVIA", "Латвия", "латвия", "Latvija", "ＬＶ"), "LVA"),
        (("KR", "KOR", "South Korea", "south-korea", "Korea, South", "한국", "대한민국", "Южная Корея"), "KOR"),
        (("CI", "Cote d'Ivoire", "Côte d’Ivoire", "CÔTE D'IVOIRE", "Ivory Coast"), "CIV"),
        (("GR", "EL", "Greece", "Ελλάδα", "ΕΛΛΑΔΑ", "Греция"), "GRC"),
        (("GB", "UK", "GBR", "United Kingdom", "Great Britain"), "GBR"),
        (("TR", "Türkiye", "Turkiye", "TÜRKIYE", "Turkey"), "TUR"),
        (("NA", "NAM", "Namibia"), "NAM"),  # the code NA is no missing value
        (("BA", "Bosnia & Herzegovina", "Bosnia and Herzegovina"), "BIH"),
    ],
)  # fmt: skip
def test_a_country_is_found_by_codes_and_names(texts: tuple[str, ...], iso3: str) -> None:
    assert {find_country(text).iso3 for text in texts} == {iso3}


def test_a_group_of_countries_is_named_and_a_code_gets_no_guess() -> None:
    with pytest.raises(InputError, match="Arab World") as found:
        find_country("ARB", where="data.csv, line 2, country")
    assert found.value.suggestion is None and "data.csv" in str(found.value)
    with pytest.raises(InputError, match="27 countries"):
        find_country("EU27_2020")
    for code in ("H", "XQ", "LTV", "ZZZ"):
        with pytest.raises(InputError) as unknown:
            find_country(code)
        assert unknown.value.suggestion is None, code


def test_a_misspelt_name_gets_the_nearest_name() -> None:
    for text, near in (("Latvai", "Latvia"), ("Lettonia", None), ("Uzbekistann", "Uzbekistan"), ("Латвея", "Latvia")):
        with pytest.raises(InputError) as found:
            find_country(text)
        assert found.value.suggestion == near


def test_no_two_countries_share_a_code_or_a_name() -> None:
    codes = [code for country in countries() for code in (country.iso2, country.iso3)]
    assert len(codes) == len(set(codes)) and len(countries()) == 250
    names = [fold_name(country.name) for country in countries()]
    assert len(names) == len(set(names)) and all(names)
    assert not set(aggregates()) & set(codes)


def test_names_without_latin_letters_stay_apart() -> None:
    assert len({fold_name(text) for text in ("Казань", "Омск", "Москва", "東京", "서울", "부산")}) == 6
