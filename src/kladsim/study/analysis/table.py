"""The numbers that an analysis works on: for each point of a design, the paired differences of all replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.study.ensemble import Study

QUERY = """
SELECT point, replicate, CASE WHEN kind = 'flow' THEN sum({value}) ELSE avg({value}) END AS total
FROM {table} WHERE outcome = ? AND scenario = ? AND replicate < ? AND year >= ? GROUP BY point, replicate, kind
"""


@dataclass(frozen=True)
class Numbers:
    """One outcome of one plan over a design.

    Parameters
    ----------
    outcome, unit : what
    plan, base : the scenarios; ``plan`` equal to ``base`` means levels of the base
    values : float64[points, replicates]: the plan's difference from the base (flows summed, levels averaged) over the
        years from ``since`` on
    """

    outcome: str
    unit: str
    plan: str
    base: str
    since: int
    values: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """The mean over replicates at each point."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def noise_share(self) -> float:
        """The share of the variance of single replicates that is luck, not the point of the design."""
        if self.values.shape[1] < 2:
            return float("nan")
        luck = float(self.values.var(axis=1, ddof=1).mean())
        whole = float(self.values.var(ddof=1))
        return luck / whole if whole > 0 else 0.0


def chosen_plan(study: Study, plan: str | None) -> str:
    """Return the plan that is meant: the one named, else the first, else (without plans) the base itself."""
    names = study.scenario_names
    if plan is None:
        return names[1] if len(names) > 1 else names[0]
    if plan not in names:
        raise unknown_name("plan", plan, names, where="plan")
    return plan


def numbers(study: Study, outcome: str, plan: str | None = None) -> Numbers:
    """Return an outcome's paired differences over a study's design; without a plan, the base's levels.

    Raises
    ------
    InputError : unknown outcome or plan, or a point with a replicate that is not finished
    """
    chosen = chosen_plan(study, plan)
    base = study.scenario_names[0]
    catalogue = study.collect()
    known = {row["outcome"]: row["unit"] for row in catalogue.sql("SELECT DISTINCT outcome, unit FROM outcomes")}
    if outcome not in known:
        raise unknown_name("outcome", outcome, known, where="outcome")
    paired = chosen != base
    first = "SELECT coalesce(min(year), 0) AS year FROM {} WHERE scenario = ?"
    query = first.format("effects") + " AND difference <> 0" if paired else first.format("results")
    (row,) = catalogue.sql(query, [chosen])
    value, table = ("difference", "effects") if paired else ("value", "results")
    rows = catalogue.sql(
        QUERY.format(value=value, table=table), [outcome, chosen, study.replicates, row["year"]]
    )
    values = np.full((len(study.points), study.replicates), np.nan)
    for item in rows:
        values[item["point"], item["replicate"]] = np.nan if item["total"] is None else item["total"]
    missing = int(np.isnan(values).any(axis=1).sum())
    if missing:
        raise InputError(
            f"{missing} of {len(values)} points are not finished, or the outcome is not defined there",
            where="study", value=str(study.path), allowed="kladsim study run",
        )  # fmt: skip
    return Numbers(outcome, known[outcome], chosen, base, int(row["year"]), values)
