"""How many files a piece of code opens: what makes an answer quick, counted instead of timed (by its own thread)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_counting: list[tuple[int, str, list[str]]] = []
_hooked = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _counting and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.fsdecode(arguments[0])
        for thread, folder, found in _counting:
            if thread == threading.get_ident() and path.startswith(folder):
                found.append(path)


@contextmanager
def opened(folder: Path) -> Iterator[list[str]]:
    """Yield the list of files below a folder that are opened while the block runs."""
    global _hooked
    if not _hooked:  # a hook stays for good: one for all
        sys.addaudithook(_hear)
        _hooked = True
    entry: tuple[int, str, list[str]] = (threading.get_ident(), str(folder), [])
    _counting.append(entry)
    try:
        yield entry[2]
    finally:
        _counting.remove(entry)
