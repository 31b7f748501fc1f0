"""Groups of people in words: who a cell of a comparison is, by age and sex, federal district or region."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from kladsim.core.errors import InputError
from kladsim.core.formatting import Language, typeset_interval, typeset_number
from kladsim.evidence.translating import lookup
from kladsim.report.pack_maps import read_map
from kladsim.report.words import title, unit
from kladsim.study.groups import GroupEffect
from kladsim.world import load_pack

SEXES = ("male", "female")
_AGE = re.compile(r"\d+([-–]\d+|\+)?")
Kind = Literal["people", "district", "region"]
KINDS: tuple[Kind, ...] = ("people", "district", "region")


@dataclass(frozen=True)
class TableCell:
    """Who a group is: a place (code of a region or name of a district), an age band, a sex; each may be empty."""

    kind: Kind
    place: str = ""
    age: str = ""
    sex: str = ""


def cell_of(who: str, regions: Collection[str]) -> TableCell:
    """Take "RU-MOW, 18-24, male", "Volga" or "40-49, female" apart."""
    parts = {"place": "", "age": "", "sex": ""}
    for part in who.split(", "):
        parts["sex" if part in SEXES else "age" if _AGE.fullmatch(part) else "place"] = part
    kind: Kind = "people" if not parts["place"] else "region" if parts["place"] in regions else "district"
    return TableCell(kind, **parts)


@cache
def region_names(country: str) -> Mapping[str, tuple[str, str]]:
    """Names of a pack's regions by code, in English and Russian where its map has them; none of a missing pack."""
    try:
        pack = load_pack(country)
    except InputError:
        return {}
    names = {code: (name, name) for code, name in zip(pack.region_code, pack.region_name, strict=True)}
    try:
        features = read_map(pack).regions
    except InputError:
        return names
    shapes = (feature["properties"] for feature in features)
    return names | {shape["iso_3166_2"]: (shape["name_en"], shape.get("name_ru", shape["name_en"])) for shape in shapes}


def describe_groups(
    effects: Iterable[GroupEffect], country: str, regions: Collection[str], units: Mapping[str, str],
    labels: Mapping[str, str], language: Language,
) -> dict[str, dict[str, list[dict[str, Any]]]]:  # fmt: skip
    """Groups in words, by verdict (worse, better) and kind, in the order of names: places are not ranked.

    Parameters
    ----------
    units : unit of each outcome
    words : the texts of a brief
    """
    names = region_names(country)
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {
        side: {kind: [] for kind in KINDS} for side in ("worse", "better")
    }
    for effect in effects:
        noisy = f"; {labels['noisy']}" if effect.noisy else ""
        side, cell = effect.verdict, cell_of(effect.who, regions)
        if side not in groups:
            continue
        groups[side][cell.kind].append(
            {
                "who": _name(cell, names, labels, language),
                "outcome": title(effect.outcome, language),
                "unit": unit(units[effect.outcome], language),
                "difference": typeset_number(effect.median, language, signed=True),
                "interval": typeset_interval(effect.low, effect.high, language, signed=True) + noisy,
            }
        )
    for kinds in groups.values():
        for rows in kinds.values():
            rows.sort(key=lambda row: (row["outcome"], row["who"]))
    return groups


def _name(cell: TableCell, names: Mapping[str, tuple[str, str]], labels: Mapping[str, str], language: Language) -> str:
    place = cell.place
    if cell.kind == "region":
        place = names.get(cell.place, (cell.place,) * 2)[language == "ru"]
    elif cell.kind == "district":
        place = lookup("district", cell.place, language)
    people = " ".join(part for part in (labels.get(cell.sex, ""), cell.age.replace("-", "–")) if part)
    return ", ".join(part for part in (place, people) if part)
