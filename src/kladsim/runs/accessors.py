"""Implementations of the methods that ``Result`` declares and this wing holds."""

from __future__ import annotations

from kladsim.core.accessors import register_accessor
from kladsim.runs.export import export
from kladsim.runs.result import Result


def register() -> None:
    """Register every implementation."""
    register_accessor(Result.export, export)
