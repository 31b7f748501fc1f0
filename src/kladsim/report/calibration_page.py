"""The page of the manual about calibration: what was fitted, what the posterior is worth, and pictures of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kladsim.core.files import write_bytes
from kladsim.inference.calibration.headline import WIDE, coverage_words, holdout_words, with_headline
from kladsim.report.calibration_pictures import draw
from kladsim.report.templating import format_percent, render, table


def write_page(content: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``calibration.md`` and its pictures into a folder and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    content = with_headline(content)
    pictures = draw(content, folder)
    path = folder / "calibration.md"
    write_bytes(path, page(content, [picture.name for picture in pictures]).encode())
    return [path, *pictures]


def page(content: dict[str, Any], pictures: Sequence[str]) -> str:
    """Return the page as Markdown (``templates/calibration.md``)."""
    c = with_headline(content)
    return render(
        "calibration.md", c={"stale": "", "patterns": None, "structures": None, "wall_seconds": 0, **c},
        made=c["coverage_on_emulator_truths"], coverage_words=coverage_words(c), holdout_words=holdout_words(c),
        wide=WIDE, pictures=pictures, truths=_truths(c), methods=_methods(c),
        caught=_caught, ends=lambda quantiles: f"{quantiles[0]:.3g} – {quantiles[4]:.3g}",
        yes=lambda inside: "yes" if inside else "**no**",
    )  # fmt: skip


def _caught(method: dict[str, Any]) -> str:
    return "caught" if method["caught"] else "NOT caught"


def _truths(c: dict[str, Any]) -> str:
    """Coverage of intervals, by nominal level: of known truths, and of two methods that must fail."""
    real, made, sparse = c["coverage_on_model_runs"], c["coverage_on_emulator_truths"], c["sparse"]
    narrow, prior = c["overconfident"], c["prior_only"]
    methods = (
        (f"**truths that are runs of the model ({real['truths']})**", real, ""),
        (f"truths of the emulator ({made['truths']})", made, ""),
        (f"truths of the emulator, sparse data ({sparse['truths']})", sparse, ""),
        ("truths of the emulator, too narrow on purpose", narrow, _caught(narrow)),
        ("truths of the emulator, the prior returned", prior, _caught(prior)),
    )
    rows = [
        (name, *(format_percent(method["coverage"][level], 1) for level in made["coverage"]), label)
        for name, method, label in methods
    ]
    return table(("method", *_levels(c), ""), rows)


def _methods(c: dict[str, Any]) -> str:
    rows = [
        (name.replace("_", " "), *map(format_percent, m["coverage"].values()), f"{m['log_score_over_prior']:.2f}")
        for name, m in c["methods"].items()
        if isinstance(m, dict)
    ]
    return table(("method", *_levels(c), "log score over the prior"), rows)


def _levels(c: dict[str, Any]) -> list[str]:
    """The nominal levels of intervals, in per cent."""
    return [format_percent(float(level)) for level in c["coverage_on_emulator_truths"]["coverage"]]
