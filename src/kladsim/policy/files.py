"""Scenarios in YAML: presets that come with kladsim and files that a user writes."""

from __future__ import annotations

import os
import secrets
from io import StringIO
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, StorageError, suggest, unknown_name
from kladsim.core.validated import relocated
from kladsim.policy.scenario import Scenario

PRESETS = Path(__file__).with_name("presets")
LARGEST_FILE = 1_000_000


def preset_names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with kladsim."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def read_preset(name: str) -> Scenario:
    """Return the preset of this name; one that stands on no other counts as its own base."""
    if name not in preset_names():
        raise unknown_name("preset", name, preset_names(), where="scenario")
    return _build(_parse_file(PRESETS / f"{name}.yaml"), name, default_base=name)


def read_scenario(path: str | Path) -> Scenario:
    """Return the scenario in a YAML file; the file's name stands in for a missing name."""
    path = Path(path)
    return _build(_parse_file(path), path.name, default_name=path.stem)


def load_scenario(source: str | Path) -> Scenario:
    """Return the preset or the file that ``source`` names."""
    text = str(source)
    if text in preset_names():
        return read_preset(text)
    if Path(source).suffix in (".yaml", ".yml") or Path(source).is_file():
        return read_scenario(Path(source))
    from kladsim.world.load import list_packs

    is_pack = text in list_packs()
    how = f"; {text} is a country pack: write a file with `country: {text}`" if is_pack else ""
    raise InputError(
        "no such preset or file",
        where="scenario",
        value=text,
        allowed=f"{', '.join(preset_names())} or a .yaml file{how}",
        suggestion=suggest(text, preset_names()),
    )


def write_scenario(scenario: Scenario, path: str | Path | None = None) -> str:
    """Return the scenario as YAML with every field, and write it if a path is given."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    stream = StringIO()
    yaml.dump(scenario.to_plain(), stream)
    text = stream.getvalue()
    if path is not None:
        try:
            _replace(Path(path), text)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}") from error
    return text


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all: a full disk leaves the scenario that was there."""
    temporary = path.with_name(f".tmp-{secrets.token_hex(8)}-{path.name}"[:250])
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _parse_file(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError("is too large for a scenario", where=str(path), allowed="up to 1 MB")
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise InputError(f"is not YAML ({getattr(error, 'problem', None) or error})", where=place) from error
    _refuse_split_numbers(content, str(path))
    if not isinstance(content, dict):
        raise InputError(
            "is not a mapping of fields", where=str(path), value=content, allowed="name: ..., until: ..."
        )
    return {str(key): value for key, value in content.items()}


def _refuse_split_numbers(value: Any, where: str) -> None:
    """Refuse ``{places: 40,000}``: within braces YAML ends a value at its comma, and 000 becomes a key of its own."""
    if isinstance(value, list):
        for item in value:
            _refuse_split_numbers(item, where)
    if not isinstance(value, dict):
        return
    items = list(value.items())
    for (name, number), (after, nothing) in zip(items, items[1:], strict=False):
        if nothing is None and _is_number(after) and _is_number(number):
            whole = f"{number}{after:0>3}"
            raise InputError(
                "a comma splits the number in two", where=f"{where}, {name}", value=f"{number},{after:0>3}",
                allowed="digits without commas between them", suggestion=f"{name}: {whole}",
            )  # fmt: skip
    for item in value.values():
        _refuse_split_numbers(item, where)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.isdigit()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _build(
    content: dict[str, Any], where: str, *, default_name: str | None = None, default_base: str | None = None
) -> Scenario:
    base = content.get("based_on")
    fields: dict[str, Any] = {"name": default_name} if default_name else {}
    try:
        if base is None:
            return Scenario(**fields | content | {"based_on": default_base})
        if not isinstance(base, str):
            raise InputError(
                "is not a preset", where="based_on", value=base, allowed=", ".join(preset_names())
            )
        if base == default_base or base not in preset_names():
            raise unknown_name("preset", base, set(preset_names()) - {default_base or ""}, where="based_on")
        return Scenario(**read_preset(base).fields() | fields | content)
    except InputError as error:
        raise relocated(error, where, joint=", ") from None
