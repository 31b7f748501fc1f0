"""Next editions: what is added, revised and withdrawn is told, and every version stays known by its day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import library, store, updates

TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value\n"
pytestmark = pytest.mark.usefixtures("own_folder")


def _write(path: Path, *rows: str) -> Path:
    path.write_text(HEAD + "".join(f"GE,Tbilisi,{row}\n" for row in rows), encoding="utf-8")
    return path


def _read(as_of: date | None = None) -> dict[str, dict[int, tuple[float, float]]]:
    own = {name: one for name, one in library.every(as_of).items() if name.startswith("own/")}
    return {name.split("/")[-1]: dict(zip(one.bounds()[0].tolist(), zip(*(a.tolist() for a in one.bounds()[1:]), strict=True), strict=True)) for name, one in own.items()}


def test_an_edition_adds_revises_and_withdraws(tmp_path: Path) -> None:
    store.add(_write(tmp_path / "2025.csv", "deaths,persons,2022,10", "deaths,persons,2023,12", "deaths,persons,2024,<5", "calls,calls,2023,70"), today=TODAY)
    path = _write(tmp_path / "2026.csv", "deaths,persons,2022,10", "deaths,persons,2023,14", "deaths,persons,2024,4", "deaths,persons,2025,9")
    made = updates.update(path, edition=date(2026, 3, 18), today=TODAY)
    assert made.counts() == {"added": 1, "revised": 2, "withdrawn": 1, "unchanged": 1} and made.last_period == "2025"
    told = {(one.what, one.period): (one.before, one.after) for one in made.changes}
    assert told == {
        ("revised", "2023"): ("12", "14"), ("revised", "2024"): ("0 to 5", "4"), ("added", "2025"): ("", "9"), ("withdrawn", "2023"): ("70", ""),
    }  # fmt: skip
    assert _read()["deaths"] == {2022: (10, 10), 2023: (14, 14), 2024: (4, 4), 2025: (9, 9)} and not _read()["calls"]
    before = _read(date(2026, 3, 17))
    assert before["deaths"] == {2022: (10, 10), 2023: (12, 12), 2024: (0, 5)} and before["calls"] == {2023: (70, 70)}
    again = updates.update(path, edition=date(2026, 3, 18), today=TODAY)
    assert again.counts() == {"added": 0, "revised": 0, "withdrawn": 0, "unchanged": 4}


def test_an_edition_that_leaves_out_most_is_asked_about(tmp_path: Path) -> None:
    store.add(_write(tmp_path / "a.csv", *(f"deaths,persons,{year},{year - 2000}" for year in range(2010, 2020))), today=TODAY)
    path = _write(tmp_path / "b.csv", "deaths,persons,2019,19", "deaths,persons,2020,20")
    with pytest.raises(InputError, match="leaves out 9 of 10 stored values") as caught:
        updates.update(path, today=TODAY)
    assert "--whole" in str(caught.value.allowed) and len(_read()["deaths"]) == 10
    assert updates.update(path, today=TODAY, whole=True).counts()["withdrawn"] == 9
    assert _read()["deaths"] == {2019: (19, 19), 2020: (20, 20)}


def test_shipped_series_go_on_and_keep_what_they_had(tmp_path: Path) -> None:
    path = tmp_path / "ww2026.csv"
    path.write_text("Metabolite,SiteID,Country,City,Daily mean,Year\nMDMA,AT001,Austria,Graz,12.43,2022\nMDMA,AT001,Austria,Graz,15,2026\n", encoding="utf-8")
    made = updates.update(path, edition=date(2026, 3, 18), today=TODAY)
    assert made.counts() == {"added": 1, "revised": 0, "withdrawn": 0, "unchanged": 1}
    one = library.every()["wastewater/AT/Graz/MDMA"]
    assert (one.last_period, one.values[-1]) == ("2026", 15.0) and library.every(date(2026, 3, 17))["wastewater/AT/Graz/MDMA"].last_period == "2022"


def test_files_of_a_folder_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with pytest.raises(InputError, match="no such file"):
        updates.list_files(folder)
    for name in ("b.csv", "a.csv", ".hidden", "readme.md", "~$a.xlsx"):
        (folder / name).write_text("x", encoding="utf-8")
    assert [one.name for one in updates.list_files(folder)] == ["a.csv", "b.csv"]
    with pytest.raises(InputError, match="future"):
        updates.update(folder / "a.csv", edition=date(2027, 1, 1), today=TODAY)
