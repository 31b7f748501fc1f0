"""Fit the spread model to its tables and store the posterior and the outlook that ship.

Usage: ``python tools/fit_spread.py`` (a minute on one core); run it after any change of tables, priors or equations.
"""

from __future__ import annotations

import sys

from kladsim.spread.checks import patterns, save_patterns
from kladsim.spread.model.fitting import POSTERIOR, fit, save_posterior
from kladsim.spread.model.outlook import outlook, save_outlook
from kladsim.spread.model.tables import read_world


def main() -> None:
    found = fit(read_world(), chains=16, kept=800)
    save_posterior(found, POSTERIOR)
    save_outlook(outlook())
    save_patterns(patterns())
    sys.stdout.write(f"{found.facts}\n")


if __name__ == "__main__":
    main()
