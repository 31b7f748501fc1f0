"""The mechanisms of the model (``data/mechanisms.csv``): what off means, sources, what switching them off moves."""

from __future__ import annotations

from dataclasses import dataclass

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.tables import EvidenceRow, expand_ids, rows


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism with a switch.

    ``direction`` pairs an outcome with the sign of its change when the switch is turned **off** (+1 rises,
    -1 falls, 0 changes, no sign claimed); ``measurement`` marks mechanisms that only declare measurements.
    """

    id: str
    title: str
    off_means: str
    sources: tuple[str, ...]
    direction: tuple[tuple[str, int], ...]
    measurement: bool = False


def _signs(row: EvidenceRow) -> tuple[tuple[str, int], ...]:
    """Return the pairs of a cell such as "orders:-1 courier_pay:+1"."""
    pairs = [text.partition(":") for text in row.names("direction")]
    for name, _, sign in pairs:
        if sign not in ("-1", "0", "+1"):
            where = f"{row.where}, column direction"
            raise InputError("has no sign", where=where, value=name, allowed="NAME:-1, NAME:0 or NAME:+1")
    return tuple((name, int(sign)) for name, _, sign in pairs)


_TABLE = tuple(
    Mechanism(
        row.required("id"), row.required("title"), row.required("off_means"), expand_ids(row.text("sources")),
        _signs(row), row.choice("measurement", ("", "yes")) == "yes",
    )
    for row in rows("mechanisms.csv", ("id", "title", "off_means", "sources", "direction", "measurement"))
)  # fmt: skip
MECHANISMS: dict[str, Mechanism] = {mechanism.id: mechanism for mechanism in _TABLE}


def mechanisms() -> tuple[Mechanism, ...]:
    """Return all mechanisms, M1 to M17."""
    return _TABLE


def mechanism(id: str) -> Mechanism:
    """Return one mechanism; raise InputError with the nearest id for an unknown one."""
    try:
        return MECHANISMS[id]
    except KeyError:
        raise unknown_name("mechanism", id, MECHANISMS) from None
