"""Files that are whole or absent: atomic writes, canonical JSON, and disk errors in plain words."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import platform
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.core.errors import KladsimError, StorageError

TEMPORARY = ".tmp-"


def plain(value: Any) -> Any:
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
        return sorted(plain(item) for item in value)
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value)


def canonical_json(value: Any) -> str:
    """One spelling for one content: sorted keys, no spaces, shortest floats."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def sha256_of(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@contextmanager
def plain_disk_errors(path: Path) -> Iterator[None]:
    """Turn an operating-system error into a StorageError that says where and why.

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
        raise StorageError(
            f"{path}: {reason}; what was finished is kept, the same command resumes"
        ) from error


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk, then rename it into place."""
    # Hosts that share a folder may have equal process ids, and a process several threads.
    who = f"{platform.node()}-{os.getpid()}-{threading.get_ident()}"
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
def alone(path: Path, what: str, seconds: float = 60.0) -> Iterator[None]:
    """Hold the lock of a file or folder that several processes read, change and write: the others wait.

    The lock is a file beside ``path`` that stays; the system frees it when its holder ends, however that was. What a
    killed holder left half written is removed.

    Raises
    ------
    StorageError : another process holds it longer than ``seconds``, or the folder cannot be written
    """
    from filelock import FileLock, Timeout

    with plain_disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".lock-{path.name}"))
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            raise StorageError(f"{path}: another kladsim process has been writing {what} for {seconds:g} s") from None
    try:
        for leftover in path.parent.glob(f"{TEMPORARY}*-{escape(path.name)}"):
            remove(leftover)
        yield
    finally:
        lock.release()


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


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON, atomically."""
    write_bytes(path, (json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    with plain_disk_errors(path):
        text = path.read_text(encoding="utf-8")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise StorageError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise StorageError(f"{path} is damaged: it holds no JSON object")
    return value


def append_line(path: Path, value: Any) -> None:
    """Append one JSON line; a line is written in one call, so that writers do not mix."""
    line = (json.dumps(plain(value), ensure_ascii=False) + "\n").encode()
    with plain_disk_errors(path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


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
