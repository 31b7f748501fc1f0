"""Tables of typed columns: the schema is declared once, and growing, saving and describing go through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kladsim.core.errors import InputError
from kladsim.core.records import record_type


@dataclass(frozen=True)
class Column:
    """One column: its name, NumPy type, unit, default and meaning."""

    name: str
    dtype: str
    unit: str
    doc: str
    default: float = 0
    width: int = 1


class Table:
    """A named set of columns; ``record`` is the named tuple type that kernels receive.

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
        self.record: Any = record_type(name, [column.name for column in columns])

    def allocate(self, rows: int) -> Any:
        """Return a record of fresh columns with ``rows`` rows, filled with their defaults."""
        return self.record(*[self.column(column, rows) for column in self.columns])

    @staticmethod
    def column(column: Column, rows: int) -> np.ndarray:
        """Return one fresh column."""
        shape = (rows,) if column.width == 1 else (rows, column.width)
        if column.default == 0:
            return np.zeros(shape, column.dtype)
        return np.full(shape, column.default, column.dtype)

    def grown(self, data: Any, rows: int) -> Any:
        """Return the record with ``rows`` rows; old rows keep their place."""
        out = self.allocate(rows)
        for new, old in zip(out, data, strict=True):
            new[: len(old)] = old
        return out

    def to_arrays(self, data: Any) -> dict[str, np.ndarray]:
        """Return the columns by full name, for saving."""
        return {f"{self.name}.{c.name}": array for c, array in zip(self.columns, data, strict=True)}

    def from_arrays(self, arrays: Mapping[str, np.ndarray]) -> Any:
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
