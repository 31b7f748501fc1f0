"""The page of how good the shipped emulator is, from the file itself."""

from __future__ import annotations

from marks import page, rows_table

from kladsim.inference.emulator import Emulator
from kladsim.inference.emulator.checking import RULES, check


def emulator_page() -> str:
    """Return the check of the shipped emulator on runs that it was not fitted to."""
    emulator = Emulator.open()
    found, meta = check(emulator), emulator.meta
    stale = f" **Stale: {found.stale}.**" if found.stale else ""
    words = (
        f"What `kladsim dev emulate check` says of the shipped file: model {meta['model_version']} at 1/{meta['k']}, "
        f"{meta['runs']['train']} paired runs that trained it.{stale}\n\nOver all outcomes the 90 % band "
        f"holds {found.coverage:.0%} of the held-out runs. *Not luck* is the share of the held-out effects that other "
        "luck does not make, which R² cannot be expected to exceed; *error* is in per cent of the base; *years* and "
        f"*means* are coverage of single years and of means of two lucks.\n\n{RULES}"
    )
    rows = [
        (
            one.outcome.replace("_", " "), one.family, f"{one.r2:.2f}", f"{one.tellable:.2f}", f"{one.error:.1f} %",
            f"{one.coverage:.0%}", f"{one.coverage_years:.0%}",
            "–" if one.coverage_means is None else f"{one.coverage_means:.0%}", "yes" if one.passed else "**no**",
        )
        for one in found.outcomes
    ]  # fmt: skip
    columns = ("outcome", "family", "R²", "not luck", "error", "in the 90 % band", "years", "means", "passed")
    problems = "Nothing is wrong with it." if found.passed else "Wrong with it: " + "; ".join(found.problems) + "."
    return page("The emulator on held-out runs", words, rows_table(columns, rows), problems)
