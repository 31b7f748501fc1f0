"""The application: door, addresses, errors in plain words, and the page itself."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Scope

from kladsim.app.answers import problem_of
from kladsim.app.drawing import Drawer
from kladsim.app.memo import Memo, Packed, packed
from kladsim.app.routes import routes
from kladsim.app.security import Door
from kladsim.app.service import Service
from kladsim.app.settings import ServerSettings
from kladsim.app.supervisor import QueueFullError
from kladsim.core.errors import InputError, KladsimError
from kladsim.report.pack_maps import NoMapError

STATIC = Path(__file__).with_name("static")
MISSING = """<!doctype html><html lang="en"><title>kladsim</title><h1>The page is not built</h1>
<p>This checkout has no built page. Run <code>make web</code> (it needs Node, or takes it from a Python package),
then start again. The addresses below <code>/api</code> work without it.</p></html>"""
KEPT_FILES = 50
#: Answers that change are compressed fast; the others are packed once.
QUICK = 3
#: FastAPI would send what it measures to whatever address the environment names: nothing leaves this machine.
SILENT: dict[str, Any] = {"telemetry": dict.fromkeys(("auto_configure", "tracing", "metrics", "logs"), False)}
FOREVER = "public, max-age=31536000, immutable"


class Page(StaticFiles):
    """The page's files, compressed once; names below ``assets`` carry a hash of their content: kept for good."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self._packed: Memo[Packed] = Memo(KEPT_FILES)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        path = Path(os.fspath(full_path))
        kind = guess_type(path)[0] or "application/octet-stream"
        keep = FOREVER if path.parent.name == "assets" else "no-cache"
        if status_code != 200:
            return super().file_response(full_path, stat_result, scope, status_code)
        packed_file = self._packed((path, stat_result.st_mtime_ns), lambda: packed(path.read_bytes(), kind))
        return packed_file.answer(Request(scope), keep)


def create_app(settings: ServerSettings) -> FastAPI:
    """The application of one server; its supervisor starts and ends with it."""
    service = Service(settings)
    drawer = Drawer(service)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service.supervisor.start()
        threading.Thread(target=_warm, args=(service, drawer), daemon=True).start()
        yield
        service.supervisor.stop()

    app = FastAPI(
        title="kladsim", version="1", lifespan=life, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        **SILENT,
    )  # fmt: skip
    app.state.service = service
    app.include_router(routes(service, drawer))
    _errors(app)
    _page(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=QUICK)
    app.add_middleware(Door, settings=settings)
    return app


def _warm(service: Service, drawer: Drawer) -> None:
    """Import the model and the chart library before the first page asks for them."""
    try:
        import altair  # noqa: F401

        from kladsim.app.warming import begin

        begin(service)
        drawer.warm()
    except KladsimError as error:
        logging.getLogger("kladsim").warning("warming up failed: %s", error)


def _errors(app: FastAPI) -> None:
    def answer(status: int, problem: dict[str, object]) -> JSONResponse:
        return JSONResponse({"error": problem}, status_code=status)

    @app.exception_handler(InputError)
    async def invalid(request: Request, error: InputError) -> JSONResponse:
        missing = isinstance(error, NoMapError) or (error.message.startswith("unknown") and error.where == "run")
        status = 429 if isinstance(error, QueueFullError) else 404 if missing else 422
        return answer(status, problem_of(error).model_dump())

    @app.exception_handler(KladsimError)
    async def failed(request: Request, error: KladsimError) -> JSONResponse:
        return answer(503, {"message": str(error)})

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:200]
        return answer(422, {"message": str(first["msg"])[:300], "where": where})


def _page(app: FastAPI) -> None:
    if not (STATIC / "index.html").exists():

        @app.get("/", include_in_schema=False)
        def missing() -> HTMLResponse:
            return HTMLResponse(MISSING, status_code=200)

        return

    index = packed((STATIC / "index.html").read_bytes(), "text/html; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        return index.answer(request)

    app.mount("/", Page(directory=STATIC), name="page")
