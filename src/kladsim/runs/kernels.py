"""Compiled kernels of the model: a folder that can be written, and compiled once, by one process at a time."""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from multiprocessing import spawn
from pathlib import Path

from kladsim.core.errors import KladsimError, StorageError

VARIABLE = "KLADSIM_CACHE_DIR"
KERNELS = "kernels"
COMPILING_SECONDS = 1800.0
PACKAGE = Path(__file__).parents[1]
COMPILED_FROM = ("core/*.py", "model/*.py")
_LOG = logging.getLogger("kladsim")


def usual_cache() -> Path:
    """Return the folder of caches: ``$KLADSIM_CACHE_DIR``, else the user's own; as ``core.jit`` does, without Numba."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return Path(user_cache_path("kladsim"))


def why_not_writable(folder: Path) -> str:
    """Return why no file can be made in a folder (which is made if need be), an empty text if one can."""
    if not folder.is_absolute() and str(folder).startswith("~"):
        return "this user has no home folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def why_not_writable_yet(folder: Path) -> str:
    """Return why a folder, or the nearest folder above it that is there, cannot be written; nothing is made."""
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    if not there.is_dir():
        return f"{there} is a file"
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def writable_cache() -> Path:
    """Return the folder of caches; where it cannot be written, a temporary one that this process and its workers use.

    One warning names the variable that moves it. What lies in the folder already can still be read.

    Raises
    ------
    StorageError : no folder for temporary files can be written either
    """
    wanted = usual_cache()
    return _writable(wanted)


@cache
def _writable(wanted: Path) -> Path:
    problem = why_not_writable(wanted)
    if not problem:
        return wanted
    other = _temporary(wanted, problem)
    _link_all(wanted / KERNELS, other / KERNELS)
    _LOG.warning(
        "%s cannot be written (%s): compiled code is kept in %s instead; set %s to a folder that can be written",
        wanted, problem, other, VARIABLE,
    )  # fmt: skip
    os.environ[VARIABLE] = str(other)
    return other


def _temporary(wanted: Path, problem: str) -> Path:
    """A folder of this user's own among the temporary files, kept for the next run; compiled code is never shared."""
    who = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        folder = Path(tempfile.gettempdir()) / f"kladsim-cache-{who}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if _is_ours(folder) and not why_not_writable(folder):
            return folder
        made = Path(tempfile.mkdtemp(prefix="kladsim-cache-"))
    except OSError as error:
        raise StorageError(
            f"no folder for compiled code can be written: neither {wanted} ({problem}) nor one for temporary files "
            f"({error}); set {VARIABLE} to a folder that can be written"
        ) from error
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _is_ours(folder: Path) -> bool:
    """Whether nobody else could have put code there: compiled code is run as it lies."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.lstat()
    return not folder.is_symlink() and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _link_all(source: Path, target: Path) -> None:
    """Show what can be read in a folder in another one too; Numba replaces its files, it never writes into them."""
    try:
        there = [path for path in source.rglob("*") if path.is_file()]
        for path in there:
            link = target / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(link):
                link.symlink_to(path.absolute())
    except OSError:
        return  # what cannot be read or linked is compiled anew


@cache
def prepare_kernels() -> None:
    """Have the model's kernels compiled, once for a version of the code: others that ask meanwhile wait.

    Where this cannot be done (no process can be started, a folder full), kernels are compiled when first called.
    """
    folder = writable_cache()
    done = folder / f"compiled-{_code_key()}"
    if done.exists() or os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return
    from kladsim.core.files import alone

    try:
        with alone(folder / "compiled", "compiled code", COMPILING_SECONDS):
            if done.exists():
                return
            if not any((folder / KERNELS).glob("*")):
                _LOG.warning("compiling the model once, some minutes; the code is kept in %s", folder)
            command = [spawn.get_executable() or sys.executable, "-m", "kladsim.model.precompile"]
            ended = subprocess.run(command, capture_output=True, env=_environment(), check=False)
            if ended.returncode == 0:
                done.touch()
    except (KladsimError, OSError):
        return


def _environment() -> dict[str, str]:
    """This process's environment, with the folders that it imports from."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _code_key() -> str:
    machine = f"{sys.version} {version('numba')} {platform.machine()} {platform.node()}"
    total = hashlib.sha256(machine.encode())
    for pattern in COMPILED_FROM:
        for path in sorted(PACKAGE.glob(pattern)):
            total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
