"""Units as people write them: what is the same unit, and what a known factor turns into it."""

from __future__ import annotations

from typing import NamedTuple

from kladsim.core.errors import InputError
from kladsim.monitor.names import normalize_name
from kladsim.monitor.types import Series

_LOAD = "mg per 1,000 people per day"
UNITS: dict[str, tuple[str, float]] = {
    "mg/1000/day": (_LOAD, 1.0),
    "mg/1000 people/day": (_LOAD, 1.0),
    "mg per 1000 people per day": (_LOAD, 1.0),
    "mg/day/1000": (_LOAD, 1.0),
    "mg/1000p/day": (_LOAD, 1.0),
    "mg/1000 inh/day": (_LOAD, 1.0),
    "mg/day/1000 inh": (_LOAD, 1.0),
    "g/1000/day": (_LOAD, 1000.0),
    "ug/1000/day": (_LOAD, 0.001),
    "μg/1000/day": (_LOAD, 0.001),
    "g": ("kg", 0.001),
    "t": ("kg", 1000.0),
    "tonnes": ("kg", 1000.0),
    "mg": ("kg", 1e-6),
}


class UnitConversion(NamedTuple):
    """The unit of a row's series, and the factor that turns the row's values into it."""

    name: str
    factor: float = 1.0


def read_unit(text: str, known: Series | None) -> UnitConversion:
    """Return the unit that a row's text means for a known series, or for one that is new (None).

    Raises
    ------
    InputError : no unit, or not that of the series
    """
    if not any(sign.isalnum() or sign == "%" for sign in text):
        allowed = known.unit if known else "what is counted, such as kg or persons"
        raise InputError("no unit", where="unit", value=text, allowed=allowed)
    if text.startswith("Mg"):
        raise InputError("megagrams or milligrams?", where="unit", value=text, allowed="t or mg")
    if known is None:
        return UnitConversion(text)
    if normalize_name(text) == normalize_name(known.unit):
        return UnitConversion(known.unit)
    unit, factor = UNITS.get(normalize_name(text), ("", 0.0))
    if unit != known.unit:
        others = (key for key, (one, _) in UNITS.items() if one == known.unit)
        allowed = ", ".join((known.unit, *others))
        raise InputError(f"the unit is not that of {known.name}", where="unit", value=text, allowed=allowed)
    return UnitConversion(unit, factor)
