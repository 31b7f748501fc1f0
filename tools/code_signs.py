"""Code first signs without knowledge of the country, by the protocol of ``spread/data/CODING.md``.

Usage: ``python tools/code_signs.py mask RAW EVIDENCE``: RAW holds the re-keyed facts, EVIDENCE is the table of
evidence. Writes ``sign_texts.csv`` (masked texts in the order of a digest) and ``sign_keys.csv`` (the country of each
text), which the coder does not open before all texts are coded. ``python tools/code_signs.py join`` makes ``signs.csv``
of the codes in ``sign_codes.csv`` and tells every change beside ``signs_first_coding.csv``.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
from functools import cache
from pathlib import Path

from kladsim.evidence.countries import FOLDER, countries
from kladsim.evidence.places import list_city_names
from kladsim.spread.model.tables import DATA, LAST_YEAR

EVIDENCE = {
    "E166": ("BLR",), "E183": ("KOR",), "E199": ("KOR",), "E205": ("KOR",), "E206": ("GEO",), "E207": ("GEO",),
    "E208": ("GEO",), "E213": ("ARM",), "E214": ("ARM",), "E215": ("MDA",), "E218": ("KAZ",), "E223": ("KAZ",),
    "E227": ("KGZ",), "E229": ("UZB",), "E234": ("UKR",), "E235": ("THA",), "E236": ("IDN",),
    "E237": ("EST", "LTU", "LVA"), "E239": ("KAZ",),
    "E050": ("ARM", "AZE", "BLR", "KAZ", "KGZ", "MDA", "TJK", "UKR", "UZB"),
}  # fmt: skip
"""Rows of the table of evidence that name a first sign or the form of sale, and the countries that they are about."""


OF_THE_COLLECTION = ("held", "this collection", "first sign", "no link to")
"""Words of notes that say how a row stands beside others, which the coder must not know."""
WEAK = 0.3
"""Chance that a row which names the sale but no hidden place is a sign all the same: assumption."""


SHORTEST_STEM = 4
LONGEST_ENDING = 3
"""Letters that a Russian name may change or add in another case."""


def mask_text(text: str) -> str:
    """Return a text without names of countries, cities, peoples, money and platforms."""
    for pattern, becomes in _patterns():
        text = pattern.sub(f"[{becomes}]", text)
    return re.sub(r"(\[\w+\])(?:[\s-]*\1)+", r"\1", text)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    names = {name for country in countries() for name in (country.name, country.russian)}
    with (FOLDER / "countries.csv").open(encoding="utf-8", newline="") as stream:
        names |= {name for row in csv.DictReader(stream) for name in row["others"].split(";")}
    cities = {city for country in countries() for city in list_city_names(country.iso2)}
    with (DATA / "masked_words.csv").open(encoding="utf-8", newline="") as stream:
        words = [(row["stem"], row["becomes"]) for row in csv.DictReader(stream)]
    found = [(_make_pattern(name), "COUNTRY", len(name)) for name in names if name.strip()]
    found += [(_make_pattern(city), "PLACE", len(city)) for city in cities]
    found.append((r"\bkoh? [\w-]+", "PLACE", 99))  # islands
    found.sort(key=lambda row: -row[2])  # the longest name first: Guinea-Bissau before Guinea
    for stem, becomes in words:
        ending = r"\w*" if len(stem) > SHORTEST_STEM else r"\b"
        found.append((rf"\b{re.escape(stem)}{ending}", becomes, 0))
    return tuple((re.compile(pattern, re.IGNORECASE), becomes) for pattern, becomes, _ in found)


def _make_pattern(name: str) -> str:
    """Match a name as a word of its own; a Russian word also in its other cases."""
    if not re.search("[а-яё]", name, re.IGNORECASE):
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    parts = [
        re.escape(word[:-1] if word[-1] in "аяйьоеиы" else word) + rf"\w{{0,{LONGEST_ENDING}}}"
        if len(word) > SHORTEST_STEM
        else re.escape(word)
        for word in name.split()
    ]
    words = r"\s+".join(parts)
    return rf"(?<!\w){words}(?!\w)"


def mask_rows(raw: Path, evidence: Path) -> None:
    """Write the masked texts and their key."""
    rows: list[tuple[str, str, str]] = []  # source, countries, text
    for name in ("facts_rekeyed/spread_events_seed", "spread_events_new/spread_events_new"):
        for number, row in enumerate(_read(raw / f"{name}.csv"), start=1):
            date = row.get("date") or row["year"]
            note = row.get("note") or ""
            told = "" if any(words in note for words in OF_THE_COLLECTION) else note
            text = f"{date}: {row['event']}" + (f" ({told})" if told else "")
            rows.append((f"{name.split('/')[1]} {number}", row["iso3"], f"{row['kind']}, {text}"))
    for row in _read(evidence):
        if row["id"] in EVIDENCE:
            when = f"{row['period_start']} to {row['period_end']}: " if row["period_start"] else ""
            text = f"{when}{row['quantity']}: {row['value']} {row['unit']}; {row['note'].removeprefix('seen: ')}"
            rows.append((row["id"], " ".join(EVIDENCE[row["id"]]), text))
    named = [(hashlib.sha256(" ".join(row).encode()).hexdigest()[:6], *row) for row in rows]
    named.sort()
    _write(DATA / "sign_texts.csv", ("text", "masked"), [(one[0], mask_text(one[3])) for one in named])
    _write(DATA / "sign_keys.csv", ("text", "iso3", "source"), [(one[0], one[2], one[1]) for one in named])


def join_codes() -> None:
    """Write the signs that the codes give, a row for each that may be the first of its country."""
    codes = {row["text"]: row for row in _read(DATA / "sign_codes.csv")}
    keys = _read(DATA / "sign_keys.csv")
    missing = {row["text"] for row in keys} ^ codes.keys()
    if missing:
        sys.exit(f"texts without a code, or codes without a text: {', '.join(sorted(missing))}")
    found: dict[str, dict[tuple[int, int, str], tuple[str, str]]] = {}
    for key in keys:
        code = codes[key["text"]]
        for iso3 in key["iso3"].split() if code["form"] != "none" else ():
            years = (int(code["earliest"]), int(code["latest"]), code["form"])
            source, note = found.setdefault(iso3, {}).get(years, ("", code["note"]))
            found[iso3][years] = (f"{source}; {key['source']}" if source else key["source"], note)
    rows: list[tuple[str, ...]] = []
    for iso3, held in found.items():
        sure = [years for years in held if years[2] == "sign"]
        first = min(sure, key=lambda years: (years[1], years[0])) if sure else None
        for years in sorted(held, key=lambda years: (years[1], years[0])):
            if first is not None and years != first and years[1] >= first[1]:
                continue
            early, late, form = years
            dated = str(late) if form == "sign" and late - early <= 1 and late <= LAST_YEAR else ""
            confidence, grade = ("1", "B") if form == "sign" else (str(WEAK), "C")
            rows.append((iso3, dated, str(early), str(late), confidence, grade, *held[years]))
    header = ("iso3", "dated", "earliest", "latest", "confidence", "grade", "evidence", "note")
    _write(DATA / "signs.csv", header, [row for row in rows if int(row[2]) <= LAST_YEAR])
    before = {row["iso3"]: f"{row['earliest']}-{row['latest']}" for row in _read(DATA / "signs_first_coding.csv")}
    for iso3 in sorted(found.keys() | before.keys()):
        now = ", ".join(f"{r[2]}-{r[3]}{'' if r[4] == '1' else ' weak'}" for r in rows if r[0] == iso3)
        sys.stdout.write(f"| {iso3} | {before.get(iso3, 'none')} | {now or 'none'} |\n")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    if sys.argv[1] == "mask":
        mask_rows(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        join_codes()
