"""The environment of the tests: nothing that the caller has set changes what the program says or where it writes."""

from __future__ import annotations

import os

SETTINGS_OF_THE_TESTS = {
    "KLADSIM_CACHE_DIR", "KLADSIM_CHROMIUM", "KLADSIM_GENERATOR", "KLADSIM_REFERENCE", "KLADSIM_ROUNDS",
    "KLADSIM_VERIFY_UNTIL", "KLADSIM_WHOLE",
}  # fmt: skip
"""Variables that say how or where the tests are run; all others of the program are dropped."""
TERMINAL = {
    "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "LINES", "NO_COLOR", "PY_COLORS",
    "TERMINAL_WIDTH", "TTY_COMPATIBLE", "TTY_INTERACTIVE",
}  # fmt: skip
"""Variables by which Rich and Typer choose the width and the colours of what they print."""


def forget_settings() -> None:
    """Drop what the caller has set, of the program and of the terminal, from this process and those that it starts."""
    for name in set(os.environ) - SETTINGS_OF_THE_TESTS:
        if name.startswith("KLADSIM_") or name in TERMINAL:
            del os.environ[name]


def environment_of_a_user(**variables: str) -> dict[str, str]:
    """Return the environment without the program's settings, this checkout and the folders of the desktop, then ``variables``."""
    plain = {n: v for n, v in os.environ.items() if n != "PYTHONPATH" and not n.startswith(("KLADSIM_", "XDG_"))}
    return plain | variables
