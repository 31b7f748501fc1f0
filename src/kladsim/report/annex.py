"""The technical annex of a brief as plain values: all outcomes, years, groups, levers, inputs, origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kladsim.core.errors import KladsimError
from kladsim.core.formatting import Language, typeset_estimate, typeset_number
from kladsim.evidence import load_register
from kladsim.policy.scenario import Scenario
from kladsim.report.tables import TimeBand, band, difference
from kladsim.report.words import title, unit
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison
from kladsim.validation.counting import TITLES, tallies

Labels = Mapping[str, str]
GRADES = ("A", "B", "C", "D")


def common(runs: Mapping[str, Result], labels: Labels) -> dict[str, Any]:
    """What every annex has: switches, inputs, checks and the origin of every run."""
    one = next(iter(runs.values()))
    off = [name for name, on in one.scenario["config"].get("switches", {}).items() if not on]
    return {
        "switches": ", ".join(off) or labels["annex_switches_none"],
        "inputs": [_parameters(labels), *_checks(labels)],
        "origin": [_origin(name, run) for name, run in runs.items()],
        "software": _software(runs, labels),
    }


def _origin(name: str, run: Result) -> dict[str, str]:
    config = run.scenario["config"]
    return {
        "name": name,
        "key": str(run.status["key"])[:16],
        "digest": run.digest[:16],
        "model": str(run.scenario["model"]),
        "seed": str(config["seed"]),
        "replicates": str(run.replicates),
    }


def _software(runs: Mapping[str, Result], labels: Labels) -> str:
    one = next(iter(runs.values()))
    provenance = one.provenance
    software = ", ".join(f"{name} {version}" for name, version in dict(provenance.get("software", {})).items())
    parts = (f"{name}: {' '.join(digest[:8] for digest in run.replicate_digests)}" for name, run in runs.items())
    pack = f"{provenance.get('country', '')} {str(provenance.get('pack_digest', ''))[:16]}".strip()
    return labels["software"].format(software=software, pack=pack, replicates="; ".join(parts))


def _parameters(labels: Labels) -> str:
    """How many parameters there are, by grade of evidence and by who controls them."""
    every = [parameter for _, parameter in load_register().items()]
    grades = Counter(parameter.grade for parameter in every)
    counted = ", ".join(labels["grade"].format(grade=grade, n=grades[grade]) for grade in GRADES if grades[grade])
    assumed = sum("assumption" in parameter.source for parameter in every)
    market = sum(parameter.control == "market" for parameter in every)
    return labels["parameters"].format(total=len(every), grades=counted, assumed=assumed, market=market)


def _checks(labels: Labels) -> list[str]:
    """The stored results of checks that are evidence, apart from those that are none, and whether they are stale."""
    from kladsim.validation.report import answer

    try:
        report = answer()
    except (KladsimError, OSError):
        return []
    passed = {tally.group: f"{tally.passed}/{tally.tested}" for tally in tallies(report.results)}
    counts = labels["checks"].format(**dict.fromkeys(TITLES, "0/0") | passed)
    return [counts, *([labels["checks_stale"]] if report.stale else [])]


def yearly(
    name: str, bands: Sequence[tuple[str, TimeBand | None]], language: Language, sign: bool
) -> dict[str, Any] | None:
    """A table of years: one column of median and interval for each scenario; None where no year is covered whole."""
    known = [(scenario, item) for scenario, item in bands if item is not None and len(item.times)]
    if not known:
        return None
    columns = [
        [typeset_estimate(*row, language, signed=sign) for row in zip(b.median, b.low, b.high, strict=True)]
        for _, b in known
    ]
    rows = [[str(day.year), *values] for day, *values in zip(known[0][1].times, *columns, strict=True)]
    heading = f"{title(name, language)}, {unit(known[0][1].unit, language)}"
    return {"heading": heading, "names": [scenario for scenario, _ in known], "rows": rows}


def comparison_years(comparison: Comparison, names: Sequence[str], language: Language) -> list[dict[str, Any]]:
    """Paired differences of headline outcomes by year."""
    base, since = comparison.base, comparison.since
    tables = []
    for name in names:
        bands = [(plan, difference(run, base, name, since)) for plan, run in comparison.plans.items()]
        tables.append(yearly(name, bands, language, sign=True))
    return [table for table in tables if table is not None]


def run_years(run: Result, names: Sequence[str], language: Language) -> list[dict[str, Any]]:
    """Levels of headline outcomes by year."""
    tables = (yearly(name, [(run.name, band(run, name, daily=False))], language, False) for name in names)
    return [table for table in tables if table is not None]


def levers(scenarios: Mapping[str, Scenario]) -> list[dict[str, Any]]:
    """Each lever of each plan as it is written, and the evidence that it rests on."""
    return [
        {
            "plan": name,
            "lever": repr(lever),
            "evidence": [f"{e.source} ({e.grade}): {e.says}" for e in type(lever).evidence],
        }
        for name, scenario in scenarios.items()
        for lever in scenario.levers
    ]


def first_and_last(run: Result, name: str, language: Language) -> str:
    """The medians of the first and the last whole year."""
    values = band(run, name, daily=False)
    if values is None or not len(values.times) or not np.isfinite(values.median).any():
        return ""
    ends = [f"{values.times[at].year}: {typeset_number(float(values.median[at]), language)}" for at in (0, -1)]
    return " → ".join(dict.fromkeys(ends))
