"""Calibration targets T01 to T24 as the evidence states them; T10 and T25 belong to other country packs."""

from __future__ import annotations

from operator import itemgetter

from kladsim.evidence import targets
from kladsim.evidence.claims import Target
from kladsim.study.targets import MEASURES
from kladsim.study.validation.verdicts import Check, Evidence, Part, Verdict, by_median, column

ELSEWHERE = {
    "T05": "follows from T04 and the count of accounts: not counted apart",
    "T10": "belongs to the pack of Georgia, not to the default country",
    "T25": "belongs to the pack of South Korea, not to the default country",
}


def _target(target: Target) -> Check:
    parts = [part for name, part in MEASURES if name == target.id]
    if target.id in ELSEWHERE or not parts:
        return Check(target.id, "target", why_not=ELSEWHERE.get(target.id, "no measure"))

    def judge(evidence: Evidence) -> Verdict:
        runs = evidence.runs()
        made = []
        for number in parts:
            band = target.bands[number]
            values = column(runs, itemgetter(f"{target.id}.{number}"))
            made.append(Part(band.part or target.id, values, band.low, band.high, band.unit))
        return by_median(*made)

    return Check(target.id, "target", ("base",), judge)


TARGETS = tuple(_target(target) for target in targets())
