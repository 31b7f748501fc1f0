"""The page in a real Chromium: a newcomer's path by keyboard alone, no request off this machine, axe on every screen."""

from __future__ import annotations

import json
import os
import re
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
from .servers import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHROMIUM = os.environ.get("KLADSIM_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(ROOT) / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ("explore", "compare", "regions", "drivers", "monitor", "fit", "runs", "stories", "model", "report")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set KLADSIM_CHROMIUM"),
    pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="the page is not built: make web"),
    pytest.mark.skipif(page_is_old(), reason="the page is older than its sources: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("runs"), "0.003")  # a second or more in which a run is seen to run
    yield found
    found.process.terminate()
    found.process.wait(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


class Seen:
    """What a page asked the network and complained about, and what has no answer yet."""

    def __init__(self, page: Page, address: str) -> None:
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.asked = 0
        self.open: set[Request] = set()
        self._own = (address, "data:", "blob:", "about:")
        page.on("request", self._ask)
        page.on("requestfinished", lambda request: self.open.discard(request))
        page.on("requestfailed", lambda request: self.open.discard(request))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def _ask(self, request: Request) -> None:
        if not request.url.startswith(self._own):
            self.elsewhere.append(request.url)
        if request.resource_type != "eventsource":  # a stream without an end
            self.asked += 1
            self.open.add(request)


def _open(browser: Browser, server: Server, hash_: str = "") -> tuple[Page, Seen]:
    page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    seen = Seen(page, server.address)
    page.goto(f"{server.address}/{hash_}")
    page.wait_for_selector("[data-kind]", timeout=1000 * PATIENCE)
    return page, seen


QUIET = """() => new Promise((done) => {
  let timer
  const wait = () => { clearTimeout(timer); timer = setTimeout(() => { watcher.disconnect(); done() }, 100) }
  const watcher = new MutationObserver(wait)
  watcher.observe(document, {subtree: true, childList: true, attributes: true, characterData: true})
  wait()
})"""
"""The page has not changed for a tenth of a second, thrice what it waits before it asks for a chart."""


def _settle(page: Page, seen: Seen) -> None:
    """Wait until every answer is there and nothing changes any more, however long that takes."""
    asked = -1
    while seen.open or seen.asked != asked:
        asked = seen.asked
        page.evaluate(QUIET)


def _tab_to(page: Page, selector: str, most: int = 200) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def _address_has(page: Page, *words: str) -> None:
    """Wait until the page has written its state into the address."""
    page.wait_for_function("words => words.every((word) => location.href.includes(word))", arg=list(words))


def _numbers(page: Page) -> list[str]:
    page.wait_for_selector("[data-kind=simulated]", timeout=1000 * PATIENCE)
    return page.locator("[data-outcome]").all_inner_texts()


def test_a_newcomers_path_by_keyboard(browser: Browser, server: Server, tmp_path: Path) -> None:
    page, seen = _open(browser, server)
    page.wait_for_selector("[data-kind=baseline]", timeout=1000 * PATIENCE)
    assert "deaths" in page.locator("[data-outcome=deaths]").inner_text().lower()
    page.wait_for_selector("figure svg", timeout=1000 * PATIENCE)

    for lever in ("Diversion", "Drug checking"):
        _tab_to(page, "[data-add-lever]")
        page.keyboard.type(lever)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-lever]")
    _tab_to(page, "[data-lever=diversion] input[type=range]")
    page.keyboard.press("ArrowRight")
    _tab_to(page, "[data-lever=drug_checking] input[type=range]")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    _address_has(page, "share=0.51", "share=0.47")
    page.wait_for_selector("[data-kind=none]")  # nothing near is stored: the page says so and makes nothing up
    page.keyboard.press("Control+z")
    _address_has(page, "share=0.48")
    page.keyboard.press("Control+Shift+z")
    _address_has(page, "share=0.47")

    _tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("progress")
    page.reload()  # nothing is lost
    numbers = _numbers(page)
    assert any("%" in text for text in numbers)
    assert page.locator("table tbody tr").count() > 0

    other, others = _open(browser, server, page.url.removeprefix(server.address + "/"))
    assert _numbers(other) == numbers
    for kind in ("PNG", "CSV"):
        with other.expect_download() as found:
            other.get_by_role("button", name=kind, exact=True).press("Enter")
        found.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).stat().st_size > 500
    other.evaluate("() => { location.hash = location.hash.replace('#/explore', '#/report') }")
    brief = other.get_by_role("button", name="Make the brief (PDF)")
    brief.wait_for()
    with other.expect_download(timeout=1000 * PATIENCE) as found:
        brief.press("Enter")
    assert found.value.suggested_filename.endswith(".pdf")
    for each in (seen, others):
        assert each.elsewhere == [] and each.errors == []
    other.close()
    page.close()


