"""Every figure that says a number says of which time: a headline without a date cannot go stale, and so is refused."""

from __future__ import annotations

from datetime import date

from kladsim.evidence import figures, targets
from kladsim.monitor.dates import read_period
from kladsim.monitor.periods import begin_of, end_of

LATEST = date(2027, 1, 1)
"""The tables are of November 2026."""


def test_every_number_of_the_evidence_base_has_a_date() -> None:
    undated = [one.id for one in figures() if not one.period_end and (one.number is not None or one.low is not None or one.high is not None)]
    assert not undated, f"figures.csv: without period_end: {', '.join(undated)}"


def test_dates_of_figures_are_dates_in_order() -> None:
    wrong = []
    for one in figures():
        texts = [text for text in (one.period_start, one.period_end) if text]
        try:
            periods = [read_period(text) for text in texts]
        except ValueError:
            wrong.append((one.id, texts))
            continue
        days = [*(begin_of(period.step, period.freq) for period in periods[:1]), *(end_of(period.step, period.freq) for period in periods[-1:])]
        if (days and not date(1900, 1, 1) <= days[0] <= days[-1]) or (days and days[0] > LATEST):
            wrong.append((one.id, texts))
    assert not wrong, f"figures.csv: {wrong}"


def test_figures_behind_targets_are_dated() -> None:
    known = {one.id: one for one in figures()}
    cited = {name for one in targets() for name in one.evidence if name in known}
    assert cited and not [name for name in cited if not known[name].period_end]
