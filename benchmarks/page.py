"""Fifty people at the page at once: a real server on loopback, clients in a process of their own, times by address.

    python benchmarks/page.py --runs runs           # beside run directories that are there, 1,000 finished ones

Each client opens the page as a browser does (page, bundle, catalogue, state, chart, map, stream of events), then
moves levers without a pause for thought, and saves a file. Printed: requests, errors, median, 95th percentile and
longest, by address. What else is given goes to ``kladsim serve``.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

MOVES = 8
LIMIT_SECONDS = 1.0
LEVERS = (
    ("diversion", "share", {"tier": "courier"}),
    ("drug_checking", "share", {}),
    ("recruitment_prevention", "share", {}),
    ("early_warning", "share", {}),
)


class Client:
    """One browser: a kept connection, and the seconds that every answer took."""

    def __init__(self, address: str, number: int) -> None:
        self.host, self.number = address, number
        self.line = http.client.HTTPConnection(address, timeout=60)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    def ask(self, path: str, body: object | None = None, name: str = "") -> bytes:
        headers = {"accept-encoding": "gzip", "content-type": "application/json"}
        headers["x-kladsim-page"] = f"bench{self.number}"
        data = None if body is None else json.dumps(body)
        began = time.perf_counter()
        try:
            self.line.request("GET" if body is None else "POST", path, data, headers)
            answer = self.line.getresponse()
            content = answer.read()
            if answer.status >= 400:
                self.errors.append(f"{path}: {answer.status} {content[:200]!r}")
        except (OSError, http.client.HTTPException) as error:
            self.errors.append(f"{path}: {error!r}")
            self.line.close()
            content = b""
        self.took[name or path].append(time.perf_counter() - began)
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content

    def visit(self, assets: list[str]) -> None:
        """Open the page, move levers, save a file."""
        stream = http.client.HTTPConnection(self.host, timeout=60)
        stream.request("GET", "/api/events", headers={"accept-encoding": "identity"})
        self.ask("/")
        for asset in assets:
            self.ask(asset, name="assets")
        self.ask("/api/catalogue")
        self.ask("/api/state", {}, "state, baseline")
        self.ask("/api/chart", {"outcome": "deaths"}, "chart, baseline")
        self.ask("/api/map/russia")
        for move in range(MOVES):
            asked = self.asked(move)
            self.ask("/api/state", asked, "state, levers moved")
            self.ask("/api/chart", {**asked, "outcome": "deaths"}, "chart, levers moved")
        self.ask("/api/code", self.asked(0))
        self.ask("/api/regions", {"outcome": "people_who_use"})
        self.ask("/api/export", {"outcome": "deaths", "format": "csv"}, "export, csv")
        stream.close()

    def asked(self, move: int) -> dict[str, Any]:
        """A state that no other client has."""
        levers = []
        for place in range(2):
            name, option, more = LEVERS[(self.number + place) % len(LEVERS)]
            share = 0.05 + ((self.number * 37 + move * 11 + place * 5) % 400) / 1000
            levers.append({"lever": name, option: round(share, 3), "start": "2026-01-01", **more})
        return {"plans": [{"name": "Plan A", "levers": levers}]}


class Server:
    """``kladsim serve`` in a process of its own."""

    def __init__(self, runs: Path, more: list[str]) -> None:
        command = [sys.executable, "-m", "kladsim", "serve", "--port", "0", "--json", "--runs", str(runs), *more]
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        assert self.process.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, "the server did not start"
            text += line
        self.address = json.loads(text)["address"].removeprefix("http://").rstrip("/")
        self.started = time.perf_counter() - began

    def cpu_seconds(self) -> float:
        """Processor time of the server so far (NaN where the system does not tell)."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def catalogue_of(folder: Path, many: int) -> None:
    """Write the status files of so many finished runs, as the command line would leave them."""
    for number in range(many):
        key = f"{number:08x}" * 8
        place = folder / f"bench-{key[:8]}"
        place.mkdir(parents=True, exist_ok=True)
        ended = f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}+00:00"
        status = {
            "key": key, "name": f"bench {number}", "state": "finished", "replicates": 8, "digest": key, "model": "0",
            "started": "2026-01-01T00:00:00+00:00", "updated": ended,
            "provenance": {"scale": "1/100", "packages": {"numpy": "2"} | {f"p{i}": "1" for i in range(20)}},
        }  # fmt: skip
        (place / "status.json").write_text(json.dumps(status), encoding="utf-8")


def together(address: str, many: int, assets: list[str]) -> list[Client]:
    """Let so many clients visit at once."""
    clients = [Client(address, number) for number in range(many)]
    threads = [threading.Thread(target=client.visit, args=(assets,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients


def told(clients: list[Client]) -> bool:
    """Print times by address; say whether no request failed and the 95th percentile is below a second."""
    took: dict[str, list[float]] = defaultdict(list)
    for client in clients:
        for name, values in client.took.items():
            took[name] += values
    every = [value for values in took.values() for value in values]
    errors = [error for client in clients for error in client.errors]
    print(f"{'address':24}{'n':>6}{'median':>9}{'p95':>9}{'longest':>9}  (seconds)")
    for name, values in (*took.items(), ("all", every)):
        print(f"{name:24}{len(values):6}{statistics.median(values):9.3f}{_p95(values):9.3f}{max(values):9.3f}")
    print(f"errors: {len(errors)}", *errors[:5], sep="\n  " if errors else "")
    return not errors and _p95(every) < LIMIT_SECONDS


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def main() -> None:
    """Measure, print, and end with 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--catalogue", type=int, default=1000, help="finished runs beside those of --runs")
    parser.add_argument("--runs", type=Path, default=None, help="run directories to copy (with their views)")
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="kladsim-page-") as folder:
        runs = Path(folder)
        if given.runs is not None:
            shutil.copytree(given.runs, runs, dirs_exist_ok=True)
        catalogue_of(runs, given.catalogue)
        server = Server(runs, more)
        try:
            kept = measured(server, given.clients, given.catalogue)
        finally:
            server.end()
    sys.exit(0 if kept else 1)


def measured(server: Server, clients: int, catalogue: int) -> bool:
    """Measure one server."""
    first = Client(server.address, 0)
    page = first.ask("/").decode()
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    first.ask("/api/state", {})
    print(f"start {server.started:.2f} s, first state {first.took['/api/state'][0]:.2f} s")
    for _ in range(2):
        found = json.loads(first.ask(f"/api/runs?limit={min(1000, catalogue)}", name="runs"))
    opening = first.took["runs"]
    print(f"catalogue of {found['total']} runs: first {opening[0]:.3f} s, again {opening[1]:.3f} s")
    began, used = time.perf_counter(), server.cpu_seconds()
    visited = together(server.address, clients, assets)
    wall, used = time.perf_counter() - began, server.cpu_seconds() - used
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    cores = f"{os.cpu_count()} cores (load {busy:.1f})"
    each = 1000 * used / max(1, sum(len(values) for client in visited for values in client.took.values()))
    print(f"{clients} clients at once, {cores}, {wall:.1f} s, server {used:.1f} s of CPU, {each:.1f} ms a request")
    return told(visited) and max(opening) < LIMIT_SECONDS


if __name__ == "__main__":
    main()
