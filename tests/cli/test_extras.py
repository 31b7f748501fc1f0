"""A package that is not installed is told with its extra, in one way, wherever it is needed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

from kladsim.core.errors import InputError
from kladsim.core.extras import EXTRAS, extra, missing_extra

ROOT = Path(__file__).parents[2]
QUICK = ("--until", "2016", "--workers", "1", "--no-picture", "--quiet", "-n", "2")
MODULES = {
    "scikit-learn": "sklearn",
    "charset-normalizer": "charset_normalizer",
    "python-calamine": "python_calamine",
}


def test_extras_are_those_of_the_project() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(declared)
    for name, packages in declared.items():
        modules = {package.partition(">")[0].partition("[")[0] for package in packages}
        assert {MODULES.get(module, module) for module in modules} <= set(EXTRAS[name]), name


def _without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    for name in list(sys.modules):
        if any(name == module or name.startswith(f"{module}.") for module in modules):
            monkeypatch.delitem(sys.modules, name)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    for name in [name for name in sys.modules if name.startswith("kladsim.app.")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    ("missing", "named", "verb"),
    [
        ("uvicorn", "web", ("serve", "--port", "0")),
        ("fastapi", "web", ("serve", "--port", "0")),
        ("starlette", "web", ("serve", "--port", "0")),
        ("threadpoolctl", "calibrate", ("dev", "calibrate", "russia")),
        ("sklearn", "calibrate", ("dev", "calibrate", "russia")),
        ("scoringrules", "calibrate", ("dev", "calibrate", "russia")),
        ("sklearn", "calibrate", ("dev", "emulate", "fit")),
        ("SALib", "analysis", ("study", "plan", "russia", "--vary", "nature", "--design", "morris", "-o", "s")),
        ("distributed", "cluster", ("compare", "russia", "russia-divert", *QUICK, "--executor", "dask://localhost:1")),
        ("typst", "report", ("report", "one", "--out", "a.pdf")),
        ("scoringrules", "monitor", ("dev", "monitor", "evaluate", "forecasts")),
    ],
)
def test_a_missing_package_is_told_with_its_extra(
    cli: Cli, missing: str, named: str, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if verb[0] == "report":
        assert cli("run", "russia", *QUICK, "--out", "one").code == 0
    _without(monkeypatch, missing)
    said = cli(*verb)
    assert said.code == 2, said.err
    assert f"needs the extra `{named}`" in said.err and f"pip install kladsim[{named}]" in said.err
    assert "fault of kladsim" not in said.err and "Traceback" not in said.err


def test_a_missing_module_of_no_extra_is_still_our_fault(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "kladsim.report.pack_maps")
    said = cli("doctor", "pack", "georgia")
    assert said.code == 1 and "fault of kladsim" in said.err
    assert missing_extra(ModuleNotFoundError(name="nothing")) is None
    with pytest.raises(ModuleNotFoundError), extra("report"):
        raise ModuleNotFoundError(name="kladsim.nothing")


@pytest.mark.parametrize("name", ["typst", "typst.inner", "patsy"])
def test_what_an_extra_needs_in_turn_is_told_with_it(name: str) -> None:
    with pytest.raises(InputError, match="needs the extra `monitor`"), extra("monitor"):
        raise ModuleNotFoundError(name=name)
