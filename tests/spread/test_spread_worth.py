"""The same response, earlier or later: paired by luck, beside the latest start."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.spread.worth import HARMS, early_or_late

BASE = Scenario(name="base", until="2016-01-01", scale=1)


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_RUNS", str(tmp_path / "runs"))


def test_every_delay_and_no_response_stand_beside_the_latest() -> None:
    found = early_or_late(BASE, "justice-reform", months=(12, 0, 6), replicates=2, engine=SPEC)
    assert (found.latest, found.replicates, found.response) == (12, 2, "justice-reform")
    deaths = {row.months: row for row in found.rows if row.outcome == "deaths"}
    assert set(deaths) == {0, 6, None}
    assert {row.outcome for row in found.rows} <= set(HARMS)
    for row in found.rows:
        assert row.low <= row.median <= row.high
    # the fake model saves lives by diversion: the earlier the more, and none without
    assert deaths[0].median < deaths[6].median < 0 < deaths[None].median


@pytest.mark.parametrize("months", [(6,), (6, 6), (-1, 6), (6, 24)])
def test_delays_that_cannot_be_compared_are_named(months: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="cannot be compared"):
        early_or_late(BASE, "justice-reform", months=months, engine=SPEC)


def test_an_unknown_package_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'harm-reduction'"):
        early_or_late(BASE, "harm-reductions", engine=SPEC)
