"""``kladsim serve``: the laboratory in a browser, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import hint, print_json, say
from kladsim.core.extras import extra


@command
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; other than loopback needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port.", min=0, max=65535)] = 8420,
    token: Annotated[
        str | None, typer.Option("--token", help="What a browser must know (16 characters or more); 'new' makes one.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the browser.")] = False,
    runs: Annotated[Path | None, typer.Option("--runs", help="The folder of run directories (default: runs/).")] = None,
    base: Annotated[str, typer.Option("--base", help="The preset that is the baseline.")] = "russia",
    scale: o.Scale = None,
    seed: o.Seed = None,
    until: o.Until = None,
    replicates: Annotated[int, typer.Option("--replicates", "-n", help="Replicates of each run.")] = o.PAIRS,
    parameters: o.Parameters = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Runs at once (default: one a core).")] = None,
    executor: o.Executor = None,
    engine: Annotated[str | None, typer.Option("--engine", hidden=True)] = None,
    json_: o.Json = False,
) -> None:
    """Serve the page: explore, compare, maps, runs, stories.

    Example: kladsim serve --open
    """
    with extra("web"):
        from kladsim.app.running import start

    def ready(address: str, folder: str) -> None:
        if json_:
            print_json({"address": address, "runs": folder})
        else:
            say(f"kladsim is at {address}")
            hint("Ctrl-C ends it; runs that are not finished go on at the next start.")
        sys.stdout.flush()
        if open_:
            import webbrowser

            webbrowser.open(address)

    given = {"scale": scale, "seed": seed, "until": until, "engine": engine, "workers": workers, "executor": executor}
    start(
        ready, runs=runs, token=token, host=host, port=port, base=base, replicates=replicates, parameters=parameters,
        **given,
    )  # fmt: skip
