"""The mechanisms of the model brief: what off means, on what each rests, what switching it off changes."""

from __future__ import annotations

from dataclasses import dataclass

from kladsim.core.errors import unknown_name
from kladsim.evidence.tables import expand_ids


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


def _row(
    id: str, title: str, off_means: str, sources: str, direction: dict[str, int], measurement: bool = False
) -> Mechanism:
    return Mechanism(id, title, off_means, expand_ids(sources), tuple(direction.items()), measurement)


_TABLE = (
    _row(
        "M1",
        "channel adoption: street to drops",
        "channel shares frozen",
        "S002-S009 S036 E048-E049",
        {"street_share": 1},
    ),
    _row("M2", "use careers", "constant rates", "H1-H12", {"people_who_use": 0}),
    _row(
        "M3",
        "substance mix follows supply and promotion",
        "fixed mix",
        "S016-S018 S032 T17 P13",
        {"synthetic_share_of_seizures": -1},
    ),
    _row(
        "M4",
        "platforms as two-sided markets",
        "fixed shares",
        "S010-S014 T01-T07 P01 P07",
        {"platforms_open": -1},
    ),
    _row(
        "M5",
        "takedown and migration",
        "users of a closed platform leave",
        "T11-T16 P04-P06 PL1-PL13",
        {"orders": -1},
    ),
    _row("M6", "shop economics", "fixed prices", "E060-E064 P16 D9 D10", {"price_index": 0}),
    _row(
        "M7",
        "couriers: supply of labour",
        "fixed inflow",
        "S037 S050-S053 T20 T22 T23 P10 P11",
        {"courier_career_months": 1, "courier_pay": 1},
    ),
    _row("M8", "drops", "every drop found", "S034-S043 T10", {"not_found_share": -1}),
    _row(
        "M9",
        "private punishment",
        "no punishment",
        "S054-S055 P18-P20",
        {"victims_of_punishment": -1, "not_found_share": 1},
    ),
    _row("M10", "production", "imports only", "S015-S018 T18 P14 P15", {"laboratories_closed": -1}),
    _row("M11", "policing", "fixed hazards", "S026-S027 T19-T21 P08 P09 P12", {"convictions_trafficking": 0}),
    _row("M12", "health", "no drug-related death or treatment", "H4-H15 E1-E2", {"deaths": -1}),
    _row("M13", "justice and war", "no prison", "S052-S053 P12", {"prison_years": -1}),
    _row("M14", "money", "not accounted", "T01-T03 T15", {"platform_receipts_usd": -1}, measurement=True),
    _row("M15", "shocks", "no shocks", "T24 P14", {"orders": 1}),
    _row(
        "M16",
        "spread between countries",
        "no spread",
        "S019-S022 S049 P24-P26",
        {"countries_reached": -1},
    ),
    _row(
        "M17",
        "observation",
        "measurement equals truth",
        "P22 P23 P26",
        {"registered_deaths": 1},
        measurement=True,
    ),
)
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
