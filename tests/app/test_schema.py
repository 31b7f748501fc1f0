"""Malformed requests never give a server error: a small run of schemathesis over the whole schema."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kladsim.app.server import create_app
from kladsim.app.settings import Limits

from .conftest import HERE, settings_in

schemathesis = pytest.importorskip("schemathesis")

SLOW = ("/api/events", "/api/forecast", "/api/watch", "/api/watch/map", "/api/watch/bulletin")
"""A stream without an end; a panel that is fitted as a whole; every series judged."""


@pytest.mark.slow
def test_no_malformed_request_gives_a_server_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    app = create_app(settings_in(tmp_path, limits=Limits(a_minute=100_000)))
    with TestClient(app, base_url=HERE) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
        asked = 0
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.path not in SLOW:
                asked += _ask_all(client, operation)
    assert asked > 100


def _ask_all(client: TestClient, operation: Any) -> int:
    """Ask one address with what its schema allows and with what it does not; return how often."""
    asked = 0

    @settings(
        max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(valid=operation.as_strategy(), wrong=BODIES)
    def ask(valid: Any, wrong: Any) -> None:
        nonlocal asked
        wanted = valid.as_transport_kwargs(base_url=HERE)
        url, method = wanted["url"], wanted["method"]
        bodies = [wanted.get("json"), wrong] if method == "POST" else [None]
        for body in bodies:
            asked += 1
            answer = client.request(method, url, params=wanted.get("params"), json=body)
            assert answer.status_code < 500, (method, url, body, answer.text[:400])

    ask()
    return asked


TEXTS = st.text(max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
LEVERS = st.dictionaries(
    st.sampled_from(("lever", "share", "start", "tier", "date", "where", "x")), SCALARS, max_size=5
)
NAMES = st.sampled_from(("diversion", "takedown", "police", "package", "nothing"))
PLANS = st.lists(
    st.fixed_dictionaries(
        {"name": TEXTS, "levers": st.lists(st.builds(lambda n, o: {**o, "lever": n}, NAMES, LEVERS), max_size=3)}
    ),
    max_size=3,
)
FRAMES = st.dictionaries(st.sampled_from(("base", "until", "scale", "replicates", "seed")), SCALARS, max_size=5)
BODIES = SCALARS | st.fixed_dictionaries(
    {}, optional={"frame": FRAMES, "plans": PLANS, "outcome": TEXTS, "view": TEXTS}
)
