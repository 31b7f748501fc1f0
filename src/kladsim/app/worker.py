"""The process that works off one job: ``python -m kladsim.app.worker JOB.json EXECUTOR``. It ends with the run."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from kladsim.app import jobs as j
from kladsim.app.view import view_of, write_view
from kladsim.core.errors import KladsimError
from kladsim.core.files import write_json
from kladsim.policy.scenario import Scenario
from kladsim.runs.engine import engine_named
from kladsim.runs.parameters import from_plain
from kladsim.runs.result import Result
from kladsim.runs.running import RunRequest as RunJob
from kladsim.runs.running import run_job
from kladsim.runs.scenario_files import store_scenario
from kladsim.runs.tasks import Progress

EVERY_SECONDS = 0.4
POLITENESS = 5


class Teller:
    """Writes how far the run is, now and then; a reader finds a whole file or none."""

    def __init__(self, path: Path) -> None:
        self.path, self.began, self.told = path, time.time(), 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.time()
        if now - self.told < EVERY_SECONDS and progress.done < progress.total:
            return
        self.told = now
        content = {"done": progress.done, "total": progress.total, "first": progress.first, "seconds": now - self.began}
        with suppress(OSError):
            write_json(self.path, content)


def work(path: Path, executor: str | None = None) -> None:
    """Run a job and write its view.

    Raises
    ------
    KladsimError : the run failed (its directory says why) or another worker has the job
    """
    job = j.read_job(path)
    folder = path.parent
    with j.held(folder, job.id):
        model = engine_named(job.engine)
        scenario = Scenario(**job.scenario)
        pack = model.load_pack(scenario.country)
        run = RunJob(
            name=job.name,
            config=scenario.resolve(pack),
            replicates=job.replicates,
            out=Path(job.path),
            engine=job.engine,
            executor=executor,
            draws=from_plain(job.draws),
        )
        result: Result = run_job(run, Teller(j.progress_file(folder, job.id)), model, pack)
        store_scenario(result.path, scenario)
        write_view(folder.parent / "views", view_of(result))


def main() -> None:
    """Work off the job that the command line names; SIGTERM interrupts, resumable."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(OSError):
        os.nice(POLITENESS)
    try:
        work(Path(sys.argv[1]), sys.argv[2] or None)
    except KeyboardInterrupt:
        sys.exit(3)
    except KladsimError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
