"""``kladsim report``: a two-page brief of a comparison, as PDF or HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import print_json, say

if TYPE_CHECKING:
    from kladsim.study.compare import Comparison


@command
def report(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="COMPARE | BASE PLAN...",
            help="A saved comparison (compare-….json), or run directories, base first.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="NAME.pdf or NAME.html.")] = Path("brief.pdf"),
    language: Annotated[str, typer.Option("--language", help="en or ru.")] = "en",
    json_: o.Json = False,
) -> None:
    """Write the policy brief of a comparison: equal bytes for equal runs.

    Example: kladsim report runs/compare-russia-divert-and-treat-1a2b3c4d.json --out brief.pdf
    """
    from kladsim.core.errors import unknown_name
    from kladsim.report.brief import brief
    from kladsim.report.printing import write_brief

    if language not in ("en", "ru"):
        raise unknown_name("language", language, ("en", "ru"), where="--language")
    content = brief(_comparison(what), language="ru" if language == "ru" else "en")
    path = write_brief(content, out)
    if json_:
        print_json(
            {"path": str(path), "plans": [plan["name"] for plan in content["plans"]], "digests": content["digests"]}
        )
    else:
        say(f"Brief {path}")


def _comparison(what: list[str]) -> Comparison:
    from kladsim.cli.runs import found
    from kladsim.core.errors import InputError
    from kladsim.study.compare import Comparison
    from kladsim.study.files import read_json
    from kladsim.study.result import Result

    if len(what) == 1 and what[0].endswith(".json"):
        content = read_json(Path(what[0]))
        try:
            base, plans = content["base"]["path"], {name: facts["path"] for name, facts in content["plans"].items()}
        except (KeyError, TypeError, AttributeError):
            raise InputError("is no saved comparison", where="report", value=what[0]) from None
        opened = {name: Result.open(path) for name, path in plans.items()}
        return Comparison(Result.open(base), opened, Path(what[0]).parent)
    if len(what) < 2:
        raise InputError(
            "a brief needs a base and a plan", where="report", value=what[0],
            allowed="a saved comparison (compare-….json), or two or more run directories, base first",
        )  # fmt: skip
    results = [Result.open(found(run)) for run in what]
    return Comparison(results[0], {result.name: result for result in results[1:]})
