"""Random files: what was written is what is read, every value is accounted for, and nothing ends in a traceback."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kladsim.core.errors import InputError
from kladsim.monitor import intake
from kladsim.monitor.periods import to_period
from kladsim.monitor.recipes import IntakeOptions

TODAY = date(2026, 11, 30)
HEAD = ("country", "place", "indicator", "unit", "period", "value")
pytestmark = pytest.mark.usefixtures("own_folder")
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
LONG = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate, Phase.shrink])

# A value as it is meant (bounds, or None where it is missing), and how it may be written with a mark of decimals.
exact = st.one_of(st.integers(0, 10**6), st.decimals(0, 9999, places=2).map(float)).map(lambda number: (float(number), float(number)))
below = st.integers(1, 500).map(lambda number: (0.0, float(number)))
between = st.tuples(st.integers(0, 50), st.integers(51, 99)).map(lambda pair: (float(pair[0]), float(pair[1])))
hidden = st.just((0.0, math.inf))
meant = st.one_of(exact, exact, exact, below, between, hidden, st.none())
SIGNS = {"hidden": ("*", "Suppressed", "c", "..", "скрыто"), "missing": ("", ":", "n/a", "-", "н/д")}


def _write_value(value: tuple[float, float] | None, mark: str, choose: Callable[[list[str]], str]) -> str:
    if value is None:
        return choose(list(SIGNS["missing"]))
    low, high = value
    if math.isinf(high):
        return choose(list(SIGNS["hidden"]))
    if low == high:
        text = f"{low:.2f}" if low != int(low) else choose([f"{low:.0f}", f"{low:.1f}"])
        return text.replace(".", mark)
    if low == 0:
        return choose([f"<{high:.0f}", f"< {high:.0f}", f"менее {high:.0f}", f"≤{high:.0f}"])
    return choose([f"{low:.0f}-{high:.0f}", f"{low:.0f}–{high:.0f}"])


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes, dict[str, Any], dict[tuple[str, str], tuple[float, float]], int]:
    """A file's name and content, options that decide its decimals, what it means, and how many values are missing."""

    def choose(texts: list[str]) -> str:
        return draw(st.sampled_from(texts))

    places = draw(st.lists(st.sampled_from(["Новый Город", "Testford", "Ärkula", "大里", "თესტი"]), min_size=1, max_size=3, unique=True))
    years = sorted(draw(st.sets(st.integers(1990, 2025), min_size=2, max_size=12)))
    mark = choose([".", ","])
    table = {(place, year): draw(meant) for place in places for year in years}
    found = {(f"own/GEO/{place}/things", str(year)): value for (place, year), value in table.items() if value is not None}
    missing = sum(value is None for value in table.values())
    wide = draw(st.booleans())
    if wide:
        rows = [["country", "place", "indicator", "unit", *map(str, years)]]
        rows += [["GE", place, "things", "pieces", *(_write_value(table[place, year], mark, choose) for year in years)] for place in places]
    else:
        rows = [list(HEAD), *(["GE", place, "things", "pieces", str(year), _write_value(value, mark, choose)] for (place, year), value in table.items())]
    options = {"decimal": "comma" if mark == "," else "point"}
    form = choose(["text", "text", "json", "xlsx"])
    if form == "json":
        records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        return "a.json", json.dumps(records, ensure_ascii=draw(st.booleans())).encode(), options, found, missing
    if form == "xlsx":
        book, content = openpyxl.Workbook(), io.BytesIO()
        for row in [[choose(["A title", "Сведения"])]] * draw(st.integers(0, 2)) + rows:
            book.active.append(row)
        book.save(content)
        return "a.xlsx", content.getvalue(), options, found, missing
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=choose([",", ";", "\t", "|"]), lineterminator=choose(["\n", "\r\n"]), quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    writer.writerows(rows)
    return "a.csv", text.getvalue().encode(choose(["utf-8", "utf-8-sig", "utf-16", "utf-32"])), options, found, missing


def _round_trip(folder: Path, file: tuple[str, bytes, dict[str, Any], dict[tuple[str, str], tuple[float, float]], int]) -> int:
    name, content, options, expected, missing = file
    path = folder / name
    path.write_bytes(content)
    rows, log = intake.check(path, IntakeOptions(**options), today=TODAY)
    assert {(row.series, to_period(row.step, row.freq)): row.bounds for row in rows} == expected
    assert (log.missing, log.kept, log.left_out) == (missing, len(expected), 0) and log.balanced
    return len(expected) + missing


cells = st.one_of(
    st.sampled_from(["", "LV", "Latvia", "EU27_2020", "Total", "Итого", "2021", "2021-W53", "Q1 2021", "<5", "..", ":", "1,234", "1.234,5", "NaN", "1e999", "-5",
                     "٣", "²", "½", "5e", "=1+1", '"', "\x00", "\u202e", "country", "value", "year", "kg", "12 %", "0x1F", "１２"]),
    st.text(max_size=12), st.integers(-10, 3000).map(str),
)  # fmt: skip
tables = st.tuples(
    st.lists(st.one_of(cells, st.sampled_from(HEAD)), min_size=1, max_size=9), st.lists(st.lists(cells, max_size=9), max_size=9), st.sampled_from(",;\t|")
)


def _survive(folder: Path, head: list[str], rows: list[list[str]], sign: str) -> int:
    path = folder / "b.csv"
    text = "\n".join(sign.join(row) for row in [head, *rows])
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    try:
        _, log = intake.check(path, today=TODAY)
        assert log.balanced
    except InputError as error:
        assert str(error)
    return sum(map(len, rows)) + len(head)


@QUICK
@given(file=files())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, file: Any) -> None:
    _round_trip(tmp_path_factory.mktemp("fuzz"), file)


@QUICK
@given(table=tables)
def test_any_cells_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, table: Any) -> None:
    _survive(tmp_path_factory.mktemp("fuzz"), *table)


@QUICK
@given(content=st.binary(max_size=400), start=st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"{", b"[", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"country,value\n"]))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "c.csv"
    path.write_bytes(start + content)
    with pytest.raises(InputError):
        intake.check(path, today=TODAY)


@pytest.mark.verify
@pytest.mark.slow
def test_a_hundred_thousand_cells(tmp_path: Path) -> None:
    """At least 10^5 cells of random files, half of them written from known values, half of any text."""
    counts = [0]

    def read(file: Any) -> None:
        counts.append(_round_trip(tmp_path, file))

    def survive(table: Any) -> None:
        counts.append(_survive(tmp_path, *table))

    for number in range(100):
        seed(number)(LONG(given(file=files())(read)))()
        seed(number)(LONG(given(table=tables)(survive)))()
        if sum(counts) >= 100_000:
            break
    print(f"{sum(counts)} cells")
    assert sum(counts) >= 100_000
