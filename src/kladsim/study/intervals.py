"""What an interval holds, in one sentence, the same in terminal, Python, brief, gallery and files."""

from __future__ import annotations

PRICES = "for cost and health also draws of unit costs and weights of health (triangular over their ranges)"


def interval_sentence(interval: str, *, prices: bool = False) -> str:
    """Return the sentence under a table of intervals.

    Parameters
    ----------
    interval : what a run's record of origin says of its intervals ("5-95 % over replicates: ...")
    prices : whether the table, or one beside it, values outcomes in money and health
    """
    held = interval.partition(": ")[2] or interval
    parts = [part for part in (held, PRICES if prices else "") if part]
    return f"The interval holds 90 % of the replicates{': ' if parts else ''}{'; '.join(parts)}."
