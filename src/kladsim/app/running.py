"""Starts the web server on a free or given port and says when it is ready."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from kladsim.app.server import create_app
from kladsim.app.settings import ServerSettings
from kladsim.core.errors import StorageError
from kladsim.core.files import hold_lock
from kladsim.runs.kernels import why_not_writable
from kladsim.runs.store import RUNS_VARIABLE, runs_root

SERVER_LOCK = ".server.lock"


def start(
    ready: Callable[[str, str], None], *, runs: Path | None = None, token: str | None = None, **given: Any
) -> None:
    """Serve with the settings given (None keeps a default); a token of "new" is made here.

    Raises
    ------
    InputError : a host beyond this machine without a token
    StorageError : the port is taken or not allowed
    """
    if token == "new":
        token = secrets.token_urlsafe(24)
    chosen = {name: value for name, value in given.items() if value is not None}
    serve(ServerSettings(runs=(runs or runs_root()).absolute(), token=token, **chosen), ready)


def serve(settings: ServerSettings, ready: Callable[[str, str], None]) -> None:
    """Serve until interrupted; ``ready`` gets the address to open and the folder of runs.

    Raises
    ------
    StorageError : the port is taken or not allowed, or the folder of runs cannot be written or has a server already
    """
    problem = why_not_writable(settings.jobs)
    if problem:
        raise StorageError(f"{settings.runs}: {problem}; choose another folder with --runs or {RUNS_VARIABLE}")
    taken = f"{settings.runs}: another `kladsim serve` works on this folder; use its page, or another --runs"
    with hold_lock(settings.jobs / SERVER_LOCK, taken):
        _serve(settings, ready)


def _serve(settings: ServerSettings, ready: Callable[[str, str], None]) -> None:
    listening = _listen(settings)
    bound = replace(settings, port=int(listening.getsockname()[1]))
    shown = f"[{bound.host}]" if ":" in bound.host else bound.host
    query = f"/?token={bound.token}" if bound.token else "/"
    app = create_app(bound)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    ready(f"http://{shown}:{bound.port}{query}", str(bound.runs))
    app.state.ending = lambda: server.should_exit  # streams end by themselves
    with suppress(KeyboardInterrupt):  # the usual way to end a server
        server.run(sockets=[listening])


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends at once (no Nagle) only where the protocol is named: else each small answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise StorageError(
            f"cannot listen at {settings.host}:{settings.port}: {error.strerror}; try --port 0"
        ) from error
    listening.listen(128)
    return listening
