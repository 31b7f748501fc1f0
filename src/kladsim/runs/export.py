"""Write outcomes of a run as tidy columns with intervals, in the cells that their class allows.

One row an outcome and cell, none left out: median and 5-95 % interval over replicates, their number, whether the cell
is too noisy and what would settle it (more replicates, a larger scale, or else the cell above it, which ``pooled``
names). A cell finer than allowed is an error that names the finest one. Where a pack declares a past validation window,
supply by day and region gives the nation on every day and the window's places on its days; nothing finer leaves.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.files import prepare_output_file, write_atomically, write_bytes
from kladsim.runs import disclosure
from kladsim.runs.disclosure import BADGE, TIME, USE, DisclosedArray, ResolutionError, class_of, declared, is_count
from kladsim.runs.noise import assess, quantiles
from kladsim.runs.periods import coarser
from kladsim.runs.result import Result
from kladsim.world import load_pack

FORMATS = ("csv", "parquet", "json")
BY = (*TIME, "region", "district", "age", "sex")
NATION = "nation"
NUMBERS = ("median", "low", "high")
MARKS = ("noisy", "settled_by", "pooled")
NATIONAL_ONLY = "under 18: given for the nation only"
Row = dict[str, Any]


def export(
    result: Result,
    outcomes: str | Sequence[str],
    by: str | Sequence[str] = "year",
    fmt: str = "csv",
    out: str | Path | None = None,
) -> str | Path:
    """Return the table as text, or write it to ``out`` and return where it lies (Parquet needs a file).

    Raises
    ------
    InputError : an unknown outcome, cell or format, or a cell that disclosure control refuses
    StorageError : the file cannot be written
    """
    if fmt not in FORMATS:
        raise unknown_name("format", fmt, FORMATS, where="format")
    if fmt == "parquet" and out is None:
        raise InputError("Parquet needs a file", where="out", allowed="a file name")
    by = _names_of(by)
    rows = table(result, _names_of(outcomes), by)
    columns = ("outcome", "unit", *by, *NUMBERS, *MARKS, "n", "note")
    if fmt == "parquet":
        path = prepare_output_file(str(out))
        write_atomically(path, lambda temporary: _parquet(temporary, columns, rows))
        return path
    text = _csv(columns, rows) if fmt == "csv" else _json(result, rows)
    if out is None:
        return text
    path = prepare_output_file(out)
    write_bytes(path, text.encode())
    return path


def _names_of(names: str | Sequence[str]) -> list[str]:
    """Return the names in a list or in one text with commas."""
    parts = names.split(",") if isinstance(names, str) else names
    return [part.strip() for part in parts if part.strip()]


def table(result: Result, outcomes: Sequence[str], by: Sequence[str] = ("year",)) -> list[Row]:
    """Return one row an outcome and cell: what it is, median, low, high, noisy, settled_by, pooled, n, note.

    Raises
    ------
    InputError : an unknown outcome or cell, or a cell that disclosure control refuses
    """
    known = {item.name for item in result.outcomes.values()}
    if not outcomes:
        raise InputError("names no outcome", where="outcome", allowed="see `kladsim list outcomes`")
    for name in outcomes:
        if name not in known:
            raise unknown_name("outcome of this run", name, known, where="outcome")
    cells = _cells(by)
    return [row for name in outcomes for row in _rows(result, name, cells)]


def _cells(by: Sequence[str]) -> tuple[str, ...]:
    for dim in by:
        if dim not in BY:
            raise unknown_name("cell", dim, BY, where="by")
    times, places = ([dim for dim in by if dim in ladder] for ladder in (TIME, disclosure.PLACE))
    if len(times) != 1 or len(places) > 1 or len(set(by)) != len(by):
        allowed = f"one of {', '.join(TIME)}, and perhaps region or district, age or sex"
        raise InputError("names no one step of time, or a cell twice", where="by", value=",".join(by), allowed=allowed)
    return tuple(by)


def _rows(result: Result, name: str, by: tuple[str, ...]) -> Iterator[Row]:
    arrays = [item for item in result.outcomes.values() if item.name == name]
    if set(by) == set(disclosure.WINDOW_CELL):
        place = _by_place(result, name)
        if place is not None:
            nation = _fitting(arrays, ("day",), result)
            for row in _tidy(nation, ("day",), result) if nation else ():
                yield {**row, "region": NATION}
            yield from _tidy(place, by, result, name, _inside(result, place))
            return
    chosen = _fitting(arrays, by, result)
    if chosen is None:
        raise _refused(arrays[0], by)
    yield from _tidy(chosen, by, result)


def _by_place(result: Result, name: str) -> DisclosedArray | None:
    """The outcome by day and place of the pack's validation window, None without one."""
    return result.outcomes.get(declared(name, "by_place") or "")


