"""What a person's rows may mean: countries by either ISO code, places and indicators by their known names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from kladsim.core.errors import InputError, suggest
from kladsim.spread.monitor import library

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
FINER = frozenset(
    "street str strasse strase ulitsa ul ulica rue via calle avenue ave road rd lane square platz bezirk quarter "
    "quartier arrondissement borough mikrorayon neighbourhood neighborhood suburb house flat apt apartment postcode "
    "zip block station school улица ул проспект переулок микрорайон дом квартира".split()
)
"""Words of addresses and of parts of a city; signs of accents are left out of Latin ones."""
FINER_ENDS = ("strasse", "strase", "straat", "gasse", "gatan", "utca")
OTHER_CODES = {"UK": "GB", "EL": "GR"}  # as the European Union writes them
IN_WASTEWATER = " in wastewater"


class Country(NamedTuple):
    """A country's two codes, ISO 3166-1."""

    iso2: str
    iso3: str


@dataclass(frozen=True)
class Choices:
    """What the person said: names in the file that stand for known places, and names that are new indeed."""

    rename: Mapping[str, str]
    new: frozenset[str]


@cache
def countries() -> dict[str, Country]:
    """Return every country by either of its codes and by its name in small letters."""
    found: dict[str, Country] = {}
    for row in library.rows_of(library.DATA / "open" / "countries.csv"):
        country = Country(row["iso2"], row["iso3"])
        found |= {row["iso2"]: country, row["iso3"]: country, row["name"].lower(): country}
    return found


def country_of(where: str, text: str) -> tuple[Country, str]:
    """Return the country that a code means, and what was repaired in words ("" if nothing).

    Raises
    ------
    InputError : no such code
    """
    known = countries()
    code = text.upper()
    if code in OTHER_CODES:
        return known[OTHER_CODES[code]], f"country {text!r} read as {OTHER_CODES[code]!r}"
    if len(code) in (2, 3) and code in known:
        return known[code], ""
    named = known.get(text.lower())
    near = named.iso2 if named else suggest(code, [key for key in known if len(key) in (2, 3)])
    raise InputError(
        "no country code", where=f"{where}, country", value=text, allowed="ISO 3166-1, two or three letters",
        suggestion=near,
    )  # fmt: skip


class Known:
    """The known series, for looking up what a row belongs to."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str], library.Series] = {}
        self._indicators: dict[tuple[str, str], dict[str, str]] = {}
        self._places: dict[str, set[str]] = {}
        self._templates: dict[str, library.Series] = {}
        for one in library.every().values():
            drug = one.indicator.removesuffix(IN_WASTEWATER)
            for name in {one.indicator.lower(), drug.lower(), one.name.lower()}:
                self._series.setdefault((one.country, one.place, name), one)
            self._indicators.setdefault((one.country, one.place), {})[fold(drug)] = drug
            if one.place:
                self._places.setdefault(one.country, set()).add(one.place)
            if one.dataset == library.WASTEWATER:
                self._templates.setdefault(drug.lower(), one)

    def places(self, country: Country) -> set[str]:
        """Return the places known in a country."""
        return {place for code in country for place in self._places.get(code, ())}

    def elsewhere(self, country: Country, place: str) -> list[str]:
        """Return the other countries in which a place of exactly this name is known."""
        return sorted(code for code, places in self._places.items() if code not in country and place in places)

    def series(self, country: Country, place: str, indicator: str) -> library.Series | None:
        """Return the series of a row: a known one, or the still empty one of a city new to the wastewater panel."""
        for code in country:
            found = self._series.get((code, place, indicator.lower()))
            if found is not None:
                return found
        template = self._templates.get(indicator.lower().removesuffix(IN_WASTEWATER))
        return _empty(template, country.iso2, place) if place and template else None

    def near_indicator(self, country: Country, place: str, indicator: str) -> str | None:
        """Return a known indicator of nearly this name at the place, or of nearly a drug's of the wastewater panel."""
        names: dict[str, str] = {}
        for code in country:
            names |= self._indicators.get((code, place), {})
        if place:
            names |= {fold(drug): one.indicator.removesuffix(IN_WASTEWATER) for drug, one in self._templates.items()}
        close = get_close_matches(fold(indicator).removesuffix(IN_WASTEWATER), list(names), n=1, cutoff=0.75)
        return names[close[0]] if close else None


