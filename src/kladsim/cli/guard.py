"""Errors as one screen and an exit code: 0 ok, 1 failed, 2 invalid input, 3 interrupted and resumable."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer

from kladsim.core.errors import InputError, KladsimError
from kladsim.core.extras import missing_extra
from kladsim.model.version import is_in_development

FAILED, INVALID, INTERRUPTED = 1, 2, 3
LONGEST = 2000
MONITOR = "kladsim.cli.monitor"  # modules of verbs that need no model

P = ParamSpec("P")
R = TypeVar("R")

debugging = False


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Turn what a verb raises into one screen and an exit code (with ``--debug``: the traceback too)."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with _plain_errors(bool(kwargs.get("json_"))):
            if is_in_development() and not kwargs.get("json_") and not function.__module__.startswith(MONITOR):
                from kladsim.runs.development import describe_development

                print(describe_development(), file=sys.stderr)
            return function(*args, **kwargs)

    return guarded


@contextmanager
def _plain_errors(as_json: bool) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        from kladsim.monitor.problems import FileError, get_errors
        from kladsim.monitor.questions import list_questions

        asked = [asdict(one) for one in list_questions(get_errors(error))] or None
        if isinstance(error, FileError):
            each = [{"message": one.message, **_parts(one)} for one in error.errors]
            parts = {"where": error.where, "errors": each, "questions": asked}
            _end("invalid input", error, INVALID, as_json, message=error.summary, **parts)
        _end("invalid input", error, INVALID, as_json, message=error.message, **_parts(error), questions=asked)
    except KladsimError as error:
        _end("failed", error, FAILED, as_json, message=str(error))
    except KeyboardInterrupt as error:
        message = "what was finished is kept, the same command resumes"
        _end("interrupted", error, INTERRUPTED, as_json, message=message)
    except (typer.Exit, typer.Abort):
        raise
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except OSError as error:
        _end("failed", error, FAILED, as_json, message=str(error))
    except ModuleNotFoundError as error:
        _end_missing(error, as_json)
    except Exception as error:
        if debugging or type(error).__module__.startswith(("click", "typer")):
            raise
        message = f"{type(error).__name__}: {error} (this is a fault of kladsim; --debug shows where)"
        _end("failed", error, FAILED, as_json, message=message)


def _end_missing(error: ModuleNotFoundError, as_json: bool) -> NoReturn:
    """A module of an extra that is not installed is a person's choice; any other is our fault."""
    known = missing_extra(error)
    if known is not None:
        _end("invalid input", known, INVALID, as_json, message=known.message, **_parts(known))
    message = f"{type(error).__name__}: {error} (this is a fault of kladsim; --debug shows where)"
    _end("failed", error, FAILED, as_json, message=message)


def _parts(error: InputError) -> dict[str, Any]:
    parts = {key: getattr(error, key) for key in ("where", "value", "allowed", "suggestion")}
    return {key: value for key, value in parts.items() if value is not None}


def _end(kind: str, error: BaseException, code: int, as_json: bool, *, message: str, **parts: Any) -> NoReturn:
    if debugging:
        import traceback

        traceback.print_exception(error)
    parts_given = {key: value for key, value in parts.items() if value is not None}
    if as_json:
        content = {"kind": kind, "exit_code": code, "message": message, **_plain(parts_given)}
        print(json.dumps({"error": content}, ensure_ascii=False), file=sys.stderr)
    else:
        print(_screen(kind, message, parts_given), file=sys.stderr)
    raise typer.Exit(code) from None


def _plain(parts: dict[str, Any]) -> dict[str, Any]:
    nested = {"errors": lambda those: [_plain(one) for one in those], "questions": list}
    return {k: nested.get(k, str)(v) for k, v in parts.items()}


def _screen(kind: str, message: str, parts: dict[str, Any]) -> str:
    each = parts.pop("errors", ())
    parts.pop("questions", None)
    names = {"where": "where", "value": "given", "allowed": "allowed", "suggestion": "did you mean"}

    def lines_of(head: str, those: dict[str, Any]) -> str:
        return "\n".join([head, *(f"  {names[key]}: {value}" for key, value in those.items() if key in names)])

    text = lines_of(f"{kind}: {message}", parts)
    if each:
        return "\n".join([text, *(lines_of(f"{i}. {one['message']}", one) for i, one in enumerate(each, start=1))])
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