def test_every_screen_passes_axe_in_both_themes(browser: Browser, server: Server) -> None:
    """All rules in both themes, with a plan that is simulated, so that every part of a screen is there."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make web")
    plan = "plan=A;diversion,share=0.5,start=2014-07-01"
    server.ask("/api/runs", {"plans": [{"name": "A", "levers": [PLAN_A]}]})
    page, seen = _open(browser, server, f"#/explore?{plan}")
    page.wait_for_selector("[data-kind=simulated]", timeout=1000 * PATIENCE)
    page.wait_for_selector("[data-who=worse]")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for theme in ("light", "dark"):
        if page.evaluate("document.documentElement.dataset.theme") != theme:
            page.locator("header button").last.click()
        for screen in SCREENS:
            page.evaluate("h => { location.hash = h }", f"#/{screen}?{plan}")
            page.wait_for_selector("main h1")
            _settle(page, seen)
            found += [f"{theme} {screen}: {text}" for text in page.evaluate(CHECK)]
    assert found == [], "\n".join(found)
    assert seen.elsewhere == []
    page.close()


PLAN_A = {"lever": "diversion", "share": 0.5, "start": "2014-07-01"}
CHECK = """() => axe.run(document, {resultTypes: ['violations']}).then(
  found => found.violations.map(v => `${v.id} ${v.nodes[0].html.slice(0, 160)}`))"""


@pytest.mark.parametrize("width", [320, 768])
def test_no_screen_is_wider_than_the_window(browser: Browser, server: Server, width: int) -> None:
    page, seen = _open(browser, server)
    page.set_viewport_size({"width": width, "height": 800})
    for language in ("en", "ru"):
        page.locator("header select").select_option(language)
        for screen in SCREENS:
            page.evaluate("h => { location.hash = h }", f"#/{screen}?plan=A;diversion,share=0.5,start=2014-07-01")
            page.wait_for_selector("main h1")
            _settle(page, seen)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (screen, language, wide)
    page.close()


def test_the_page_shows_the_numbers_of_the_server(browser: Browser, server: Server) -> None:
    """Three states simulated: each number in the table of effects is the server's, to the digits that are shown."""
    levers = {share: {"lever": "diversion", "share": share, "start": "2014-07-01"} for share in (0.15, 0.4, 0.75)}
    server.ask("/api/runs", {"plans": [{"name": f"{share}", "levers": [lever]} for share, lever in levers.items()]})
    for share, lever in levers.items():
        asked = {"plans": [{"name": "A", "levers": [lever]}]}
        page, seen = _open(browser, server, f"#/explore?plan=A;diversion,share={share},start=2014-07-01")
        page.wait_for_selector("[data-kind=simulated]", timeout=1000 * PATIENCE)
        page.get_by_role("button", name="Show all").first.press("Enter")
        shown, expected = page.evaluate(SHOWN_NUMBERS, asked)
        assert expected and shown == expected
        assert page.locator("[data-who=worse]").count() == page.locator("[data-who=better]").count() == 1
        assert seen.elsewhere == [] and seen.errors == []
        page.close()


SHOWN_NUMBERS = """async (asked) => {
  const options = {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(asked)}
  const state = await (await fetch('/api/state', options)).json()
  const said = (value) => value === null ? '–' : new Intl.NumberFormat('en', {
    maximumSignificantDigits: 2, notation: Math.abs(value) >= 1e6 ? 'compact' : 'standard', signDisplay: 'exceptZero',
  }).format(value).replace('-', '−')
  const expected = state.plans[0].effects.map(e => [said(e.median), `${said(e.low)} … ${said(e.high)}`])
  const rows = [...document.querySelectorAll('section[aria-labelledby=effects-title] tbody tr')]
  const shown = rows.map(row => [1, 2].map(at => row.querySelectorAll('td')[at].innerText.trim()))
  return [shown, expected]
}"""