def _empty(template: library.Series, country: str, place: str) -> library.Series:
    drug = template.indicator.removesuffix(IN_WASTEWATER)
    name = f"{library.WASTEWATER}/{country}/{place}/{drug}"
    facts = {"name": name, "country": country, "place": place}
    return library.Series(**{**vars(template), **facts, "steps": template.steps[:0], "values": template.values[:0]})


def place_of(
    where: str, text: str, known: Iterable[str], choices: Choices, elsewhere: Iterable[str] = ()
) -> tuple[str, str]:
    """Return the place that a name means, and what was repaired in words ("" if nothing).

    Parameters
    ----------
    known : places known in the row's country
    elsewhere : other countries in which a place of exactly this name is known

    Raises
    ------
    InputError : the name is nearly a known one, stands for a place that is not known, is known in another country, or
        names a place finer than a city
    """
    names, elsewhere = set(known), sorted(elsewhere)
    if not text or text in names:
        return text, ""
    if text in choices.new:
        return _new(where, text), f"place {text!r} is new, as said"
    if text in choices.rename:
        wanted = choices.rename[text]
        if wanted not in names:
            raise InputError(
                "no such place to rename to", where=f"{where}, place", value=wanted, suggestion=suggest(wanted, names)
            )
        return wanted, f"place {text!r} renamed to {wanted!r} as asked"
    folded = {fold(place): place for place in sorted(names)}
    for candidate in (fold(text), EXONYMS.get(fold(text), "")):
        if candidate in folded:
            return folded[candidate], f"place {text!r} is known as {folded[candidate]!r}: taken as that"
    check_city(where, text)
    near = _near(fold(text), folded)
    if near:
        raise InputError(
            "a place of nearly this name is known: renamed, or new?",
            where=f"{where}, place",
            value=text,
            allowed=f"--rename '{text}={folded[near]}' or --new '{text}'",
            suggestion=folded[near],
        )
    if elsewhere:
        raise InputError(
            "a place of this name is known in another country",
            where=f"{where}, country",
            value=text,
            allowed=f"{', '.join(elsewhere)}, or --new '{text}'",
        )
    return _new(where, text), f"place {text!r} is new (a city or a region; nothing finer belongs here)"


def _new(where: str, text: str) -> str:
    """A new place's name; a stroke would break the names of series."""
    check_city(where, text)
    return text


def check_city(where: str, text: str) -> None:
    """Refuse what names a place finer than a city, coordinates, or no name at all.

    Raises
    ------
    InputError : signs or words that names of cities do not hold
    """
    if "/" in text:
        raise InputError("a name cannot hold /", where=f"{where}, place", value=text)
    name = re.sub(r" \(\d{1,2}\)$", "", text)  # the panel counts a city's plants so
    odd = any(not (sign.isalpha() or sign in " -.,&'’()" or unicodedata.combining(sign)) for sign in name)
    words = set(re.split(r"[^\w]+", f"{fold(name)} {name.lower()}"))
    finer = any(word in FINER or word.endswith(FINER_ENDS) for word in words)
    if odd or finer or not any(sign.isalpha() for sign in name):
        raise InputError(
            "names no city: nothing finer than a city is kept",
            where=f"{where}, place",
            value=text,
            allowed="the name of a city or region, without numbers, addresses or coordinates",
        )


def fold(text: str) -> str:
    """Return a name without case, accents and signs, as a Latin text has it."""
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ß", "ss").replace("ł", "l"))
    return " ".join(re.sub(r"[^a-z0-9()/. ]+", " ", plain.encode("ascii", "ignore").decode().lower()).split())


def _near(text: str, known: Mapping[str, str]) -> str | None:
    """The known name that this may be: nearly the same letters, or one begins with the other or holds it as a word."""
    bare = {re.sub(r" \([^)]*\)$", "", name): name for name in known}
    close = get_close_matches(text, list(bare), n=1, cutoff=0.75)
    if close:
        return bare[close[0]]
    long = [name for name in bare if len(text) > 3 and (name.startswith(text) or text.startswith(name))]
    within = [name for name in bare if len(name) > 3 and f" {name} " in f" {text} "]
    return bare[(long + within)[0]] if long or within else None
