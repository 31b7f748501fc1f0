"""A bundle of arrays that kernels receive as one pointer.

A kernel that takes a named tuple of a hundred arrays takes seven hundred arguments: compiling it, calling it
and unpacking it from Python all cost in proportion. A ``Bundle`` looks the same to the author (``w.people.alive[r]``)
and costs one pointer: the fields of a nested bundle lie in the block of the outer one. In plain Python it is an
ordinary object with attributes, so a kernel's twin needs no other code.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import TYPE_CHECKING, Self, cast

import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from kladsim.core.arrays import Array
from kladsim.core.numba_private import AttributeTemplate, BaseContext, cgutils, make_array, populate_array
from kladsim.core.records import NamedArrays

WORD = 8


class BundleType(types.Type):  # type: ignore[misc]
    """Numba's type of a bundle: the names and types of its fields, and where each starts in the block."""

    def __init__(self, name: str, fields: tuple[tuple[str, types.Type], ...]) -> None:
        self.bundle = name
        self.words: int
        self.fields = fields
        self.offsets: dict[str, tuple[int, types.Type]] = {}
        at = 0
        for field, kind in fields:
            self.offsets[field] = (at, kind)
            if isinstance(kind, BundleType):
                at += kind.words
            else:
                at += 1 + 2 * kind.ndim if isinstance(kind, types.Array) else 1
        self.words = at
        super().__init__(name=f"Bundle {name}({', '.join(f'{field}: {kind}' for field, kind in fields)})")


register_model(BundleType)(models.OpaqueModel)


class Bundle:
    """Arrays, whole numbers and nested bundles under names.

    Parameters
    ----------
    name : name of the kind of bundle
    values : arrays, bundles or unsigned 64-bit numbers by name; they are fixed, their contents are not
    """

    __slots__ = ("_address", "_block", "_fields", "_name", "_numba_type_", "_values")

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        self._name = name
        self._values = dict(values)
        self._fields = tuple(self._values)
        kind = BundleType(name, tuple((field, _kind(value)) for field, value in self._values.items()))
        self._block = np.zeros(max(1, kind.words), np.uint64)
        for field, value in self._values.items():
            self._write(kind.offsets[field][0], value)
        self._numba_type_ = kind
        self._address = self._block.ctypes.data

    def _write(self, at: int, value: object) -> None:
        if isinstance(value, Bundle):
            self._block[at : at + value._numba_type_.words] = value._block
        elif isinstance(value, np.ndarray):
            self._block[at] = value.ctypes.data
            self._block[at + 1 : at + 1 + value.ndim] = value.shape
            self._block[at + 1 + value.ndim : at + 1 + 2 * value.ndim] = value.strides
        else:
            self._block[at] = np.uint64(cast(int, value))

    if not TYPE_CHECKING:  # to mypy a bundle has what its class declares

        def __getattr__(self, field: str) -> object:
            try:
                return object.__getattribute__(self, "_values")[field]
            except KeyError:
                raise AttributeError(f"bundle {self._name!r} has no field {field!r}") from None

    def __iter__(self) -> Iterator[Array]:
        """Iterate over the arrays: a table holds nothing else."""
        return (value for value in self._values.values() if isinstance(value, np.ndarray))

    def items(self) -> ItemsView[str, object]:
        """Return pairs of name and value."""
        return self._values.items()

    def replaced(self, **values: object) -> Self:
        """Return a bundle with some values exchanged; a dictionary stands for changes within a nested bundle.

        Raises
        ------
        AttributeError
            When the bundle has no such field.
        """
        for name, value in values.items():
            if isinstance(value, dict):
                values[name] = getattr(self, name).replaced(**value)
            else:
                getattr(self, name)
        return type(self)(self._name, {**self._values, **values})

    @classmethod
    def of(cls, name: str, record: NamedArrays) -> Self:
        """Return a bundle of a named tuple's fields."""
        return cls(name, dict(zip(record._fields, record, strict=True)))


def _kind(value: object) -> types.Type:
    if isinstance(value, Bundle):
        return value._numba_type_
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise ValueError("arrays of a bundle must be contiguous")
        return typeof(value)
    return types.uint64


@typeof_impl.register(Bundle)
def _typeof(value: Bundle, context: object) -> BundleType:
    return value._numba_type_


@unbox(BundleType)
def _unbox(typ: BundleType, obj: ir.Value, c: ir.IRBuilder) -> NativeValue:
    address = c.pyapi.object_getattr_string(obj, "_address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer)


@infer_getattr
class _Fields(AttributeTemplate):  # type: ignore[misc]
    key = BundleType

    def generic_resolve(self, typ: BundleType, attr: str) -> types.Type | None:
        found = typ.offsets.get(attr)
        return None if found is None else found[1]


@lower_getattr_generic(BundleType)
def _field(context: BaseContext, builder: ir.IRBuilder, typ: BundleType, value: ir.Value, attr: str) -> ir.Value:
    at, kind = typ.offsets[attr]
    word = ir.IntType(64)
    block = builder.bitcast(value, word.as_pointer())

    def load(index: int) -> ir.Value:
        pointer = builder.gep(block, [ir.Constant(ir.IntType(32), index)])
        loaded = builder.load(pointer)
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))  # no kernel writes a block
        return loaded

    if isinstance(kind, BundleType):
        return builder.bitcast(builder.gep(block, [ir.Constant(ir.IntType(32), at)]), cgutils.voidptr_t)
    if not isinstance(kind, types.Array):
        return load(at)
    array = make_array(kind)(context, builder)
    element = context.get_data_type(kind.dtype)
    populate_array(
        array,
        data=builder.inttoptr(load(at), element.as_pointer()),
        shape=[load(at + 1 + d) for d in range(kind.ndim)],
        strides=[load(at + 1 + kind.ndim + d) for d in range(kind.ndim)],
        itemsize=context.get_constant(types.intp, context.get_abi_sizeof(element)),
        meminfo=None,
    )
    return array._getvalue()
