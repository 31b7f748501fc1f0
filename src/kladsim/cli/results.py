"""What several verbs print of a run: headline outcomes, parts of intervals, the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kladsim.cli.show import format_range, format_short, hint, print_table
from kladsim.core.errors import InputError

if TYPE_CHECKING:
    from kladsim.runs.result import Result
    from kladsim.study.decomposing import VariancePart


def drawn_from(parameters: str | None, decompose: bool, country: str) -> str | None:
    """Return which parameters are meant: to take an interval apart there must be draws, whatever the environment says.

    Raises
    ------
    InputError : the parts of an interval are asked for at the register's values
    """
    from kladsim.runs.parameters import shipped_mode

    if decompose and parameters == "point":
        raise InputError("has nothing to take apart", where="--decompose", value=parameters, allowed="posterior, prior")
    if decompose and parameters is None:
        return shipped_mode(country)
    return parameters


def decomposed_totals(result: Result) -> list[VariancePart]:
    """The parts of the headline outcomes' variance."""
    from kladsim.study.decomposing import decompose_result

    return decompose_result(result)


def print_parts(parts: list[VariancePart]) -> None:
    """Print what share of an interval's variance is luck, parameters and structure."""
    rows = [(p.outcome, format_short(p.sd), *(f"{100 * share:.0f} %" for share in p.shares)) for p in parts]
    head = ("outcome", "standard deviation", "parameters", "structure", "luck")
    print_table("Where the interval comes from: shares of the variance", head, rows, numbers=1)


def summarise_run(result: Result) -> dict[str, Any]:
    """What ``run --json`` says: costs, digest, folder and the headline outcomes."""
    headline = [
        {
            "outcome": r.outcome, "unit": r.unit, "median": r.median, "low": r.low5, "high": r.high95, "n": r.n,
            "noisy": r.noisy, "settled_by": r.settled_by,
        }
        for r in result.headline()
    ]  # fmt: skip
    return {**result.to_dict(), "outcomes": headline, "interval": result.interval}


def print_headline(title: str, result: Result) -> None:
    """Print the headline outcomes, with what would settle those that are too noisy to be read."""
    from kladsim.runs.judging import interval_name

    headline = result.headline()
    rows = [(r.outcome, r.unit, format_short(r.median), format_range(r.low5, r.high95), r.settled_by) for r in headline]
    columns = ("outcome", "unit", "median", interval_name(result.replicates), "too noisy: settled by")
    kept = 5 if any(r.noisy for r in headline) else 4
    print_table(title, columns[:kept], [row[:kept] for row in rows], numbers=2)
    warn_of_capped(result)


def warn_of_capped(*results: Result) -> None:
    """Print which hazards exceeded the bounds of their processes."""
    from kladsim.runs.capped import capped_words

    for result in results:
        if text := capped_words(result.capped):
            hint(f"warning: {result.name}: {text}")


def draw(result: Result) -> str | None:
    """Draw the run's picture into its directory, once; None (with a hint) where that cannot be."""
    from kladsim.core.files import is_whole_png

    target = result.path / "picture.png"
    if result.from_store and is_whole_png(target):
        return str(target)
    try:
        return str(result.plot(target))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None
