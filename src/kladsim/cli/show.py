"""What people see: progress on stderr, tables on stdout, JSON as one object."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kladsim.core.formatting import format_interval, format_number
from kladsim.model.version import is_in_development

if TYPE_CHECKING:
    from kladsim.runs.tasks import Progress

STEP, SMALL_STEP = 0.1, 0.02
"""Shares of a computation after which a line is printed: of days, and of longer steps (whole runs)."""
EVERY = 0.1  # seconds between two looks of the bar: a day may take a thousandth


def print_json(value: Any) -> None:
    """Print a value as one JSON object on stdout (NaN becomes null); one of a model in development says so."""
    from kladsim.core.files import plain

    if is_in_development() and isinstance(value, dict):
        from kladsim.runs.development import describe_development

        value = {"development": describe_development(), **value}
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: int = 0) -> None:
    """Print a table; the last ``numbers`` columns stand to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if title:
        print(title)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        right = index >= len(columns) - numbers
        whole = numbers > 0  # a name or a number that breaks in two cannot be copied
        table.add_column(column, justify="right" if right else "left", no_wrap=whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 110
    Console(width=width, highlight=False).print(table)


def say(text: str) -> None:
    """Print text for people on stdout as it is."""
    print(text)


def explain_in_words(text: str) -> None:
    """Print a sentence or two on stdout, folded."""
    print(textwrap.fill(text, 100))


def hint(text: str) -> None:
    """Print one line on stderr."""
    print(text, file=sys.stderr)


def warn_stale(why: str) -> None:
    """Print why stored results are not current, if they are not: where they are read, for a model in development."""
    if why:
        (explain_in_words if is_in_development() else hint)(f"STALE: {why}")


def format_short(value: float | None) -> str:
    """Return a number for a table: two significant digits, millions and billions abbreviated."""
    return format_number(value, short=True)


def format_range(low: float | None, high: float | None) -> str:
    """Return an interval for a table, one dash where there is none."""
    return format_interval(low, high, short=True)


def remaining(progress: Progress, seconds: float) -> float | None:
    """Seconds left at the pace of this session, None before a pace is known."""
    new = progress.done - progress.first - progress.finished * progress.days
    if new <= 0 or seconds <= 0:
        return None
    return seconds * (progress.total - progress.done) / new


def format_duration(seconds: float | None) -> str:
    """A duration for people: 45 s, 3 min 20 s, 2 h 05 min."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


@contextmanager
def progress_shown(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A callback that shows progress: a bar on a terminal, else a line for each tenth."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines()


class _Lines:
    """A line for each tenth of a computation in days, for each fiftieth of one in longer steps."""

    def __init__(self) -> None:
        self.name, self.started, self.shown = "", 0.0, 0

    def __call__(self, progress: Progress) -> None:
        step = STEP if progress.unit == "days" else SMALL_STEP
        share = int(progress.done / max(progress.total, 1) / step)
        if progress.name != self.name:
            self.name, self.started = progress.name, time.monotonic()
            self.shown = int(progress.finished * progress.days / max(progress.total, 1) / step)
        if share > self.shown:
            self.shown = share
            left = format_duration(remaining(progress, time.monotonic() - self.started))
            hint(f"{progress.name}: {share * step * 100:.0f} % of {progress.total:,} {progress.unit}, {left} left")


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
               TextColumn("{task.fields[left]} left"))  # fmt: skip
    tasks: dict[str, tuple[TaskID, float]] = {}
    with Bar(*columns, console=Console(stderr=True), refresh_per_second=5) as bar:
        shown = 0.0

        def report(progress: Progress) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < EVERY and progress.done < progress.total:
                return
            shown = now
            if progress.name not in tasks:
                task = bar.add_task(progress.name, total=progress.total, left="?")
                tasks[progress.name] = (task, time.monotonic())
            task, started = tasks[progress.name]
            left = format_duration(remaining(progress, time.monotonic() - started))
            bar.update(task, completed=progress.done, left=left)

        yield report
