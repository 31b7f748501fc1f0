"""Write the server's OpenAPI schema to ``web/openapi.json``, from which the page's client is typed (`make web`)."""

from __future__ import annotations

import json
from pathlib import Path

from kladsim.app.server import create_app
from kladsim.app.settings import ServerSettings

TARGET = Path(__file__).parents[1] / "web" / "openapi.json"


def schema() -> str:
    """The schema as sorted JSON."""
    return json.dumps(create_app(ServerSettings()).openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema(), encoding="utf-8")
