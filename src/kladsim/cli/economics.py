"""``kladsim compare --costs``: public cost, QALYs and DALYs of plans, in a table and under ``economics`` in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli.show import explain_in_words, format_range, format_short, hint, print_table, say

if TYPE_CHECKING:
    from kladsim.study.economics import Economics

Costs = Annotated[bool, typer.Option("--costs", help="Public cost by payer, QALYs, DALYs and cost per QALY.")]
Discount = Annotated[
    float, typer.Option("--discount", help="Yearly rate for cost and health.", metavar="RATE", min=0, max=0.2)
]


def picture(economics: Economics, saved: Path, *, again: bool = True) -> str | None:
    """Draw the acceptability curve beside the comparison's file; say so where pictures cannot be made.

    One that is there is drawn again only if ``again``; of a model in development none is drawn.
    """
    from kladsim.runs.development import withholds_verdicts

    target = saved.with_name(f"{saved.stem}-costs-{round(1000 * economics.discount):03d}.png")
    if withholds_verdicts():
        return None
    if target.exists() and not again:
        return str(target)
    from kladsim.report.acceptability import acceptability_picture

    try:
        return str(acceptability_picture(economics, target))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None


def show(economics: Economics, drawn: str | None) -> None:
    """Print cost and health, couriers beside people who use drugs, and a verdict in words a plan."""
    from kladsim.runs.judging import interval_name
    from kladsim.study.economics import METHOD

    several = len(economics.plans) > 1
    rows: list[tuple[Any, ...]] = []
    for row in economics.rows():
        cells = (
            row.measure,
            row.unit,
            format_short(row.median),
            format_range(row.low, row.high),
            format_short(row.p_lower),
        )
        rows.append((row.plan, *cells) if several else cells)
    columns = ("measure", "unit", "difference", interval_name(economics.replicates), "P(lower)")
    print_table(f"Money and health, {economics.heading}", ("plan", *columns) if several else columns, rows, numbers=3)
    for name, plan in economics.plans.items():
        ratio = plan.cost_per_qaly()
        price = f"; the model projects RUB {format_short(ratio)} for a QALY" if ratio is not None else ""
        worse = ", ".join(plan.worse_for_couriers())
        say(f"{name}: {plan.verdict()}{price}." + (f" Worse for couriers or minors: {worse}." if worse else ""))
        say(f"{name}: {plan.describe_front()}.")
        if plan.unpriced:
            say(f"{name}: without a price: {', '.join(plan.unpriced)}.")
    explain_in_words(METHOD)  # what intervals hold is said once, under the effects
    if drawn:
        say(f"Picture {drawn}")
