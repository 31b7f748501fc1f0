"""What a server does on its own after it starts: load model and emulator; compute the baseline if none is there."""

from __future__ import annotations

from kladsim.app.answers import Asked
from kladsim.app.plans import LeverIn, PlanIn
from kladsim.app.service import Service

ANY = PlanIn(name="first", levers=[LeverIn(lever="diversion", tier="courier", share=0.1, start="2025-01-01")])
"""A plan that nobody asked for: its answer is thrown away, what it loads stays."""


def begin(service: Service) -> None:
    """Import the model; queue the baseline where neither a run nor a current shipped view has it; estimate once."""
    frame = service.frame(Asked())
    base = service.base(frame)
    if service.library.find(base.id) is None:
        service.supervisor.submit(base, client="baseline")
    service.state(Asked(plans=[ANY]))