def test_states_survive_the_address(browser: Browser, server: Server) -> None:
    """200 random states, written and read again by the page itself."""
    page, _ = _open(browser, server)
    hashes, kept = page.evaluate(RANDOM_STATES)
    assert kept == hashes
    page.close()


def test_a_file_of_ones_own_is_previewed_asked_about_and_stored(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    server = Server(tmp_path / "runs")
    page, seen = _open(browser, server)
    page.goto(f"{server.address}/#/monitor")
    file = tmp_path / "police.csv"
    file.write_text("When;Where;Seizures\n03/04/2026;Riga;1\n04/04/2026;Riga;<5\n", encoding="utf-8")
    page.set_input_files("input[type=file]", str(file))
    again = page.get_by_role("button", name="Read it again")
    again.wait_for()
    assert not (tmp_path / "monitor").exists()
    for words, answer in (("of which country", "LV"), ("in which column is the period", "When"), ("is the day first", "dmy")):
        field = page.get_by_label(re.compile(words))
        field.wait_for()
        (field.select_option if field.evaluate("one => one.tagName") == "SELECT" else field.fill)(answer)
        again.click()
        page.wait_for_load_state("networkidle")
    store = page.get_by_role("button", name="Add to the monitor")
    store.wait_for()
    assert page.locator("td", has_text="0 – 5").count() == 1
    store.click()
    page.get_by_text("Added to the monitor.").wait_for()
    assert (tmp_path / "monitor" / "observations.csv").exists() and not seen.elsewhere and not seen.errors
    page.close()
    server.process.terminate()


RANDOM_STATES = """async () => {
  let seed = 7
  const next = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
  const words = ['Plan', 'План Б', 'a;b', 'x,y', '50 %', '"q"', '[z', '2026', 'true']
  const quote = (t) => encodeURIComponent(t).replace(/[!'()*~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase())
  const hashes = Array.from({length: 200}, () => {
    const plans = Array.from({length: 1 + next(4)}, () =>
      `plan=${quote(words[next(words.length)])};diversion,share=0.${1 + next(9)},start=20${20 + next(10)}-01-01`)
    return `#/explore?${plans.join('&')}` + (next(2) ? '&view=difference' : '') + (next(2) ? '&style=dots' : '')
  })
  const kept = []
  for (const hash of hashes) {
    location.hash = hash
    await new Promise(done => setTimeout(done, 5))
    kept.push(location.hash)
  }
  return [hashes, kept]
}"""


def test_checks_are_counted_by_what_a_pass_is_worth(browser: Browser, server: Server) -> None:
    """What was fitted or only repeats stands apart from evidence, in the numbers that the terminal prints."""
    from kladsim.validation.counting import tallies
    from kladsim.validation.report import answer

    page, seen = _open(browser, server)
    page.goto(f"{server.address}/#/fit")
    page.wait_for_selector("tr[data-group=VAL]", timeout=1000 * PATIENCE)
    for tally in tallies(answer().results):
        if tally.tested:
            said = page.locator(f"tr[data-group={tally.group}] td").all_inner_texts()
            assert said[:2] == ["yes" if tally.evidence else "no", f"{tally.passed} / {tally.tested}"]
    assert not seen.errors and not seen.elsewhere
    page.close()


# -- one answer whatever the door ----------------------------------------------------------------------------------

ELEVEN = (
    "people_who_use", "dependent", "deaths", "poisonings_nonfatal", "victims_of_punishment", "platform_receipts_usd",
    "orders", "shops", "couriers", "convictions_trafficking", "prison_years",
)  # fmt: skip
SMALL = ("--scale", "1/2000", "--until", "2017-01-01", "-n", "3")
BOTH = "plan=Both;diversion,share=0.5,start=2016-01-01;treatment,places=40000,start=2016-07-01"
FOUND = """
import json, sys
totals = {e.outcome: [e.median, e.low, e.high] for e in found.totals()}
json.dump({"totals": totals, "interval": found.interval}, open(sys.argv[1], "w"))
"""


def _fresh(folder: Path) -> dict[str, str]:
    """An environment that names no parameters, with a folder of runs of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "KLADSIM_PARAMETERS"}
    return kept | {"KLADSIM_RUNS": str(folder)}


def test_page_its_own_code_and_the_terminal_give_one_answer(browser: Browser, tmp_path: Path) -> None:
    """The model itself, with the parameters that every door takes: equal medians and intervals, and one sentence."""
    server = Server(tmp_path / "page", "0", *SMALL)
    try:
        page, seen = _open(browser, server, f"#/explore?{BOTH}")
        page.locator("button.main").click()
        page.wait_for_selector("[data-kind=simulated]", timeout=1000 * PATIENCE)
        state = page.evaluate(STATE, {"plans": [{"name": "Both", "levers": LEVERS}]})
        said = page.locator("[data-interval]").inner_text()
        page.locator("details", has=page.get_by_text("Python")).locator("summary").click()
        shown = {kind: _code(page, kind) for kind in ("python", "yaml", "command")}
        assert seen.elsewhere == [] and seen.errors == []
        page.close()
    finally:
        server.kill()
    effects = state["plans"][0]["effects"]
    paged = {e["outcome"]: [e["median"], e["low"], e["high"]] for e in effects if e["outcome"] in ELEVEN}
    assert set(paged) == set(ELEVEN)

    (tmp_path / "page.py").write_text(shown["python"] + FOUND, encoding="utf-8")
    subprocess.run([sys.executable, "page.py", "python.json"], cwd=tmp_path, env=_fresh(tmp_path / "a"), check=True)
    python = json.loads((tmp_path / "python.json").read_text(encoding="utf-8"))
    assert {name: python["totals"][name] for name in ELEVEN} == paged

    command = shown["command"].splitlines()[-1].split()
    documents = shown["yaml"].split("---\n")
    assert len(documents) == 2 and command[3].endswith(".yaml")
    (tmp_path / command[3]).write_text(documents[1], encoding="utf-8")
    run = [sys.executable, "-c", "from kladsim.cli.main import app; app()", *command[1:], "--json", "-q"]
    done = subprocess.run(run, cwd=tmp_path, env=_fresh(tmp_path / "b"), check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert {e["outcome"]: [e["median"], e["low"], e["high"]] for e in told["effects"] if e["outcome"] in ELEVEN} == paged
    assert said == f"The interval holds {told['interval']}." == f"The interval holds {python['interval']}."
    assert "drawn from the" in said, "the posterior where one ships, else the prior: never the point in silence"


LEVERS = [
    {"lever": "diversion", "share": 0.5, "start": "2016-01-01"},
    {"lever": "treatment", "places": 40000, "start": "2016-07-01"},
]
STATE = """async (asked) => {
  const options = {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(asked)}
  return (await fetch('/api/state', options)).json()
}"""


def _code(page: Page, kind: str) -> str:
    """What the code box shows."""
    page.get_by_role("button", name={"python": "Python", "yaml": "YAML"}.get(kind, "Command"), exact=True).click()
    page.wait_for_selector(f"[data-code={kind}]")
    page.wait_for_function("kind => document.querySelector(`[data-code=${kind}]`)?.innerText.trim()", arg=kind)
    return str(page.locator(f"[data-code={kind}]").inner_text()) + "\n"


def test_another_country_is_shown_or_nothing(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path, "0", *SMALL)
    try:
        for text in ("base=south-korea", "base=KR", "country=KOR", f"base=south-korea&{BOTH}"):
            page, _ = _open(browser, server, f"#/explore?{text}")
            page.wait_for_selector("h1:has-text('South Korea:')")
            assert page.locator("[data-outcome]").count() == 0 and page.locator("figure svg").count() == 0, text
            kind = "none" if "plan" in text else "empty"
            assert page.locator("[data-kind]").get_attribute("data-kind") == kind
            assert page.locator("button.main").is_visible(), "it can be simulated"
            page.close()
        for address in ("?base=south-korea", "?base=KR#/explore", "?lang=en&country=KOR#/explore?n=2", "?base=south-korea#/"):
            page, _ = _open(browser, server, address)  # before the hash, where addresses of other programs have it
            page.wait_for_selector("h1:has-text('South Korea:')")
            assert page.locator("[data-outcome]").count() == 0, address
            assert page.evaluate("location.search") in ("", "?lang=en"), "what was typed is in the state's address"
            page.close()
        page, _ = _open(browser, server, "#/explore?base=KR&until=2014-07-01&n=2")
        page.locator("button.main").click()
        page.wait_for_selector("[data-kind=baseline]", timeout=1000 * PATIENCE)
        assert page.locator("h1").inner_text().startswith("South Korea:")
        assert page.locator("[data-outcome=deaths]").count() == 1
        said = page.locator("[data-interval]").inner_text()
        assert "drawn from the prior" in said and "no posterior ships for south-korea" in said
        page.close()
        page, _ = _at(browser, server, "#/explore?base=LV")
        page.wait_for_selector("[role=alert]")
        assert page.locator("[data-outcome]").count() == 0 and "LV" in page.locator("[role=alert]").first.inner_text()
        page.evaluate("location.hash = '#/explore?base=south-korea'")
        page.wait_for_selector("[data-kind=empty]")
        page.evaluate("location.hash = '#/explore?until=2017-13-01'")  # what was shown before answers another question
        page.wait_for_selector("[role=alert]")
        assert page.locator("[data-outcome]").count() == 0
        page.close()
    finally:
        server.kill()


def _at(browser: Browser, server: Server, hash_: str) -> tuple[Page, Seen]:
    page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
    seen = Seen(page, server.address)
    page.goto(f"{server.address}/{hash_}")
    return page, seen


@pytest.mark.parametrize(
    "part",
    ["n=many", "seed=-1", "view=sideways", "style=dotty", "tab=graph", "colour=red", "active=3", "parameters=mean",
     "language=fr", "year=then", f"plan={'x' * 61};diversion"],
)  # fmt: skip
def test_what_an_address_cannot_mean_is_said(browser: Browser, server: Server, part: str) -> None:
    page, _ = _open(browser, server, f"#/explore?{part}")
    assert part in page.locator("[data-unread]").inner_text()
    page.close()


def test_an_address_names_its_language_and_unknown_names_are_said(browser: Browser, server: Server) -> None:
    page, _ = _open(browser, server, "#/explore?language=ru")
    assert page.evaluate("document.documentElement.lang") == "ru"
    page.close()
    for hash_, text in (
        ("#/explore?outcome=deths", "deths"), ("#/stories?story=nothing", "nothing"), ("#/nowhere", "nowhere"),
        ("#/explore?" + "&".join(f"plan=P{at};diversion,share=0.5,start=2014-07-01" for at in range(5)), "P4"),
    ):  # fmt: skip
        page, _ = _at(browser, server, hash_)
        page.wait_for_selector("[data-unread]")
        assert text in page.locator("[data-unread]").first.inner_text(), hash_
        page.close()


def test_every_new_lever_begins_next_january(browser: Browser, tmp_path: Path) -> None:
    """From the menu, for all levers: the next 1 January, no problem, and an estimate or the sentence why there is none."""
    server = Server(tmp_path, "0", "--scale", "1/2000", "-n", "2")
    try:
        page, _ = _open(browser, server)
        begin = f"{page.evaluate('new Date().getFullYear()') + 1}-01-01"
        page.wait_for_selector("[data-add-lever] option[value=diversion]", state="attached")
        names = page.evaluate("[...document.querySelectorAll('[data-add-lever] option')].map(o => o.value).filter(Boolean)")
        assert len(names) >= 19
        for name in names:
            page.evaluate("location.hash = '#/explore'")
            page.wait_for_selector("[data-kind=empty], [data-kind=baseline]")
            page.locator("[data-add-lever]").select_option(name)
            page.get_by_role("button", name="Add", exact=True).click()
            page.wait_for_selector(f"[data-lever={name}]")
            assert re.search(rf"(start|date)={begin}", page.url), (name, page.url)
            page.wait_for_selector("[data-kind=estimated], [data-kind=none]")
            assert page.locator("fieldset [role=alert]").count() == 0, name
            if name == "package":
                offered = page.locator("[data-lever=package] select").first.locator("option").all_inner_texts()
                assert "harm reduction" in offered and len(offered) >= 6
            if page.locator("[data-kind=none]").count():
                assert "No estimate" in page.locator("[role=status]").first.inner_text(), name
        page.close()
    finally:
        server.kill()
