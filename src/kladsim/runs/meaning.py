"""Digests of what code and data mean: comments, docstrings, types, layout and notes do not count.

Stored results carry such digests, so that an edited comment makes nothing stale and a changed statement, register value
or table of a country does. The digest of code walks the syntax tree itself, because the text that ``ast.dump`` prints
differs between versions of Python.

A change of code that was shown to change no result (``tools/state_digests.py``) is written into ``equal_digests.csv``:
its digest then counts as the one that stored results carry.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

from kladsim.core.files import sha256_of
from kladsim.evidence import load_register
from kladsim.runs.provenance import data_digest
from kladsim.world import load_pack

PACKAGE = Path(__file__).parents[1]
TYPES = {"annotation", "returns", "type_comment", "type_ignores", "type_params"}
"""Fields of the syntax tree that say nothing about what a program does."""
NOTES_OF_A_PACK = {"title", "folder", "digest", "meta", "assumptions", "district_names"}
"""Fields of a country pack that no run reads."""
NOTES_OF_A_TABLE = {"title", "doc", "source", "notes"}
IN_DIGEST = "in_digest"
"""Column of a table of which only the rows that say yes decide stored results."""
EQUAL = Path(__file__).with_name("equal_digests.csv")
COUNTRIES = ("russia", "georgia", "south-korea")
"""Countries of which results are stored."""
ENGINE = (
    "__init__", "arrays", "bitlists", "bundle", "columns", "errors", "fixedmath", "jit", "numba_private", "parallel",
    "phases", "population", "processes", "random_arrays", "records", "rng", "scan",
)  # fmt: skip
"""Modules of ``core`` that decide results; the others read and write files."""
PARTS = {
    "engine": (*(f"core/{name}.py" for name in ENGINE), "model/*.py", "model/outcomes.csv", "model/quantities.csv"),
    "checks": (
        "study/measures/targets.py",
        "study/measures/changing.py",
        "study/measures/cohorts.py",
        "study/measures/experiments.py",
        "study/measures/experiments.yaml",
        "study/measures/facts*.py",
        "study/measures/replicate.py",
        "study/measures/watching.py",
    ),
    "judging": ("validation/checks/*.py", "validation/checks/*.yaml", "validation/verdicts.py", "evidence/data/*.csv"),
    "summaries": (
        "study/measures/targets.py",
        "inference/calibration/summaries.py",
        "study/measures/cohorts.py",
        "study/measures/facts_of_platforms.py",
    ),
    "inference": (
        "inference/calibration/*.py",
        "inference/calibration/data/*.csv",
        *(f"runs/{name}" for name in ("calibrated.py", "posterior.py", "priors.py", "data/*.csv")),
    ),
    "levers": (
        "evidence/costs.py",
        "evidence/data/costs.toml",
        "policy/levers/*.py",
        "study/valuation_frame.py",
        "study/valuing.py",
        "inference/emulator/axes.py",
        "inference/emulator/measures.py",
    ),
    "emulator": ("inference/emulator/*.py",),
    "stories": ("policy/levers/*.py", "app/stories/*/*", "app/view.py"),
}
"""Files that decide one kind of stored result, by what they are: the files may move, the name stays."""


def code_digest(text: str) -> str:
    """Return the SHA-256 of what Python source does."""
    return hashlib.sha256("\n".join(_list_tokens(ast.parse(text))).encode()).hexdigest()


def _list_tokens(node: object) -> Iterator[str]:
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name in node._fields:
            value = getattr(node, name, None)
            if name in TYPES or value is None or value == []:
                continue
            yield name
            yield from _list_tokens(value[1:] if name == "body" and _begins_with_docstring(value) else value)
    elif isinstance(node, list):
        yield "["
        for part in node:
            if not _is_text_alone(part):
                yield from _list_tokens(part)
        yield "]"
    else:
        yield repr(node)


def _begins_with_docstring(body: object) -> bool:
    return isinstance(body, list) and bool(body) and _is_text_alone(body[0])


def _is_text_alone(node: object) -> bool:
    """Say whether a statement is a text that nobody reads: a docstring, or the description under a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def table_digest(text: str) -> str:
    """Return the SHA-256 of the identifiers (first column) and numbers of a CSV table; its other texts are notes.

    Of a table with a column ``doc`` counts all but titles and descriptions, and with a column ``in_digest`` only what
    says yes there: an outcome that only reads makes nothing stale.
    """
    rows = [row for row in csv.reader(text.splitlines()) if row]
    if rows and "doc" in rows[0]:
        table = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        return sha256_of([[cell for name, cell in row.items() if name not in NOTES_OF_A_TABLE]
                          for row in table if row.get(IN_DIGEST, "yes") == "yes"])  # fmt: skip
    return sha256_of([[row[0], *filter(_is_number, row[1:])] for row in rows])


