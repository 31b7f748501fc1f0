"""How many files a piece of code opens: what makes an answer quick, counted instead of timed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_counting: list[tuple[str, list[str]]] = []
_hooked = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _counting and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.fsdecode(arguments[0])
        for folder, found in _counting:
            if path.startswith(folder):
                found.append(path)


@contextmanager
def opened(folder: Path) -> Iterator[list[str]]:
    """Yield the list of files below a folder that are opened while the block runs."""
    global _hooked
    if not _hooked:  # a hook stays for good: one for all
        sys.addaudithook(_hear)
        _hooked = True
    entry = (str(folder), [])
    _counting.append(entry)
    try:
        yield entry[1]
    finally:
        _counting.remove(entry)
