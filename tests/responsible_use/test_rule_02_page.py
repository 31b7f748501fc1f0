"""Rule 2: the page hatches what is too noisy, shows its number, and its table offers the districts (real Chromium)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.servers import Server
from tests.app.test_page import _open, browser, pytestmark
from tests.waiting import PATIENCE

from kladsim.runs import noise

__all__ = ["browser", "pytestmark"]

CELL = 'g.region:has(path[id$="-{code}"])'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    found.process.terminate()
    found.process.wait(timeout=PATIENCE)


def test_a_noisy_region_is_hatched_and_shown(browser, server) -> None:
    page, seen = _open(browser, server)
    page.wait_for_selector("[data-kind=baseline]")
    page.evaluate("() => { location.hash = '#/regions?outcome=deaths' }")
    few = page.locator(CELL.format(code="RU-SPE"))
    few.wait_for()
    few.locator("path.over").wait_for(state="attached")
    assert few.locator("path.over").count() == 1
    label = few.locator("path").first.get_attribute("aria-label") or ""
    assert "too noisy" in label and any(letter.isdigit() for letter in label)
    page.get_by_text("Table", exact=True).click()
    row = page.locator("tr:has(td[data-region=RU-SPE])")
    row.wait_for()
    texts = row.locator("td").all_inner_texts()
    assert any(letter.isdigit() for letter in texts[0]) and texts[2]
    assert seen.errors == [] and noise.MIN_EVENTS == 20
    page.close()
