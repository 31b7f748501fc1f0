"""Every name that a package's stub promises is there, whichever module was imported first."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import kladsim

STUBS = sorted(Path(kladsim.__file__).parent.rglob("__init__.pyi"))


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_names_of_a_stub_are_there_and_are_no_modules_of_that_name(stub: Path) -> None:
    name = ".".join(("kladsim", *stub.parent.relative_to(STUBS[0].parent).parts))
    package = importlib.import_module(name)
    for _, module, _ in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{name}.{module}")
    for public in package.__all__:
        value = getattr(package, public)
        assert type(value).__name__ != "module" or value.__name__ == f"{name}.{public}", public
    functions = {public for public in package.__all__ if callable(getattr(package, public))}
    assert not functions & {module for _, module, _ in pkgutil.iter_modules(package.__path__)}