def _refused(item: DisclosedArray, by: tuple[str, ...]) -> InputError:
    """Why an outcome has no such cell: disclosure control refuses it, or it was never recorded so finely."""
    try:
        disclosure.check_resolution(item.name, by, class_of(item), ())
        problem = "is not recorded in such cells"
        if item.kind == "level" and not is_count(item) and set(by) < set(item.dims):
            problem = "is a level that does not add up over places or ages"
        if "age" in item.dims and "age" not in by:
            problem = "is given by place for adults only, and so not for all ages together"
    except ResolutionError:
        problem = f"may not leave the model in such cells (responsible use; {class_of(item)})"
    finest = " × ".join(dim for dim in item.dims if dim != "replicate")
    return InputError(f"{item.name} {problem}", where="by", value=",".join(by), allowed=f"at the finest {finest}")


def _fitting(arrays: Sequence[DisclosedArray], by: tuple[str, ...], result: Result) -> DisclosedArray | None:
    """The array with the fewest axes that holds the wanted cells, with its time made coarser."""
    for item in sorted(arrays, key=lambda item: len(item.dims)):
        made = _coarse(item, by, result)
        if made is not None:
            return made
    return None


def _coarse(item: DisclosedArray, by: tuple[str, ...], result: Result) -> DisclosedArray | None:
    wanted = next(dim for dim in by if dim in TIME)
    given = next((dim for dim in item.dims if dim in TIME), None)
    if given is None or TIME.index(given) > TIME.index(wanted) or not set(by) - {wanted} <= set(item.dims):
        return None
    others = tuple(dim for dim in item.dims if dim not in ("replicate", given))
    pooled = [dim for dim in others if dim not in by]
    if "age" in pooled and any(dim in disclosure.PLACE for dim in by):
        return None  # by place, people under 18 are left out
    if pooled and not (is_count(item) or item.kind == "flow"):
        return None
    values, unit = item.values, item.unit
    axis = item.dims.index(given)
    if given != wanted:
        values = coarser(values, axis, given, wanted, result.start, item.kind)
        unit = unit.removesuffix("/day") if item.kind == "flow" else unit
    dims = tuple(wanted if dim == given else dim for dim in item.dims)
    values = values.sum(axis=tuple(dims.index(dim) for dim in pooled)) if pooled else values
    dims = tuple(dim for dim in dims if dim not in pooled)
    values = np.moveaxis(values, [dims.index(dim) for dim in by], range(1, len(by) + 1))
    return DisclosedArray(**{**vars(item), "dims": ("replicate", *by), "values": values, "unit": unit})


