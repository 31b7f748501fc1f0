"""What a result says where tables of its country pack still are placeholders: above its numbers, in every door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NAMED = 4
"""Tables that a sentence names; the record has them all."""
WORDS = {
    "all": {
        "en": "Every number of the country pack {pack} is a placeholder: what follows shows that the pack runs, and "
        "says nothing of any country.",
        "ru": "Все числа пакета страны {pack} — заглушки: то, что ниже, показывает лишь, что пакет работает, и ничего "
        "не говорит ни об одной стране.",
    },
    "some": {
        "en": "{some} of {tables} tables of the country pack {pack} hold placeholders ({named}): no figure that rests "
        "on them says anything of a country. `kladsim doctor pack` lists them.",
        "ru": "В {some} из {tables} таблиц пакета страны {pack} есть заглушки ({named}): числа, которые на них "
        "опираются, ничего не говорят о стране. Список: `kladsim doctor pack`.",
    },
}


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


def placeholder_words(record: Mapping[str, Any] | None, language: str = "en") -> str:
    """Return the sentence that stands above results; empty where no table holds a placeholder."""
    if not record:
        return ""
    tables = list(record["tables"])
    more = ", ..." if len(tables) > NAMED else ""
    return WORDS["all" if record["every"] else "some"][language].format(
        pack=record["pack"], some=len(tables), tables=record["of"], named=", ".join(tables[:NAMED]) + more
    )


def words_above(records: Iterable[Mapping[str, Any] | None], language: str = "en") -> str:
    """Return the sentences of several runs, each once."""
    return " ".join(dict.fromkeys(filter(None, (placeholder_words(record, language) for record in records))))
