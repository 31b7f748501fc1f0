"""Rows of finished replicates in a working folder, and the results that are shipped inside the package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kladsim.core.files import add_row, read_json, read_lines, write_json
from kladsim.model.version import model_version
from kladsim.runs.development import why_not_current
from kladsim.runs.rows import RowFolder
from kladsim.runs.store import runs_root
from kladsim.runs.tasks import Task
from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.validation.drawn import COUNTRY, source_of
from kladsim.validation.keys import digest_of, judging_key, making_key
from kladsim.validation.punishing import without_values
from kladsim.validation.verdicts import CheckResult, Row

COUNTRIES = tuple(dict.fromkeys(experiment.country for experiment in EXPERIMENTS.values()))
DATA = Path(__file__).parent / "data"
SHIPPED = DATA / "results.json"


@dataclass(frozen=True)
class ExperimentTask(Task):
    """A replicate of an experiment, with what its parameters are drawn from."""

    experiment: str
    number: int
    mode: str = "point"

    @property
    def key(self) -> str:
        """Experiment and number of the replicate."""
        return f"{self.experiment}/{self.number}"

    def code_key(self) -> str:
        """The digest of the code, data and draws that make the row."""
        return making_key(EXPERIMENTS[self.experiment].country) + source_of(self.mode)


class FactRows(RowFolder):
    """Rows of one version of code and data: a JSON line a replicate in one file an experiment.

    Parameters
    ----------
    root : folder for all versions (default: the folder for runs); rows of other versions lie beside
    mode : point, posterior or prior: what replicates draw their parameters from
    """

    def __init__(self, root: Path | None = None, mode: str = "point") -> None:
        self.root = root or runs_root()
        self.mode = mode
        super().__init__(self.folder_of(COUNTRY))

    def folder_of(self, country: str) -> Path:
        """Return the folder of a country's rows that belong to this code."""
        drawn = f"-{self.mode}-{source_of(self.mode)[:12]}" if self.mode != "point" and country == COUNTRY else ""
        return self.root / f"validation-{making_key(country)[:12]}{drawn}"

    def read(self, experiment: str, most: int | None = None) -> list[Row]:
        """Return the rows of an experiment in order of replicates; a torn line counts as missing."""
        lines: Iterable[Row] = read_lines(self._file(experiment))
        rows = (row for row in lines if isinstance(row.get("replicate"), int))
        found: dict[int, Row] = {row["replicate"]: row for row in rows if "arms" in row}
        return [found[number] for number in sorted(found)][:most]

    def read_all(self, experiments: Iterable[str]) -> dict[str, list[Row]]:
        """Return the rows of experiments that have any."""
        every = {name: self.read(name) for name in experiments}
        return {name: rows for name, rows in every.items() if rows}

    def find_finished(self, tasks: Sequence[ExperimentTask]) -> set[str]:
        """Return the keys of replicates that have a row."""
        names = dict.fromkeys(task.experiment for task in tasks)
        there = {f"{name}/{row['replicate']}" for name in names for row in self.read(name)}
        return there & {task.key for task in tasks}

    def keep(self, task: ExperimentTask, row: Row, content: bytes) -> None:
        """Append the row of a replicate."""
        self.add(task.experiment, row)

    def add(self, experiment: str, row: Row) -> None:
        """Append a finished row."""
        add_row(self._file(experiment), row)

    def _file(self, experiment: str) -> Path:
        country = EXPERIMENTS[experiment].country if experiment in EXPERIMENTS else COUNTRY
        return self.folder_of(country) / f"{experiment}.jsonl"


def shipped_path(mode: str) -> Path:
    """Return the file inside the package that holds the results of a mode."""
    return SHIPPED if mode == "point" else DATA / f"results_{mode}.json"


def ship(
    results: Sequence[CheckResult], rows: dict[str, list[Row]], extra: dict[str, Any], path: Path | None = None,
    mode: str = "point",
) -> None:  # fmt: skip
    """Write results, costs and digests of rows to the file inside the package; facts themselves stay behind."""
    experiments = {
        name: {
            "replicates": len(of),
            "core_seconds": round(sum(row["seconds"] for row in of), 1),
            "digests": [{arm: digest_of(facts)[:16] for arm, facts in row["arms"].items()} for row in of],
        }
        for name, of in rows.items()
    }
    path = path or shipped_path(mode)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        path,
        {
            "model_version": model_version(),
            "making_keys": {country: making_key(country) for country in COUNTRIES},
            "judging_key": judging_key(),
            "drawn_from": source_of(mode),
            "core_hours": round(sum(e["core_seconds"] for e in experiments.values()) / 3600.0, 2),
            "results": [asdict(result) for result in results],
            **extra,
            "experiments": experiments,
        },
    )
    shipped.cache_clear()


@cache
def shipped(mode: str = "point") -> dict[str, Any]:
    """Return what is shipped, empty if nothing is."""
    path = shipped_path(mode)
    return read_json(path) if path.exists() else {}


def stale(stored: dict[str, Any], mode: str = "point") -> str:
    """Return why stored results do not belong to this code, an empty text if they do."""
    if not stored:
        return "nothing is stored; run `kladsim dev validate --fresh`"
    if why := why_not_current(stored["model_version"], "stored for"):
        return why
    changed = [country for country in COUNTRIES if stored["making_keys"].get(country) != making_key(country)]
    if changed:
        return f"the model's code or data changed after the results were stored ({', '.join(changed)})"
    if stored["judging_key"] != judging_key():
        return "the checks or the evidence changed after the results were stored"
    if stored.get("drawn_from", "") != source_of(mode):
        return f"the results were stored for another {mode}"
    return ""


def as_results(stored: dict[str, Any]) -> list[CheckResult]:
    """Return the stored results, without values of checks of private punishment."""
    rows, lists = stored.get("results", ()), ("mechanism", "parts")
    return without_values(CheckResult(**row | {name: tuple(row[name]) for name in lists}) for row in rows)
