"""What a result says where hazards exceeded the bounds of their processes: too few such events happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kladsim.core.formatting import Language, typeset_number
from kladsim.evidence.translating import form


def summarise_capped(replicates: Iterable[Mapping[str, Sequence[Any]]]) -> list[dict[str, Any]]:
    """Return by process its largest hazard over replicates: day, multiple of the bound, and in how many replicates.

    Parameters
    ----------
    replicates : of each replicate, by process, the day (ISO) of its largest hazard and this as a multiple of the bound
    """
    found: dict[str, list[Sequence[Any]]] = {}
    for capped in replicates:
        for process, largest in capped.items():
            found.setdefault(process, []).append(largest)
    rows = []
    for process, each in sorted(found.items()):
        day, factor = max(each, key=lambda largest: float(largest[1]))
        rows.append({"process": process, "day": str(day), "factor": float(factor), "replicates": len(each)})
    return rows


def capped_words(rows: Sequence[Mapping[str, Any]], language: Language = "en") -> str:
    """Return the sentence about hazards above their bounds; empty where there was none."""
    if not rows:
        return ""
    each = [form("capped", "process", language, **{**row, "factor": typeset_number(row["factor"], language)})
            for row in rows]  # fmt: skip
    return form("capped", "sentence", language, each="; ".join(each))
