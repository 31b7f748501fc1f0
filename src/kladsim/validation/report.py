"""The answer of a validation: from stored results, or from rows computed now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kladsim.model.version import model_version
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.rows import HERE, Runner
from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.validation import store
from kladsim.validation.checks.claims import carried
from kladsim.validation.counting import headline, tallies
from kladsim.validation.judging import judge, matrix
from kladsim.validation.punishing import without_values
from kladsim.validation.registry import experiments_of, select_checks
from kladsim.validation.running import compute, planned
from kladsim.validation.verdicts import CheckResult, Row


@dataclass
class Report:
    """Results with what they rest on.

    Parameters
    ----------
    results : one a check
    matrix : checks by mechanism switched off, "red" or "green"
    curves : named curves for pictures
    stale : why the results do not belong to this code ("" if they do)
    mode : point, posterior or prior: what replicates draw their parameters from
    """

    results: list[CheckResult]
    matrix: dict[str, dict[str, str]] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    stale: str = ""
    source: str = ""
    model_version: str = field(default_factory=model_version)
    core_hours: float = 0.0
    rows: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    mode: str = "point"

    def __post_init__(self) -> None:
        self.results = without_values(self.results)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "headline": headline(self.results),
            "counts": [{**asdict(t), "title": t.title, "evidence": t.evidence} for t in tallies(self.results)],
            "results": [asdict(result) for result in self.results],
            "matrix": self.matrix,
            "curves": self.curves,
            "stale": self.stale,
            "source": self.source,
            "model_version": self.model_version,
            "core_hours": self.core_hours,
            "badge": BADGE,
            "use": USE,
        }

    def take_in(self, others: list[CheckResult], matrix: dict[str, dict[str, str]]) -> None:
        """Take results of another model in place of those that this one lacks, and judge claims resting on them."""
        found = {result.id: result for result in others}
        self.results = [found.get(result.id, result) for result in self.results]
        self.results = without_values(_resting(result, found) for result in self.results)
        self.matrix = {**self.matrix, **matrix}

    def ship(self) -> None:
        """Write the results into the package."""
        extra = {"matrix": self.matrix, "curves": self.curves} if self.mode == "point" else {}
        store.ship(self.results, self.rows, extra, mode=self.mode)


def answer(only: str = "", root: Path | None = None, mode: str = "point") -> Report:
    """Return results at once: from rows of this code if the store folder has any, else those that are shipped."""
    names = select_checks(only)
    stored = store.shipped(mode)
    reason = store.stale(stored, mode)
    if reason:
        there = store.FactRows(root, mode)
        rows = there.read_all(experiments_of(names))
        if rows:
            return _judged(names, rows, f"rows in {there.folder.name}", mode)
    found = {result.id: result for result in store.as_results(stored)}
    results = [found[name] for name in names if name in found]
    results += judge([name for name in names if name not in found], {})
    results.sort(key=lambda result: names.index(result.id))
    return Report(
        results,
        matrix=stored.get("matrix", {}),
        curves=stored.get("curves", {}),
        stale=reason,
        source="shipped results",
        model_version=stored.get("model_version", model_version()),
        core_hours=stored.get("core_hours", 0.0),
        mode=mode,
    )


def compute_and_answer(
    only: str = "",
    *,
    most: int | None = None,
    root: Path | None = None,
    runner: Runner = HERE,
    missing: bool = True,
    mode: str = "point",
) -> Report:
    """Compute what is missing for the chosen checks, then judge them.

    Parameters
    ----------
    only : ids and kinds; all checks (with the matrix) if empty
    most : at most so many replicates an experiment
    missing : whether what is missing is computed; else what is there is judged
    mode : point, posterior or prior: what replicates draw their parameters from
    """
    names = select_checks(only)
    experiments = experiments_of(names) if only else list(EXPERIMENTS)
    rows = store.FactRows(root, mode)
    plan = planned(experiments, most, mode)
    if missing:
        compute(plan, rows, runner)
    held = {name: of for name in plan if (of := rows.read(name, plan[name]))}
    return _judged(names, held, f"computed with this code in {rows.folder.name}", mode)


def _resting(result: CheckResult, found: dict[str, CheckResult]) -> CheckResult:
    """Return a claim's result where all that it rests on is found elsewhere."""
    based = carried()[result.id].checks if result.kind == "claim" else ()
    if not based or not set(based) <= set(found):
        return result
    used = [found[name] for name in based]
    ok = all(other.status == "pass" for other in used)
    said = ", ".join(f"{other.id} {'passes' if other.status == 'pass' else 'fails'}" for other in used)
    kept = {name: getattr(used[0], name) for name in ("value", "low", "high", "unit", "replicates", "target")}
    share = min(other.share or 0.0 for other in used)
    status = "pass" if ok else "fail"
    return replace(result, status=status, reason=f"shown by {said}", rule="all checks it rests on", share=share, **kept)


def _judged(names: list[str], rows: dict[str, list[Row]], source: str, mode: str = "point") -> Report:
    from kladsim.validation.curves import curves

    hours = sum(row["seconds"] for of in rows.values() for row in of) / 3600.0
    table = matrix(rows) if "base" in rows else {}
    return Report(judge(names, rows), table, curves(rows), "", source, model_version(), round(hours, 2), rows, mode)
