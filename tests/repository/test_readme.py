"""The comparison that the README shows runs as it stands (smaller and shorter, to take seconds)."""

from __future__ import annotations

from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
SMALLER = {
    'with_(until="2030")': 'with_(until="2017", scale="1/2000")',
    "seed=7)": "seed=7, replicates=4)",
    '"2025-01"': '"2015-01"',
    '"2029-01"': '"2016-01"',
}


def shown() -> str:
    """The Python block of the README."""
    return README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


def test_the_comparison_has_about_ten_lines() -> None:
    assert len([line for line in shown().splitlines() if line.strip()]) <= 11


@pytest.mark.slow
def test_the_comparison_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = shown()
    for as_shown, smaller in SMALLER.items():
        assert as_shown in code
        code = code.replace(as_shown, smaller)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    dataset = names["ds"]
    assert dict(dataset.sizes)["scenario"] == 2 and dict(dataset.sizes)["replicate"] == 4  # type: ignore[attr-defined]
    assert {"deaths.png", "dependent.png", "runs", "brief.pdf"} <= {path.name for path in tmp_path.iterdir()}
    assert list((tmp_path / "runs").glob("compare-*.json"))
