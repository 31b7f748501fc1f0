"""Targets beside what replicates showed: inside or not, no interval for one replicate, no fee in print."""

from __future__ import annotations

import math

from kladsim.study.measures.targets import MEASURES, compare_with_published, targets_inside


def test_inside_is_told_by_the_median_and_for_all_parts() -> None:
    values = [dict.fromkeys(MEASURES, 0.0) | {("T01", 0): x, ("T15", 0): 0.2, ("T15", 1): 9.0} for x in (1.0, 1.4, 1.5)]
    found = {(item.id, item.part): item for item in compare_with_published(values)}
    first = found["T01", ""]
    assert first.inside and first.median == 1.4 and first.low5 < 1.4 < first.high95
    assert found["T15", "2023"].inside and not found["T15", "2024"].inside
    assert targets_inside(list(found.values())) == ["T01"]


def test_one_replicate_has_no_interval() -> None:
    found = compare_with_published([dict.fromkeys(MEASURES, 1.2)])
    assert all(math.isnan(item.low5) and math.isnan(item.high95) for item in found)


def test_no_fee_is_measured_or_named() -> None:
    found = compare_with_published([dict.fromkeys(MEASURES, 1.2)])
    assert not any("fee" in item.part for item in found)
