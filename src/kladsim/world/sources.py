"""Sources, licences and marked assumptions of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from kladsim.world.pack import SourceRow
from kladsim.world.series import PackSeries
from kladsim.world.validate import PackTable

SOURCE_COLUMNS = ("item", "file", "unit", "source", "licence", "basis", "note")
ASSUMPTION_COLUMNS = ("item", "assumption", "reason")


def read_sources(
    folder: Path, label: str, series: Mapping[str, PackSeries], observations: Mapping[str, PackSeries]
) -> tuple[SourceRow, ...]:
    """Return one row a quantity: ``sources.csv`` for the tables, then every series."""
    table = PackTable(folder / "sources.csv", f"{label}/sources.csv", SOURCE_COLUMNS)
    table.unique("item")
    rows = [SourceRow(*fields) for fields in zip(*(table.text(c) for c in SOURCE_COLUMNS), strict=True)]
    for kind, group in (("series", series), ("observation", observations)):
        for s in group.values():
            assumed = sum(b.startswith("assumption") for b in s.basis)
            basis = "data" if not assumed else "assumption" if assumed == len(s.basis) else "mixed"
            rows.append(
                SourceRow(
                    f"{kind}.{s.name}",
                    f"{kind}s.csv".replace("seriess", "series"),
                    s.unit,
                    s.source,
                    s.licence,
                    basis,
                    s.note,
                )
            )
    return tuple(rows)


def list_assumptions(
    folder: Path, label: str, series: Mapping[str, PackSeries], last_day: date
) -> tuple[str, ...]:
    """Return marked assumptions as sentences: ``assumptions.csv``, and series held after their last datum."""
    table = PackTable(folder / "assumptions.csv", f"{label}/assumptions.csv", ASSUMPTION_COLUMNS)
    written = zip(*(table.text(c) for c in ASSUMPTION_COLUMNS), strict=True)
    out = [f"{item}: {what} ({why})" for item, what, why in written]
    out += [
        f"series {s.name}: the last value, of {s.last.isoformat()}, is held afterwards"
        for s in series.values()
        if s.last < last_day
    ]
    return tuple(out)
