"""The Russian pack: shapes, totals, series, events and the helpers of Pack."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.world import Pack, list_packs, load_pack
from kladsim.world.load import pack_name


def test_russia_is_listed() -> None:
    assert "russia" in list_packs()


def test_regions_and_cells(russia: Pack) -> None:
    assert (russia.n_regions, len(russia.district_names)) == (83, 8)
    assert russia.region_code == tuple(sorted(russia.region_code))
    assert all(code.startswith("RU-") for code in russia.region_code)
    key = russia.cell_region.astype(int) * 16 + russia.cell_class
    assert (np.diff(key) > 0).all()
    assert set(russia.cell_region.tolist()) == set(range(83))
    assert russia.cell_region.dtype == np.int16 and russia.cell_class.dtype == np.int8
    assert russia.people.dtype == np.int64 and russia.people.shape == (russia.n_cells, 68)


def test_cohort_totals_are_those_of_the_table(russia: Pack) -> None:
    with (russia.folder / "cohorts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = [int(r["male"]) + int(r["female"]) for r in rows]
    assert russia.people.sum(axis=0).tolist() == wanted
    assert russia.cohort_first_birth_year == 1949
    assert ((russia.male_share > 0.39) & (russia.male_share < 0.55)).all()


def test_population_aged_14_to_64_is_about_that_of_the_world_population_prospects(russia: Pack) -> None:
    assert russia.persons_at_start == pytest.approx(103.6e6, rel=0.01)  # 102.5 million in mid-2015


def test_regions_hold_the_people_that_rosstat_counts(russia: Pack) -> None:
    adults = np.bincount(russia.cell_region, russia.people[:, :51].sum(axis=1), 83)
    share = adults / adults.sum()
    rosstat = russia.regional["population"][:, 0] / russia.regional["population"][:, 0].sum()
    assert (np.abs(share / rosstat - 1) < 0.2).all()  # Yamal is young
    assert share[russia.region_index("RU-MOW")] == pytest.approx(0.085, abs=0.005)


def test_federal_cities_are_one_class(russia: Pack) -> None:
    for code in ("RU-MOW", "RU-SPE"):
        cells = russia.cell_class[russia.cell_region == russia.region_index(code)]
        assert cells.tolist() == [russia.classes.index("million+")]


def test_arrays_are_read_only(russia: Pack) -> None:
    for array in (russia.people, russia.male_share, russia.mortality, russia.regional["urban"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_mortality(russia: Pack) -> None:
    assert russia.mortality.shape == (2, 101) and russia.mortality_factor.shape == (17,)
    assert (russia.mortality[0, 20:80] > russia.mortality[1, 20:80]).all()
    assert russia.mortality_factor.argmax() == 7  # 2021


def test_regional_arrays_cover_every_year(russia: Pack) -> None:
    assert {"unemployment", "wage_rel", "grp_rel", "price_level", "income_rel", "population", "urban"} <= set(
        russia.regional
    )
    for values in russia.regional.values():
        assert values.shape == (83, 17) and np.isfinite(values).all()
    assert (russia.regional["unemployment"][:, -1] == russia.regional["unemployment"][:, 10]).all()


def test_daily_series(russia: Pack) -> None:
    n = russia.n_days(date(2024, 1, 1))
    assert n == 3652
    for name in ("cpi", "usd_rate", "mean_wage", "unemployment", "internet_share", "prisoners_other"):
        values = russia.series_daily(name, n)
        assert values.shape == (n,) and values.dtype == np.float64 and (values > 0).all()
    assert russia.series_unit("usd_rate") == "RUB/USD"
    middle = russia.day_of(date(2015, 7, 1))
    assert russia.series_daily("mean_wage", n)[middle] == 34030
    assert russia.series_daily("mean_wage", n)[middle + 183] == pytest.approx((34030 + 36709) / 2)


def test_series_hold_their_ends(russia: Pack) -> None:
    series = russia.series["mean_wage"]
    assert series.daily(3, date(2000, 1, 1)).tolist() == [26629.0] * 3
    assert series.daily(3, date(2029, 1, 1)).tolist() == [89069.0] * 3
    assert series.holds_after(4000, date(2014, 1, 1)) and not series.holds_after(10, date(2014, 1, 1))


def test_a_daily_value_does_not_depend_on_the_start(russia: Pack) -> None:
    whole = russia.series_daily("cpi", 500)
    assert (russia.series_daily("cpi", 100, date(2014, 4, 11)) == whole[100:200]).all()


def test_events(russia: Pack) -> None:
    (takedown,) = russia.events_of("platform_takedown")
    assert (takedown.date_start, takedown.value) == (date(2022, 4, 5), 1.0)
    movement = russia.event_daily("movement", russia.n_days(date(2024, 1, 1)))
    assert movement[russia.day_of(date(2020, 3, 29))] == 1.0
    assert movement[russia.day_of(date(2020, 3, 30))] == 0.6
    assert movement[russia.day_of(date(2020, 5, 12))] == 0.85
    assert russia.event_daily("war", 365, 0.0).max() == 0.0
    assert takedown.active(date(2022, 4, 5)) and not takedown.active(date(2022, 4, 4))


def test_dates(russia: Pack) -> None:
    assert russia.day_of(date(2014, 1, 1)) == 0 and russia.date_of(365) == date(2015, 1, 1)
    assert russia.n_days(date(2031, 1, 1)) == 6209
    for bad in (date(2014, 1, 1), date(2013, 5, 5), date(2031, 1, 2)):
        with pytest.raises(InputError, match="until"):
            russia.n_days(bad)


def test_unknown_names_get_the_nearest(russia: Pack) -> None:
    with pytest.raises(InputError) as region:
        russia.region_index("RU-MOV")
    assert region.value.suggestion in {"RU-MOW", "RU-MOS", "RU-MO"}
    assert russia.region_index("Kursk Oblast") == russia.region_index("RU-KRS")
    with pytest.raises(InputError) as series:
        russia.series_daily("usd_rat", 5)
    assert series.value.suggestion == "usd_rate"
    with pytest.raises(InputError) as pack:
        load_pack("rusia")
    assert pack.value.suggestion == "russia"


def test_a_pack_is_found_by_its_countrys_codes_and_names() -> None:
    for text in ("KR", "KOR", "kor", "South Korea", "Республика Корея", "한국"):
        assert pack_name(text) == load_pack(text).name == "south-korea"
    assert {pack_name(text) for text in ("GE", "GEO", "Грузия", "georgia")} == {"georgia"}
    assert pack_name("nowhere") == "nowhere"
    with pytest.raises(InputError, match="unknown country pack"):
        load_pack("LV")  # a country without a pack


def test_every_quantity_has_source_and_licence(russia: Pack) -> None:
    items = {row.item for row in russia.meta}
    wanted = {f"series.{n}" for n in russia.series} | {f"observation.{n}" for n in russia.observations}
    assert wanted | {"cohorts", "regional.wage_rel", "events", "class_shares"} <= items
    assert all(row.source and row.licence and row.unit and row.basis for row in russia.meta)
    assert all((russia.folder / row.file).exists() for row in russia.meta)
    assert any("prisoners_other" in line for line in russia.assumptions)
    assert any("cpi" in line and "held" in line for line in russia.assumptions)


def test_the_representation_is_short(russia: Pack) -> None:
    assert (
        repr(russia)
        == f"Pack('russia', 83 regions, {russia.n_cells} cells, {russia.persons_at_start} persons)"
    )


def test_maps_leave_the_disputed_area_to_its_own_file(russia: Pack) -> None:
    codes = {f["properties"]["iso_3166_2"] for f in russia.map_geojson()["features"]}
    assert codes == set(russia.region_code)
    disputed = russia.map_geojson("disputed")
    assert {f["properties"]["iso_3166_2"] for f in disputed["features"]} == {"UA-43", "UA-40"}
    json.dumps(disputed)
    with pytest.raises(InputError, match="map layer"):
        russia.map_geojson("region")


def test_loading_needs_no_heavy_library() -> None:
    code = (
        "import sys; from kladsim.world import load_pack; load_pack('russia');"
        "heavy = {'pandas', 'numba', 'scipy', 'xarray', 'ruamel.yaml'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
