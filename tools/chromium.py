"""Say whether the tests of the page will run, and how to get the Chromium that they need."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser")
MISSING = """No Chromium here: the tests of the page in a browser are skipped (others build, serve and read it).
To run them: apt-get install chromium (Debian, Ubuntu), dnf install chromium (Fedora), brew install --cask chromium
(macOS), or name a Chromium or Chrome that is installed: KLADSIM_CHROMIUM=/path/to/chrome make test
"""


def chromium() -> str | None:
    """Return the Chromium that the tests of the page use."""
    return os.environ.get("KLADSIM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> None:
    """Print where Chromium is, or how to get one."""
    found = chromium()
    sys.stdout.write(f"Chromium: {found}\n" if found else MISSING)


if __name__ == "__main__":
    main()
