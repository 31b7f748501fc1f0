"""Classes of arrays by type of element and number of indices: what a schema names, and what mypy knows of a column.

At run time the arrays are NumPy's; these classes only name their type. The stub beside this file tells mypy that an
element of a ``Float64`` is a float, and that an element of an ``Int64x2`` needs two indices.
"""

from __future__ import annotations

from numpy import ndarray

Array = ndarray
"""An array of any of the types below, by any number of indices."""


class ArrayKind:
    """A type of array: ``DTYPE`` is the NumPy type of its elements."""

    DTYPE = ""


class Float64(ArrayKind):
    """float64 by one index."""

    DTYPE = "f8"


class Float64x2(ArrayKind):
    """float64 by two indices."""

    DTYPE = "f8"


class Int64(ArrayKind):
    """int64 by one index."""

    DTYPE = "i8"


class Int64x2(ArrayKind):
    """int64 by two indices."""

    DTYPE = "i8"


class Int64x3(ArrayKind):
    """int64 by three indices."""

    DTYPE = "i8"


class Int32(ArrayKind):
    """int32 by one index."""

    DTYPE = "i4"


class UInt8(ArrayKind):
    """uint8 by one index."""

    DTYPE = "u1"


class UInt8x2(ArrayKind):
    """uint8 by two indices."""

    DTYPE = "u1"


class UInt16(ArrayKind):
    """uint16 by one index."""

    DTYPE = "u2"


class UInt16x2(ArrayKind):
    """uint16 by two indices."""

    DTYPE = "u2"


class UInt32(ArrayKind):
    """uint32 by one index."""

    DTYPE = "u4"


class UInt32x2(ArrayKind):
    """uint32 by two indices."""

    DTYPE = "u4"


class UInt64(ArrayKind):
    """uint64 by one index."""

    DTYPE = "u8"