def yaml_digest(text: str) -> str:
    """Return the SHA-256 of what a YAML file holds: without comments, layout and descriptions."""
    from ruamel.yaml import YAML

    return sha256_of(_without_notes(YAML(typ="safe").load(text)))


def toml_digest(text: str) -> str:
    """Return the SHA-256 of what a TOML file holds: without comments, layout and descriptions."""
    return sha256_of(_without_notes(tomllib.loads(text)))


def _without_notes(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _without_notes(item) for name, item in value.items() if name not in NOTES_OF_A_TABLE}
    if isinstance(value, list):
        return [_without_notes(item) for item in value]
    return value if isinstance(value, int | float | str | None) else str(value)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@cache
def register_digest() -> str:
    """Return the SHA-256 of every parameter's value, range and prior, as stored results carry it."""
    return as_stored("register", _register_content())


def _register_content() -> str:
    register = load_register()
    return sha256_of([[p.name, p.value, p.low, p.high, p.prior] for p in (register[name] for name in register)])


@cache
def country_digest(name: str) -> str:
    """Return the SHA-256 of all that runs and checks read of a loaded country pack, as stored results carry it."""
    return as_stored(f"country {name}", _country_content(name))


def _country_content(name: str) -> str:
    pack = load_pack(name)
    return data_digest({f.name: getattr(pack, f.name) for f in fields(pack) if f.name not in NOTES_OF_A_PACK})


def _preset_content(country: str) -> str:
    return files_digest((f"policy/presets/{country}.yaml",))


def files_digest(patterns: Iterable[str]) -> str:
    """Return the SHA-256 of the meaning of all files of the package that match: Python by its code, CSV by its numbers.

    Any other file counts byte by byte, line endings aside. A file counts with its name, not with its folder.
    """
    total = hashlib.sha256()
    for path in sorted(
        {path for pattern in patterns for path in PACKAGE.glob(pattern)}, key=lambda p: (p.name, str(p))
    ):
        now = path.stat()
        total.update(f"{path.name}\0{_file_digest(path, now.st_mtime_ns, now.st_size)}\0".encode())
    return total.hexdigest()


@cache
def read_equal_digests() -> dict[str, tuple[str, str]]:
    """Return, by part, the digest that stored results carry and the one of the code that gives the same results."""
    rows = csv.DictReader(EQUAL.read_text(encoding="utf-8").splitlines())
    return {row["part"]: (row["stored"], row["now"]) for row in rows}


def as_stored(part: str, digest: str) -> str:
    """Return the digest that stored results carry for one that was shown to give the same results."""
    stored, now = read_equal_digests().get(part, ("", ""))
    return stored if digest == now else digest


def list_digests() -> dict[str, str]:
    """Return the digest of every part of the code, of the register, and of the shipped countries, as they are."""
    digests = {part: files_digest(patterns) for part, patterns in PARTS.items()} | {"register": _register_content()}
    for country in COUNTRIES:
        digests[f"country {country}"] = _country_content(country)
        digests[f"preset {country}"] = _preset_content(country)
    return digests


@cache
def part_digest(part: str) -> str:
    """Return the digest of a part of the code (``PARTS``) as stored results carry it."""
    return as_stored(part, files_digest(PARTS[part]))


@cache
def _file_digest(path: Path, modified: int, size: int) -> str:
    text = path.read_text(encoding="utf-8")
    digests = {".py": code_digest, ".csv": table_digest, ".yaml": yaml_digest, ".toml": toml_digest}
    return digests.get(path.suffix, sha256_of)(text)


def runs_digest(country: str, parts: Iterable[str] = ()) -> str:
    """Return the SHA-256 of what decides runs of a country: engine, register, tables, preset, further parts."""
    data = (as_stored(f"preset {country}", _preset_content(country)), register_digest(), country_digest(country))
    return sha256_of([part_digest("engine"), *data, *(part_digest(part) for part in parts)])
