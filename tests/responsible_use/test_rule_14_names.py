"""Rule 14: past events name what the press names; simulated platforms and shops are anonymous."""

from __future__ import annotations

import re
from pathlib import Path

from kladsim.evidence.translating import FILE as CATALOGUE
from kladsim.world.load import BUILT_IN

ROOT = Path(__file__).parents[2]
MARKETS = re.compile(r"\b(RAMP|Mega|Blacksprut|Kraken|OMG|Solaris|Matanga|LegalRC|WayAway)\b")


def test_events_name_hydra_and_no_other_market() -> None:
    for table in BUILT_IN.glob("*/events.csv"):
        assert not MARKETS.search(table.read_text(encoding="utf-8")), table


def test_the_model_names_no_platform_or_shop() -> None:
    for path in (ROOT / "src" / "kladsim" / "model").glob("*.py"):
        assert not MARKETS.search(path.read_text(encoding="utf-8")), path
    assert not MARKETS.search(CATALOGUE.read_text(encoding="utf-8"))
