"""Mechanisms of other packages, which scenarios switch on by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from kladsim.model.config import MECHANISM_GROUP


@cache
def added_mechanisms() -> Mapping[str, Any]:
    """Return the mechanisms that installed packages declare; the model loads only where there is one."""
    if not entry_points(group=MECHANISM_GROUP):
        return {}
    from kladsim.model.added import ADDED

    return ADDED
