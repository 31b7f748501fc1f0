"""``kladsim validate``: what the model shows beside what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import brief, explain_in_words, hint, interval, print_json, print_table, say

if TYPE_CHECKING:
    from kladsim.study.targets import TargetResult

CHECKS = ("targets",)
WORDS = (
    "A part is inside when the median over replicates lies in the published band; the interval holds "
    "90 % of the replicates (Monte Carlo luck only). A target is met when all its parts are inside. "
    "Nothing is fitted here."
)


@command
def validate(
    scenario: Annotated[str, typer.Argument(help="A preset's name or a YAML file.")] = "russia",
    only: Annotated[str, typer.Option("--only", help="What to check: targets.")] = "targets",
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = 4,
    set_: o.Settings = None,
    threads: o.Threads = None,
    workers: o.Workers = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Print calibration targets beside what the model shows.

    Example: kladsim validate --only targets --replicates 8
    """
    from kladsim.core.errors import unknown_name
    from kladsim.study.targets import targets_inside
    from kladsim.study.validating import validate_targets

    if only not in CHECKS:
        raise unknown_name("check", only, CHECKS, where="--only")
    what = o.chosen(scenario, set_, scale=scale, seed=seed)
    many, processes = o.spread(replicates, what.scale.denominator, threads, workers)
    found = validate_targets(
        what, replicates=replicates, threads=many, workers=processes, progress=None if quiet else _tell
    )
    ids, met = list(dict.fromkeys(item.id for item in found)), targets_inside(found)
    if json_:
        print_json(_facts(found, ids, met, replicates))
        return
    title = f"Targets: {what.name} at 1/{what.scale.denominator}, {replicates} replicates until 2025-01-01"
    print_table(title, ("target", "part", "unit", "published", "model", "90 % interval", "inside"), _rows(found), 4)
    explain_in_words(WORDS)
    say(f"{len(met)} of {len(ids)} targets inside: {', '.join(met) or 'none'}.")
    say(f"Outside: {', '.join(name for name in ids if name not in met) or 'none'}.")


def _rows(found: list[TargetResult]) -> list[tuple[str, ...]]:
    return [
        (
            item.id,
            item.part,
            item.unit,
            f"{item.low:g} to {item.high:g}",
            brief(item.median),
            interval(item.low5, item.high95),
            "yes" if item.inside else "no",
        )
        for item in found
    ]


def _facts(found: list[TargetResult], ids: list[str], met: list[str], replicates: int) -> dict[str, Any]:
    from kladsim.study.gate import BADGE
    from kladsim.study.provenance import INTERVAL

    parts = [{**vars(item), "inside": item.inside} for item in found]
    return {
        "targets": parts,
        "met": met,
        "missed": [name for name in ids if name not in met],
        "replicates": replicates,
        "interval": INTERVAL,
        "badge": BADGE,
    }


def _tell(done: int, of: int) -> None:
    hint(f"{done} of {of} replicates")
