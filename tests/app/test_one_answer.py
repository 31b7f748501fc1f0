"""One answer whatever the door: parameters, sentence and country are the same in page, code, terminal and brief."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kladsim.app import answers as a
from kladsim.app import service as services
from kladsim.app.plans import FrameIn, base_named, frame_of
from kladsim.app.service import Service
from kladsim.app.settings import ServerSettings
from kladsim.app.view import View
from kladsim.core.errors import InputError
from kladsim.core.formatting import LANGUAGES, Language
from kladsim.evidence.translating import FILE as CATALOGUE
from kladsim.model import version
from kladsim.runs import parameters
from kladsim.runs.interval_words import describe_interval, interval_sentence

from .conftest import ROOT, settings_in


def _said(origin: dict[str, Any], language: Language = "en") -> str:
    return interval_sentence(describe_interval(origin, language), language=language)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """No parameters named by the environment, and a posterior of another model: the prior is what every door takes."""
    monkeypatch.delenv(parameters.VARIABLE)
    monkeypatch.setattr(version, "MODEL_VERSION", "99.0.0")


def test_the_page_takes_the_parameters_of_every_door(usual: None, tmp_path: Path) -> None:
    settings = ServerSettings(runs=tmp_path)
    for named in ("russia", "georgia", "south-korea"):
        frame = frame_of(FrameIn(base=named), settings)
        assert frame.draws == parameters.draws_for(None, named) and frame.named is None
        assert frame.draws is not None and frame.draws.mode == "prior"
    point = frame_of(FrameIn(parameters="point"), settings)
    assert point.draws is None and point.named == "point"


def test_the_code_names_parameters_only_where_they_are_not_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(parameters.VARIABLE)
    service = Service(ServerSettings(runs=tmp_path))
    usual = service.code(a.Asked())
    assert "parameters" not in usual.python + usual.command
    named = service.code(a.Asked(frame=FrameIn(parameters="point")))
    assert "parameters='point'" in named.python and "--parameters point" in named.command
    monkeypatch.setenv(parameters.VARIABLE, "point")  # a server at the point writes code that is at the point too
    assert "parameters='point'" in Service(ServerSettings(runs=tmp_path)).code(a.Asked()).python


def test_a_prior_says_why_in_one_sentence_in_both_languages(usual: None) -> None:
    origin = {"parameters": {"mode": "prior"}, "model_version": "99.0.0"}
    russia, georgia = (_said(origin | {"country": name}) for name in ("russia", "georgia"))
    shipped = parameters._shipped("russia").origin["model_version"]
    assert f"(the posterior that ships is of model {shipped}, this is model 99.0.0)" in russia
    assert "(no posterior ships for georgia)" in georgia
    asked = _said(origin | {"country": "russia", "model_version": shipped})
    assert "not fitted to data, Monte Carlo" in asked, "asked for beside a posterior that fits: no reason"
    russian = _said(origin | {"country": "georgia"}, "ru")
    assert russian.startswith("Интервал охватывает 90 % прогонов: параметры из априорного") and "(для страны georgia" in russian


def test_old_runs_and_points_say_what_they_hold() -> None:
    old = {"parameters": {"mode": "posterior"}, "model_version": "0.6.0", "interval": "..., structures by weight, ..."}
    assert "posterior (model 0.6.0), disputed structures by weight" in describe_interval(old)
    assert "at the register's values" in describe_interval({}) and "alone" in describe_interval({})


def test_every_door_says_the_sentence_of_the_run(client: TestClient) -> None:
    state = client.post("/api/state", json={}).json()
    origin = {"parameters": {"mode": "point"}, "model_version": "fake-1", "country": "russia"}
    assert state["interval"] == {
        language: interval_sentence(describe_interval(origin, language, 3), language=language) for language in LANGUAGES
    }


@pytest.mark.parametrize("text", ["south-korea", "KR", "KOR", "South Korea", "한국"])
def test_a_base_is_its_country_or_nothing(text: str, tmp_path: Path) -> None:
    settings = ServerSettings(runs=tmp_path)
    answer = Service(settings).state(a.Asked(frame=FrameIn(base=text)))
    assert answer.country == "south-korea"
    assert (answer.shown, answer.levels, answer.stale) == (None, [], False), "never another country's numbers"
    assert base_named(text).name == "south-korea"


@pytest.mark.parametrize("text", ["LV", "latvia", "russsia", "nowhere"])
def test_a_base_that_is_not_there_is_an_error(text: str, client: TestClient) -> None:
    found = client.post("/api/state", json={"frame": {"base": text}})
    assert found.status_code == 422 and found.json()["error"]["where"] == "base"


def test_the_shipped_baseline_answers_its_own_question_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(parameters.VARIABLE)
    settings = ServerSettings(runs=tmp_path)
    service = Service(settings)
    frame = service.frame(a.Asked())
    shipped = _view(frame, model="0.0.1")
    monkeypatch.setattr(service.library, "shipped_base", lambda: shipped)
    monkeypatch.setattr(service.library, "find", lambda run_id: None)
    usual = service.state(a.Asked())
    assert usual.shown == shipped.id and usual.stale and usual.model == "0.0.1", "of an older model: shown, and said"
    others: list[dict[str, Any]] = [
        {"base": "georgia"}, {"base": "south-korea"}, {"until": "2020-01-01"}, {"scale": "1/200"}, {"seed": 2},
        {"replicates": frame.replicates + 1}, {"parameters": "point"}, {"base": "russia-divert"},
    ]  # fmt: skip
    for other in others:
        answer = service.state(a.Asked(frame=FrameIn(**other)))
        assert answer.shown is None and answer.levels == [], other
        chart = service.comparison(a.Asked(frame=FrameIn(**other)))
        assert chart[0] is None, other


def _view(frame: Any, model: str) -> View:
    base = frame.base
    config = {"country": base.country, "start": str(base.start), "until": str(base.until),
              "scale": base.scale.denominator, "seed": base.seed}  # fmt: skip
    return View("0" * 64, base.name, "d", frame.replicates, config, {"model_version": model}, [2014], [], {}, {})


def test_views_with_other_draws_are_not_compared(client: TestClient, tmp_path: Path) -> None:
    service = Service(settings_in(tmp_path))
    view = _view(service.frame(a.Asked()), "fake-1")
    other = replace(view, provenance={**view.provenance, "parameters": {"mode": "prior"}})
    with pytest.raises(InputError, match="parameters"):
        services.compared(view, {"other": other})


def test_no_estimate_for_another_country_is_said(tmp_path: Path) -> None:
    plan = {"name": "A", "levers": [{"lever": "diversion", "share": 0.5, "start": "2026-01-01"}]}
    asked = a.Asked.model_validate({"frame": {"base": "south-korea"}, "plans": [plan]})
    (found,) = Service(ServerSettings(runs=tmp_path)).state(asked).plans
    assert found.kind == "none" and found.why is not None
    assert (found.why.where, found.why.value, found.why.allowed) == ("country", "south-korea", "russia")


def test_no_page_says_that_intervals_hold_luck_alone() -> None:
    """What is made by a command of its own (gallery, validation, calibration) is renewed with the model."""
    made = ("gallery", "validation", "calibration")
    root = Path(ROOT)
    pages = [page for page in (root / "docs").rglob("*.md") if not set(page.parts) & set(made)]
    pages += [root / "README.md", CATALOGUE, *(root / "src").rglob("report/templates/*.md")]
    assert len(pages) > 25
    for page in pages:
        text = " ".join(page.read_text(encoding="utf-8").lower().split())
        for wrong in ("luck only", "luck alone. doubt", "holds luck:", "только случай", "только случайность"):
            assert wrong not in text, (page.name, wrong)
