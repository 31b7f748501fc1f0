"""Compiled kernels: one decorator, cached on disk, keyed by the code of everything a kernel calls.

Numba's own cache looks at the file of the kernel alone and misses an edited callee. Here the key is a hash over
the Python byte code of the kernel and of every function it reaches through its globals, over the constants they
use, over the modules that generate machine code, and over the versions of Python and Numba; Numba adds the
processor. Comments and places in a file do not count. Cached code lies in the user's cache folder
(``KLADSIM_CACHE_DIR`` moves it).
"""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TypeVar, cast

import numba
import numpy as np

from kladsim.core import numba_private
from kladsim.core.numba_private import BaseContext, CompiledFunction, Dispatcher, FunctionCache

numba_private.load_array_functions()
numba_private.number_functions_apart()
os.register_at_fork(after_in_child=numba_private.number_functions_apart)
F = TypeVar("F")

REGISTRY: list[CompiledFunction] = []
"""Every kernel made by this decorator, in order of definition (for ahead-of-time compilation)."""

GENERATING = ("jit.py", "bundle.py", "bitlists.py", "numba_private.py")


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


def _referenced(function: FunctionType) -> Iterator[tuple[str, object]]:
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


def _code_words(code: CodeType) -> Iterator[bytes]:
    """What a code object does, without where it stands: neither file, line numbers nor comments."""
    for part in _codes(code):
        names = (
            part.co_names,
            part.co_varnames,
            part.co_freevars,
            part.co_cellvars,
            part.co_argcount,
        )
        consts = [value for value in part.co_consts if not isinstance(value, CodeType)]
        yield part.co_code + repr((names, consts)).encode()


@cache
def _ground() -> bytes:
    """What every kernel rests on: versions, and the modules that tell Numba how to generate code."""
    here = Path(__file__).parent
    texts = b"".join((here / name).read_bytes() for name in GENERATING if (here / name).exists())
    return f"{numba.__version__} {sys.version_info} {hashlib.sha256(texts).hexdigest()}".encode()


def source_key(function: FunctionType) -> str:
    """Return the hash of a function's code and of all the code and constants that it reaches."""
    seen: set[int] = set()
    digest = hashlib.sha256(_ground())
    todo: list[FunctionType] = [function]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for words in _code_words(current.__code__):
            digest.update(words)
        for name, value in sorted(_referenced(current), key=lambda pair: pair[0]):
            definition = numba_private.definition_of(value)
            if definition is not None:
                todo.append(definition)
            elif isinstance(value, FunctionType):
                todo.append(value)
            elif isinstance(value, np.ndarray):
                digest.update(name.encode() + str(value.dtype).encode() + value.tobytes())
            elif isinstance(value, (bool, int, float, str, tuple, np.generic)):
                digest.update(f"{name}={value!r}".encode())
    return digest.hexdigest()[:24]


class _SourceKeyedCache:
    """Numba's function cache with a folder for each kernel's sources and each signature, made at first use.

    A folder never mixes signatures: an index that names the types of another model could not be read. Damaged
    files count as missing.
    """

    def __init__(self, py_func: FunctionType, kind: str) -> None:
        self._py_func = py_func
        self._kind = kind
        self._made: dict[str, FunctionCache] = {}

    @cached_property
    def _key(self) -> str:
        return source_key(self._py_func)

    def _cache(self, signature: object) -> FunctionCache:
        types = hashlib.sha256(str(signature).encode()).hexdigest()[:16]
        if types not in self._made:
            self._made[types] = numba_private.signature_cache(self._py_func, Path(self.cache_path) / types, self._key)
        return self._made[types]

    @property
    def cache_path(self) -> str:
        return str(cache_folder() / f"{self._kind}-{self._key}")

    def load_overload(self, sig: object, target_context: BaseContext) -> object:
        made = self._cache(sig)
        try:
            return made.load_overload(sig, target_context)
        except numba_private.UNREADABLE:
            made.flush()
            return None

    def save_overload(self, sig: object, data: object) -> None:
        self._cache(sig).save_overload(sig, data)

    def enable(self) -> None:
        """Numba asks for it; the cache is always on."""

    def disable(self) -> None:
        """Numba asks for it; the cache is always on."""

    def flush(self) -> None:
        for made in self._made.values():
            made.flush()


def kernel(function: F) -> F:
    """Compile a function in nopython mode without the GIL, cached by the sources of all that it calls.

    Floating-point contraction and fast-math stay off, so that results do not depend on the processor.
    """
    return _made(function, inline=False)


def inlined(function: F) -> F:
    """Compile a function as ``kernel`` does, and place its code into every kernel that calls it.

    For small functions in hot loops: a call that hands over a record of many columns costs some hundred
    nanoseconds.
    """
    return _made(function, inline=True)


def part(function: F) -> F:
    """Compile a function as ``kernel`` does, for use inside other kernels; a call from Python makes a twin.

    Without an entry from Python a function compiles faster, which counts when there are hundreds.
    """
    return _made(function, inline=False, entry=False)


class _Inlined(CompiledFunction):
    """A kernel without entry from Python, which compiles faster; a call from Python makes a twin with one."""

    def __call__(self, *arguments: object) -> object:
        twin = self.__dict__.get("_twin")
        if twin is None:
            twin = self._twin = _made(self.py_func, inline=False)
        return twin(*arguments)


def _made(function: F, *, inline: bool, entry: bool | None = None) -> F:
    entry = not inline if entry is None else entry
    cache = _SourceKeyedCache(plain(function), "inlined" if inline else ("kernel" if entry else "part"))
    compiled = numba_private.compile_function(function, cache, inline=inline, entry=entry)
    if not isinstance(compiled, Dispatcher):  # Numba is switched off
        return compiled
    if entry:
        REGISTRY.append(compiled)
    else:
        numba_private.call_through_twin(compiled, _Inlined)
    return compiled


def plain(function: object) -> FunctionType:
    """Return the plain-Python function behind a kernel."""
    return cast("FunctionType", getattr(function, "py_func", function))
