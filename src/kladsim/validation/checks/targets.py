"""Calibration targets T01 to T24 as the evidence states them; T10 and T25 belong to other country packs."""

from __future__ import annotations

from operator import itemgetter

from kladsim.evidence import targets
from kladsim.evidence.claims import Target
from kladsim.validation.verdicts import Check, CheckInput, CheckPart, CheckVerdict, by_median, column

ELSEWHERE = {
    "T05": "follows from T04 and the count of accounts: not counted apart",
}


def measured(target: Target) -> range:
    """Return the parts of a target that ``study.measures.targets`` measures; the fee of T23 is never measured."""
    return range(1 if target.id == "T23" else len(target.bands))


def _t10(evidence: CheckInput) -> CheckVerdict:
    """Ready stock against daily sales in Georgia, 2020."""
    (band,) = next(target.bands for target in targets() if target.id == "T10")
    values = column(evidence.runs("georgia"), lambda f: f["ready_believed_mean@2020"] / (f["orders@2020"] / 366.0))
    return by_median(CheckPart("ready stock / daily sales in Georgia", values, band.low, band.high, band.unit))


def _t25(evidence: CheckInput) -> CheckVerdict:
    """Share of arrests that are online in South Korea, 2017 and 2022."""
    bands = next(target.bands for target in targets() if target.id == "T25")
    runs = evidence.runs("south-korea")
    parts = []
    for band, year in zip(bands, (2017, 2022), strict=True):
        values = 100.0 * column(runs, itemgetter(f"arrests_online_share@{year}"))
        parts.append(CheckPart(band.part or str(year), values, band.low, band.high, band.unit))
    return by_median(*parts)


def _target(target: Target) -> Check:
    if target.id == "T10":
        return Check("T10", "target", ("georgia",), _t10)
    if target.id == "T25":
        return Check("T25", "target", ("south-korea",), _t25)
    if target.id in ELSEWHERE:
        return Check(target.id, "target", why_not=ELSEWHERE[target.id])
    parts = measured(target)

    def judge(evidence: CheckInput) -> CheckVerdict:
        runs = evidence.runs()
        made = []
        for number in parts:
            band = target.bands[number]
            values = column(runs, itemgetter(f"{target.id}.{number}"))
            made.append(CheckPart(band.part or target.id, values, band.low, band.high, band.unit))
        return by_median(*made)

    return Check(target.id, "target", ("base",), judge)


TARGETS = tuple(_target(target) for target in targets())
