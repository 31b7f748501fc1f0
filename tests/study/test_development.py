"""A model in development: each door says one sentence, no plan is judged, and what ships says what it was made with."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.study.fake_model import SPEC
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.core.errors import InputError
from kladsim.inference.calibration.reporting import shipped_report
from kladsim.inference.emulator import predicting
from kladsim.model import version
from kladsim.model.version import is_in_development, model_version
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.report.brief import brief, run_brief
from kladsim.runs import engine
from kladsim.runs.development import describe_development, describe_warnings, why_not_current
from kladsim.runs.judging import verdict
from kladsim.runs.parameters import draws_for, why_no_posterior
from kladsim.runs.posterior import shipped_posterior
from kladsim.study import compare
from kladsim.validation import store
from kladsim.validation.explaining import check_of

MODEL = engine.default_engine
"""The model itself: where runs take no process of their own, `cli` puts the fake model in its place."""
DEV = "9.9.9.dev"
SENTENCE = (
    f"Model {DEV} is in development: parameters are the register's usual values or draws of the prior; the posterior "
    "that ships was made with model {made_with} and is not used; verdicts on plans are withheld."
)
JUDGED = re.compile(r"(?<!P\()\b(better|worse|cheaper|dearer|likely lose)\b|\b(лучше|хуже|дешевле|дороже)\b", re.IGNORECASE)
BASE = Scenario(name="base", until="2016-01-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, tier="courier", start="2015-01"), name="plan")


@pytest.fixture
def development(monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the version of the model to one in development; return the sentence that every door then says."""
    monkeypatch.setenv(version.VARIABLE, DEV)
    posterior = shipped_posterior()
    assert posterior is not None
    return SENTENCE.format(made_with=posterior.origin["model_version"])


def _flat(text: str) -> str:
    return " ".join(text.split())


# -- the version -----------------------------------------------------------------------------------------------------


def test_the_override_is_of_models_in_development_alone_and_reaches_other_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(version.VARIABLE, DEV)
    code = "from kladsim.model.version import model_version; print(model_version())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == model_version() == DEV
    monkeypatch.setenv(version.VARIABLE, "9.9.9")
    with pytest.raises(InputError, match=version.VARIABLE.replace("$", "")):
        model_version()


def test_the_constant_has_one_reader() -> None:
    package = Path(version.__file__).parents[1]
    readers = [path for path in package.rglob("*.py") if re.search(r"\bMODEL_VERSION\b", path.read_text(encoding="utf-8"))]
    assert readers == [Path(version.__file__)]


