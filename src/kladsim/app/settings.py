"""What one server is started with: where runs lie, how many work at once, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kladsim.core.errors import InputError
from kladsim.core.machine import usable_cores
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.executors import executor_named
from kladsim.runs.judging import PAIRS
from kladsim.runs.store import runs_root

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT = 8420


@dataclass(frozen=True)
class Limits:
    """What a request may ask for at most.

    Parameters
    ----------
    body_bytes : size of a request's body
    upload_bytes : size of a request with a file for the monitor
    a_minute : requests that change something, a client and minute
    queued : runs that wait at one time
    plans : plans beside one base
    levers : levers of one plan
    replicates : replicates of one run
    smallest_k : the largest sample that the page may start (1/k of persons)
    """

    body_bytes: int = 64_000
    upload_bytes: int = 12_000_000
    a_minute: int = 120
    queued: int = 64
    plans: int = 4
    levers: int = 20
    replicates: int = 50
    smallest_k: int = 10


@dataclass(frozen=True)
class ServerSettings:
    """One server.

    Parameters
    ----------
    host, port : where it listens; other hosts than loopback need a token
    token : what a client must know; None on loopback
    runs : the folder of run directories, shared with the command line
    workers : runs that are computed at once
    executor : where the replicates of a run are computed (``kladsim.runs.executors``); None: in the run's process
    engine : the model behind ``kladsim.study`` (tests name another)
    base, until, scale, replicates, seed : the baseline that the first page shows
    parameters : which parameters replicates have; None for what every door takes (``kladsim.runs.parameters``)
    shipped : whether the baseline that comes with the package may be shown
    """

    host: str = "127.0.0.1"
    port: int = PORT
    token: str | None = None
    runs: Path = field(default_factory=runs_root)
    workers: int = field(default_factory=usable_cores)
    executor: str | None = None
    engine: str = DEFAULT_ENGINE
    base: str = "russia"
    until: str = "2031-01-01"
    scale: str = "1/100"
    replicates: int = PAIRS
    seed: int = 1
    parameters: str | None = None
    shipped: bool = True
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        executor_named(self.executor)
        if not self.loopback and not self.token:
            raise InputError(
                "listens beyond this machine without a token",
                where="host", value=self.host, allowed="127.0.0.1, or a token of at least 16 characters",
            )  # fmt: skip
        if self.token is not None and len(self.token) < 16:
            raise InputError("is too short", where="token", allowed="at least 16 characters")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def home(self) -> Path:
        """The folder of jobs and views, inside the runs folder."""
        return self.runs / ".app"

    @property
    def jobs(self) -> Path:
        """The folder of jobs."""
        return self.home / "jobs"

    @property
    def views(self) -> Path:
        """The folder of finished views."""
        return self.home / "views"
