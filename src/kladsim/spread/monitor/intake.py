"""New observations from a person's CSV: checked, repaired where the repair is certain, refused by name where it is not.

Schema (header in any case and order; comma or semicolon; UTF-8): ``country`` (ISO 3166-1 alpha-2 for cities of the
wastewater panel, else alpha-3), ``place`` (may be empty: the nation), ``indicator``, ``unit``, ``period`` (2023,
2023-04 or 2023-04-17), ``value``; optional ``reported`` (the day on which the figure was published: later ones
revise earlier ones), ``freq`` (year, month, week, day; else told from the period) and ``source``. Every row is
either taken, taken with a repair, revised by a later report, or named in an error: the log accounts for all of them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from kladsim.core.errors import InputError, suggest
from kladsim.spread.monitor import library
from kladsim.spread.monitor.periods import end_of, to_step

REQUIRED = ("country", "place", "indicator", "unit", "period", "value")
OPTIONAL = ("reported", "freq", "source")
ALIASES = {
    "country_iso2": "country",
    "iso2": "country",
    "iso3": "country",
    "city": "place",
    "drug": "indicator",
    "metabolite": "indicator",
    "units": "unit",
    "year": "period",
    "month": "period",
    "date": "period",
    "daily_mean": "value",
    "count": "value",
    "published": "reported",
}
UNITS: dict[str, tuple[str, float]] = {
    "mg/1000/day": ("mg per 1,000 people per day", 1.0),
    "mg/1000 people/day": ("mg per 1,000 people per day", 1.0),
    "mg per 1000 people per day": ("mg per 1,000 people per day", 1.0),
    "mg/day/1000": ("mg per 1,000 people per day", 1.0),
    "g/1000/day": ("mg per 1,000 people per day", 1000.0),
    "ug/1000/day": ("mg per 1,000 people per day", 0.001),
    "µg/1000/day": ("mg per 1,000 people per day", 0.001),
    "g": ("kg", 0.001),
    "t": ("kg", 1000.0),
    "tonnes": ("kg", 1000.0),
    "mg": ("kg", 1e-6),
}
EXONYMS = {
    "vienna": "wien",
    "munchen": "munich gut grosslappen",
    "munich": "munich gut grosslappen",
    "lisboa": "lisbon",
    "praha": "prague (2)",
    "prague": "prague (2)",
    "koln": "cologne",
    "bern": "berne",
    "goteborg": "gothenburg",
    "kobenhavn": "copenhagen",
    "bozen/bolzano": "bozen",
    "bolzano": "bozen",
    "milano": "milan",
    "athina": "athens",
    "zuerich": "zurich",
    "beograd": "belgrade",
    "berlin": "berlin (4)",
    "stockholm": "stockholm (2)",
    "valencia": "valencia (3)",
    "nicosia": "nicosia (2)",
}
FACTORS = (1000.0, 1e6)  # slips between mg, g and kg
OUTLIER = 20.0


@dataclass(frozen=True)
class Row:
    """One checked observation."""

    line: int
    series: str
    country: str
    place: str
    indicator: str
    unit: str
    freq: str
    step: int
    value: float
    reported: str
    source: str


@dataclass
class Log:
    """What happened to the rows: repairs, revisions and notes, in words with line numbers."""

    read: int = 0
    kept: int = 0
    duplicates: int = 0
    revised: int = 0
    missing: int = 0
    entries: list[str] = field(default_factory=list)

    def say(self, line: int | None, text: str) -> None:
        """Add an entry."""
        self.entries.append(f"line {line}: {text}" if line else text)

    @property
    def balanced(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == self.kept + self.duplicates + self.revised + self.missing


def check(
    path: Path, *, today: date | None = None, rename: Mapping[str, str] | None = None, new: Sequence[str] = ()
) -> tuple[list[Row], Log]:
    """Read and check a file; nothing is stored.

    Parameters
    ----------
    rename : names in the file and the known place each stands for
    new : places that are new indeed although their names are near a known one

    Raises
    ------
    InputError : naming file, line and column, with what is allowed
    """
    log = Log()
    table = _table(path, log)
    rows = []
    for line, raw in table:
        row = _row(path, line, raw, log, today or date.today(), rename or {}, new)
        if row is not None:
            rows.append(row)
    rows = _without_duplicates(path, rows, log)
    _check_scale(path, rows, log)
    _note_gaps(rows, log)
    log.kept = len(rows)
    return rows, log


def _table(path: Path, log: Log) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8", where=path.name, allowed="a CSV file saved as UTF-8") from None
    if not text.strip():
        raise InputError("the file is empty", where=path.name, allowed=f"a header with {', '.join(REQUIRED)} and rows")
    first = text.splitlines()[0]
    mark = max(",;\t", key=first.count)
    if mark != ",":
        log.say(1, f"columns are separated by {mark!r}: read so")
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    header = _header(path, next(reader), log)
    rows = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError(
                f"{len(cells)} cells, the header has {len(header)}", where=f"{path.name}, line {reader.line_num}"
            )
        named = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        rows.append((reader.line_num, named))
    if not rows:
        raise InputError("the file has a header and no rows", where=path.name, allowed="at least one row")
    log.read = len(rows)
    return rows


def _header(path: Path, cells: list[str], log: Log) -> list[str]:
    names = []
    for cell in cells:
        plain = cell.strip().lower().replace(" ", "_")
        name = plain if plain in (*REQUIRED, *OPTIONAL) else ALIASES.get(plain, plain)
        if name != cell:
            log.say(1, f"column {cell!r} read as {name!r}")
        names.append(name)
    for name in REQUIRED:
        if name not in names:
            raise InputError(
                f"column {name!r} is missing",
                where=f"{path.name}, line 1",
                value=", ".join(cells),
                allowed=", ".join((*REQUIRED, *OPTIONAL)),
                suggestion=suggest(name, [n for n in names if n not in REQUIRED]),
            )
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError("a column is there twice", where=f"{path.name}, line 1", value=", ".join(sorted(twice)))
    extra = [name for name in names if name not in (*REQUIRED, *OPTIONAL)]
    if extra:
        log.say(1, f"columns not used: {', '.join(extra)}")
    return names


def _row(
    path: Path,
    line: int,
    raw: dict[str, str],
    log: Log,
    today: date,
    rename: Mapping[str, str],
    new: Sequence[str],
) -> Row | None:
    where = f"{path.name}, line {line}"
    freq, step = _period(where, raw, today)
    country = raw["country"].upper()
    if not re.fullmatch(r"[A-Z]{2,3}", country):
        raise InputError("no country code", where=f"{where}, country", value=raw["country"], allowed="ISO 3166-1")
    place = _place(where, line, country, raw["place"], log, rename, new)
    value = _value(where, line, raw["value"], log)
    if value is None:
        log.missing += 1
        return None
    known = _known(country, place, raw["indicator"])
    unit, factor = _unit(where, line, raw["unit"], known, log)
    name = known.name if known else "/".join(part for part in ("own", country, place, raw["indicator"]) if part)
    reported = raw.get("reported", "")
    if reported:
        _day(f"{where}, reported", reported, today)
    indicator = known.indicator if known else raw["indicator"]
    return Row(
        *(line, name, country, place, indicator, unit, freq, step, value * factor, reported, raw.get("source", ""))
    )


def _period(where: str, raw: dict[str, str], today: date) -> tuple[str, int]:
    text = raw["period"]
    told = raw.get("freq", "").lower()
    guess = {4: "year", 7: "month", 10: "day"}.get(len(text), "year")
    freq = told or guess
    try:
        step = to_step(text, freq)
    except (ValueError, KeyError):
        raise InputError(
            "no such period", where=f"{where}, period", value=text, allowed="2023, 2023-04 or 2023-04-17"
        ) from None
    begins = to_step(today.isoformat()[: {"year": 4, "month": 7}.get(freq, 10)], freq)
    if step > begins:
        raise InputError("the period lies in the future", where=f"{where}, period", value=text, allowed=f"to {today}")
    if end_of(step, freq).year < 1900:
        raise InputError("the period is before 1900", where=f"{where}, period", value=text)
    return freq, step


def _day(where: str, text: str, today: date) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError("no such day", where=where, value=text, allowed="YYYY-MM-DD") from None
    if day > today:
        raise InputError("the day lies in the future", where=where, value=text, allowed=f"to {today}")


def _value(where: str, line: int, text: str, log: Log) -> float | None:
    plain = text.replace("\u00a0", " ").strip()
    if plain.lower() in ("", "na", "n/a", "nan", "-", "–", "..", "missing"):
        log.say(line, f"no value ({text!r}): counted as missing, not as zero")
        return None
    below = re.fullmatch(r"<\s*(\d+(?:\.\d+)?)", plain)
    if below:
        log.say(line, f"{text!r} is below quantification: half of the limit taken")
        return float(below.group(1)) / 2.0
    if plain.lower() in ("<loq", "<lod", "bql"):
        log.say(line, f"{text!r} is below quantification: zero taken")
        return 0.0
    if re.fullmatch(r"\d{1,3}( \d{3})+(\.\d+)?", plain):
        log.say(line, f"{text!r}: spaces between thousands taken out")
        plain = plain.replace(" ", "")
    try:
        value = float(plain)
    except ValueError:
        hint = "a number with a point; 1,234 and 12,5 cannot be told apart" if "," in plain else "a number"
        raise InputError("no number", where=f"{where}, value", value=text, allowed=hint) from None
    if not np.isfinite(value) or value < 0:
        raise InputError("the value must be finite and not negative", where=f"{where}, value", value=text)
    return value


def fold(text: str) -> str:
    """Return a name without case, accents and signs, as a Latin text has it."""
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ß", "ss").replace("ł", "l"))
    return " ".join(re.sub(r"[^a-z0-9()/. ]+", " ", plain.encode("ascii", "ignore").decode().lower()).split())


def _place(
    where: str, line: int, country: str, text: str, log: Log, rename: Mapping[str, str], new: Sequence[str]
) -> str:
    known = {one.place for one in library.every().values() if one.country == country and one.place}
    if not text or text in known or text in new:
        return text
    if text in rename:
        if rename[text] not in known:
            raise InputError(
                "no such place to rename to",
                where=where,
                value=rename[text],
                suggestion=suggest(rename[text], known),
            )
        log.say(line, f"place {text!r} renamed to {rename[text]!r} as asked")
        return rename[text]
    folded = {fold(place): place for place in sorted(known)}
    for candidate in (fold(text), EXONYMS.get(fold(text), "")):
        if candidate in folded:
            log.say(line, f"place {text!r} is known as {folded[candidate]!r}: taken as that")
            return folded[candidate]
    near = _near(fold(text), folded)
    if near:
        raise InputError(
            "a place of nearly this name is known: renamed, or new?",
            where=f"{where}, place",
            value=text,
            allowed=f"--rename '{text}={folded[near]}' or --new '{text}'",
            suggestion=folded[near],
        )
    log.say(line, f"place {text!r} is new")
    return text


def _near(text: str, known: Mapping[str, str]) -> str | None:
    """The known name that this may be: nearly the same letters, or one begins with the other."""
    close = get_close_matches(text, list(known), n=1, cutoff=0.75)
    if close:
        return close[0]
    return next((name for name in known if len(text) > 3 and (name.startswith(text) or text.startswith(name))), None)


def _known(country: str, place: str, indicator: str) -> library.Series | None:
    for one in library.every().values():
        if one.country == country and one.place == place:
            drug = one.indicator.removesuffix(" in wastewater")
            if indicator.lower() in (one.indicator.lower(), drug.lower(), one.name.lower()):
                return one
    drugs = {one.indicator.removesuffix(" in wastewater").lower() for one in library.wastewater_series()}
    if place and indicator.lower().removesuffix(" in wastewater") in drugs:
        template = next(
            one
            for one in library.wastewater_series()
            if one.indicator.lower() == indicator.lower().removesuffix(" in wastewater") + " in wastewater"
        )
        drug = template.indicator.removesuffix(" in wastewater")
        return library.Series(
            **{
                **vars(template),
                "name": f"{library.WASTEWATER}/{country}/{place}/{drug}",
                "country": country,
                "place": place,
                "steps": template.steps[:0],
                "values": template.values[:0],
            }
        )
    return None


def _unit(where: str, line: int, text: str, known: library.Series | None, log: Log) -> tuple[str, float]:
    if known is None or text == known.unit:
        return text, 1.0
    unit, factor = UNITS.get(text.lower().strip(), ("", 0.0))
    if unit != known.unit:
        raise InputError(
            f"the unit is not that of {known.name}",
            where=f"{where}, unit",
            value=text,
            allowed=", ".join((known.unit, *(k for k, (u, _) in UNITS.items() if u == known.unit))),
        )
    if factor != 1.0:
        log.say(line, f"unit {text!r} turned into {unit!r} (times {factor:g})")
    return unit, factor


def _without_duplicates(path: Path, rows: list[Row], log: Log) -> list[Row]:
    kept: dict[tuple[str, str, int], Row] = {}
    for row in rows:
        key = (row.series, row.freq, row.step)
        other = kept.get(key)
        if other is None:
            kept[key] = row
        elif other.value == row.value and other.reported == row.reported:
            log.duplicates += 1
            log.say(row.line, f"the same as line {other.line}: counted once")
        elif other.reported and row.reported and other.reported != row.reported:
            early, late = sorted((other, row), key=lambda one: one.reported)
            kept[key] = late
            log.revised += 1
            log.say(late.line, f"revises line {early.line}: {early.value:g} became {late.value:g}")
        else:
            raise InputError(
                f"two values for {row.series} in one period (line {other.line}: {other.value:g})",
                where=f"{path.name}, line {row.line}",
                value=row.value,
                allowed="one value a period, or a different `reported` day in each row",
            )
    return sorted(kept.values(), key=lambda row: (row.series, row.step))


def _check_scale(path: Path, rows: list[Row], log: Log) -> None:
    """A whole series a thousand times off is a slip of units; a single value far off is kept and named."""
    series: dict[str, list[Row]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    for name, mine in series.items():
        known = library.every().get(name)
        base = known.values[known.values > 0] if known else np.array([r.value for r in mine if r.value > 0])
        positive = [row for row in mine if row.value > 0]
        if len(base) < 2 or not positive:
            continue
        usual = float(np.median(base))
        ratio = float(np.median([row.value for row in positive])) / usual
        for factor in FACTORS:
            if known and any(1 / 3 <= ratio / f <= 3 for f in (factor, 1 / factor)):
                raise InputError(
                    f"values of {name} are about {ratio:.3g} times those known: another unit?",
                    where=f"{path.name}, line {positive[0].line}, unit",
                    value=positive[0].value,
                    allowed=f"{known.unit}; usual value {usual:.3g}",
                )
        for row in positive:
            if not 1 / OUTLIER <= row.value / usual <= OUTLIER:
                log.say(row.line, f"{row.value:g} is far from the usual {usual:.3g} of {name}: kept, as an outlier")


def _note_gaps(rows: list[Row], log: Log) -> None:
    from kladsim.spread.monitor.periods import to_period

    series: dict[str, list[Row]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    for name, mine in series.items():
        known = library.every().get(name)
        steps = sorted({row.step for row in mine} | (set(known.steps.tolist()) if known else set()))
        if mine[0].freq in ("year", "month") and len(steps) > 1:
            gaps = sorted(set(range(steps[0], steps[-1] + 1)) - set(steps))
            if gaps:
                told = ", ".join(to_period(step, mine[0].freq) for step in gaps[:6])
                log.say(None, f"{name}: no value for {told}{' …' if len(gaps) > 6 else ''}: left open, not filled")
