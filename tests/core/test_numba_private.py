"""Each interface of Numba that its manual does not promise does what kladsim needs of it."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import types

from kladsim.core import numba_private
from kladsim.core.bundle import Bundle
from kladsim.core.jit import kernel, part

CORE = Path(numba_private.__file__).parent


def add(x):
    return x + 1


def test_functions_are_numbered_from_where_the_process_begins():
    from numba.core.bytecode import FunctionIdentity

    before = FunctionIdentity._unique_ids
    try:
        numba_private.number_functions_apart()
        first = FunctionIdentity.from_function(add).unique_id
        assert FunctionIdentity.from_function(add).unique_id == first + 1
        FunctionIdentity._unique_ids = itertools.count(77)
        assert FunctionIdentity.from_function(add).unique_id == 77
    finally:
        FunctionIdentity._unique_ids = before


def test_array_functions_load_without_blas_and_leave_all_modules_as_they_were():
    code = """
import sys
import numba
before = dict(sys.modules)
import kladsim.core.jit
from numba.np import linalg
assert all(sys.modules.get(name) is module for name, module in before.items()), "a module was replaced"
assert None not in sys.modules.values()
assert "numba.np.arraymath" in sys.modules and "scipy.linalg" not in sys.modules
assert linalg.ensure_blas.__module__ == "numba.np.linalg", "the function is as it was"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_compiled_function_asks_the_cache_that_it_is_given(tmp_path):
    asked = []

    class Cache:
        cache_path = str(tmp_path)

        def load_overload(self, signature, context):
            asked.append(("load", signature))

        def save_overload(self, signature, data):
            asked.append(("save", signature))

    compiled = numba_private.compile_function(add, Cache(), inline=False, entry=True)
    assert compiled(1) == 2
    assert [what for what, _ in asked] == ["load", "save"]


def test_a_cache_of_one_signature_gives_back_what_was_saved(tmp_path):
    for key, hits in (("a", 0), ("a", 1), ("b", 0)):
        compiled = numba_private.compile_function(
            add, numba_private.signature_cache(add, tmp_path, key), inline=False, entry=True
        )
        assert compiled(2.5) == 3.5
        assert sum(compiled.stats.cache_hits.values()) == hits, key


def test_a_damaged_cache_raises_what_counts_as_unreadable(tmp_path):
    compiled = numba_private.compile_function(
        add, numba_private.signature_cache(add, tmp_path, "a"), inline=False, entry=True
    )
    compiled(1)
    (index,) = tmp_path.glob("*.nbi")
    index.write_bytes(b"nonsense")
    again = numba_private.compile_function(
        add, numba_private.signature_cache(add, tmp_path, "a"), inline=False, entry=True
    )
    with pytest.raises(numba_private.UNREADABLE):
        again(1)


def test_definitions_of_compiled_functions_and_intrinsics():
    from kladsim.core.bitlists import trailing_zeros

    assert numba_private.definition_of(numba.njit(add)) is add
    assert numba_private.definition_of(trailing_zeros).__name__ == "trailing_zeros"
    assert numba_private.definition_of(add) is None


@part
def inner(x):
    return x * 2


@kernel
def outer(x):
    return inner(x) + 1


def test_a_part_without_an_entry_is_called_through_a_twin():
    assert type(inner) is not type(outer)
    assert (inner(4), outer(4)) == (8, 9)


@kernel
def total(w):
    s = 0.0
    for i in range(w.values.shape[0]):
        for j in range(w.values.shape[1]):
            s += w.values[i, j] * w.deep.number[0]
    return s + w.word


def test_fields_of_a_bundle_are_arrays_with_shape_and_strides():
    deep = Bundle("deep", {"number": np.array([2], np.int64)})
    w = Bundle("outer", {"values": np.arange(6.0).reshape(2, 3), "deep": deep, "word": np.uint64(7)})
    assert total(w) == 2 * 15.0 + 7


def test_a_call_reads_an_address_anew_from_another_bundle():
    """Loads from a block are marked invariant: within a call, never between calls."""
    for factor in (1, 3, 5):
        deep = Bundle("deep", {"number": np.array([factor], np.int64)})
        w = Bundle("outer", {"values": np.ones((2, 2)), "deep": deep, "word": np.uint64(0)})
        assert total(w) == 4.0 * factor
        deep.number[0] = 10
        assert total(w) == 40.0


def test_no_other_file_uses_private_interfaces():
    public = {"numba", "numba.extending", "numba.types"}
    for path in CORE.parent.rglob("*.py"):
        if path == Path(numba_private.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            private = [name for name in names if name and name.split(".")[0] == "numba" and name not in public]
            assert not private, f"{path}: {private}"
            if isinstance(node, ast.ImportFrom) and node.module == "numba.extending":
                assert not [alias.name for alias in node.names if alias.name.startswith("_")], path


def test_integers_of_kernels_are_64_bits():
    assert types.int64 == numba.typeof(1)
