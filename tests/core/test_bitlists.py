"""The listing of flags."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kladsim.core import bitlists
from kladsim.core.jit import kernel


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
