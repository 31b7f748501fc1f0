"""The page of a model in development: the sentence on every screen, no verdict, no stored number as current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.waiting import PATIENCE

from kladsim.app import answers as a
from kladsim.app import emulated
from kladsim.app.plans import PlanIn
from kladsim.app.server import STATIC, create_app
from kladsim.app.service import Service
from kladsim.app.settings import ServerSettings
from kladsim.core.formatting import LANGUAGES
from kladsim.inference.emulator.predicting import UncoveredError
from kladsim.model import version
from kladsim.runs.development import describe_development
from kladsim.validation import store

from .conftest import HERE, PLAN, finished, page_is_old, settings_in
from .servers import Server
from .test_page import ARGUMENTS, CHROMIUM, SCREENS

DEV = "9.9.9.dev"


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the version of the model to one in development, for this process, its servers and their workers."""
    monkeypatch.setenv(version.VARIABLE, DEV)


def test_answers_hold_the_sentence_and_no_verdict(tmp_path: Path) -> None:
    with TestClient(create_app(settings_in(tmp_path, replicates=6)), base_url=HERE) as client:
        found = client.get("/api/catalogue").json()["development"]
        assert found == {language: describe_development(language) for language in LANGUAGES}
        assert client.post("/api/runs", json={"plans": [PLAN]}).status_code == 202
        finished(client, 2)
        (plan,) = client.post("/api/state", json={"plans": [PLAN]}).json()["plans"]
        assert plan["kind"] == "simulated"
        assert {(effect["verdict"], effect["p_better"]) for effect in plan["effects"]} == {("withheld", None)}
        (groups,) = client.post("/api/groups", json={"plans": [PLAN]}).json()["plans"]
        assert groups["groups"] == []


def test_the_emulator_estimates_no_plan(tmp_path: Path) -> None:
    service = Service(ServerSettings(runs=tmp_path))
    plan = PlanIn.model_validate({"name": "A", "levers": [{"lever": "diversion", "share": 0.5, "start": "2026-01-01"}]})
    (planned,) = service.planned(service.frame(a.Asked()), [plan])
    assert planned.scenario is not None
    why = emulated.why_not(planned.scenario, service.settings.engine)
    assert isinstance(why, UncoveredError) and (why.where, why.allowed) == ("emulator", DEV)


def test_the_shipped_baseline_is_not_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KLADSIM_PARAMETERS")
    service = Service(ServerSettings(runs=tmp_path))
    view = service.library.shipped_base()
    assert view is not None
    answer = service.state(a.Asked())
    assert answer.shown is None or (answer.stale and answer.model == view.provenance["model_version"])
    assert all(plan.kind != "simulated" for plan in answer.plans)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path, "0", "--engine", "tests.study.fake_model:fake_engine", "--until", "2015-01-01", "-n", "6")
    yield found
    found.process.terminate()
    found.process.wait(timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set KLADSIM_CHROMIUM")
@pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="the page is not built: make web")
@pytest.mark.skipif(page_is_old(), reason="the page is older than its sources: make web")
def test_every_screen_says_it_in_both_languages_and_none_judges(server: Server) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    lever = {"lever": "diversion", "share": 0.5, "start": "2014-07-01"}
    started = server.ask("/api/runs", {"plans": [{"name": "A", "levers": [lever]}]})
    assert len(started) == 2
    made_with = store.shipped()["model_version"]
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{server.address}/#/explore")
        for language, fit in (("en", f"Made with model {made_with}"), ("ru", f"Сделано моделью {made_with}")):
            page.wait_for_selector("[data-development]")
            page.select_option("header select", language)
            for screen in SCREENS:
                page.click(f'nav a[href="#/{screen}"]')
                page.wait_for_selector("h1")
                assert describe_development(language) in page.inner_text("[data-development]"), (language, screen)
                if screen == "fit":
                    assert fit in page.inner_text("[data-made-with=checks]")
        page.goto(f"{server.address}/#/compare?plan=A;diversion,share=0.5,start=2014-07-01")
        page.reload()
        page.wait_for_selector("[data-withheld]")
        shown = page.inner_text("main")
        assert "Оценки не выносятся" in shown and "не выносится" in shown
        assert not re.search(r"\b(Better|Worse) off \(|P\(лучше\) \d|становится хуже: ", shown)
        browser.close()
