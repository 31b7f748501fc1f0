"""The early-warning desk: the page in a real Chromium and the terminal say the same; triage, bulletin, axe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from tests.waiting import PATIENCE
from typer.testing import CliRunner

from kladsim.app.server import create_app
from kladsim.cli.main import verbs
from kladsim.monitor import library, store
from kladsim.monitor.recipes import IntakeOptions

from .conftest import HERE, settings_in
from .servers import Server
from .test_page import AXE, _open, browser, pytestmark  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser

URGENT = ("alarm", "watch")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Calls by week, fifty each and two hundred in the last; and the folder of them."""
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    library.forget()
    monday = date.today() - timedelta(days=date.today().weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(90, 0, -1)]
    rows = [f"GE,,calls,calls,{week.isoformat()[:10]},{200 if week == weeks[-1] else 50 + week.day % 5}" for week in weeks]
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(["country,place,indicator,unit,period,value", *rows]) + "\n", encoding="utf-8")
    store.add(path, IntakeOptions(new=("calls",)))
    return tmp_path


@pytest.fixture
def server(calls: Path) -> Iterator[Server]:
    """A server that watches those calls."""
    found = Server(calls / "runs")
    yield found
    found.process.terminate()
    found.process.wait(timeout=PATIENCE)


def _ask_terminal() -> dict[str, Any]:
    done = CliRunner().invoke(verbs, ["monitor", "watch", "--json"])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_page_and_terminal_show_the_same_desk(browser: Browser, calls: Path, server: Server) -> None:  # noqa: F811
    terminal = _ask_terminal()
    urgent = [row for row in terminal["rows"] if row["status"] in URGENT]
    assert "own/GEO/calls" in [row["series"] for row in urgent]
    page, seen = _open(browser, server)
    page.goto(f"{server.address}/#/monitor")
    page.wait_for_selector("[data-desk]")
    first = page.locator("[data-desk]")
    shown = first.locator("[data-series]").evaluate_all("rows => rows.map((row) => [row.dataset.series, row.dataset.status])")
    assert shown == [[row["series"], row["status"]] for row in urgent]
    for row in urgent:
        text = first.locator(f'[data-series="{row["series"]}"]').inner_text()
        assert all(reason in text for reason in row["reasons"]) and row["last_day"] in text and row["last_period"] in text
    told = page.locator("option").all_inner_texts()
    assert [f"{name} ({count})" in told for name, count in terminal["by_status"].items() if name != "too few"] == [True] * 4
    page.wait_for_selector(".chart svg")

    page.get_by_text("Add an event").click()
    form = page.locator("[data-event]")
    for label, text in (("Date", "2026-05"), ("Country", "Georgia"), ("Place", "Tbilisi"), ("Source", "EWS")):
        form.get_by_label(label).fill(text)
    form.get_by_label("Kind").select_option("forensic")
    form.get_by_label("Class of substances").select_option("nitazenes")
    form.get_by_role("button", name="Record").click()
    signal = page.locator("[data-signal]")
    signal.wait_for()
    signal.get_by_role("button", name="Assess").click()
    page.get_by_label("Step").select_option("action")
    page.get_by_label("Decision").fill("ask the laboratory")
    page.get_by_label("By (a role").fill("duty officer")
    page.get_by_role("button", name="Record").first.click()
    page.get_by_text("an action needs an assessment first").wait_for()
    page.get_by_label("Step").select_option("assessment")
    page.get_by_role("button", name="Record").first.click()
    page.wait_for_selector("[data-step=assessment]")
    (known,) = _ask_terminal()["signals"]
    assert (known["subject"], known["step"]) == (signal.get_attribute("data-signal"), "assessment")
    assert [entry["decision"] for entry in known["triage"]] == ["ask the laboratory"]
    assert "duty officer" in signal.inner_text()

    for kind, beginning in (("PDF", b"%PDF"), ("HTML", b"<!doctype html>")):
        with page.expect_download(timeout=1000 * PATIENCE) as found:
            page.get_by_role("link", name=f"Weekly bulletin ({kind})").click()
        found.value.save_as(calls / kind)
        assert (calls / kind).read_bytes().startswith(beginning)
    assert "ask the laboratory" in (calls / "HTML").read_text(encoding="utf-8")

    page.get_by_label("Language").select_option("ru")
    page.get_by_text("Положение на").wait_for()
    first.locator('[data-series="own/GEO/calls"]').get_by_text("при ожидаемых").first.wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    broken = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in broken] == []
    assert not seen.elsewhere and [error for error in seen.errors if "422" not in error] == []
    page.close()


def test_the_log_refuses_what_no_event_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    event = {"date": "2026-05", "country": "GE", "kind": "press", "substance": "nitazenes", "source": "EWS"}
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        wrong = client.post("/api/watch/events", json={**event, "note": "seen at @somebody_sells"})
        assert wrong.status_code == 422 and wrong.json()["error"]["where"] == "note"
        assert client.post("/api/watch/triage", json={"subject": "none", "step": "action", "decision": "x", "by": "y"}).status_code == 422
        done = client.post("/api/watch/events", json=event)
        assert done.status_code == 200 and len(done.json()["subject"]) == 12
    assert not (tmp_path / "monitor" / "observations.csv").exists()
