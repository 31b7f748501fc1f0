"""Named tuples that kernels receive, under names that a later process finds again.

Compiled code is cached by the types of its arguments; a named tuple made on the fly would be a new type in
every process and never hit the cache. Types made here are registered in this module by name and fields.
"""

from __future__ import annotations

import hashlib
import sys
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, cast

from kladsim.core.arrays import Array


class NamedArrays(Protocol):
    """Arrays under names, in their order: a named tuple of a table's columns, or a bundle."""

    @property
    def _fields(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[Array]: ...


RecordType = Callable[[*tuple[Array, ...]], NamedArrays]
_named: Callable[[str, tuple[str, ...]], object] = namedtuple


def record_type(name: str, fields: Iterable[str]) -> RecordType:
    """Return the named tuple type with these fields; asking twice gives the same type."""
    names = tuple(fields)
    module = sys.modules[__name__]
    key = f"{name}_{hashlib.sha256(' '.join(names).encode()).hexdigest()[:8]}"
    known: RecordType | None = getattr(module, key, None)
    if known is None:
        known = cast(RecordType, _named(key, names))
        known.__module__ = __name__
        setattr(module, key, known)
    return known
