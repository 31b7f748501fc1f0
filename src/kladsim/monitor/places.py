"""What a person's rows may mean: places and indicators by their known names, compared as ``names`` says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.countries import Country
from kladsim.monitor import library
from kladsim.monitor.names import extract_letters, find_near_name, normalize_name
from kladsim.monitor.nations import to_iso3
from kladsim.monitor.questions import OpenQuestionError, Question

EXONYMS = {
    "vienna": "wien",
    "munchen": "munich gut grosslappen",
    "munich": "munich gut grosslappen",
    "lisboa": "lisbon",
    "praha": "prague 2",
    "prague": "prague 2",
    "koln": "cologne",
    "bern": "berne",
    "goteborg": "gothenburg",
    "kobenhavn": "copenhagen",
    "bozen bolzano": "bozen",
    "bolzano": "bozen",
    "milano": "milan",
    "athina": "athens",
    "zuerich": "zurich",
    "beograd": "belgrade",
    "berlin": "berlin 4",
    "stockholm": "stockholm 2",
    "valencia": "valencia 3",
    "nicosia": "nicosia 2",
}
FINER = frozenset(
    "street str strasse strase ulitsa ul ulica rue via calle avenue ave road rd lane square platz bezirk quarter "
    "quartier arrondissement borough mikrorayon neighbourhood neighborhood suburb house flat apt apartment postcode "
    "zip block station school улица ул проспект переулок микрорайон дом квартира".split()
)
"""Words of addresses and of parts of a city, as ``extract_letters`` gives them."""
FINER_ENDS = ("strasse", "strase", "straat", "gasse", "gatan", "utca")
SIGNS = frozenset(" -‐‑–.,&'’‘ʻ·/()")
IN_WASTEWATER = " in wastewater"


@dataclass(frozen=True)
class Choices:
    """What the person said: names in the file that stand for known places, and names that are new indeed."""

    rename: Mapping[str, str]
    new: frozenset[str]


class PlaceMatch(NamedTuple):
    """The place that a name means, what was repaired in words, and whether it was guessed from another name."""

    name: str
    said: str = ""
    guessed: bool = False


class Known:
    """The known series, for looking up what a row belongs to."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str], library.Series] = {}
        self._indicators: dict[tuple[str, str], set[str]] = {}
        self._places: dict[str, set[str]] = {}
        self._templates: dict[str, library.Series] = {}
        for one in library.every().values():
            drug = one.indicator.removesuffix(IN_WASTEWATER)
            for name in {normalize_name(one.indicator), normalize_name(drug), normalize_name(one.name)}:
                self._series.setdefault((one.country, one.place, name), one)
            self._indicators.setdefault((one.country, one.place), set()).add(drug)
            if one.place:
                self._places.setdefault(one.country, set()).add(one.place)
            if one.dataset == library.WASTEWATER:
                self._templates.setdefault(normalize_name(drug), one)

    def places(self, country: Country) -> set[str]:
        """Return the places known in a country."""
        return {place for code in country[:2] for place in self._places.get(code, ())}

    def elsewhere(self, country: Country, place: str) -> list[str]:
        """Return the other countries in which a place of this name is known."""
        wanted = normalize_name(place)
        return sorted(
            code for code, places in self._places.items()
            if code not in country[:2] and wanted and any(normalize_name(one) == wanted for one in places)
        )  # fmt: skip

    def series(self, country: Country, place: str, indicator: str) -> library.Series | None:
        """Return the series of a row: a known one, or the still empty one of a city new to the wastewater panel."""
        for code in country[:2]:
            found = self._series.get((code, place, normalize_name(indicator)))
            if found is not None:
                return found
        template = self._templates.get(normalize_name(indicator).removesuffix(IN_WASTEWATER))
        return _empty(template, country.iso2, place) if place and template else None

    def near_indicator(self, country: Country, place: str, indicator: str) -> str | None:
        """Return a known indicator of nearly this name at the place, or of nearly a drug's of the wastewater panel."""
        names = {name for code in country[:2] for name in self._indicators.get((code, place), ())}
        if place:
            names |= {one.indicator.removesuffix(IN_WASTEWATER) for one in self._templates.values()}
        return find_near_name(normalize_name(indicator).removesuffix(IN_WASTEWATER), sorted(names))


def build_series_name(dataset: str, country: str, place: str, indicator: str) -> str:
    """Return the name of a series: its parts between strokes, so that none holds one."""
    return "/".join(part.replace("/", "-") for part in (dataset, country, place, indicator) if part)


