"""A real server process of the fake model, to kill and to open in a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE

from .conftest import SPEC


class Server:
    """A real server process: of the fake model, or of the model itself where options are given."""

    def __init__(self, folder: Path, pause: str = "0", *options: str) -> None:
        given = options or ("--engine", SPEC, "--until", "2015-01-01", "-n", "3")
        command = [
            sys.executable, "-c", "from kladsim.cli.main import app; app()", "serve", "--port", "0", "--json", "--runs",
            str(folder), "--workers", "2", *given,
        ]  # fmt: skip
        environment = {**os.environ, "FAKE_DAY_SECONDS": pause}
        if options:  # the parameters that every door takes by itself
            environment.pop("KLADSIM_PARAMETERS", None)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert self.process.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, "the server did not start"
            text += line
        self.address = json.loads(text)["address"].rstrip("/")

    def ask(self, path: str, body: object | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"content-type": "application/json"})
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except ConnectionError:
                assert time.monotonic() < end
                time.sleep(0.2)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
