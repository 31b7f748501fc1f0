"""What a test may be skipped for. Anything else that is skipped fails: a check that is not there looks like one that passes."""

from __future__ import annotations

WHOLE = "KLADSIM_WHOLE"
"""Set to 1 by ``make test``, which builds and installs all that a test needs: then only the machine may skip."""
MACHINE = {
    "no Chromium": "the page is looked at in Chromium: apt-get install chromium, or set KLADSIM_CHROMIUM",
    "NumPy chooses nothing by processor here": "there is no other way of computing to compare with",
    "signals": "Windows has none",
    "finds worker processes in /proc": "only Linux has /proc",
    "needs a folder that nobody can write": "only Linux has /proc",
    "the script is for bash": "a batch script is tried with bash",
    "the twin draws as the default generator does": "another generator was chosen by KLADSIM_GENERATOR",
}
"""What the machine may lack."""
PARTS = {
    "could not import": "an extra is not installed: make test has all",
    "the manual's extensions need Sphinx": "make test has it",
    "the page is not built": "make web builds it, and make test before it tests",
    "the page is older than its sources": "make web builds it anew, and make test before it tests",
    "axe-core is not installed": "make web installs it",
}
"""What a checkout may lack that `make test` brings."""


def unexplained(reason: str, *, whole: bool) -> str:
    """Return what is wrong with a skip, an empty text if it is one of those above."""
    known = MACHINE if whole else {**MACHINE, **PARTS}
    if any(reason.startswith(text) for text in known):
        return ""
    return f"skipped for a reason that tests/skipping.py does not explain: {reason}"
