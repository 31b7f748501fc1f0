"""The page of levers: what each does, its evidence and grade, its range, its fields; and the packages of them."""

from __future__ import annotations

import inspect
from html import escape

from marks import linked, page, rows_table

from kladsim.cli.listing import _default, _type_name
from kladsim.policy.lever import Lever, Programme
from kladsim.policy.levers.package import package_notes
from kladsim.policy.registry import own_lever_classes
from kladsim.report.templating import read_section

COMMON = """
Every lever has `strength` (0 to 1; at 0 it changes nothing, bit by bit) and `cost` with `payer` (millions of the
country's money a year at prices of 2021, in place of the register's unit costs). A lever marked *programme* also has
`start` and `end` (first day with and first day without it), `where` (ISO 3166-2 codes; none is everywhere),
`delay_days`, `ramp_days` and `capacity` (in place of the documented most). In YAML a lever is a mapping:

```yaml
levers:
  - {lever: diversion, share: 0.5, tier: courier, start: 2025-01}
```
"""


def levers_page() -> str:
    """Return a section for each lever and a table of packages."""
    classes = own_lever_classes()
    rows = [(f"[{_title(name)}](#{name.replace('_', '-')})", _first(made)) for name, made in classes.items()]
    packages = [(f"`{name}`", what, ", ".join(parts)) for name, what, parts in package_notes()]
    return page(
        "Levers",
        read_section("Levers"),
        rows_table(("lever", "what"), rows),
        "## What all have in common\n\n" + COMMON,
        *(_section(name, made) for name, made in classes.items()),
        "## Packages of the library\n\n`Package(of=NAME, start=DATE)` in Python, `lever: package` with `of: NAME` in "
        "YAML. `strength` makes all parts weaker together.\n\n" + rows_table(("package", "what", "levers"), packages),
    )


def _section(name: str, made: type[Lever]) -> str:
    kind = "programme" if issubclass(made, Programme) else "event or group"
    text = _whole(made)
    parts = [
        f"({name.replace('_', '-')})=\n## {_title(name)}",
        f"`{name}` in YAML, `kladsim.{made.__name__}` in Python; {kind}.",
        text,
        "**Evidence**\n\n" + "\n".join(_evidence(entry) for entry in made.evidence),
    ]
    facts = ["**What it moves, and how far**\n"]
    if made.target:
        facts.append(f"- Moves first: `{made.target.measure}`, {made.target.direction}.")
    for field, (low, high) in made.documented.items():
        facts.append(f"- Range that studies cover: `{field}` {low:g} to {high:g}; beyond it a plan says so.")
    if not made.documented:
        facts.append("- Range that studies cover: none is documented.")
    if made.limit:
        most = f"{made.limit.most:g} {made.limit.unit}"
        facts.append(f"- At most: {most} ({linked(escape(made.limit.source))}).")
    return "\n\n".join([*parts, "\n".join(facts), _fields(made)])


def _evidence(entry: tuple[str, str, str]) -> str:
    source, grade, says = entry
    return f"- {linked(escape(source))} (grade {grade}): {escape(says)}"


def _fields(made: type[Lever]) -> str:
    common = set(Programme.model_fields) if issubclass(made, Programme) else set(Lever.model_fields)
    own = {name: field for name, field in made.model_fields.items() if name not in common}
    if not own:
        return ""
    rows = []
    for name, field in own.items():
        choice = getattr(field.annotation, "__args__", ())
        words = bool(choice) and all(isinstance(value, str) for value in choice)
        kind = " or ".join(f"`{value}`" for value in choice) if words else _type_name(field.annotation)
        rows.append((f"`{name}`", kind, _default(field)))
    return rows_table(("field", "type", "value"), rows)


def _whole(made: type[Lever]) -> str:
    return inspect.cleandoc(made.__doc__ or "").replace("``", "`")


def _first(made: type[Lever]) -> str:
    return _whole(made).split("\n", 1)[0]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
