"""Interfaces of Numba that its manual does not promise: all that kladsim uses, here and nowhere else.

``tests/core/test_numba_private.py`` has a test of each, so that a version of Numba in which one is missing or does
something else says which.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, TypeVar, cast

import numba
from numba.core import caching, cgutils
from numba.core.base import BaseContext
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import FunctionCache as FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.typing.templates import AttributeTemplate, Signature
from numba.extending import _Intrinsic
from numba.np import linalg
from numba.np.arrayobj import make_array, populate_array

__all__ = ["AttributeTemplate", "BaseContext", "Dispatcher", "Signature", "cgutils", "make_array", "populate_array"]
F = TypeVar("F")
if TYPE_CHECKING:
    CompiledFunction = Dispatcher[FunctionType]
else:
    CompiledFunction = Dispatcher

UNREADABLE = (caching.pickle.PickleError, AttributeError, EOFError, ImportError, IndexError, KeyError, ValueError)
"""What Numba raises at a damaged cache file, or at one that names a type that is no more."""


def load_array_functions() -> None:
    """Load Numba's array functions without SciPy's BLAS, which no kernel uses: it costs a sixth of a second."""
    ensure_blas = linalg.ensure_blas

    def no_blas() -> None:
        raise ImportError("kernels use no linear algebra")

    linalg.ensure_blas = no_blas
    try:
        import numba.np.arraymath  # noqa: F401 - asks for BLAS once, when it is loaded
    finally:
        linalg.ensure_blas = ensure_blas


def number_functions_apart() -> None:
    """Number this process's functions from where no other process does.

    Numba tells functions of one name and type apart by a number that every process counts from one. Two processes may
    then cache different code under one symbol, and a third that links both gets one of them twice. (Results do not
    depend on the number.)
    """
    FunctionIdentity._unique_ids = itertools.count(int.from_bytes(os.urandom(6), "little"))


def compile_function(function: F, cache: object, *, inline: bool, entry: bool) -> F:
    """Return a function that is compiled when called, with a cache of ours, with or without an entry from Python."""
    dispatcher = numba.njit(
        nogil=True,
        fastmath=False,
        error_model="numpy",
        forceinline=inline,
        no_cfunc_wrapper=True,
        no_cpython_wrapper=not entry,
    )(function)
    if not numba.config.DISABLE_JIT:
        dispatcher._cache = cache
    return cast(F, dispatcher)


def call_through_twin(compiled: CompiledFunction, subclass: type[CompiledFunction]) -> None:
    """Have a call from Python go through ``subclass.__call__`` (a dispatcher's own call needs an entry from Python)."""
    compiled.__class__ = subclass


def definition_of(value: object) -> FunctionType | None:
    """Return the Python function behind a compiled function or an intrinsic, or None."""
    if isinstance(value, Dispatcher):
        return value.py_func  # type: ignore[no-any-return]
    if isinstance(value, _Intrinsic):
        return value._defn  # type: ignore[no-any-return]
    return None


def signature_cache(function: FunctionType, folder: Path, key: str) -> FunctionCache:
    """Return Numba's cache of one signature of a function, in a folder of its own, valid while ``key`` stays."""
    cache = FunctionCache.__new__(FunctionCache)
    cache._name = repr(function)
    cache._py_func = function
    cache._cache_path = str(folder)
    cache._impl = _CacheImpl(str(folder))
    cache._cache_file = caching.IndexDataCacheFile(
        cache_path=str(folder), filename_base=function.__name__[:40], source_stamp=key
    )
    cache.enable()
    return cache


class _CacheImpl:
    """What Numba's cache asks of a function: how to pack and unpack compiled code, and its folder."""

    def __init__(self, path: str) -> None:
        self._inner = caching.CompileResultCacheImpl.__new__(caching.CompileResultCacheImpl)
        self._path = path
        self.locator = self

    def ensure_cache_path(self) -> None:
        os.makedirs(self._path, exist_ok=True)

    def reduce(self, data: object) -> object:
        return self._inner.reduce(data)

    def rebuild(self, target_context: BaseContext, payload: object) -> object:
        return self._inner.rebuild(target_context, payload)

    def check_cachable(self, data: object) -> bool:
        return bool(self._inner.check_cachable(data))
