"""A run as a directory: named by its content, locked, written atomically, resumable.

Layout: ``status.json`` · ``progress.jsonl`` · ``scenario.yaml`` (resolved) · ``replicates/NNNN.npz`` ·
``result.nc`` · ``summary.parquet`` · ``ro-crate-metadata.json``. States to go on from lie in a cache (``states``).
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import (
    TEMPORARY,
    DamagedFileError,
    append_line,
    hold_lock,
    is_locked,
    link_or_copy,
    notify,
    plain,
    plain_disk_errors,
    read_json,
    remove,
    write_atomically,
    write_bytes,
    write_json,
)
from kladsim.runs import states
from kladsim.runs.provenance import content_key, slug
from kladsim.runs.replicates import looks_whole, readable

STATUS = "status.json"
LOCK = ".lock"
STATES = ("running", "interrupted", "failed", "finished")
RUNS_VARIABLE = "KLADSIM_RUNS"
FIELDS: dict[str, type | tuple[type, ...]] = {
    "key": str, "name": str, "state": str, "replicates": (int, type(None)), "provenance": (dict, type(None)),
}  # fmt: skip
"""What a status must hold for others to read on."""
RESULTS = ("result.nc", "summary.parquet")
HDF5 = b"\x89HDF\r\n\x1a\n"


def runs_root() -> Path:
    """The folder for runs: ``$KLADSIM_RUNS``, else ``runs`` in the working folder."""
    return Path(os.environ.get(RUNS_VARIABLE) or "runs")


def folder_for_runs(out: str | Path | None) -> Path | None:
    """The folder named for several runs and what is made of them; one of a single run, or of a study, is refused.

    Raises
    ------
    StorageError : it is a file, or the folder of a run or study
    """
    if out is None:
        return None
    folder = Path(out)
    if folder.is_file():
        raise StorageError(f"{folder} is a file, not a folder; choose another --out")
    for name, what in ((STATUS, "run"), ("study.json", "study")):
        if (folder / name).exists():
            raise StorageError(f"{folder} is the folder of a {what}; several runs need one of their own as --out")
    return folder


def make_folder(path: Path) -> None:
    """Make a folder below the runs before anything is computed that would have to be kept there.

    Raises
    ------
    StorageError : it cannot be made; the message names the variable that moves it
    """
    with plain_disk_errors(path, f"; set {RUNS_VARIABLE} to a folder that can be written"):
        path.mkdir(parents=True, exist_ok=True)


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
            raise InputError("no run directory", where="run", value=str(path), allowed="see `kladsim runs ls`")
        status = read_status(path)
        return cls(path, str(status["key"]), str(status["name"]))

    # -- opening -------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, identity: Mapping[str, Any]) -> Iterator[RunStore]:
        """Create or resume the directory and hold its lock.

        Raises
        ------
        StorageError : another run of kladsim holds it, it has other content, or it cannot be written
        """
        self._refuse_other_content()
        advice = f"; choose another folder with --out or {RUNS_VARIABLE}"
        with hold_lock(self.path / LOCK, f"{self.path}: another kladsim process is writing this run", advice):
            with plain_disk_errors(self.path, advice):
                (self.path / "replicates").mkdir(exist_ok=True)
            self._refuse_other_content()
            self._sweep()
            self._write_scenario(identity)
            yield self

    def _refuse_other_content(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise StorageError(f"{self.path} is a file, not a folder; choose another --out")
        with plain_disk_errors(self.path):
            if not self.path.exists():
                return
            key, name = self._content_there()
            if key == self.key:
                return
            if key is not None:
                raise StorageError(
                    f"{self.path} holds another run ({name}, key {key[:8]}; "
                    f"this one is {self.name}, key {self.key[:8]}); choose another --out or remove it"
                )
            strange = [p.name for p in self.path.iterdir() if not self._ours_unfinished(p)]
        if strange:
            listed = ", ".join(sorted(strange)[:3])
            raise StorageError(f"{self.path} is not empty and holds no run ({listed} …); choose another --out")

    def _content_there(self) -> tuple[str | None, str]:
        """Key and name of the run that lies here; no key where nothing was finished.

        A missing or damaged status does not hide what the folder holds: its scenario says it, else its name.
        """
        if (self.path / STATUS).exists():
            with suppress(DamagedFileError):
                status = read_status(self.path)
                return str(status["key"]), str(status["name"])
        elif not any((self.path / "replicates").glob("*.npz")) and len(self.cut_results()) == len(RESULTS):
            return None, ""
        with suppress(StorageError):
            content = self.scenario()
            name = str(content.pop("name", ""))
            return content_key(content), name
        if self.path.name.endswith(f"-{self.key[:8]}"):
            return self.key, self.name
        raise DamagedFileError(
            f"{self.path}: neither {STATUS} nor scenario.yaml can be read, so what run this is cannot be told; "
            "remove the folder or choose another --out"
        )

    @staticmethod
    def _ours_unfinished(path: Path) -> bool:
        known = (LOCK, "scenario.yaml", "replicates", "checkpoints", states.TOKEN)
        return path.name in known or path.name.startswith(TEMPORARY)

    def _sweep(self) -> None:
        """Remove what a killed process left half written, and a status that cannot be read."""
        shutil.rmtree(self.path / "checkpoints", ignore_errors=True)  # where earlier versions kept states
        for folder in (self.path, self.path / "replicates", states.folder_of(self.path)):
            for leftover in folder.glob(f"{TEMPORARY}*"):
                remove(leftover)
        if (self.path / STATUS).exists() and not status_or_nothing(self.path):
            notify(f"{self.path / STATUS} was damaged: it is written anew from the finished replicates")
            remove(self.path / STATUS)

    # -- records -------------------------------------------------------------------------------------------

    def _write_scenario(self, identity: Mapping[str, Any]) -> None:
        if (self.path / STATUS).exists() and self._scenario_is(identity):
            return
        from ruamel.yaml import YAML

        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        text = io.StringIO()
        yaml.dump(plain({"name": self.name, **identity}), text)
        write_bytes(self.path / "scenario.yaml", text.getvalue().encode())

    def _scenario_is(self, identity: Mapping[str, Any]) -> bool:
        """Whether the scenario's file is whole; one that is not is written anew, as the key says what it held."""
        try:
            if plain(self.scenario().get("config")) == plain(identity["config"]):
                return True
        except StorageError:
            pass
        notify(f"{self.path / 'scenario.yaml'} was missing or damaged: it is written anew")
        return False

    def scenario(self) -> dict[str, Any]:
        """The resolved scenario as written (name, config, pack digest, replicates, model version)."""
        from ruamel.yaml.error import YAMLError

        path = self.path / "scenario.yaml"
        with plain_disk_errors(path, ""):
            content = path.read_bytes()
        try:
            found = deepcopy(_parse_scenario(content))
        except (YAMLError, TypeError, ValueError, RecursionError) as error:
            raise DamagedFileError(f"{path} is damaged: {error}") from error
        if not isinstance(found.get("config"), dict):
            raise DamagedFileError(f"{path} is damaged: it holds no configuration")
        return found

    def write_status(self, state: str, **facts: Any) -> None:
        """Write ``status.json``: the state and what is known so far."""
        before = status_or_nothing(self.path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        base = {"started": now, **before, "key": self.key, "name": self.name, "state": state, "updated": now}
        write_json(self.path / STATUS, {**base, **facts})

    def status(self) -> dict[str, Any]:
        """What ``status.json`` says."""
        return read_status(self.path)

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
        return is_locked(self.path / LOCK)

    @property
    def finished(self) -> bool:
        """Whether the run is whole: a status that says so, and no file that is missing or cut."""
        status = status_or_nothing(self.path)
        if status.get("state") != "finished":
            return False
        replicates = int(status.get("replicates", 0))
        return not self.cut_results() and all(looks_whole(self.replicate(i)) for i in range(replicates))

    def cut_results(self) -> list[str]:
        """Names of the files of results that are missing, cut or overwritten (told from how they begin and end)."""
        return [name for name in RESULTS if not _is_whole(self.path / name)]

    def damaged(self, replicates: int) -> list[str]:
        """Names of files that should be there and cannot be read: replicates are read whole, results at both ends."""
        finished = status_or_nothing(self.path).get("state") == "finished"
        there = [i for i in range(replicates) if finished or self.replicate(i).exists()]
        lost = [self.replicate(i).relative_to(self.path).as_posix() for i in there if not readable(self.replicate(i))]
        return (self.cut_results() if finished else []) + lost

    def forget(self) -> None:
        """Remove finished replicates, checkpoints and results, to run again."""
        for folder in (self.path / "replicates", states.folder_of(self.path)):
            for path in folder.iterdir() if folder.is_dir() else ():
                remove(path)
        for name in (*RESULTS, "picture.png"):
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
        wanted = {i for i in range(replicates) if not self.replicate(i).exists()}
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
        """The yearly checkpoint of a replicate, or the state kept for branching at a date: in the cache of states."""
        stem = f"{number:04d}" if at is None else f"{number:04d}-{at.isoformat()}"
        return states.folder_of(self.path) / f"{stem}{states.ENDING}"

    def save_checkpoint(self, number: int, save: Any, at: date | None = None) -> Path:
        """Save a simulation's state through its own ``save`` and return where it lies.

        Raises
        ------
        StorageError : the cache of states cannot be written
        """
        with plain_disk_errors(states.folder(), f"; {states.VARIABLE} names another folder for states"):
            states.make_folder(self.path)
            path = self.checkpoint(number, at)
            save_state(path, save)
        return path


def read_status(folder: Path) -> dict[str, Any]:
    """Read the status of a run directory.

    Raises
    ------
    DamagedFileError : it is there and says neither which run this is nor how far it is
    StorageError : it is missing or cannot be read
    """
    status = read_json(folder / STATUS)
    lacking = [field for field, kind in FIELDS.items() if not isinstance(status.get(field), kind)]
    if lacking or status["state"] not in STATES:
        raise DamagedFileError(f"{folder / STATUS} is damaged: {', '.join(lacking) or 'state'} missing or not readable")
    return status


def status_or_nothing(folder: Path) -> dict[str, Any]:
    """What the status of a run directory says; nothing where it is missing, damaged or cannot be read."""
    try:
        return read_status(folder)
    except StorageError:
        return {}


@lru_cache(maxsize=32)
def _parse_scenario(content: bytes) -> dict[str, Any]:
    """Parse a resolved scenario, once: a run is opened many times, and its parameters are hundreds."""
    from ruamel.yaml import YAML

    return dict(YAML(typ="safe", pure=True).load(content.decode()))


def _is_whole(path: Path) -> bool:
    """Whether a Parquet or HDF5 file begins, and ends, as it must."""
    try:
        with path.open("rb") as file:
            head = file.read(52)
            size = file.seek(0, os.SEEK_END)
            if path.suffix == ".parquet":
                file.seek(max(0, size - 4))
                return size > 12 and head[:4] == file.read(4) == b"PAR1"
    except OSError:
        return False
    return head[:8] == HDF5 and size >= _end_of_hdf5(head)


def _end_of_hdf5(head: bytes) -> int:
    """The size that the superblock of an HDF5 file names, at a place that depends on the superblock's version."""
    start = {0: 40, 1: 44}.get(head[8], 28)
    return int.from_bytes(head[start : start + 8], "little")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError:  # removed meanwhile
        return ""


def save_state(path: Path, save: Any) -> None:
    """Save a simulation's state atomically through its own ``save``."""
    write_atomically(path, lambda temporary: save(temporary))
