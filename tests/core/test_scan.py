"""A scan on several threads, and the listing of flags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim.core import bitlists
from kladsim.core.jit import kernel
from kladsim.core.scan import Scan

from .toy import LANES, TOY, Today, rows, toy_world


def lived(threads, days=5):
    a, w = toy_world(11, [700, 90, 3, 400], [0.9, 0.5, 0.7, 0.2], threads)
    scan = Scan(LANES, TOY, w.chunks, 4, threads)
    for day in range(days):
        scan.run_day(day, a, w.chunks, w, Today)
    scan.close()
    return rows(a, w.chunks), w.counts.sum(0).tolist(), scan.over.sum(0).tolist()


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(threads):
    assert lived(threads) == lived(1)


@kernel
def _exact(flag, size, bits, base, out):
    return bitlists.list_exact(flag, size, bits, base, out, np.uint64(0))


@kernel
def _packed(flag, size, bits, base, out):
    return bitlists.list_packed(flag, size, bits, base, out, np.uint64(0))


@given(st.lists(st.integers(0, 3), max_size=300), st.sampled_from([1, 2, 3]), st.integers(0, 60_000))
def test_both_listings_are_the_same(flags, bits, base):
    flag = np.zeros(512, np.uint8)
    flag[: len(flags)] = flags
    for listing in (_exact, _packed):
        out = np.zeros(512 + bitlists.SPARE, np.uint32)
        found = out[: listing(flag, len(flags), np.uint8(bits), base, out)].tolist()
        assert found == [base + j for j, value in enumerate(flags) if value & bits]