def _empty(template: library.Series, country: str, place: str) -> library.Series:
    drug = template.indicator.removesuffix(IN_WASTEWATER)
    facts = {"name": build_series_name(library.WASTEWATER, country, place, drug), "country": country, "place": place}
    return library.Series(**{**vars(template), **facts, "steps": template.steps[:0], "values": template.values[:0]})


_PLACE_CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)


def is_place_code(text: str) -> bool:
    """Whether a text has the form of a code of ISO 3166-2."""
    return _PLACE_CODE.fullmatch(text) is not None


def match_place(
    text: str, known: Iterable[str], choices: Choices, elsewhere: Iterable[str] = (), is_published: bool = False
) -> PlaceMatch:
    """Return the place that a name means.

    Parameters
    ----------
    known : places known in the row's country
    elsewhere : other countries in which a place of exactly this name is known
    is_published : whether the name is a statistical code or that of a publisher's station, which is kept as it is

    Raises
    ------
    InputError : the name is nearly a known one, stands for a place that is not known, is known in another country, or
        names a place finer than a city
    """
    names, elsewhere = set(known), sorted({to_iso3(code) for code in elsewhere})
    if not text or text in names:
        return PlaceMatch(text)
    if is_published:
        return PlaceMatch(text, f"place {text!r} is new: a code or station, named as its publisher does")
    if text in choices.new:
        check_city(text)
        return PlaceMatch(text, f"place {text!r} is new, as said")
    if text in choices.rename:
        wanted = choices.rename[text]
        if wanted not in names:
            what = "no such place to rename to"
            raise InputError(what, where="place", value=wanted, suggestion=suggest(wanted, names))
        return PlaceMatch(wanted, f"place {text!r} renamed to {wanted!r} as asked")
    for place in sorted(names):
        if normalize_name(place) == normalize_name(text):
            return PlaceMatch(place, f"place {text!r} is known as {place!r}: taken as that")
    forms = {form: place for place in sorted(names) if (form := extract_letters(place))}
    for candidate in (extract_letters(text), EXONYMS.get(extract_letters(text), "")):
        if candidate in forms:
            return PlaceMatch(forms[candidate], f"place {text!r} is known as {forms[candidate]!r}: taken as that", True)
    check_city(text)
    close = _near(text, names)
    if close:
        option = f"--rename '{text}={close}' or --new '{text}'"
        asked = "a place of nearly this name is known: renamed, or new?"
        raise OpenQuestionError(Question("place", asked, option, (close,), (text,)), where="place", suggestion=close)
    if elsewhere:
        raise InputError(
            "a place of this name is known in another country", where="country", value=text,
            allowed=f"{', '.join(elsewhere)}, or --new '{text}'",
        )  # fmt: skip
    return PlaceMatch(text, f"place {text!r} is new (a city or a region; nothing finer belongs here)")


def check_city(text: str) -> None:
    """Refuse what names a place finer than a city, coordinates, or no name at all.

    Raises
    ------
    InputError : signs or words that names of cities do not hold
    """
    name = re.sub(r" \(\d{1,2}\)$", "", text)  # the panel counts a city's plants so
    odd = any(not (unicodedata.category(sign)[0] in "LM" or sign in SIGNS or sign in "\u200c\u200d") for sign in name)
    words = set(f"{extract_letters(name)} {normalize_name(name)}".replace(".", " ").split())
    finer = any(word in FINER or word.endswith(FINER_ENDS) for word in words)
    if odd or finer or not any(sign.isalpha() for sign in name):
        raise InputError(
            "names no city: nothing finer than a city is kept", where="place", value=text,
            allowed="the name of a city or region, without numbers, addresses or coordinates",
        )  # fmt: skip


def _near(text: str, known: Iterable[str]) -> str | None:
    """The known name that this may be: nearly the same letters, or one begins with the other or holds it as a word."""
    forms = {form: name for name in known if (form := extract_letters(re.sub(r" \([^)]*\)$", "", name)))}
    wanted = extract_letters(text)
    close = find_near_name(wanted, forms)
    if close or not wanted:
        return forms[close] if close else None
    words = [form for form in forms if min(len(wanted), len(form)) > 3]
    long = [form for form in words if form.startswith(wanted) or wanted.startswith(form)]
    within = [form for form in words if f" {form} " in f" {wanted} "]
    return forms[(long + within)[0]] if long or within else None
