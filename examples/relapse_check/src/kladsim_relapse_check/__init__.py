"""A check of one's own for kladsim, on the runs that ``kladsim validate`` has anyway: relapses against remissions."""

from __future__ import annotations

from kladsim.validation.verdicts import Check, CheckInput, CheckPart, CheckVerdict, column, in_runs

YEARS = range(2018, 2022)


def judge(evidence: CheckInput) -> CheckVerdict:
    """Compare the numbers of relapses and remissions over four years."""
    ratio = column(
        evidence.runs("base"),
        lambda facts: sum(facts[f"relapses@{year}"] for year in YEARS)
        / sum(facts[f"remissions@{year}"] + facts[f"quits@{year}"] for year in YEARS),
    )
    return in_runs(CheckPart("relapses for each person who stopped", ratio, 0.1, 1.0, "ratio"))


CHECK = Check(
    id="X01",
    kind="pattern",
    needs=("base",),
    judge=judge,
    statement="Fewer people relapse than stop using, and more than a tenth of them do.",
    mechanisms=("M2",),
)
