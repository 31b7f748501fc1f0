"""Everything that is wrong with a file, told at once: alike errors together, with the lines on which they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from kladsim.core.errors import InputError
from kladsim.monitor.questions import OpenQuestionError

T = TypeVar("T")
MAX_VALUES = 6  # different values that a group shows


class FileError(InputError):
    """Several errors of one file; ``errors`` holds each group as an error of its own."""

    def __init__(self, where: str, errors: Sequence[InputError], rows: int) -> None:
        self.errors = tuple(errors)
        what = f"{len(errors)} kinds of error on {rows} {'line' if rows == 1 else 'lines'}"
        super().__init__("; ".join((what, *(f"({i}) {one}" for i, one in enumerate(errors, start=1)))), where=where)
        self.summary = what


def get_errors(error: InputError) -> tuple[InputError, ...]:
    """Return the errors that an error holds: several of a file, else itself."""
    return error.errors if isinstance(error, FileError) else (error,)


@dataclass
class Problems:
    """Collects the errors of a file by line."""

    file: str
    found: list[tuple[int, InputError]] = field(default_factory=list)

    def add(self, line: int, error: InputError) -> None:
        """Keep an error whose ``where`` is a column, or nothing."""
        self.found.append((line, error))

    def collect(self, line: int, make: Callable[[], T]) -> T | None:
        """Return what ``make`` returns, or keep the error that it raises."""
        try:
            return make()
        except InputError as error:
            self.add(line, error)
            return None

    def raise_all(self) -> None:
        """Raise what was found, if anything was.

        Raises
        ------
        InputError : one kind of error
        FileError : several
        """
        groups: dict[tuple[str, ...], list[tuple[int, InputError]]] = {}
        for line, error in self.found:
            key = (error.where or "", error.message, error.allowed or "", error.suggestion or "")
            groups.setdefault(key, []).append((line, error))
        errors = [self._merge(members) for members in groups.values()]
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise FileError(self.file, errors, len({line for line, _ in self.found}))

    def _merge(self, members: list[tuple[int, InputError]]) -> InputError:
        first = members[0][1]
        values = list(dict.fromkeys(repr(error.value) for _, error in members if error.value is not None))
        lines = format_lines(sorted({line for line, _ in members}))
        where = ", ".join(part for part in (self.file, lines, first.where) if part)
        several = _QuotedValues(", ".join(values[:MAX_VALUES]) + (" …" if len(values) > MAX_VALUES else ""))
        given = several if len(values) > 1 else first.value
        if isinstance(first, OpenQuestionError):
            texts = dict.fromkeys(text for _, error in members for text in _list_examples(error))
            question = replace(first.question, examples=tuple(texts)[:MAX_VALUES])
            return OpenQuestionError(question, where=where, suggestion=first.suggestion)
        return InputError(first.message, where=where, value=given, allowed=first.allowed, suggestion=first.suggestion)


def _list_examples(error: InputError) -> tuple[str, ...]:
    return error.question.examples if isinstance(error, OpenQuestionError) else ()


class _QuotedValues(str):
    """Several values as they were given: already quoted."""

    def __repr__(self) -> str:
        return str(self)


def format_lines(lines: Sequence[int]) -> str:
    """Return lines in words, those that follow one another together: "line 4", "lines 2–7, 9"."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    told = [str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in runs]
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(told)}" if lines else ""
