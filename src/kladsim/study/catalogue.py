"""The catalogue of a study: Parquet tables that SQL can query, brought up to date from the finished files.

Tables: ``cells`` (point, scenario, key, values of the point), ``runs`` (one a replicate: state, digest, costs, error,
traceback), ``outcomes`` (national years; harm of persons only, where points or scenarios differ in what the market
controls). Views: ``results`` joins them;
``effects`` holds the paired differences of every plan from the base at the same point and replicate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from kladsim.core.errors import InputError, KladsimError, StorageError
from kladsim.core.files import alone, notify, remove, write_atomically
from kladsim.runs.cells import Cell, CellFiles, failure
from kladsim.runs.harms import is_harm_of_persons
from kladsim.runs.replicates import national_years
from kladsim.study.factors import DesignColumn, Value

FOLDER = "catalogue"
RUNS = ("key", "replicate", "state", "digest", "wall_s", "peak_bytes", "persons", "error", "traceback")
RUN_TYPES = ("VARCHAR", "INTEGER", "VARCHAR", "VARCHAR", "DOUBLE", "BIGINT", "BIGINT", "VARCHAR", "VARCHAR")
OUTCOMES = ("key", "replicate", "outcome", "unit", "kind", "side", "better", "year", "value")
OUTCOME_TYPES = ("VARCHAR", "INTEGER", *("VARCHAR",) * 5, "INTEGER", "DOUBLE")
VIEWS = """
CREATE VIEW results AS
    SELECT c.* EXCLUDE (key), o.* EXCLUDE (key) FROM cells c JOIN outcomes o USING (key);
CREATE VIEW effects AS
    SELECT p.* EXCLUDE (value), p.value AS plan_value, b.value AS base_value, p.value - b.value AS difference
    FROM results p JOIN results b USING (point, replicate, outcome, year)
    WHERE b.scenario = (SELECT scenario FROM cells ORDER BY point, place LIMIT 1) AND p.scenario <> b.scenario;
