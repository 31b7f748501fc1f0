"""Errors that a person can act on: they name the field, the value, what is allowed and a near match."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 12
"""Names that an error lists: all where there are no more, else the nearest."""


def suggest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice nearest to ``name``, or None when nothing is near."""
    near = get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return near[0] if near else None


class KladsimError(Exception):
    """Base of all errors that kladsim raises on purpose."""


class InputError(KladsimError, ValueError):
    """Invalid input: says where, what was given, what is allowed and a near match.

    Parameters
    ----------
    message : what is wrong, in one sentence
    where : the field, file or column the value came from
    value : the value as given
    allowed : the allowed range or choices, in words
    suggestion : a near match among the allowed names
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        value: object = None,
        allowed: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.message = message
        self.where = where
        self.value = value
        self.allowed = allowed
        self.suggestion = suggestion
        parts = [f"{where}: {message}" if where else message]
        if value is not None:
            parts.append(f"given: {value!r}")
        if allowed:
            parts.append(f"allowed: {allowed}")
        if suggestion:
            parts.append(f"did you mean {suggestion!r}?")
        super().__init__("; ".join(parts))


def unknown_name(kind: str, name: str, choices: Iterable[str], *, where: str | None = None) -> InputError:
    """Build the error for a name that does not exist, with its nearest existing name."""
    known = sorted(choices)
    near = get_close_matches(name, known, n=MAX_LISTED, cutoff=0.0)
    shown = known if len(known) <= MAX_LISTED else [*sorted(near), f"... ({len(known)} in all)"]
    allowed = ", ".join(shown)
    return InputError(f"unknown {kind}", where=where, value=name, allowed=allowed, suggestion=suggest(name, known))


class StorageError(KladsimError, OSError):
    """A folder or file could not be written or read (full disk, no permission, other content)."""
