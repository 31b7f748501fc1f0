"""From one byte a row to a list of rows, by bit masks: for the hot loops of a scan.

Results are the same on every processor. Where AVX-512 is at hand, sixteen flags at a time are listed without a
branch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.extending import intrinsic

from kladsim.core.arrays import UInt8, UInt32
from kladsim.core.jit import inlined
from kladsim.core.numba_private import BaseContext, Signature

ZERO, ONE = np.uint64(0), np.uint64(1)
U32 = np.uint32
BYTE, SHORT, WORD, LONG = (ir.IntType(size) for size in (8, 16, 32, 64))
SPARE = 64
"""Rows that ``list_wide`` may write beyond the end of a list."""
Values = list[ir.Value]
Intrinsic = tuple[Signature, Callable[[BaseContext, ir.IRBuilder, Signature, Values], ir.Value]]
"""What Numba asks of a function in machine code: its types, and what writes it and returns its value."""


def _spread(builder: ir.IRBuilder, value: ir.Value, size: int) -> ir.Value:
    """Return a vector that holds a value in every place."""
    vector = ir.VectorType(value.type, size)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(WORD, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(WORD, size), [0] * size))


def _address(
    context: BaseContext, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, place: ir.Value, target: ir.Type
) -> ir.Value:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), target.as_pointer())


def _test_bits(
    context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Values, size: int
) -> ir.Value:
    """Return a vector of bits: which of the flags from a place have one of the wanted bits."""
    vector = ir.VectorType(BYTE, size)
    flags = builder.load(_address(context, builder, signature.args[0], arguments[0], arguments[1], vector), align=1)
    wanted = builder.and_(flags, _spread(builder, arguments[2], size))
    return builder.icmp_unsigned("!=", wanted, ir.Constant(vector, [0] * size))


@intrinsic
def trailing_zeros(typing_context: BaseContext, value: types.Type) -> Intrinsic:
    """Count the zeros below the lowest set bit of a non-zero uint64."""

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Values) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic
def mask_of(typing_context: BaseContext, flag: types.Type, first: types.Type, bits: types.Type) -> Intrinsic:
    """Return 64 bits that say which of the 64 flags from place ``first`` have one of the given bits."""

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Values) -> ir.Value:
        return builder.bitcast(_test_bits(context, builder, signature, arguments, 64), LONG)

    return types.uint64(flag, types.int64, types.uint8), generate


@intrinsic
def pack(
    typing_context: BaseContext,
    flag: types.Type,
    first: types.Type,
    bits: types.Type,
    base: types.Type,
    out: types.Type,
    m: types.Type,
) -> Intrinsic:
    """Write ``base`` + 0..15 of the chosen of 16 flags to ``out`` from place ``m``; return the next place."""

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Values) -> ir.Value:
        words = ir.VectorType(WORD, 16)
        chosen = _test_bits(context, builder, signature, arguments, 16)
        rows = builder.add(_spread(builder, arguments[3], 16), ir.Constant(words, list(range(16))))
        kind = ir.FunctionType(words, [words, chosen.type, words])
        compress = builder.module.declare_intrinsic("llvm.experimental.vector.compress.v16i32", (), kind)
        packed = builder.call(compress, [rows, chosen, ir.Constant(words, ir.Undefined)])
        builder.store(packed, _address(context, builder, signature.args[4], arguments[4], arguments[5], words), align=4)
        return builder.add(arguments[5], builder.zext(builder.ctpop(builder.bitcast(chosen, SHORT)), LONG))

    return types.uint64(flag, types.int64, types.uint8, types.uint32, out, types.uint64), generate


@intrinsic
def prefetch(typing_context: BaseContext, array: types.Type, place: types.Type) -> Intrinsic:
    """Ask for the memory of an array's element, which need not exist, before it is read or written."""

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Values) -> ir.Value:
        data = context.make_array(array)(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [address.type, WORD, WORD, WORD])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        builder.call(fetch, [address, *(ir.Constant(WORD, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@inlined
def list_exact(flag: UInt8, size: int, bits: np.uint8, base: int, out: UInt32, m: np.uint64) -> np.uint64:
    """List base + position of the flags with one of the bits in ``out`` from place ``m``; return the next.

    Flags count up to the next multiple of 64 after ``size``: those beyond must be zero.
    """
    for g in range(0, size, 64):
        found = mask_of(flag, g, bits)
        while found != ZERO:
            out[m] = U32(base + g) + U32(trailing_zeros(found))
            m += ONE
            found &= found - ONE
    return m


@inlined
def list_packed(flag: UInt8, size: int, bits: np.uint8, base: int, out: UInt32, m: np.uint64) -> np.uint64:
    """Do as ``list_exact``, but possibly overwrite up to ``SPARE`` places behind the list."""
    for g in range(0, size, 16):
        m = pack(flag, g, bits, U32(base + g), out, m)
    return m


def _has_compress() -> bool:
    """Return whether code is made for a processor with AVX-512 (others would pack element by element)."""
    if config.CPU_NAME or config.CPU_FEATURES is not None:
        return "+avx512f" in (config.CPU_FEATURES or "")
    return bool(binding.get_host_cpu_features().get("avx512f", False))


list_wide = list_packed if _has_compress() else list_exact
"""The faster of the two on this processor."""