def test_a_finished_model_says_nothing_of_this(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(version.VARIABLE, raising=False)
    monkeypatch.setattr(version, "MODEL_VERSION", "0.7.0")
    assert describe_development() == describe_development("ru") == describe_warnings([{"model_version": "0.6.0"}]) == ""
    assert why_not_current("0.6.0", "stored for") == "stored for model version 0.6.0, this is 0.7.0"
    assert why_not_current("0.6.0") == why_not_current("0.7.0", "stored for") == ""
    assert [verdict(1.0, 6), verdict(0.0, 6), verdict(0.5, 6), verdict(1.0, 5)] == ["better", "worse", "unclear", "few"]
    assert verdict(math.nan, 6) == "neutral"


# -- doors -----------------------------------------------------------------------------------------------------------


def test_python_says_it_and_judges_nothing(development: str) -> None:
    found = compare(BASE, PLAN, replicates=6, engine=SPEC)
    made_with = f"This run was made with model fake-1, this is model {DEV}: no number of it is current."
    for shown in (repr(found), found._repr_html_(), repr(found.base), found.base._repr_html_()):
        assert development in shown.replace("&#x27;", "'") and made_with in shown and not JUDGED.search(shown)
    effect = found.effect("deaths")
    assert effect.verdict == "withheld" and math.isnan(effect.p_better) and effect.median < 0
    assert set(found.summary()["verdict"]) == {"withheld"}
    assert found.losers() == found.losing_groups() == [] and found.no_verdict == "withheld"
    assert development in str(found.to_dict()["placeholders"])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_brief_says_it_and_judges_nothing(development: str, language: str) -> None:
    found = compare(BASE, PLAN, replicates=6, engine=SPEC)
    content = brief(found, language=language, annex=False)  # type: ignore[arg-type]
    sentence = describe_development(language)  # type: ignore[arg-type]
    assert sentence in content["limits"][0] and "fake-1" in content["limits"][0]
    assert sentence == development if language == "en" else "в разработке" in sentence and "не используется" in sentence
    words = content["words"]
    assert {row["verdict"] for row in content["effects"]} == {words["withheld_word"]}
    assert {row["p_better"] for row in content["effects"]} == {"–"}
    for one in content["who"]:
        assert one["worse"]["none"] == one["better"]["none"] == words["withheld"]
    told = [content["question"], *content["limits"], *content["cost"]["verdicts"], *map(str, content["effects"])]
    assert not any(JUDGED.search(text) for text in told)
    assert sentence in run_brief(found.base, language, annex=False)["limits"][0]  # type: ignore[arg-type]


def test_the_terminal_says_it_and_judges_nothing(
    cli: Cli,  # noqa: F811
    development: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "default_engine", MODEL)
    base = tmp_path / "base.yaml"
    base.write_text("name: base\nbased_on: russia\nuntil: 2016\n")
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: plan\nbased_on: russia\nuntil: 2016\nlevers:\n  - {lever: diversion, share: 0.5, start: 2015}\n")
    tiny = ("--scale", "1/2000", "--replicates", "6", "--until", "2016-01-01", "--workers", "1", "--quiet", "--no-picture")
    run, paired = cli("run", "russia", *tiny), cli("compare", "russia", plan, *tiny)
    for said in (run, paired):
        assert said.code == 0, said.err
        assert development in _flat(said.out) and development in said.err and not JUDGED.search(said.out)
    assert "Verdicts are withheld" in paired.out and "verdict withheld" in paired.out
    printed = json.loads(cli("compare", "russia", plan, *tiny, "--json").out)
    assert printed["development"] == development
    assert {(effect["verdict"], effect["p_better"]) for effect in printed["effects"]} == {("withheld", None)}
    (saved,) = (tmp_path / "runs").glob("compare-*.json")
    html = tmp_path / "brief.html"
    said = cli("report", saved, "--out", html, "--no-annex")
    assert said.code == 0 and development in said.err
    assert development in html.read_text(encoding="utf-8").replace("&#39;", "'").replace("&#x27;", "'")
    worth = cli("spread", "worth", base, *tiny[:2], "--replicates", "2", "--workers", "1", "--months", "6,12", "--quiet")
    assert worth.code == 0, worth.err
    assert development in _flat(worth.out) and not re.search(r"\b[01]\.\d\d\b", worth.out.split("P(better)")[1].split("The model")[0])


def test_the_worth_of_the_monitor_says_it(development: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from kladsim.spread import monitor_worth

    found = compare(BASE, PLAN, replicates=6, engine=SPEC)
    monkeypatch.setattr(monitor_worth, "compare", lambda *of, **more: found)
    monkeypatch.setattr(monitor_worth, "OUTCOMES", ("deaths",))
    worth = monitor_worth.earlier("georgia", detected_after=12)
    assert development in worth.note and math.isnan(worth.effects[0]["p_better"])


# -- what ships ------------------------------------------------------------------------------------------------------


def _emulator() -> predicting.Emulator:
    emulator = predicting.shipped()
    assert emulator is not None
    return emulator


def _why_no_posterior() -> str:
    return " ".join(why_no_posterior("russia", model_version()) or ())


STORED = {
    "posterior": _why_no_posterior,
    "calibration report": lambda: str(shipped_report()["stale"]),
    "validation": lambda: store.stale(store.shipped()),
    "validation over the posterior": lambda: store.stale(store.shipped("posterior"), "posterior"),
    "validation over the prior": lambda: store.stale(store.shipped("prior"), "prior"),
    "emulator": lambda: _emulator().stale(),
}
"""Why each stored result is not of the present code, by name; empty if it is."""
MADE_WITH = {
    "posterior": lambda: shipped_posterior().origin["model_version"],  # type: ignore[union-attr]
    "calibration report": lambda: shipped_report()["model_version"],
    "validation": lambda: store.shipped()["model_version"],
    "validation over the posterior": lambda: store.shipped("posterior")["model_version"],
    "validation over the prior": lambda: store.shipped("prior")["model_version"],
    "emulator": lambda: _emulator().meta["model_version"],
}


@pytest.mark.parametrize("name", STORED)
def test_what_ships_is_of_this_model(name: str) -> None:
    """While the model is in development what ships says what it was made with; of a finished model it must be."""
    why = STORED[name]()
    if is_in_development():
        assert MADE_WITH[name]() in why, name
    else:
        assert why == "", f"{name} is stale ({why}): make renew"


@pytest.mark.parametrize("name", STORED)
def test_in_development_what_ships_says_what_it_was_made_with(name: str, development: str) -> None:
    why = STORED[name]()
    made_with = MADE_WITH[name]()
    assert why == (f"version {made_with}" if name == "posterior" else why_not_current(made_with))
    assert name == "posterior" or why.endswith("in development: no number of it is current")


def test_nothing_is_drawn_from_the_posterior(development: str) -> None:
    usual = draws_for("prior", "russia")
    assert draws_for(None, "russia") in (None, usual)
    with pytest.raises(InputError, match=f"the one that ships is of model .*, this is {DEV}"):
        draws_for("posterior", "russia")


@pytest.mark.parametrize(
    "command", [["validate"], ["validate", "--parameters", "prior", "--only", "patterns"], ["calibrate", "report"],
                ["emulate", "check"], ["emulate", "predict", "--set", "diversion.share=0.5"]], ids=" ".join,
)  # fmt: skip
def test_the_terminal_shows_no_stored_number_as_current(command: list[str], development: str) -> None:
    said = CliRunner().invoke(verbs, command)
    words = _flat(said.stdout)
    assert said.exit_code in (0, 1) and development in said.stderr
    assert "STALE: made with model 0." in words and "in development: no number of it is current" in words
    assert words.index("STALE: made with") < 200, "before the numbers"
    printed = json.loads(CliRunner().invoke(verbs, [*command, "--json"]).stdout)
    assert printed["development"] == development
    assert "no number of it is current" in printed.get("stale", printed.get("patterns_stale", ""))


def test_explain_shows_no_stored_number_as_current(development: str) -> None:
    found, made_with = check_of("P08"), store.shipped()["model_version"]
    assert found["stored"] == why_not_current(made_with)
    assert found["status"].endswith(f", made with model {made_with}") and check_of("P08", brief=True)["status"] == found["status"]
    said = CliRunner().invoke(verbs, ["explain", "P08"])
    assert "no number of it is current" in _flat(said.stdout) and development in said.stderr
