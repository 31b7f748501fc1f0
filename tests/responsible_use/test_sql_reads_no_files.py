"""SQL of a study reads its tables and nothing else: no file beside them, no variable of the process, no writing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.study.responsive_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

BASE = Scenario(name="base", until="2014-03-01", scale=1)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("s") / "it's a study"
    made = Study.plan(BASE, vary=["use.initiation"], design=Design("lhs", 3), replicates=1, out=folder, engine=SPEC)
    made.run()
    return made


@pytest.mark.parametrize(
    "query",
    [
        "SELECT content FROM read_text('{file}')", "SELECT * FROM '{file}'", "SELECT * FROM read_csv_auto('{file}')",
        "SELECT * FROM read_json_auto('{study}/study.json')", "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{new}'", "COPY (SELECT 1 AS a) TO '{study}/catalogue/cells.parquet' (USE_TMP_FILE false)",
        "SET enable_external_access = true", "RESET lock_configuration", "ATTACH '{new}'", "INSTALL httpfs", "LOAD httpfs",
        "SELECT 1; COPY (SELECT 1) TO '{new}'", "EXPORT DATABASE '{new}'", "CREATE TABLE t AS SELECT 1", "DROP VIEW results",
        "SELECT * FROM read_blob('{file}')", "SELECT * FROM secret_rows",
        "SELECT * FROM read_parquet('{study}/runs/*/*.npz')", "EXPLAIN ANALYZE COPY (SELECT 1) TO '{new}'",
    ],
)  # fmt: skip
def test_a_query_that_reaches_outside_is_refused(study: Study, tmp_path: Path, query: str) -> None:
    import pandas as pd

    secret_rows = pd.DataFrame({"a": [1]})  # a variable that DuckDB would find by its name
    assert len(secret_rows) == 1
    file, new = tmp_path / "secret.csv", tmp_path / "new"
    file.write_text("a\nsecret\n")
    before = {path: path.read_bytes() for path in (study.path / "catalogue").glob("*.parquet")}
    for ask in (study.sql, study.collect().frame):
        with pytest.raises((InputError, duckdb.Error)) as caught:
            ask(query.format(file=file, new=new, study=str(study.path).replace("'", "''")))
        assert ask is not study.sql or isinstance(caught.value, InputError)
        assert "secret\n" not in str(caught.value)
    assert not new.exists()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n FROM results", "WITH a AS (SELECT * FROM outcomes) SELECT count(*) AS n FROM a",
        "SELECT count(*) AS n FROM effects", "DESCRIBE cells", "EXPLAIN SELECT 1", "SUMMARIZE outcomes", "SHOW TABLES",
        "SELECT state, count(*) FROM runs GROUP BY state",
    ],
)  # fmt: skip
def test_reading_the_tables_works(study: Study, query: str) -> None:
    assert study.sql(query)
    assert study.sql("SELECT count(*) AS n FROM results WHERE outcome = 'deaths'")[0]["n"] > 0
