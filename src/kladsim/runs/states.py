"""Where saved states of the engine lie: a cache of the user's, never a folder that people share.

A state is for going on from. It is raw and synthetic: all that the simulation holds, persons and shops by region among
it, which no outcome gives (responsible use, rule 15). A run folder holds a token (``.states``) that names its states in
the cache; a copy of the folder elsewhere, or a folder made anew, has none and begins on the first day, to the same
bits. ``KLADSIM_STATES`` moves the cache.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

VARIABLE = "KLADSIM_STATES"
ENDING = ".state.npz"
TOKEN = ".states"
OF_RUNS = "runs"


def folder() -> Path:
    """Return the folder of the cache."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return Path(user_cache_path("kladsim")) / "states"


def folder_of(run: Path) -> Path:
    """Return where the states of a run folder lie; without a token there are none."""
    token = ""
    with suppress(OSError, UnicodeDecodeError):
        token = (run / TOKEN).read_text(encoding="utf-8").strip()
    return folder() / OF_RUNS / (token if token.isalnum() else "none")


def make_folder(run: Path) -> Path:
    """Make the folder for the states of a run, readable by its owner only, and return it.

    Raises
    ------
    OSError : the run folder or the cache cannot be written
    """
    with suppress(FileExistsError), (run / TOKEN).open("x", encoding="utf-8") as file:
        file.write(secrets.token_hex(8))
    made = folder_of(run)
    if made.name == "none":  # a token that cannot be read
        (run / TOKEN).write_text(secrets.token_hex(8), encoding="utf-8")
        made = folder_of(run)
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made
