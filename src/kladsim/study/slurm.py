"""SLURM job arrays: one task a shard, to be sent again at any time; `kladsim study collect` comes after."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kladsim.core.errors import InputError, KladsimError
from kladsim.core.files import write_bytes
from kladsim.runs.provenance import slug
from kladsim.study.ensemble import Study

MOST_SHARDS = 10_000
_OPTION = re.compile(r"--?[a-zA-Z][\w-]*([= ][^\n\r]*)?")
_MEMORY = re.compile(r"\d+[KMGT]?")

SCRIPT = """#!/bin/bash
#SBATCH --job-name={job}
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={workers}
#SBATCH --mem-per-cpu={memory}
#SBATCH --time={minutes}
#SBATCH --output={logs}/%a.log
#SBATCH --requeue
{options}
# Each task is idempotent: what is finished is left alone, so that the array may be submitted again.
exec {command} study run {study} --shard "${{SLURM_ARRAY_TASK_ID}}/{shards}" --workers {workers} --quiet
"""


@dataclass(frozen=True)
class Request:
    """What each task of the array asks for."""

    shards: int = 16
    hours: float = 4.0
    workers: int = 1
    memory: str = "2G"
    options: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ``InputError`` for a request that no batch system takes."""
        allowed = {"shards": f"1 to {MOST_SHARDS}", "hours": "more than 0", "workers": "1 or more", "memory": "like 2G"}
        bad = {
            "shards": not 1 <= self.shards <= MOST_SHARDS,
            "hours": not 0 < self.hours <= 24 * 365,
            "workers": self.workers < 1,
            "memory": not _MEMORY.fullmatch(self.memory),
        }
        for name, wrong in bad.items():
            if wrong:
                raise InputError("cannot be", where=name, value=getattr(self, name), allowed=allowed[name])
        for option in self.options:
            if not _OPTION.fullmatch(option):
                raise InputError("is no option", where="sbatch", value=option, allowed="such as --partition=short")


def script(study: Study, request: Request) -> str:
    """Return the batch script of a study's job array.

    Raises
    ------
    InputError : the request cannot be
    """
    request.check()
    return SCRIPT.format(
        job=slug(study.name),
        shards=request.shards,
        workers=request.workers,
        memory=request.memory,
        minutes=max(1, round(60 * request.hours)),
        logs=(study.path / "logs").resolve(),
        options="".join(f"#SBATCH {option}\n" for option in request.options),
        command=f"{shlex.quote(sys.executable)} -m kladsim",
        study=shlex.quote(str(study.path.resolve())),
    )


def submit_array(study: Study, request: Request, *, dry: bool = False) -> tuple[Path, str | None]:
    """Write the script and submit it if ``sbatch`` is there; return its path and what the batch system said.

    Raises
    ------
    InputError : the request cannot be
    KladsimError : the batch system refused
    """
    path = study.path / "array.sbatch"
    write_bytes(path, script(study, request).encode())
    (study.path / "logs").mkdir(exist_ok=True)
    sbatch = shutil.which("sbatch")
    if dry or sbatch is None:
        return path, None
    done = subprocess.run([sbatch, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise KladsimError(f"sbatch refused: {done.stderr.strip()}")
    return path, done.stdout.strip()
