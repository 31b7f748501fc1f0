"""Indicators made of two series of one place: how much of the trade is online, and whom the police arrest.

The share of cases sold online names the channel, and the ratio of dealers to users moves when couriers are arrested in
place of street dealers; both cancel the zeal that lifts all police counts of a place. An indicator is a series like any
other: it is watched and forecast, and it exists wherever both of its parts do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from kladsim.monitor.types import Series

DATASET = "indicator"


@dataclass(frozen=True, slots=True)
class Ratio:
    """``part`` over ``whole``, times ``scale``; the names are those of indicators in a person's file."""

    part: str
    whole: str
    scale: float

    @property
    def unit(self) -> str:
        """What the ratio counts."""
        return f"per {self.scale:,.0f} {self.whole}"


RATIOS = (Ratio("online cases", "cases", 1000.0), Ratio("dealers", "users", 100.0))


def indicators(series: Iterable[Series]) -> dict[str, Series]:
    """Return the indicators of all places that have both parts of one, by name; periods with both values only."""
    places: dict[tuple[str, str, str], dict[str, Series]] = {}
    for one in series:
        places.setdefault((one.country, one.place, one.freq), {})[one.indicator] = one
    found: dict[str, Series] = {}
    for (country, place, _), members in places.items():
        for ratio in RATIOS:
            part, whole = members.get(ratio.part), members.get(ratio.whole)
            made = _ratio(ratio, part, whole) if part is not None and whole is not None else None
            if made is not None:
                name = "/".join(text for text in (DATASET, country, place, made.indicator) if text)
                found[name] = replace(made, name=name)
    return found


def _ratio(ratio: Ratio, part: Series, whole: Series) -> Series | None:
    steps, at, of = np.intersect1d(part.steps, whole.steps, return_indices=True)
    above = whole.values[of] > 0
    if not above.any():
        return None
    values = ratio.scale * part.values[at][above] / whole.values[of][above]
    indicator = f"{ratio.part} {ratio.unit}"
    return replace(part, dataset=DATASET, indicator=indicator, unit=ratio.unit, steps=steps[above], values=values)
