"""Typed columns: a class declares the schema of a table or of a part of the state, for NumPy, Numba and mypy alike.

    class Police(Part):
        courier_hazard = column(Float64, "1/day", "hazard of arrest of a courier", "R")

At run time a ``Police`` is a bundle that holds the array ``courier_hazard``. To mypy it has an attribute of the class
``Float64``, an array whose elements are floats. A name that no schema declares is an error to mypy, Python and Numba.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeVar, cast

import numpy as np

from kladsim.core.arrays import Array
from kladsim.core.bundle import Bundle
from kladsim.core.errors import InputError
from kladsim.core.records import NamedArrays, record_type

C = TypeVar("C")
ROWS = "rows"


@dataclass(frozen=True)
class Column:
    """One column: its name, NumPy type, unit, meaning, default, and its shape in the sizes that a state names.

    ``saved`` is false for what is derived anew when a state is loaded, or is work space of a day.
    """

    name: str
    dtype: str
    unit: str
    doc: str
    default: float = 0
    width: int = 1
    shape: str = ROWS
    saved: bool = True


def column(kind: type[C], unit: str, doc: str, shape: str = ROWS, *, default: float = 0, saved: bool = True) -> C:
    """Declare a column: the class of its array, unit, meaning, shape (``"R,G"``; one element a row of a table)."""
    return cast(C, Column("", getattr(kind, "DTYPE", ""), unit, doc, default, shape=shape, saved=saved))


class Part(Bundle):
    """Some columns of the state under one name; the class declares them, and its docstring says what owns them."""

    __slots__ = ()
    COLUMNS: ClassVar[tuple[Column, ...]] = ()

    def __init_subclass__(cls) -> None:
        declared = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        for name in declared:
            delattr(cls, name)
        cls.COLUMNS = (*cls.COLUMNS, *(replace(value, name=name) for name, value in declared.items()))

    @classmethod
    def zeros(cls, sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return an array of each saved column, filled with its default; ``sizes`` gives the names in shapes."""
        return {
            c.name: np.full([sizes[s] if s in sizes else int(s) for s in c.shape.split(",")], c.default, c.dtype)
            for c in cls.COLUMNS
            if c.saved
        }


P = TypeVar("P", bound=Part)
Rows = TypeVar("Rows", bound=Part, covariant=True)


class Table(Generic[Rows]):
    """A named set of columns; ``record`` is the named tuple type that kernels receive.

    A record has the attributes of the part that declares the columns, and mypy takes it for one.

    Parameters
    ----------
    name : name of the entity
    columns : the schema, in order
    doc : one sentence on what a row is
    """

    def __init__(self, name: str, columns: tuple[Column, ...], doc: str) -> None:
        self.name = name
        self.columns = columns
        self.doc = doc
        self.record = cast(Callable[[*tuple[Array, ...]], Rows], record_type(name, [c.name for c in columns]))

    @classmethod
    def of(cls, part: type[P]) -> Table[P]:
        """Return the table that a class declares, under the class's name."""
        return Table(part.__name__.lower(), part.COLUMNS, part.__doc__ or "")

    def allocate(self, rows: int) -> Rows:
        """Return a record of fresh columns with ``rows`` rows, filled with their defaults."""
        return self.record(*[self.column(column, rows) for column in self.columns])

    @staticmethod
    def column(column: Column, rows: int) -> Array:
        """Return one fresh column."""
        shape = (rows,) if column.width == 1 else (rows, column.width)
        if column.default == 0:
            return np.zeros(shape, column.dtype)
        return np.full(shape, column.default, column.dtype)

    def grown(self, data: NamedArrays, rows: int) -> Rows:
        """Return the record with ``rows`` rows; old rows keep their place."""
        out = self.allocate(rows)
        for new, old in zip(out, data, strict=True):
            new[: len(old)] = old
        return out

    def to_arrays(self, data: NamedArrays) -> dict[str, Array]:
        """Return the columns by full name, for saving."""
        return {f"{self.name}.{c.name}": array for c, array in zip(self.columns, data, strict=True)}

    def from_arrays(self, arrays: Mapping[str, Array]) -> Rows:
        """Rebuild a record from saved columns.

        Raises
        ------
        InputError
            When a column is missing or has another type.
        """
        out = []
        for column in self.columns:
            full = f"{self.name}.{column.name}"
            if full not in arrays:
                raise InputError("column is missing in the saved state", where=full)
            array = np.array(arrays[full])
            if array.dtype != np.dtype(column.dtype):
                raise InputError("column has another type", where=full, value=str(array.dtype), allowed=column.dtype)
            out.append(array)
        return self.record(*out)

    def bytes_per_row(self) -> int:
        """Return the memory of one row."""
        return sum(np.dtype(c.dtype).itemsize * c.width for c in self.columns)
