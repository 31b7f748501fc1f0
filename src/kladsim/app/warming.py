"""What a server does on its own after it starts: load the model, and compute the baseline if none is there."""

from __future__ import annotations

from kladsim.app.answers import Asked
from kladsim.app.service import Service


def begin(service: Service) -> None:
    """Import the model; queue the baseline where neither a run nor a current shipped view has it."""
    frame = service.frame(Asked())
    base = service.base(frame)
    if service.library.find(base.id) is None:
        service.supervisor.submit(base, client="baseline")
