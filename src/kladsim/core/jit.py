"""Compiled kernels: one decorator, cached on disk, keyed by the sources of everything a kernel calls.

Numba's own cache looks at the file of the kernel alone and misses an edited callee. Here the key is a hash over the
source of the kernel, of every kernel it reaches through its globals, of the constants they use, and of Numba itself;
Numba adds the processor. Cached code lies in the user's cache folder (``KLADSIM_CACHE_DIR`` moves it).
"""

from __future__ import annotations

import hashlib
import inspect
import os
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., Any])

REGISTRY: list[Any] = []
"""Every kernel made by this decorator, in order of definition (for ahead-of-time compilation)."""


def cache_folder() -> Path:
    """Return the folder that holds compiled kernels."""
    chosen = os.environ.get("KLADSIM_CACHE_DIR")
    if chosen:
        return Path(chosen) / "kernels"
    from platformdirs import user_cache_path

    return Path(user_cache_path("kladsim")) / "kernels"


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def _referenced(function: FunctionType) -> Iterator[tuple[str, Any]]:
    names = [name for code in _codes(function.__code__) for name in code.co_names]
    closure = inspect.getclosurevars(function).nonlocals
    yield from closure.items()
    for name in dict.fromkeys(names):
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            for attribute in dict.fromkeys(names):
                if attribute in vars(value):
                    yield f"{name}.{attribute}", vars(value)[attribute]
        else:
            yield name, value


def _source(function: FunctionType) -> str:
    text = getattr(function, "__kernel_source__", None)
    return text if text is not None else textwrap.dedent(inspect.getsource(function))


def source_key(function: FunctionType) -> str:
    """Return the hash of a function's source and of all that it reaches."""
    seen: set[int] = set()
    digest = hashlib.sha256(f"{numba.__version__}".encode())
    todo: list[FunctionType] = [function]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        digest.update(_source(current).encode())
        for name, value in sorted(_referenced(current), key=lambda pair: pair[0]):
            if isinstance(value, Dispatcher):
                todo.append(value.py_func)
            elif isinstance(value, np.ndarray):
                digest.update(name.encode() + str(value.dtype).encode() + value.tobytes())
            elif isinstance(value, (bool, int, float, str, tuple, np.generic)):
                digest.update(f"{name}={value!r}".encode())
    return digest.hexdigest()[:24]


class _SourceKeyedCache:
    """Numba's function cache, made at first use with a key over all reached sources."""

    def __init__(self, py_func: FunctionType) -> None:
        self._py_func = py_func
        self._made: Any = None

    def _cache(self) -> Any:
        if self._made is None:
            made = FunctionCache.__new__(FunctionCache)
            key = source_key(self._py_func)
            made._name = repr(self._py_func)
            made._py_func = self._py_func
            made._cache_path = str(cache_folder() / key)
            made._impl = _Impl(made._cache_path)
            made._cache_file = IndexDataCacheFile(
                cache_path=made._cache_path, filename_base=self._py_func.__name__[:40], source_stamp=key
            )
            made.enable()
            self._made = made
        return self._made

    @property
    def cache_path(self) -> str:
        return str(self._cache().cache_path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        return self._cache().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        self._cache().save_overload(sig, data)

    def enable(self) -> None:
        self._cache().enable()

    def disable(self) -> None:
        self._cache().disable()

    def flush(self) -> None:
        self._cache().flush()


class _Impl:
    """What Numba's cache asks of a function: how to pack and unpack compiled code."""

    def __init__(self, path: str) -> None:
        from numba.core.caching import CompileResultCacheImpl

        self._inner = CompileResultCacheImpl.__new__(CompileResultCacheImpl)
        self._path = path
        self.locator = self

    def ensure_cache_path(self) -> None:
        os.makedirs(self._path, exist_ok=True)

    def reduce(self, data: Any) -> Any:
        return self._inner.reduce(data)

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        return self._inner.rebuild(target_context, payload)

    def check_cachable(self, data: Any) -> bool:
        return bool(self._inner.check_cachable(data))


def kernel(function: F) -> F:
    """Compile a function in nopython mode without the GIL, cached by the sources of all that it calls.

    Floating-point contraction and fast-math stay off, so that results do not depend on the processor.
    """
    made = numba.njit(nogil=True, fastmath=False, error_model="numpy")(function)
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        made._cache = _SourceKeyedCache(function)  # type: ignore[arg-type]
    REGISTRY.append(made)
    return made  # type: ignore[no-any-return]


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the plain-Python function behind a kernel."""
    return getattr(function, "py_func", function)
