"""The manifest of a pack: ``pack.yaml``, read without a YAML library where it is plain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kladsim.core.errors import InputError, unknown_name
from kladsim.world.window import KEYS as WINDOW_KEYS
from kladsim.world.window import ValidationWindow, read_window

KEYS = ("name", "title", "iso3", "currency", "start", "end_year", "classes", "licence")
OPTIONAL = ("measures", *WINDOW_KEYS)
LADDER = ("million+", "250k-1m", "100k-250k", "town", "rural")
"""The settlement ladder that the model knows, from the largest places to the smallest."""
BURDEN_ONLY = "burden_only"
MEASURES = ("scrape", "online_arrests", BURDEN_ONLY)
"""What only some packs ask for: a scraper's view of the market, arrests by means of sale, and (for countries that the
trade has not reached, responsible use, rule 8) nothing of the market but its burden."""


@dataclass(frozen=True)
class Manifest:
    """What a pack says of itself."""

    name: str
    title: str
    iso3: str
    currency: str
    start: date
    end_year: int
    classes: tuple[str, ...]
    licence: str
    measures: tuple[str, ...] = ()
    window: ValidationWindow | None = None


def read_manifest(path: Path, label: str) -> Manifest:
    """Read and check ``pack.yaml``.

    Raises
    ------
    InputError : a key that is unknown, missing or of the wrong kind
    """
    values = _read_yaml(path, label)
    for key in values:
        if key not in (*KEYS, *OPTIONAL):
            raise unknown_name("key", key, (*KEYS, *OPTIONAL), where=label)
    for key in KEYS:
        if key not in values:
            raise InputError(f"key {key!r} is missing", where=label, allowed=", ".join(KEYS))
    classes = values["classes"]
    if classes != list(LADDER):
        raise InputError(
            "must list the settlement classes of the model, from large to rural",
            where=f"{label}, key 'classes'",
            value=classes,
            allowed=f"[{', '.join(LADDER)}]",
        )
    texts = {key: str(value) for key, value in values.items()}
    start, end_year = _start(texts["start"], label), _end_year(texts["end_year"], label)
    if end_year < start.year:
        raise InputError("end before start", where=f"{label}, key 'end_year'", value=end_year)
    return Manifest(
        texts["name"],
        texts["title"],
        texts["iso3"],
        texts["currency"],
        start,
        end_year,
        LADDER,
        texts["licence"],
        _measures(values.get("measures", []), label),
        read_window(values, label),
    )


def _measures(names: str | list[str], label: str) -> tuple[str, ...]:
    listed = names if isinstance(names, list) else [names]
    for name in listed:
        if name not in MEASURES:
            raise unknown_name("measurement", name, MEASURES, where=f"{label}, key 'measures'")
    return tuple(listed)


def _start(text: str, label: str) -> date:
    try:
        start = date.fromisoformat(text)
    except ValueError:
        start = None
    if start is None or (start.month, start.day) != (1, 1):
        raise InputError("not a 1 January", where=f"{label}, key 'start'", value=text, allowed="YYYY-01-01")
    return start


def _end_year(text: str, label: str) -> int:
    if not text.isdigit() or not 1900 <= int(text) <= 2200:
        raise InputError("not a year", where=f"{label}, key 'end_year'", value=text, allowed="1900 to 2200")
    return int(text)


def _read_yaml(path: Path, label: str) -> dict[str, str | list[str]]:
    """Read lines of ``key: value`` and ``key: [a, b]``, comments and empty lines: a plain subset of YAML.

    A YAML library costs 0.18 s at import, more than the whole pack.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the file cannot be read: {problem}", where=label) from None
    out: dict[str, str | list[str]] = {}
    for number, line in enumerate(lines, start=1):
        text = line.split(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        key, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or not value or line[0].isspace() or key in out:
            raise InputError(
                f"row {number} is not 'key: value' or 'key: [a, b]', or its key is there twice",
                where=label,
                value=line,
            )
        if value.startswith("[") and value.endswith("]"):
            out[key] = [_unquoted(item) for item in value[1:-1].split(",") if item.strip()]
        else:
            out[key] = _unquoted(value)
    return out


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")
