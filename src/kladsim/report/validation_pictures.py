"""Pictures of a validation: shares of runs by pattern, the matrix, and the curve of P08."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kladsim.study.validation.report import Report

GOOD, BAD, PLAIN = "#2a7f62", "#b5432a", "#44546a"


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw what the report holds and return the files."""
    import matplotlib

    matplotlib.use("Agg")
    made = [_patterns(report, folder / "patterns.png"), _matrix(report, folder / "mechanisms-and-checks.png")]
    made.append(_curve(report, folder / "recruitment-and-volume.png"))
    return [path for path in made if path is not None]


def _patterns(report: Report, path: Path) -> Path | None:
    results = [r for r in report.results if r.kind == "pattern" and r.share is not None]
    if not results:
        return None
    figure, axes = _figure(7.0, 0.26 * len(results) + 1.2)
    shares = [100.0 * (r.share or 0.0) for r in results]
    axes.barh([r.id for r in results], shares, color=[GOOD if r.status == "pass" else BAD for r in results])
    axes.axvline(80.0, color=PLAIN, linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlabel("runs in which the pattern holds, % (line: 80 %); green passes, red fails")
    return _saved(figure, path)


def _matrix(report: Report, path: Path) -> Path | None:
    if not report.matrix:
        return None
    mechanisms = list(report.matrix)
    checks = list(next(iter(report.matrix.values())))
    cells = [[1.0 if report.matrix[m].get(c) == "red" else 0.0 for c in checks] for m in mechanisms]
    figure, axes = _figure(0.22 * len(checks) + 1.5, 0.26 * len(mechanisms) + 1.4)
    axes.imshow(cells, cmap="Reds", vmin=0.0, vmax=1.4, aspect="auto")
    axes.set_xticks(range(len(checks)), checks, rotation=90, fontsize=7)
    axes.set_yticks(range(len(mechanisms)), mechanisms)
    axes.set_title("checks that turn red when a mechanism is off", fontsize=9)
    return _saved(figure, path)


def _curve(report: Report, path: Path) -> Path | None:
    curve: dict[str, Any] = report.curves.get("P08", {})
    if not curve.get("points"):
        return None
    figure, axes = _figure(6.0, 3.6)
    points = curve["points"]
    x = [point["replaced"] for point in points]
    axes.fill_between(x, [p["low"] for p in points], [p["high"] for p in points], color=PLAIN, alpha=0.2, linewidth=0)
    axes.plot(x, [p["median"] for p in points], "o-", color=PLAIN)
    axes.axhline(-10.0, color=BAD, linewidth=0.8)
    axes.set_xlabel("recruits added for each arrest added")
    axes.set_ylabel("annual volume at +50 % effort, %")
    return _saved(figure, path)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=130, metadata={"Software": "kladsim"})
    return path
