"""A run as a directory: named by its content, locked, written atomically, resumable.

Layout: ``status.json`` · ``progress.jsonl`` · ``scenario.yaml`` (resolved) · ``replicates/NNNN.npz`` ·
``checkpoints/NNNN.state.npz`` (yearly) · ``result.nc`` · ``summary.parquet`` · ``ro-crate-metadata.json``.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, StorageError
from kladsim.study.files import (
    TEMPORARY,
    append_line,
    link_or_copy,
    plain,
    plain_disk_errors,
    read_json,
    remove,
    write_atomically,
    write_bytes,
    write_json,
)
from kladsim.study.provenance import content_key, slug
from kladsim.study.replicates import readable

STATUS = "status.json"
LOCK = ".lock"
STATES = ("running", "interrupted", "failed", "finished")
RUNS_VARIABLE = "KLADSIM_RUNS"


def runs_root() -> Path:
    """The folder for runs: ``$KLADSIM_RUNS``, else ``runs`` in the working folder."""
    return Path(os.environ.get(RUNS_VARIABLE) or "runs")


@dataclass(frozen=True)
class RunStore:
    """One run directory."""

    path: Path
    key: str
    name: str

    @classmethod
    def for_content(
        cls, name: str, identity: Mapping[str, Any], out: Path | None = None, root: Path | None = None
    ) -> RunStore:
        """The directory of a run: ``out`` itself, else ``<root or runs>/<slug>-<first 8 of the key>``."""
        key = content_key(identity)
        named = (root or runs_root()) / f"{slug(name)}-{key[:8]}"
        return cls(out if out is not None else named, key, name)

    @classmethod
    def existing(cls, path: Path) -> RunStore:
        """Open a run directory that is there.

        Raises
        ------
        InputError : no run lies there
        """
        if not (path / STATUS).exists():
            raise InputError(
                "no run directory", where="run", value=str(path), allowed="see `kladsim runs ls`"
            )
        status = read_json(path / STATUS)
        return cls(path, str(status["key"]), str(status["name"]))

    # -- opening -------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, identity: Mapping[str, Any]) -> Iterator[RunStore]:
        """Create or resume the directory and hold its lock.

        Raises
        ------
        StorageError : another run of kladsim holds it, it has other content, or it cannot be written
        """
        from filelock import FileLock, Timeout

        self._refuse_other_content()
        with plain_disk_errors(self.path):
            for folder in (self.path, self.path / "replicates", self.path / "checkpoints"):
                folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK)
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise StorageError(f"{self.path}: another kladsim process is writing this run") from error
        try:
            self._refuse_other_content()
            self._sweep()
            self._write_scenario(identity)
            yield self
        finally:
            lock.release()

    def _refuse_other_content(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise StorageError(f"{self.path} is a file, not a folder; choose another --out")
        with plain_disk_errors(self.path):
            if not self.path.exists():
                return
            if (self.path / STATUS).exists():
                found = read_json(self.path / STATUS)
                if found.get("key") != self.key:
                    other = f"{found.get('name')}, key {str(found.get('key'))[:8]}"
                    raise StorageError(
                        f"{self.path} holds another run ({other}; "
                        f"this one is {self.name}, key {self.key[:8]}); choose another --out or remove it"
                    )
                return
            strange = [p.name for p in self.path.iterdir() if not self._ours_unfinished(p)]
        if strange:
            listed = ", ".join(sorted(strange)[:3])
            raise StorageError(
                f"{self.path} is not empty and holds no run ({listed} …); choose another --out"
            )

    @staticmethod
    def _ours_unfinished(path: Path) -> bool:
        known = (LOCK, "scenario.yaml", "replicates", "checkpoints")
        return path.name in known or path.name.startswith(TEMPORARY)

    def _sweep(self) -> None:
        """Remove what a killed process left half written."""
        for folder in (self.path, self.path / "replicates", self.path / "checkpoints"):
            for leftover in folder.glob(f"{TEMPORARY}*"):
                remove(leftover)

    # -- records -------------------------------------------------------------------------------------------

    def _write_scenario(self, identity: Mapping[str, Any]) -> None:
        if (self.path / STATUS).exists():
            return
        from ruamel.yaml import YAML

        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        text = io.StringIO()
        yaml.dump({"name": self.name, **plain(identity)}, text)
        write_bytes(self.path / "scenario.yaml", text.getvalue().encode())

    def scenario(self) -> dict[str, Any]:
        """The resolved scenario as written (name, config, pack digest, replicates, model version)."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        path = self.path / "scenario.yaml"
        with plain_disk_errors(path):
            text = path.read_text(encoding="utf-8")
        try:
            return dict(YAML(typ="safe", pure=True).load(text))
        except (YAMLError, TypeError, ValueError) as error:
            raise StorageError(f"{path} is damaged: {error}") from error

    def write_status(self, state: str, **facts: Any) -> None:
        """Write ``status.json``: the state and what is known so far."""
        before = read_json(self.path / STATUS) if (self.path / STATUS).exists() else {}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        base = {"started": now, **before, "key": self.key, "name": self.name, "state": state, "updated": now}
        write_json(self.path / STATUS, {**base, **facts})

    def status(self) -> dict[str, Any]:
        """What ``status.json`` says."""
        return read_json(self.path / STATUS)

    def note(self, event: str, **facts: Any) -> None:
        """Append one line to ``progress.jsonl``."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        append_line(self.path / "progress.jsonl", {"at": now, "event": event, **facts})

    def prepare(self) -> None:
        """Get ready for a replicate to be written."""

    def note_failure(self, number: int, error: str, trace: str) -> None:
        """Keep the error and traceback of a replicate that failed."""
        facts = {"event": "failed", "number": number, "error": error, "trace": trace}
        append_line(self.path / "progress.jsonl", facts)

    def forget_failure(self, number: int) -> None:
        """Forget that a replicate failed once, now that it is finished."""

    @property
    def busy(self) -> bool:
        """Whether a process holds the run now."""
        from filelock import FileLock, Timeout

        if not (self.path / LOCK).exists():
            return False
        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except (Timeout, OSError):
            return True

    @property
    def finished(self) -> bool:
        """Whether the run is whole: status, result and every replicate's file are there."""
        if not (self.path / STATUS).exists() or self.status().get("state") != "finished":
            return False
        replicates = int(self.status().get("replicates", 0))
        whole = (self.path / "result.nc").exists() and (self.path / "summary.parquet").exists()
        return whole and all(self.replicate(i).exists() for i in range(replicates))

    def forget(self) -> None:
        """Remove finished replicates, checkpoints and results, to run again."""
        for folder in ("replicates", "checkpoints"):
            for path in (self.path / folder).iterdir():
                remove(path)
        for name in ("result.nc", "summary.parquet", "picture.png"):
            remove(self.path / name)

    # -- replicates ----------------------------------------------------------------------------------------

    def replicate(self, number: int) -> Path:
        """Where the finished outcomes of a replicate lie."""
        return self.path / "replicates" / f"{number:04d}.npz"

    def missing(self, replicates: int) -> list[int]:
        """Replicates that are not finished (a damaged file counts as missing)."""
        return [i for i in range(replicates) if not readable(self.replicate(i))]

    def adopt(self, replicates: int, content: str) -> int:
        """Take over replicates that a run of the same content but another number of them has finished.

        ``content`` is the key without the number of replicates; runs beside this one are looked through. Returns how
        many were taken over.
        """
        wanted = set(self.missing(replicates))
        before = len(wanted)
        for path in sorted(self.path.parent.glob(f"*/{STATUS}")) if wanted else ():
            if path.parent == self.path or content not in _text(path):
                continue
            other = RunStore(path.parent, "", "")
            for number in sorted(wanted):
                if readable(other.replicate(number)):
                    link_or_copy(other.replicate(number), self.replicate(number))
                    wanted.discard(number)
        return before - len(wanted)

    def checkpoint(self, number: int, at: date | None = None) -> Path:
        """The yearly checkpoint of a replicate, or the state kept for branching at a date."""
        stem = f"{number:04d}" if at is None else f"{number:04d}-{at.isoformat()}"
        return self.path / "checkpoints" / f"{stem}.state.npz"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # removed meanwhile
        return ""


def save_state(path: Path, save: Any) -> None:
    """Save a simulation's state atomically through its own ``save``."""
    write_atomically(path, lambda temporary: save(temporary))
