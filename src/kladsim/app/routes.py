"""The server's addresses: each asks the service one question and gives one shape back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kladsim.app import answers as a
from kladsim.app import catalogue as c
from kladsim.app import stories as s
from kladsim.app import watching as w
from kladsim.app.charting import chart_answer
from kladsim.app.exporting import exported, reported
from kladsim.app.geometry import map_of
from kladsim.app.regional import regions_answer
from kladsim.app.service import Service
from kladsim.core.errors import InputError

RunId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Name = Annotated[str, Path(min_length=1, max_length=80)]
EVENT_SECONDS = 0.4
LISTED = 30
DRAWN = 100


def routes(service: Service) -> APIRouter:
    """All addresses below ``/api``."""
    router = APIRouter(prefix="/api", responses={422: {"model": a.Refused}, 429: {"model": a.Refused}})
    _names(router, service)
    _pages(router, service)
    _runs(router, service)
    return router


def _names(router: APIRouter, service: Service) -> None:
    settings = service.settings
    defaults: dict[str, str | int] = {
        "base": settings.base, "until": settings.until, "scale": settings.scale, "replicates": settings.replicates,
        "seed": settings.seed,
    }  # fmt: skip

    @cache
    def names() -> c.Catalogue:
        return c.catalogue(service.engine, defaults)

    @router.get("/catalogue")
    def catalogue() -> c.Catalogue:
        return names()

    @router.get("/parameters")
    def parameters() -> c.Table:
        return c.parameters()

    @router.get("/mechanisms")
    def mechanisms() -> c.Table:
        return c.mechanisms()

    @router.get("/claims")
    def claims() -> c.Table:
        return c.claims()

    @router.get("/targets")
    def targets() -> c.Table:
        return c.targets()

    @router.get("/explain/{name}")
    def explain(name: Name) -> dict[str, Any]:
        return c.explained(name)

    @router.get("/map/{country}")
    def map_(country: Name) -> a.MapAnswer:
        return map_of(country)

    @router.get("/stories/{language}")
    def stories(language: Annotated[str, Path(pattern="^(en|ru)$")]) -> list[s.Story]:
        return s.stories(language)

    @router.get("/fit")
    def fit() -> w.Fit:
        return w.fit()

    @router.get("/outlook")
    def outlook() -> w.Outlook:
        return w.outlook()

    @router.get("/series")
    def series() -> w.SeriesList:
        return w.series()

    @router.get("/forecast")
    def forecast(
        series: Annotated[str, Query(min_length=1, max_length=120)],
        look: Annotated[str, Query(pattern="^(light|dark)$")] = "light",
    ) -> w.Forecast:
        return w.forecast(series, look)

    @router.get("/texts/{name}")
    def text(name: Annotated[str, Path(pattern="^(limits|description)$")]) -> s.Text:
        return s.text(name)


def _pages(router: APIRouter, service: Service) -> None:
    @router.post("/state")
    def state(asked: a.Asked) -> a.StateAnswer:
        return service.state(asked)

    @router.post("/code")
    def code(asked: a.Asked) -> a.Code:
        return service.code(asked)

    drawn: dict[tuple[str, ...], a.ChartAnswer] = {}

    @router.post("/chart")
    def chart(asked: a.ChartAsked) -> a.ChartAnswer:
        base, plans, missing = service.comparison(asked)
        if base is None:
            return a.ChartAnswer(spec=None, rows=[], unit="", sentence="", missing=["baseline"])
        # A chart depends on what is asked and on the runs that are there, on nothing else.
        content = asked.model_dump_json(), base.id, *(view.id for view in plans.values())
        if content not in drawn:
            if len(drawn) > DRAWN:
                drawn.clear()
            drawn[content] = chart_answer(asked, base, plans, missing)
        return drawn[content]

    @router.post("/regions")
    def regions(asked: a.RegionsAsked) -> a.RegionsAnswer:
        return regions_answer(service, asked)

    @router.post("/export", response_class=Response)
    def export(asked: a.ExportAsked) -> Response:
        content, kind, name = exported(service, asked)
        return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})

    @router.post("/report", response_class=Response)
    def report(asked: a.ReportAsked) -> Response:
        content, kind, name = reported(service, asked)
        return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _runs(router: APIRouter, service: Service) -> None:
    supervisor, lister = service.supervisor, service.lister

    @router.post("/runs", status_code=202)
    def start(asked: a.Asked, request: Request) -> list[a.RunInfo]:
        return service.start(asked, _client(request))

    @router.get("/runs")
    def runs(
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> a.Runs:
        return lister.runs(offset, limit)

    @router.get("/runs/{run_id}")
    def run(run_id: RunId) -> a.RunInfo:
        return lister.one(run_id)

    @router.post("/runs/{run_id}/cancel")
    def cancel(run_id: RunId) -> a.RunInfo:
        return lister.of_job(supervisor.cancel(run_id))

    @router.post("/runs/{run_id}/resume")
    def resume(run_id: RunId, request: Request) -> a.RunInfo:
        return lister.of_job(supervisor.resume(run_id, _client(request)))

    @router.post("/runs/{run_id}/forget")
    def forget(run_id: RunId) -> a.Runs:
        supervisor.forget(run_id)
        return lister.runs(0, 100)

    @router.get("/events", response_class=EventSourceResponse)
    async def events(request: Request) -> AsyncIterator[ServerSentEvent]:
        """The queue and what runs, whenever it changes."""
        before = ""
        ending = getattr(request.app.state, "ending", lambda: False)
        while not ending() and not await request.is_disconnected():
            now = await asyncio.to_thread(_moving, service)
            if now != before:
                before = now
                yield ServerSentEvent(raw_data=now, event="runs")
            await asyncio.sleep(EVENT_SECONDS)


def _moving(service: Service) -> str:
    jobs = service.supervisor.jobs()
    moving = [job for job in jobs if job.state in ("queued", "running")]
    recent = [job for job in jobs if job not in moving][: max(0, LISTED - len(moving))]
    infos = [service.lister.of_job(job) for job in (*moving, *recent)]
    return a.Runs(runs=infos, total=len(jobs), cores=service.settings.workers).model_dump_json()


def _client(request: Request) -> str:
    """Who asks, for the fair queue: the page's own word, else the address. It opens no door."""
    told = request.headers.get("x-kladsim-page", "")
    if told and (len(told) > 40 or not told.isalnum()):
        raise InputError("is no page id", where="x-kladsim-page", allowed="up to 40 letters and digits")
    return told or (request.client.host if request.client else "")
