"""The server's addresses: each asks the service one question and gives one shape back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kladsim.app import answers as a
from kladsim.app import catalogue as c
from kladsim.app import desk as d
from kladsim.app import stories as s
from kladsim.app import uploads as u
from kladsim.app import watching as w
from kladsim.app.drawing import Drawer
from kladsim.app.emulated import DriversAnswer, drivers_answer
from kladsim.app.exporting import exported, reported
from kladsim.app.groups import groups_answer
from kladsim.app.memo import Memo, Packed, packed_json
from kladsim.app.service import Service
from kladsim.core.errors import InputError
from kladsim.core.formatting import Language

RunId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Name = Annotated[str, Path(min_length=1, max_length=80)]
EVENT_SECONDS = 0.4
LISTED = 30
DRAWN = 100
DESKS = 12
CONSTANTS = 50
JSON = "application/json"


def routes(service: Service, drawer: Drawer) -> APIRouter:
    """All addresses below ``/api``."""
    router = APIRouter(prefix="/api", responses={422: {"model": a.Refused}, 429: {"model": a.Refused}})
    _names(router, drawer)
    _pages(router, service, drawer)
    _runs(router, service)
    return router


def _names(router: APIRouter, drawer: Drawer) -> None:
    constant: Memo[Packed] = Memo(CONSTANTS)

    def same(request: Request, name: str, make: Callable[[], object]) -> Response:
        """An answer that does not change while the server runs, packed once."""
        return constant(name, lambda: packed_json(make())).answer(request)

    @router.get("/catalogue", response_model=c.Catalogue)
    def catalogue(request: Request) -> Response:
        return drawer.names().answer(request)

    @router.get("/parameters", response_model=c.EvidenceTable)
    def parameters(request: Request) -> Response:
        return same(request, "parameters", c.parameters)

    @router.get("/mechanisms", response_model=c.EvidenceTable)
    def mechanisms(request: Request) -> Response:
        return same(request, "mechanisms", c.mechanisms)

    @router.get("/claims", response_model=c.EvidenceTable)
    def claims(request: Request) -> Response:
        return same(request, "claims", c.claims)

    @router.get("/targets", response_model=c.EvidenceTable)
    def targets(request: Request) -> Response:
        return same(request, "targets", c.targets)

    @router.get("/explain/{name}")
    def explain(name: Name) -> dict[str, Any]:
        return c.explained(name)

    @router.get("/map/{country}", response_model=a.MapAnswer)
    def map_(country: Name, request: Request) -> Response:
        return drawer.map(country).answer(request)

    @router.get("/stories/{language}", response_model=list[s.Story])
    def stories(language: Annotated[str, Path(pattern="^(en|ru)$")], request: Request) -> Response:
        return same(request, f"stories {language}", lambda: s.stories(language))

    @router.get("/fit")
    def fit() -> w.ValidationFit:
        return w.fit()

    @router.get("/outlook", response_model=w.Outlook)
    def outlook(request: Request) -> Response:
        return same(request, "outlook", w.outlook)

    @router.get("/series", response_model=w.SeriesList)
    def series(request: Request) -> Response:
        return same(request, f"series {w.get_store_state()}", w.series)

    forecasts: Memo[Packed] = Memo(DRAWN)

    @router.get("/forecast", response_model=w.Forecast)
    def forecast(
        request: Request,
        series: Annotated[str, Query(min_length=1, max_length=120)],
        look: Annotated[str, Query(pattern="^(light|dark)$")] = "light",
        language: Language = "en",
    ) -> Response:
        key = series, look, language, w.get_store_state()
        made = forecasts(key, lambda: packed_json(w.forecast(series, look, language)))
        return made.answer(request)

    desks: Memo[Packed] = Memo(DESKS)

    @router.get("/watch", response_model=d.DeskAnswer)
    def watch(request: Request, language: Language = "en") -> Response:
        return desks((language, d.get_state()), lambda: packed_json(d.show_desk(language))).answer(request)

    @router.get("/watch/map", response_model=d.DeskMap)
    def watch_map(request: Request, look: Literal["light", "dark"] = "light", language: Language = "en") -> Response:
        key = language, look, d.get_state()
        return desks(key, lambda: packed_json(d.draw_map(language, look))).answer(request)

    @router.post("/watch/events")
    def watch_event(asked: d.EventAsked) -> d.Recorded:
        return d.add_event(asked)

    @router.post("/watch/triage")
    def watch_triage(asked: d.TriageAsked) -> d.Recorded:
        return d.assess(asked)

    @router.get("/watch/bulletin", response_class=Response)
    def watch_bulletin(kind: Literal["html", "pdf"] = "html", language: Language = "en") -> Response:
        content, media, name = d.write_bulletin(language, kind)
        return Response(content, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})

    @router.post("/upload")
    def upload(asked: u.UploadAsked) -> u.UploadAnswer:
        return u.read_upload(asked)

    @router.get("/texts/{name}", response_model=s.Text)
    def text(name: Annotated[str, Path(pattern="^(limits|description)$")], request: Request) -> Response:
        return same(request, f"text {name}", lambda: s.text(name))


def _pages(router: APIRouter, service: Service, drawer: Drawer) -> None:
    codes: Memo[Packed] = Memo(DRAWN)

    @router.post("/state", response_model=a.StateAnswer)
    def state(asked: a.Asked) -> Response:
        return Response(service.state(asked).model_dump_json(), media_type=JSON)

    @router.post("/code", response_model=a.Code)
    def code(asked: a.Asked, request: Request) -> Response:
        return codes(asked.model_dump_json(), lambda: packed_json(service.code(asked))).answer(request)

    @router.post("/chart", response_model=a.ChartAnswer)
    def chart(asked: a.ChartAsked, request: Request) -> Response:
        return drawer.packed(asked).answer(request)

    @router.post("/regions", response_model=a.RegionsAnswer)
    def regions(asked: a.RegionsAsked, request: Request) -> Response:
        return drawer.regions(asked).answer(request)

    @router.post("/groups")
    def groups(asked: a.Asked) -> a.GroupsAnswer:
        return groups_answer(service, asked)

    @router.post("/drivers")
    def drivers(asked: a.DriversAsked) -> DriversAnswer:
        plans = service.planned(service.frame(asked), asked.plans)
        plan = plans[asked.plan].scenario if asked.plan < len(plans) else None
        return drivers_answer(asked.outcome, plan, service.settings.engine)

    @router.post("/export", response_class=Response)
    def export(asked: a.ExportAsked) -> Response:
        content, kind, name = exported(service, drawer, asked)
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

    event_stream = EventStream(service)

    @router.get("/events", response_class=EventSourceResponse)
    async def events(request: Request) -> AsyncIterator[ServerSentEvent]:
        """The queue and what runs, whenever it changes."""
        before = ""
        ending = getattr(request.app.state, "ending", lambda: False)
        while not ending() and not await request.is_disconnected():
            now = event_stream.known() or await asyncio.to_thread(event_stream.now)
            if now != before:
                before = now
                yield ServerSentEvent(raw_data=now, event="runs")
            await asyncio.sleep(EVENT_SECONDS)


class EventStream:
    """The queue as text, put together once a moment for all who listen."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._text, self._when, self._changes = "", 0.0, -1

    def known(self) -> str:
        """The text if it is still right, an empty one if it has to be put together."""
        fresh = time.monotonic() - self._when < EVENT_SECONDS and self._changes == self.service.supervisor.changes
        return self._text if fresh else ""

    def now(self) -> str:
        """What runs and waits, at most ``EVENT_SECONDS`` old, and never older than the last change."""
        with self._lock:
            changes, moment = self.service.supervisor.changes, time.monotonic()
            if changes != self._changes or moment - self._when >= EVENT_SECONDS:
                self._text, self._when, self._changes = _moving(self.service), moment, changes
            return self._text


def _moving(service: Service) -> str:
    jobs = service.supervisor.jobs()
    moving = [job for job in jobs if job.state in ("queued", "running")]
    recent = [job for job in jobs if job.state not in ("queued", "running")][: max(0, LISTED - len(moving))]
    infos = [service.lister.of_job(job) for job in (*moving, *recent)]
    return a.Runs(runs=infos, total=len(jobs), cores=service.settings.workers).model_dump_json()


def _client(request: Request) -> str:
    """Who asks, for the fair queue: the page's own word, else the address. It opens no door."""
    page_id = request.headers.get("x-kladsim-page", "")
    if page_id and (len(page_id) > 40 or not page_id.isalnum()):
        raise InputError("is no page id", where="x-kladsim-page", allowed="up to 40 letters and digits")
    return page_id or (request.client.host if request.client else "")
