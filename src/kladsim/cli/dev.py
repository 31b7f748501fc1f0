"""``kladsim dev``: what maintainers do; and the spellings of these verbs until 2.0."""

from __future__ import annotations

import sys

import typer
from typer.core import TyperGroup

from kladsim.cli import bench_detectors, calibrating, emulating, monitor_evaluate, spreading, system, validating

verbs = typer.Typer(
    name="dev",
    help="For maintainers: fit, train, check, measure. Example: kladsim dev validate --fresh",
    no_args_is_help=True,
    rich_markup_mode=None,
)
monitor = typer.Typer(name="monitor", help="Judge the monitor.", no_args_is_help=True, rich_markup_mode=None)
verbs.command("calibrate")(calibrating.calibrate)
verbs.add_typer(emulating.dev_verbs, name="emulate")
verbs.command("validate")(validating.compute)
verbs.add_typer(bench_detectors.verbs, name="bench")
verbs.command("precompile")(system.precompile)
monitor.command("evaluate")(monitor_evaluate.evaluate)
verbs.add_typer(monitor, name="monitor")
verbs.add_typer(spreading.dev_verbs, name="spread")


@monitor.callback()
def _keep_as_group() -> None:
    """A group of one verb stays a group."""


def with_new_spelling(arguments: list[str]) -> list[str]:
    """Return arguments with ``dev`` before a verb that moved there, and say so on stderr (until 2.0)."""
    words = [word for word in arguments if not word.startswith("-")]
    first, second = (*words, "", "")[:2]
    helped = bool({"--help", "-h"} & set(arguments))
    moved = {
        "calibrate": "report" not in words and not helped,
        "emulate": second in ("fit", "check"),
        "validate": bool({"--fresh", "--ship"} & set(arguments)),
        "bench": True,
        "monitor": second == "evaluate",
    }
    if not moved.get(first):
        return arguments
    verb = f"{first} {second}" if first in ("emulate", "monitor") else first
    print(f"`kladsim {verb}` is `kladsim dev {verb}`; the old spelling works until 2.0", file=sys.stderr)
    at = arguments.index(first)
    return [*arguments[:at], "dev", *arguments[at:]]


class Verbs(TyperGroup):
    """The verbs, in new and old spellings."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read arguments after putting old spellings right."""
        return super().parse_args(ctx, with_new_spelling(args))
