"""A study in the layout of the EMA workbench: a frame of experiments and a dictionary of outcomes.

Uncertainties and levers are columns; ``scenario``, ``policy`` and ``model`` name the run. Where market parameters vary,
outcomes are harm of persons only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.core.errors import InputError
from kladsim.study.ensemble import Study


def to_ema(study: Study, *, by_replicate: bool = False) -> tuple[Any, dict[str, np.ndarray[Any, Any]]]:
    """Return ``(experiments, outcomes)``: a pandas frame, and float64[experiments, years] by national outcome.

    Parameters
    ----------
    by_replicate : one experiment a replicate (with its number), instead of the mean over replicates

    Raises
    ------
    InputError : a replicate is not finished
    """
    import pandas as pd  # type: ignore[import-untyped]

    status = study.status()
    if status.finished < status.total:
        raise InputError(
            f"{status.total - status.finished} replicates are not finished", where="study", value=str(study.path)
        )
    numbers = range(study.replicates) if by_replicate else (None,)
    rows = [
        {column.name.removeprefix("levers."): study.points[cell.point][column.name] for column in study.columns}
        | {"scenario": cell.point, "policy": cell.scenario, "model": "kladsim"}
        | ({"replicate": number} if number is not None else {})
        for cell in study.cells
        for number in numbers
    ]
    return pd.DataFrame(rows), _outcomes(study, by_replicate)


def _outcomes(study: Study, by_replicate: bool) -> dict[str, np.ndarray[Any, Any]]:
    frame = study.collect().frame(
        "SELECT outcome, point, scenario, replicate, year, value FROM results "
        f"WHERE replicate < {study.replicates} ORDER BY outcome, point, place, replicate, year"
    )
    by_outcome = {}
    for name, part in frame.groupby("outcome", sort=True):
        years = part["year"].nunique()
        values = part["value"].to_numpy(dtype=np.float64).reshape(len(study.cells), study.replicates, years)
        by_outcome[str(name)] = values.reshape(-1, years) if by_replicate else values.mean(axis=1)
    return by_outcome