"""


class StudyFiles(Protocol):
    """What a catalogue reads of a study: its folder, its plan and which replicates are finished."""

    path: Path

    @property
    def runs(self) -> Path: ...
    @property
    def replicates(self) -> int: ...
    @property
    def missing(self) -> int: ...
    @property
    def columns(self) -> Sequence[DesignColumn]: ...
    @property
    def points(self) -> Sequence[Mapping[str, Value]]: ...
    @property
    def cells(self) -> Sequence[Cell]: ...
    @property
    def scenario_names(self) -> Sequence[str]: ...
    @property
    def market_changes(self) -> Sequence[str]: ...
    def look(self) -> dict[str, CellFiles]: ...


class StudyCatalogue:
    """Tables of one study below its folder ``catalogue``."""

    def __init__(self, study: StudyFiles) -> None:
        self.study = study
        self.folder = study.path / FOLDER

    def update(self) -> int:
        """Add what is finished and not yet in the tables; return how many replicates were read.

        Raises
        ------
        StorageError : the folder cannot be written
        """
        with alone(self.folder / "tables", "the catalogue", seconds=600.0):
            return self._update()

    def _update(self) -> int:
        there = self.study.look()
        known = self._known()
        wanted = range(self.study.replicates)
        finished = [(key, n) for key, cell in there.items() for n in wanted if n in cell.finished]
        new = [item for item in finished if item not in known]
        runs, outcomes, read = self._read(new)
        failed = list(self._failed(there, set(finished)))
        self._write("cells", self._cells())
        with _connection() as connection:
            _table(connection, "new_runs", RUNS, RUN_TYPES, [*runs, *failed])
            _table(connection, "new_outcomes", OUTCOMES, OUTCOME_TYPES, outcomes)
            self._merge(connection, "runs", "key, replicate", "state = 'finished'")
            self._merge(connection, "outcomes", "key, replicate, outcome, year", "true")
        return read

    def _known(self) -> set[tuple[str, int]]:
        """What both tables hold; where one is missing or damaged both are made anew from the replicates' files."""
        import duckdb

        runs, outcomes = self.folder / "runs.parquet", self.folder / "outcomes.parquet"
        query = "SELECT DISTINCT key, replicate FROM read_parquet(?)"
        try:
            if runs.exists() and outcomes.exists():
                with _connection() as connection:
                    finished = connection.execute(f"{query} WHERE state = 'finished'", [str(runs)]).fetchall()
                    known = {(str(key), int(number)) for key, number in finished}
                    described = connection.execute(query, [str(outcomes)]).fetchall()
                if known <= {(str(key), int(number)) for key, number in described}:
                    return known
        except duckdb.Error as error:
            notify(f"{self.folder}: a damaged table is made anew ({str(error).splitlines()[0]})")
        remove(runs)
        remove(outcomes)
        return set()

    def _read(self, new: Iterable[tuple[str, int]]) -> tuple[list[Any], list[Any], int]:
        runs: list[Any] = []
        outcomes: list[Any] = []
        persons_only = bool(self.study.market_changes)
        for key, number in new:
            path = self.study.runs / key / f"{number:04d}.npz"
            try:
                header, years, items = national_years(path)
            except StorageError:
                notify(f"{path} is damaged and removed: run the study again to make it anew")
                remove(path)
                continue
            runs.append((key, number, "finished", *(header[name] for name in RUNS[3:7]), None, None))
            for meta, values in items:
                if persons_only and not is_harm_of_persons(SimpleNamespace(**meta)):
                    continue
                head = (key, number, *(meta[name] for name in ("name", "unit", "kind", "side", "better")))
                numbers = (None if np.isnan(value) else float(value) for value in values)
                outcomes += [(*head, year, value) for year, value in zip(years, numbers, strict=True)]
        return runs, outcomes, len(runs)

    def _failed(self, there: dict[str, CellFiles], finished: set[tuple[str, int]]) -> Iterator[tuple[Any, ...]]:
        for key, cell in there.items():
            for number in sorted(cell.failed):
                if (key, number) not in finished:
                    error = failure(self.study.runs, key, number)
                    yield key, number, "failed", None, None, None, None, error["error"], error["trace"]

    def _cells(self) -> list[dict[str, Any]]:
        shown = [column.name for column in self.study.columns]
        points = self.study.points
        order = {name: place for place, name in enumerate(self.study.scenario_names)}
        return [
            {"point": c.point, "scenario": c.scenario, "place": order[c.scenario], "key": c.key}
            | {name: points[c.point][name] for name in shown}
            for c in self.study.cells
        ]

    def _write(self, name: str, rows: list[dict[str, Any]]) -> None:
        names = list(rows[0])
        kinds = [_kind([row[column] for row in rows]) for column in names]
        with _connection() as connection:
            table = [tuple(row[column] for column in names) for row in rows]
            _table(connection, name, names, kinds, table)
            self._copy(connection, f"SELECT * FROM {name} ORDER BY point, place", name)

    def _merge(self, connection: Any, name: str, order: str, keep: str) -> None:
        path = self.folder / f"{name}.parquet"
        query = f"SELECT * FROM new_{name}"
        if path.exists():
            query = f"SELECT * FROM read_parquet('{_quoted(path)}') WHERE {keep} UNION ALL {query}"
        self._copy(connection, f"SELECT * FROM ({query}) ORDER BY {order}", name)

    def _copy(self, connection: Any, query: str, name: str) -> None:
        def save(temporary: Path) -> None:
            connection.execute(f"COPY ({query}) TO '{_quoted(temporary)}' (FORMAT parquet)")

        write_atomically(self.folder / f"{name}.parquet", save)

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Answer a query over the tables and views; ``values`` stand for its question marks.

        Raises
        ------
        InputError : the query does more than read, or is wrong; the message is DuckDB's
        """
        import duckdb

        with self._opened() as connection:
            try:
                _check_reading(connection, query)
                answer = connection.execute(query, list(values))
                names = [item[0] for item in answer.description]
                return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
            except duckdb.Error as error:
                raise InputError(str(error).splitlines()[0], where="sql", value=query) from error

    def frame(self, query: str) -> Any:
        """Answer a query as a pandas frame."""
        with self._opened() as connection:
            _check_reading(connection, query)
            return connection.execute(query).df()

    def _opened(self) -> Any:
        """Return a connection that reads the study's tables and no other file; its settings cannot be changed back."""
        connection = _connection()
        paths = {name: _quoted(self.folder / f"{name}.parquet") for name in ("cells", "runs", "outcomes")}
        for name, path in paths.items():
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        connection.execute(VIEWS)
        readable = ", ".join(f"'{path}'" for path in paths.values())
        for setting in (
            f"allowed_paths = [{readable}]",
            "python_enable_replacements = false",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.execute(f"SET {setting}")
        return connection

    def digest(self) -> str:
        """SHA-256 of the study's table: every replicate's digest and every national value, in canonical order.

        Raises
        ------
        KladsimError : not all is finished
        """
        if self.study.missing:
            raise KladsimError(f"{self.study.path}: {self.study.missing} replicates are not finished")
        hasher = hashlib.sha256()
        n = self.study.replicates
        for query in (
            f"SELECT key, replicate, digest FROM runs WHERE replicate < {n} ORDER BY ALL",
            f"SELECT * FROM outcomes WHERE replicate < {n} ORDER BY key, replicate, outcome, year",
        ):
            for row in self.sql(query):
                hasher.update(repr(tuple(row.values())).encode())
        return hasher.hexdigest()


def _connection() -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads TO 1")
    return connection


def _check_reading(connection: Any, query: str) -> None:
    """Raise ``InputError`` if a query does anything but read."""
    import duckdb

    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    for statement in connection.extract_statements(query):
        if statement.type not in reading:
            raise InputError("does not only read", where="sql", value=statement.query.strip(), allowed="SELECT")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _kind(values: list[Any]) -> str:
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "BIGINT"
    return "DOUBLE" if all(isinstance(value, float | int) for value in values) else "VARCHAR"


def _table(connection: Any, name: str, names: Iterable[str], kinds: Iterable[str], rows: list[tuple[Any, ...]]) -> None:
    """Make a table from rows, column by column (row by row would take minutes)."""
    columns = list(names)
    declared = ", ".join(f'"{column}" {kind}' for column, kind in zip(columns, kinds, strict=True))
    connection.execute(f"CREATE TABLE {name} ({declared})")
    if not rows:
        return
    arrays = {f"c{i}": _array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)}
    connection.register("given", arrays)
    taken = ", ".join(
        f"CASE WHEN isnan(c{i}) THEN NULL ELSE c{i} END" if kind == "DOUBLE" else f"c{i}"
        for i, kind in enumerate(kinds)
    )
    connection.execute(f"INSERT INTO {name} SELECT {taken} FROM given")
    connection.unregister("given")


def _array(values: list[Any], kind: str) -> Any:
    if kind == "DOUBLE":
        return np.array([np.nan if value is None else float(value) for value in values])
    if kind in ("BIGINT", "INTEGER"):
        return np.ma.array([value or 0 for value in values], mask=[value is None for value in values], dtype=np.int64)
    return np.array([None if value is None else str(value) for value in values], dtype=object)
