"""run, compare, branch, demo and runs: tables, JSON, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
QUICK = ("--until", "2016", "--workers", "1", "--no-picture")


def test_run_prints_table_interval_and_folder(cli: Cli) -> None:
    said = cli("run", "russia", *QUICK, "-n", "3")
    assert said.code == 0, said.err
    for words in ("deaths", "median", "range of 3 runs", "Monte Carlo", "cathinones", "Digest", "runs/russia-"):
        assert words in said.out
    assert "100 %" in said.err
    assert max(len(line) for line in said.out.splitlines() if "runs/" not in line) <= 110


def test_run_json_has_what_machines_want(cli: Cli) -> None:
    said = cli("run", "russia", *QUICK, "--json", "--threads", "2")
    facts = json.loads(said.out)
    assert {"run", "digest", "persons", "days", "wall_s", "person_days_per_s", "peak_bytes", "path"} <= set(
        facts
    )
    assert "interval" in facts and not any(key.startswith("format_") for key in facts)
    assert facts["days"] == 730 and len(facts["digest"]) == 64 and not facts["from_store"]
    assert "cathinones" in facts["badge"]
    assert facts["outcomes"][0]["low"] is None
    shown = json.loads(cli("runs", "show", facts["path"], "--json").out)
    assert shown["digest"] == facts["digest"] and len(shown["replicate_digests"]) == 1
    assert shown["provenance"]["model_version"] == "fake-1"
    assert shown["scenario"]["config"]["until"] == "2016-01-01"
    again = json.loads(cli("run", "russia", *QUICK, "--json").out)
    assert again["from_store"] and again["digest"] == facts["digest"]
    fresh = json.loads(cli("run", "russia", *QUICK, "--json", "--fresh").out)
    assert not fresh["from_store"] and fresh["digest"] == facts["digest"]


def test_quiet_says_nothing_on_stderr(cli: Cli) -> None:
    assert cli("run", "russia", *QUICK, "--quiet").err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("russai",), "did you mean: russia"),
        (("russia", "--scale", "0"), "scale"),
        (("russia", "--scale", "2"), "scale"),
        (("russia", "--until", "2013"), "until"),
        (("russia", "--set", "courier.pay_per_drp=4"), "courier.pay_per_drop"),
        (("russia", "--set", "courier.pay_per_drop=nan"), "courier.pay_per_drop"),
        (("russia", "--set", "nonsense"), "--set"),
        (("russia", "--replicates", "0"), "replicates"),
        (("missing.yaml",), "missing.yaml"),
        (("russia", "--no-such-option"), "no-such-option"),
    ],
)
def test_bad_input_is_one_screen_and_exit_2(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    said = cli("run", *arguments)
    assert said.code == 2 and words in said.err and said.out == ""
    assert "Traceback" not in said.err and len(said.err.splitlines()) < 25


def test_errors_as_json(cli: Cli) -> None:
    said = cli("run", "russai", "--json")
    error = json.loads(said.err)["error"]
    assert error["exit_code"] == 2 and error["suggestion"] == "russia"


def test_debug_shows_the_traceback(cli: Cli) -> None:
    assert "Traceback" in cli("run", "russai", "--debug").err
    assert "Traceback" not in cli("run", "russai").err


def test_other_content_or_unwritable_folder_is_exit_1(cli: Cli, tmp_path: Path) -> None:
    assert cli("run", "russia", *QUICK, "--out", tmp_path / "a").code == 0
    said = cli("run", "russia", *QUICK, "--seed", "2", "--out", tmp_path / "a")
    assert said.code == 1 and "holds another run" in said.err
    said = cli("run", "russia", *QUICK, "--out", "/proc/kladsim")
    assert said.code == 1 and "/proc/kladsim" in said.err and "Traceback" not in said.err


def test_compare_demo_and_branch(cli: Cli, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "name: plan\nbased_on: russia\nlevers: [{lever: diversion, tier: courier, share: 0.5, start: 2015}]\n"
    )
    found = json.loads(cli("compare", "russia", plan, *QUICK, "-n", "4", "--json").out)
    assert {"outcome", "plan", "median", "low", "high", "p_better", "mc_error", "n"} <= set(
        found["effects"][0]
    )
    assert found["from_store"] is False
    said = cli("compare", "russia", plan, *QUICK, "-n", "4")
    assert said.code == 0 and "P(better)" in said.out and "Answered from the store" in said.out
    base = found["base"]["path"]
    branched = json.loads(cli("branch", base, plan, "--at", "2015-01-01", "--until", "2016", "--json").out)
    assert branched["branches"][0]["digest"] == found["plans"]["plan"]["digest"]
    late = cli("branch", base, plan, "--at", "2015-06-01")
    assert late.code == 2 and "before the branching date" in late.err


def test_demo_compares_two_presets(cli: Cli) -> None:
    found = json.loads(cli("demo", "--replicates", "1", "--workers", "1", "--json").out)
    assert list(found["plans"]) == ["russia-divert"]


def test_runs_ls_show_rm_verify(cli: Cli) -> None:
    path = json.loads(cli("run", "russia", *QUICK, "--json").out)["path"]
    name = Path(path).name
    assert name in cli("runs", "ls").out
    assert json.loads(cli("runs", "ls", "--json").out)["runs"][0]["state"] == "finished"
    assert "digest" in cli("runs", "show", name[-8:]).out
    assert json.loads(cli("runs", "verify", name, "--json").out)["same"] is True
    assert cli("runs", "verify", name, "--only", "0").code == 0
    assert cli("runs", "verify", name, "--only", "7").code == 2
    status = Path(path) / "status.json"
    status.write_text(
        status.read_text().replace('"replicate_digests": [\n    "', '"replicate_digests": [\n    "0')
    )
    assert cli("runs", "verify", name).code == 1
    assert cli("runs", "rm", name, "--yes").code == 0
    assert not Path(path).exists()
    assert cli("runs", "show", name).code == 2


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as from a terminal: a job in the background ignores it
sys.path.insert(0, {root!r})
from kladsim.runs import engine
from tests.study.fake_model import fake_engine
engine.default_engine = fake_engine
from kladsim.cli.main import app
app()
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_ctrl_c_is_exit_3_and_the_same_command_resumes(
    cli: Cli, tmp_path: Path, sign: signal.Signals
) -> None:
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED.format(root=str(ROOT)))
    # six, on two workers: when the first is there, two rounds are still to come
    arguments = ("run", "russia", *QUICK, "-n", "6", "--out", str(tmp_path / "a"))
    environment = {**os.environ, "FAKE_DAY_SECONDS": "0.002", "FAKE_SLOW_FROM": "2"}
    child = subprocess.Popen(
        [sys.executable, script, *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )
    first = tmp_path / "a" / "replicates" / "0000.npz"
    wait_until(lambda: first.exists() or child.poll() is not None, "the first replicate")
    child.send_signal(sign)
    _, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 3 and "the same command resumes" in said and "Traceback" not in said
    assert json.loads(cli("runs", "show", tmp_path / "a", "--json").out)["state"] == "interrupted"
    assert cli(*arguments).code == 0
    straight = json.loads(cli("run", "russia", *QUICK, "-n", "6", "--json", "--out", tmp_path / "b").out)
    assert json.loads(cli("runs", "show", tmp_path / "a", "--json").out)["digest"] == straight["digest"]


def test_a_change_of_a_lever_goes_to_the_plans_that_have_it(cli: Cli) -> None:
    tiny = ("--until", "2014-02-01", "--scale", "1", "-n", "2", "--json")
    said = cli("compare", "russia", "russia-divert", *tiny, "--set", "levers.diversion.share=0.25")
    assert said.code == 0 and "share=0.25" in said.out
    for change, words in (("levers.diversion.shar=1", "did you mean: share"), ("levers.divert.share=1", "diversion")):
        said = cli("compare", "russia", "russia-divert", *tiny[:-1], "--set", change)
        assert said.code == 2 and words in said.err


@pytest.mark.parametrize("damage", [b"", b'{"key": "ab', bytes(range(256)), b'{"key": 3}', b"[]"])
def test_a_damaged_folder_hides_no_other_and_can_be_removed(cli: Cli, damage: bytes) -> None:
    assert cli("run", "russia", *QUICK, "--json").code == 0
    assert cli("run", "russia", *QUICK, "--json", "--seed", "2").code == 0
    one, two = sorted(Path("runs").glob("russia-*"))
    (one / "status.json").write_bytes(damage)
    listed = cli("runs", "ls")
    assert listed.code == 0 and one.name in listed.out and two.name in listed.out
    states = {run["name"]: run["state"] for run in json.loads(cli("runs", "ls", "--json").out)["runs"]}
    assert states == {one.name: "damaged", "russia": "finished"}
    shown = cli("runs", "show", one.name)
    assert shown.code == 1 and "damaged" in shown.err
    assert cli("runs", "rm", one.name, "--yes").code == 0 and not one.exists()
    assert [run["state"] for run in json.loads(cli("runs", "ls", "--json").out)["runs"]] == ["finished"]


@pytest.mark.parametrize("damage", ["half", "empty", "garbage"])
def test_a_damaged_comparison_or_picture_is_written_anew(cli: Cli, damage: str) -> None:
    pytest.importorskip("typst")
    asked = ("compare", "russia", "russia-divert", "--until", "2016", "--workers", "1", "-n", "3", "--picture")
    assert cli(*asked).code == 0
    (saved,), pictures = Path("runs").glob("compare-*.json"), list(Path("runs").rglob("*.png"))
    held = {path: path.read_bytes() for path in (saved, *pictures)}
    assert len(pictures) == 1
    for path, content in held.items():
        path.write_bytes({"half": content[: len(content) // 2], "empty": b"", "garbage": b"\xff" * len(content)}[damage])
    assert cli("report", saved, "--out", "brief.html").code != 0
    assert cli(*asked).code == 0
    assert json.loads(saved.read_text())["effects"] == json.loads(held[saved])["effects"]
    assert pictures[0].read_bytes().endswith(b"IEND\xaeB\x60\x82")
    assert cli("report", saved, "--out", "brief.html").code == 0


@pytest.mark.parametrize("name", ["nothing.json", "runs/compare-russia.json", "runs"])
def test_a_report_of_a_file_that_is_not_there_says_what_to_give(cli: Cli, name: str) -> None:
    Path("runs").mkdir()
    said = cli("report", name)
    assert said.code == 2 and "resumes" not in said.err
    assert "no such file" in said.err or "no such run" in said.err
