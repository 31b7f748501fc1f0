"""The public names: complete, and loaded only when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kladsim

HEAVY = ("numba", "scipy", "xarray", "pandas")


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after ``code``."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_is_light() -> None:
    assert not loaded_after("import kladsim").intersection((*HEAVY, "pydantic", "numpy", "ruamel"))


def test_a_scenario_needs_nothing_heavy() -> None:
    assert not loaded_after("import kladsim as ks; repr(ks.Scenario.preset('russia-divert'))").intersection(
        HEAVY
    )


def test_names() -> None:
    assert set(kladsim.__all__) <= set(dir(kladsim))
    assert kladsim.Takedown.name == "takedown"
    with pytest.raises(AttributeError, match="no attribute 'Scenaro'"):
        _ = kladsim.Scenaro  # type: ignore[attr-defined]


def test_a_lever_is_public_without_a_line_of_its_own() -> None:
    from kladsim.policy.registry import own_lever_classes

    levers = {made.__name__: made for made in own_lever_classes().values()}
    assert set(levers) <= set(kladsim.__all__)
    assert all(getattr(kladsim, name) is made for name, made in levers.items())
    names: dict[str, object] = {}
    exec("from kladsim import *", names)
    assert set(kladsim.__all__) <= set(names)
