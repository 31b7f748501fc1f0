"""Files that are whole or absent: atomic writes, canonical JSON, and disk errors in plain words."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import logging
import math
import os
import platform
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from glob import escape
from pathlib import Path
from typing import cast

import numpy as np

from kladsim.core.errors import KladsimError, StorageError

Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
TEMPORARY = ".tmp-"
_LOG = logging.getLogger("kladsim")


class DamagedFileError(StorageError):
    """A file is there and does not hold what it should (cut, empty, overwritten)."""


def notify(sentence: str) -> None:
    """Write one sentence to the log ``kladsim``, which goes to standard error unless a program configures it."""
    _LOG.warning("%s", sentence)


def plain(value: object) -> Json:
    """Turn dates, paths, data classes and NumPy values into what JSON and YAML know; NaN becomes None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [*sorted(cast(Iterator[str], map(plain, value)))]  # sets hold names
    return _plain_object(value)


def _plain_object(value: object) -> Json:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value)


def canonical_json(value: object) -> str:
    """One spelling for one content: sorted keys, no spaces, shortest floats."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def sha256_of(value: object) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


RESUMES = "; what was finished is kept, the same command resumes"


@contextmanager
def plain_disk_errors(path: Path, advice: str = RESUMES) -> Iterator[None]:
    """Turn an operating-system error into a StorageError that says where and why.

    Parameters
    ----------
    advice : what follows the reason; writers of resumable work say that nothing is lost, readers have nothing to say

    Raises
    ------
    StorageError : the disk is full, the folder cannot be written, or a file cannot be read
    """
    try:
        yield
    except KladsimError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(f"{path}: {reason}{advice}") from error


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk, then rename it into place."""
    # Hosts that share a folder may have equal process ids (containers: equal host names too), a process several
    # threads: the random part makes the name unique, the readable part says who left it behind.
    who = f"{platform.node()[:40]}-{os.getpid()}-{threading.get_ident()}-{secrets.token_hex(4)}"
    temporary = path.with_name(f"{TEMPORARY}{who}-{path.name}")
    with plain_disk_errors(path):
        try:
            write(temporary)
            _flush(temporary)
            os.replace(temporary, path)
        finally:
            remove(temporary)
        _flush(path.parent)


@contextmanager
def hold_lock(path: Path, problem: str, advice: str = RESUMES, seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock file; the system frees it when its holder ends, however that was.

    Raises
    ------
    StorageError : another process holds it longer than ``seconds`` (``problem`` says what that means), or its folder
        cannot be written (``advice`` says what to do)
    """
    from filelock import FileLock, Timeout

    with plain_disk_errors(path.parent, advice):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            raise StorageError(problem) from None
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Say whether a living process holds a lock file (or the file cannot be opened)."""
    if not path.exists():
        return False
    try:
        with hold_lock(path, ""):
            return False
    except StorageError:
        return True


@contextmanager
def alone(path: Path, what: str, seconds: float = 60.0, advice: str = RESUMES) -> Iterator[None]:
    """Hold the lock of a file or folder that several processes read, change and write: the others wait.

    The lock is a file beside ``path`` that stays; the system frees it when its holder ends, however that was. What a
    killed holder left half written is removed.

    Raises
    ------
    StorageError : another process holds it longer than ``seconds``, or the folder cannot be written
    """
    problem = f"{path}: another kladsim process has been writing {what} for {seconds:g} s"
    with hold_lock(path.with_name(f".lock-{path.name}"), problem, advice, seconds):
        for leftover in path.parent.glob(f"{TEMPORARY}*-{escape(path.name)}"):
            remove(leftover)
        yield


def prepare_output_file(path: str | Path) -> Path:
    """The path of a file that a person named, with the folders above it made.

    Raises
    ------
    StorageError : it is a folder, or the folders cannot be made
    """
    path = Path(path)
    if path.is_dir():
        raise StorageError(f"{path} is a folder, not a file; choose another --out")
    with plain_disk_errors(path.parent, "; choose another --out"):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def link_or_copy(source: Path, target: Path) -> None:
    """Let ``target`` be the same finished file as ``source``, without taking room where the disk can."""

    def place(temporary: Path) -> None:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)

    write_atomically(target, place)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically."""
    write_atomically(path, lambda temporary: _write_all(temporary, content))


def write_json(path: Path, value: object) -> None:
    """Write a value as readable JSON, atomically."""
    write_bytes(path, (json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Json]:
    """Read a JSON object.

    Raises
    ------
    DamagedFileError : the file is there and holds no JSON object
    StorageError : the file is missing or cannot be read
    """
    with plain_disk_errors(path, ""):
        content = path.read_bytes()
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:  # bytes that are no UTF-8 are a ValueError too
        raise DamagedFileError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise DamagedFileError(f"{path} is damaged: it holds no JSON object")
    return value


def append_line(path: Path, value: object, *, durable: bool = False) -> None:
    """Append one JSON line in one call, so that writers do not mix.

    A half-written line that a full disk or a killed process left at the end is closed first: it costs itself, not the
    line after it.

    Parameters
    ----------
    durable : whether the line must be on the disk before the call returns

    Raises
    ------
    StorageError : the file cannot be written, or the disk filled up within the line
    """
    line = (json.dumps(plain(value), ensure_ascii=False) + "\n").encode()
    with plain_disk_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if not _ends_in_newline(handle):
                line = b"\n" + line
            if os.write(handle, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)


def _ends_in_newline(handle: int) -> bool:
    size = os.fstat(handle).st_size
    if size == 0:
        return True
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


def add_row(path: Path, row: Mapping[str, object]) -> None:
    """Add a row to a file of JSON lines that several processes may write, on any kind of disk; it is there at return.

    Raises
    ------
    StorageError : the file cannot be written
    """
    with alone(path, "rows"):
        append_line(path, dict(row), durable=True)


def read_rows(path: Path, key: str) -> dict[str, dict[str, Json]]:
    """Read the rows of a file of JSON lines by the text of a field, the last of each; others count as missing."""
    return {str(row[key]): row for row in read_lines(path) if key in row}


def read_lines(path: Path) -> Iterator[dict[str, Json]]:
    """Read the JSON objects of a file of lines; a line that is none (half written, garbage) counts as missing.

    Raises
    ------
    StorageError : the file is there and cannot be read
    """
    if not path.exists():
        return
    with plain_disk_errors(path, ""):
        content = path.read_bytes()
    for line in content.split(b"\n"):
        try:
            value = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def remove(path: Path) -> None:
    """Delete a file or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _write_all(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_whole_png(path: Path) -> bool:
    """Whether a picture begins and ends as a PNG file does."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return content.startswith(b"\x89PNG\r\n\x1a\n") and content.endswith(b"IEND\xaeB\x60\x82")
