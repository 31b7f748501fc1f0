"""The command line: verbs are registered here; a group has its file and imports its layer when called."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from kladsim.cli import (
    analysing,
    calibrating,
    countries,
    dev,
    emulating,
    exporting,
    guard,
    listing,
    monitoring,
    plans,
    reporting,
    running,
    runs,
    serving,
    spreading,
    studies,
    system,
    validating,
)
from kladsim.core.version import VERSION

verbs = typer.Typer(
    name="kladsim",
    cls=dev.Verbs,
    help="Simulate a nation's dead-drop drug economy, for public-health and justice policy.",
    epilog="Example: kladsim run russia -n 4. Exit codes: 0 ok, 1 failed, 2 invalid input, 3 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help costs 0.2 s of imports, most of the budget of `kladsim --help`
    context_settings={"help_option_names": ["-h", "--help"]},
)
verbs.command("run")(running.run)
verbs.command("demo")(plans.demo)
verbs.command("compare")(plans.compare)
verbs.command("branch")(plans.branch)
verbs.command("export")(exporting.export)
verbs.add_typer(studies.verbs, name="study")
verbs.command("sensitivity")(analysing.sensitivity)
verbs.command("discover")(analysing.discover)
verbs.command("robustness")(analysing.robustness)
verbs.command("list")(listing.list_)
verbs.command("explain")(listing.explain)
verbs.command("validate")(validating.validate)
verbs.add_typer(emulating.verbs, name="emulate")
verbs.command("calibrate")(calibrating.report)
verbs.add_typer(runs.verbs, name="runs")
verbs.add_typer(spreading.verbs, name="spread")
verbs.add_typer(monitoring.verbs, name="monitor")
verbs.command("serve")(serving.serve)
verbs.command("report")(reporting.report)
verbs.command("doctor")(system.doctor)
verbs.command("new-country")(countries.new_country)
verbs.command("cite")(system.cite)
verbs.add_typer(dev.verbs, name="dev")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"kladsim {VERSION}")
        raise typer.Exit


@verbs.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    guard.debugging = guard.debugging or debug


def app() -> None:
    """Run the command line and end the process with its exit code."""
    # SIGTERM (a batch system's, a shell's) is an interrupt like Ctrl-C: resumable.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    guard.debugging = len(arguments) < len(sys.argv[1:])
    try:
        verbs(args=arguments, prog_name="kladsim")
    except KeyboardInterrupt:
        sys.exit(guard.INTERRUPTED)


if __name__ == "__main__":
    app()
