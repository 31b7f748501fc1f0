"""Methods that a value declares and that a function of a layer above implements, as accessors of xarray and pandas.

A class decorates the signature with ``accessor``; a module above it calls ``register_accessor(Class.method, function)``
(a type checker compares the two signatures); ``kladsim/__init__`` says with ``register_loader`` which module that is,
so that nothing is imported before a method is called.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

First = TypeVar("First")
Rest = ParamSpec("Rest")
Value = TypeVar("Value")

_declared: set[str] = set()
_functions: dict[str, object] = {}
_loaders: dict[str, Callable[[], None]] = {}


def accessor(declared: Callable[Concatenate[First, Rest], Value]) -> Callable[Concatenate[First, Rest], Value]:
    """Make a declared method call the function that is registered for it."""
    _declared.add(_name_of(declared))

    @wraps(declared)
    def call(first: First, /, *args: Rest.args, **options: Rest.kwargs) -> Value:
        implementation = cast("Callable[Concatenate[First, Rest], Value]", _implementation(declared))
        return implementation(first, *args, **options)

    return call


def register_accessor(
    declared: Callable[Concatenate[First, Rest], Value], function: Callable[Concatenate[First, Rest], Value]
) -> None:
    """Implement a declared method by a function that takes the value first."""
    _functions[_name_of(declared)] = function


def register_loader(module: str, load: Callable[[], None]) -> None:
    """Name the function that registers implementations for the methods declared in ``module``."""
    _loaders[module] = load


def _name_of(method: Callable[Rest, object]) -> str:
    return f"{method.__module__}.{method.__qualname__}"


def _implementation(declared: Callable[Rest, object]) -> object:
    """Return the registered function, after loading the module that registers it.

    Raises
    ------
    NotImplementedError : no module implements the method
    """
    name = _name_of(declared)
    if name not in _functions and declared.__module__ in _loaders:
        _loaders[declared.__module__]()
    if name not in _functions:
        raise NotImplementedError(f"{name} is declared, and no module implements it")
    return _functions[name]
