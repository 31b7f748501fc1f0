"""The manifest of a pack: ``pack.yaml``, read without a YAML library where it is plain."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kladsim.core.errors import InputError
from kladsim.core.validated import Validated, relocated
from kladsim.world.window import LATEST, LONGEST_DAYS, ValidationWindow

SettlementClass = Literal["million+", "250k-1m", "100k-250k", "town", "rural"]
LADDER: tuple[SettlementClass, ...] = get_args(SettlementClass)
"""The settlement ladder that the model knows, from the largest places to the smallest."""
BURDEN_ONLY = "burden_only"
Measure = Literal["scrape", "online_arrests", "burden_only"]
"""What only some packs ask for: a scraper's view of the market, arrests by means of sale, and (for countries that the
trade has not reached, responsible use, rule 8) nothing of the market but its burden."""


def _is_ladder(classes: tuple[str, ...]) -> tuple[str, ...]:
    if classes != LADDER:
        raise InputError("must list the settlement classes of the model", value=list(classes),
                         allowed=f"[{', '.join(LADDER)}]")  # fmt: skip
    return classes


def _is_new_year(day: date) -> date:
    if (day.month, day.day) != (1, 1):
        raise InputError("is not a 1 January", value=str(day), allowed="YYYY-01-01")
    return day


List = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)


class Manifest(Validated):
    """What a pack says of itself; ``window`` is its past validation window, if it declares one."""

    name: str
    title: str
    iso3: str
    currency: str
    start: Annotated[date, AfterValidator(_is_new_year)]
    end_year: int = Field(ge=1900, le=2200)
    classes: Annotated[tuple[str, ...], List, AfterValidator(_is_ladder)]
    licence: str
    measures: Annotated[tuple[Measure, ...], List] = ()
    window_start: date | None = None
    window_end: date | None = Field(default=None, le=LATEST)
    window_places: Annotated[tuple[str, ...], List] = ()

    @model_validator(mode="after")
    def _check(self) -> Manifest:
        if self.end_year < self.start.year:
            raise InputError("end before start", where="end_year", value=self.end_year)
        parts = {"window_start": self.window_start, "window_end": self.window_end, "window_places": self.window_places}
        absent = [name for name, value in parts.items() if not value]
        if 0 < len(absent) < len(parts):
            raise InputError("is missing beside the others", where=absent[0], allowed=", ".join(parts))
        if self.window and not timedelta(0) < self.window.end - self.window.start <= timedelta(LONGEST_DAYS):
            raise InputError("not after window_start, or too long", where="window_end", value=str(self.window_end),
                             allowed=f"1 to {LONGEST_DAYS} days")  # fmt: skip
        return self

    @property
    def window(self) -> ValidationWindow | None:
        """The days and places in which supply may be shown by day and place."""
        if self.window_start is None or self.window_end is None:
            return None
        return ValidationWindow(self.window_start, self.window_end, self.window_places)


def read_manifest(path: Path, label: str) -> Manifest:
    """Read and check ``pack.yaml``.

    Raises
    ------
    InputError : a key that is unknown, missing or of the wrong kind
    """
    values: dict[str, Any] = _read_yaml(path, label)
    try:
        return Manifest(**values)
    except InputError as error:
        raise relocated(error, label, joint=", key ") from None


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
