"""What a sample of persons does to sellers.

A sample of 1/k of persons needs 1/k of what shops, branches and laboratories do. As whole sellers of full size they
would be so few (eight shops, two laboratories at 1/100) that their luck, and not the country, decided who can buy
what. So a sample keeps all laboratories, each 1/k as large, and up to ten times as many shops and branches, each so
much smaller: as many at 1/100 as at 1/10. Where shops are counted, ``grain`` of them count as one.
"""

from __future__ import annotations

FINEST = 10
"""Shops of a sample that stand for one of its share, at most (measured: finer ones change nothing, and cost time)."""
WHOLE = 10
"""Up to 1/10 shops keep their size."""


def seller_scale(scale: int) -> int:
    """Return how many shops of a sample of 1/scale stand for one of its share."""
    return max(1, min(FINEST, scale // WHOLE))
