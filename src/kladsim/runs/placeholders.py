"""What a result says where tables of its country pack still are placeholders: above its numbers, in every door."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form

NAMED = 4
"""Tables that a sentence names; the record has them all."""


def placeholders_of(pack: Any) -> dict[str, Any] | None:
    """Return how many rows of which tables of a pack are placeholders; None without any, or without a folder."""
    from kladsim.world.scaffold import placeholders, tables_of

    folder = getattr(pack, "folder", None)
    if not isinstance(folder, Path) or not folder.is_dir():
        return None
    found = placeholders(folder)
    if not found:
        return None
    rows = tables_of(folder)
    whole = all(found.get(file) == many for file, many in rows.items() if many)
    return {"pack": str(pack.name), "every": whole, "tables": found, "of": len(rows)}


def placeholder_words(record: Mapping[str, Any] | None, language: Language = "en") -> str:
    """Return the sentence that stands above results; empty where no table holds a placeholder."""
    if not record:
        return ""
    tables = list(record["tables"])
    more = ", ..." if len(tables) > NAMED else ""
    named = ", ".join(tables[:NAMED]) + more
    key = "all" if record["every"] else "some"
    return form("placeholder", key, language, pack=record["pack"], some=len(tables), tables=record["of"], named=named)
