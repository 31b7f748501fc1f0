"""``kladsim report``: a brief of a comparison or the report of a run, with annex, as PDF or HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.runs import find_run
from kladsim.cli.show import print_json, say
from kladsim.core.errors import InputError, unknown_name
from kladsim.core.formatting import Language

if TYPE_CHECKING:
    from kladsim.study.comparison import Comparison


@command
def report(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="COMPARE | RUN | BASE PLAN...",
            help="A saved comparison (compare-….json, or the folder that it was written to), one run, or several runs, "
            "base first.",
        ),
    ],
    out: Annotated[Path, o.out("the brief is written: NAME.pdf or NAME.html")] = Path("brief.pdf"),
    language: Annotated[str, typer.Option("--language", help="en or ru.")] = "en",
    annex: Annotated[bool, typer.Option("--annex/--no-annex", help="With or without the technical annex.")] = True,
    json_: o.Json = False,
) -> None:
    """Write the policy brief of a comparison, or the report of one run: equal bytes for equal runs.

    Example: kladsim report runs/compare-russia-divert-and-treat-1a2b3c4d.json --out brief.pdf
    """
    from kladsim.report.printing import write_brief

    if language not in ("en", "ru"):
        raise unknown_name("language", language, ("en", "ru"), where="--language")
    content = _content(what, "ru" if language == "ru" else "en", annex)
    path = write_brief(content, out)
    if json_:
        columns = ("plan", "name", "measure", "unit")
        cost = [
            {**{key: row[key] for key in columns}, **dict(zip(("median", "low", "high"), row["numbers"], strict=True))}
            for row in content["cost"]["rows"]
        ]
        names = [plan["name"] for plan in content["plans"]]
        print_json({"path": str(path), "plans": names, "costs": cost, "digests": content["digests"]})
    else:
        say(f"Brief {path}")


def _content(what: list[str], language: Language, annex: bool) -> dict[str, Any]:
    """The brief of a comparison, or the report of a single run."""
    from kladsim.report.brief import brief, run_brief
    from kladsim.runs.result import Result

    what = [_saved(what[0])] if len(what) == 1 else what
    if len(what) == 1 and not what[0].endswith(".json"):
        return run_brief(Result.open(find_run(what[0])), language, annex=annex)
    return brief(_comparison(what), language=language, annex=annex)


def _saved(what: str) -> str:
    """The comparison that lies in a folder, where a person names the folder that `compare --out` wrote."""
    from kladsim.runs.store import STATUS

    folder = Path(what)
    there = [] if (folder / STATUS).exists() or not folder.is_dir() else sorted(folder.glob("compare-*.json"))
    if len(there) > 1:
        names = ", ".join(path.name for path in there[:5])
        raise InputError("several comparisons lie in this folder", where="report", value=what, allowed=names)
    return str(there[0]) if there else what


def _comparison(what: list[str]) -> Comparison:
    from kladsim.runs.result import Result
    from kladsim.study.comparison import Comparison

    if len(what) == 1:
        return Comparison.open(what[0])
    base_run, *others = (Result.open(find_run(run)) for run in what)
    named: dict[str, Result] = {}
    for result in others:
        same = sum(name.split(" (")[0] == result.name for name in named)
        named[f"{result.name} ({same + 1})" if same else result.name] = result
    return Comparison(base_run, named)