def _tidy(
    item: DisclosedArray,
    by: tuple[str, ...],
    result: Result,
    name: str | None = None,
    keep: NDArray[np.bool_] | None = None,
) -> Iterator[Row]:
    """Rows of an array whose cells are named ``by``; ``keep`` tells which cells, in the array's own order."""
    order = [item.dims.index(dim) for dim in by]
    values = np.moveaxis(item.values, order, range(1, len(by) + 1))
    kept = None if keep is None else np.moveaxis(keep, [axis - 1 for axis in order], range(len(by)))
    flat = quantiles(values).reshape(3, -1)
    noise = assess(item, values, result.sampling)
    labels = [result.labels_of(dim, values.shape[axis + 1]) for axis, dim in enumerate(by)]
    note = "; ".join(filter(None, (result.describe_warnings(), BADGE)))
    above = _pools(result) if "region" in by else {}
    risk = _beside_risk(result) if class_of(item) == "risk" else ""
    for index, cell in enumerate(itertools.product(*labels)):
        if kept is None or kept.flat[index]:
            at = dict(zip(by, cell, strict=True))
            shown = dict(zip(NUMBERS, (_number(x) for x in flat[:, index]), strict=True))
            yield {
                "outcome": name or item.name,
                "unit": item.unit,
                **at,
                **shown,
                "noisy": bool(noise.noisy.flat[index]),
                "settled_by": str(noise.settled_by.flat[index]),
                "pooled": above.get(str(at.get("region")), NATION) if any(dim not in TIME for dim in by) else "",
                "n": values.shape[0],
                "note": "; ".join(filter(None, (note, NATIONAL_ONLY if _is_closed(at) else "", risk))),
            }


def _beside_risk(result: Result) -> str:
    """What stands beside a risk of arrest: the doubt about its denominator and the length of sentences (rule 6)."""
    parameters = result.scenario["config"].get("parameters", {})
    said = "per courier and year, and how many couriers there are is the model's own number"
    years, served = (parameters.get(f"justice.{name}") for name in ("years_trafficking", "served"))
    if years is None or served is None:
        return said
    return f"{said}; a prison term for trafficking is {years:g} years, of which {100 * served:g} % is served"


def _is_closed(at: Mapping[str, Any]) -> bool:
    """Whether a cell is one of people under 18 by place."""
    return disclosure.is_minor(at.get("age", "")) and any(dim in at for dim in disclosure.PLACE)


def _pools(result: Result) -> dict[str, str]:
    """The federal district of each region, by code; empty where the pack has none."""
    pack = load_pack(str(result.scenario["config"]["country"]))
    names = tuple(pack.district_names)
    return {str(c): names[d] for c, d in zip(pack.region_code, pack.district, strict=True)} if names else {}


def _inside(result: Result, item: DisclosedArray) -> NDArray[np.bool_]:
    """The days and places of the pack's validation window, bool[day, region]."""
    inside = np.zeros(item.values.shape[1:], dtype=bool)
    window = disclosure.Window.of(load_pack(str(result.scenario["config"]["country"])), result.start)
    if window is not None:
        inside[max(0, window.first) : max(0, window.end), list(window.places)] = True
    return inside


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_plain(row[c]) for c in columns] for row in rows])
    return text.getvalue()


def _plain(value: Any) -> Any:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _json(result: Result, rows: Sequence[Row]) -> str:
    facts = {"run": result.name, "digest": result.digest, "interval": result.interval, "badge": BADGE, "use": USE}
    if above := result.describe_warnings():
        facts = {"placeholders": above, **facts}
    usual = "; ".join(filter(None, (result.describe_warnings(), BADGE)))
    bare = [row if row["note"] != usual else {k: v for k, v in row.items() if k != "note"} for row in rows]
    return json.dumps({**facts, "rows": bare}, ensure_ascii=False, indent=1, default=str) + "\n"


def _parquet(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    import duckdb

    kinds = {**dict.fromkeys(NUMBERS, "DOUBLE"), "n": "INTEGER", "year": "INTEGER", "day": "DATE"}
    kinds["noisy"] = "BOOLEAN"
    empty = {c: np.array([math.nan if r[c] is None else r[c] for r in rows]) if c in NUMBERS else None for c in columns}
    given = {c: np.array([str(r[c]) for r in rows], dtype=object) if v is None else v for c, v in empty.items()}
    chosen = ", ".join(
        f'CASE WHEN isnan("{c}") THEN NULL ELSE "{c}" END AS "{c}"'
        if c in NUMBERS
        else f'CAST("{c}" AS {kinds.get(c, "VARCHAR")}) AS "{c}"'
        for c in columns
    )
    target = str(path).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute("SET threads TO 1")
        connection.register("cells", given)
        connection.execute(f"COPY (SELECT {chosen} FROM cells) TO '{target}' (FORMAT parquet)")
