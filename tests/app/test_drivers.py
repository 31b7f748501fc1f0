"""The Drivers screen in a real Chromium, with the shipped emulator: keyboard, axe in both themes, narrow windows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.waiting import PATIENCE

from kladsim.app.server import STATIC

from .conftest import ROOT, page_is_old

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("KLADSIM_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(ROOT) / "web" / "node_modules" / "axe-core" / "axe.min.js"
PLAN = "plan=A;treatment,places=40000,start=2025-01-01;police,tier=courier,factor=1.5,start=2025-01-01"
CHECK = """async tags => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } })
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).slice(0, 3)}`)
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set KLADSIM_CHROMIUM"),
    pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="the page is not built: make web"),
    pytest.mark.skipif(page_is_old(), reason="the page is older than its sources: make web"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = [sys.executable, "-c", "from kladsim.cli.main import app; app()", "serve", "--port", "0", "--json",
               "--runs", str(tmp_path_factory.mktemp("runs"))]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = ""
    while not text.rstrip().endswith("}"):
        text += process.stdout.readline()
    yield json.loads(text)["address"].rstrip("/")
    process.terminate()
    process.wait(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_drivers_by_keyboard_and_axe(browser: Browser, address: str, language: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    elsewhere: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else elsewhere.append(r.url))
    page.goto(f"{address}/?lang={language}#/drivers?{PLAN}")
    page.wait_for_selector("[data-drivers=estimated]", timeout=1000 * PATIENCE)
    assert page.locator("table").count() == 4  # every picture has its numbers beside it
    assert page.locator("svg:not([aria-hidden=true])").count() == 0

    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.matches('main select')"):
            break
    assert page.evaluate("document.activeElement?.matches('main select')")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("[data-drivers][data-of=poisonings_nonfatal]", timeout=1000 * PATIENCE)
    page.wait_for_function("location.href.includes('outcome=poisonings_nonfatal')")

    if AXE.exists():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for _ in ("one theme", "the other"):
            assert page.evaluate(CHECK, TAGS) == []
            page.locator("header button").last.click()
            page.wait_for_timeout(200)
    assert elsewhere == []
    page.close()


@pytest.mark.parametrize("width", [320, 768])
def test_drivers_are_not_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(f"{address}/#/drivers?{PLAN}")
    page.wait_for_selector("[data-drivers=estimated]", timeout=1000 * PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
