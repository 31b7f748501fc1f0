"""The wheel, installed into an empty environment, serves the page and runs the quick start."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest
from tests.environment import environment_of_a_user
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "src" / "kladsim" / "app" / "static" / "index.html"

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(not PAGE.exists(), reason="the page is not built: make web"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that holds the wheel, what it depends on, and nothing else."""
    home = tmp_path_factory.mktemp("env") / "env"
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    wanted = f"{wheel}[web]"
    if Path(uv).exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(home / "bin" / "python"), wanted], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", wanted], check=True)
    return home / "bin" / "kladsim"


def test_the_wheel_has_the_page_the_stories_and_the_baseline(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("app/static/index.html", "app/stories/ru/3-treat-and-divert.md", "report/templates/brief.typ"):
        assert f"kladsim/{part}" in names
    assert any(name.startswith("kladsim/app/shipped/") and name.endswith(".json.gz") for name in names)
    assert any(name.startswith("kladsim/app/static/assets/") and name.endswith(".js") for name in names)
    assert not [name for name in names if "node_modules" in name or "/restricted/runs" in name]


@pytest.mark.timeout(1200)
def test_it_serves_the_page_with_a_finished_baseline(program: Path, tmp_path: Path) -> None:
    command = [str(program), "serve", "--port", "0", "--json", "--runs", str(tmp_path), "--workers", "1"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment_of_a_user())
    try:
        assert server.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            line = server.stdout.readline()
            assert line, "the server did not start"
            text += line
        address = json.loads(text)["address"].rstrip("/")
        with urllib.request.urlopen(f"{address}/", timeout=PATIENCE) as answer:
            assert b"/assets/" in answer.read()
        request = urllib.request.Request(f"{address}/api/state", b"{}", {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            state = json.load(answer)
        assert state["shown"] and state["levels"]
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


@pytest.mark.timeout(1800)
def test_it_runs_the_quick_start(program: Path, tmp_path: Path) -> None:
    command = [str(program), "run", "russia", "--scale", "1/1000", "--replicates", "2", "--until", "2014-04-01", "--json"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment_of_a_user(), check=False)
    assert found.returncode == 0, found.stderr[-2000:]
    assert json.loads(found.stdout)["replicates"] == 2
    help_ = subprocess.run([str(program), "--help"], capture_output=True, text=True, env=environment_of_a_user(), check=True).stdout
    assert "serve" in help_ and "compare" in help_
