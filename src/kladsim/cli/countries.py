"""``kladsim new-country`` and ``kladsim doctor pack``: begin a country pack, and check one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import FAILED, command
from kladsim.cli.show import print_json, print_table, say


@command
def new_country(
    name: Annotated[str, typer.Argument(help="The pack's name, such as south-korea.")],
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet, or empty.")],
    iso3: Annotated[str, typer.Option("--iso3", help="ISO 3166-1 code of three letters, such as KOR.")],
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217 code, such as KRW.")],
    people: Annotated[int, typer.Option("--people", help="Head count, to begin with.")],
    title: Annotated[str | None, typer.Option("--title", help="The country's English name.")] = None,
    json_: o.Json = False,
) -> None:
    """Write a country pack that loads at once, every number a marked placeholder.

    Example: kladsim new-country south-korea my/south-korea --iso3 KOR --currency KRW --people 51000000
    """
    from kladsim.world.scaffold import new_pack

    shown = title or name.replace("-", " ").title()
    files = new_pack(folder, name=name, title=shown, iso3=iso3, currency=currency, people=people)
    if json_:
        print_json({"folder": str(folder), "files": [path.name for path in files]})
        return
    say(f"{len(files)} files in {folder}: every number is a placeholder.\nNext: kladsim doctor pack {folder}")


def check_pack(path: str, json_: bool) -> None:
    """Load a pack and say what it holds, what is assumed, and which rows still are placeholders."""
    from kladsim.report.pack_maps import map_problems
    from kladsim.world import load_pack
    from kladsim.world.load import find_pack
    from kladsim.world.scaffold import placeholders

    pack = load_pack(path)
    shapes, wrong = len(pack.map_geojson("regions")["features"]), map_problems(pack)
    left = placeholders(find_pack(path))
    named = {row.basis: sum(other.basis == row.basis for other in pack.meta) for row in pack.meta}
    summary: dict[str, Any] = {
        "pack": pack.name,
        "title": pack.title,
        "regions": pack.n_regions,
        "persons": pack.persons_at_start,
        "years": f"{pack.start.year} to {pack.end_year}",
        "series": len(pack.series),
        "observations": len(pack.observations),
        "events": len(pack.events),
        "parameters of its own": len(pack.parameters),
        "measures": ", ".join(pack.measures) or "the usual ones",
        "validation window": f"{pack.window.start} to {pack.window.end}" if pack.window else "none",
        "tables from data": named.get("data", 0),
        "tables in part assumed": named.get("mixed", 0),
        "tables assumed": named.get("assumption", 0),
        "map of the page": f"{shapes} regions" if shapes else "none: the page says so and shows no map",
        "preset of the page": _preset(pack.name),
        "digest": pack.digest[:12],
    }
    if json_:
        ok = not left and not wrong
        print_json({**summary, "placeholders": left, "problems": wrong, "assumptions": pack.assumptions, "ok": ok})
    else:
        print_table("", ("what", "found"), [(key, str(value)) for key, value in summary.items()])
        for file, rows in left.items():
            say(f"placeholder: {file}, {rows} rows")
        for problem in wrong:
            say(f"problem: {problem}")
        say("The pack loads and holds no placeholder." if not left else "The pack loads, but placeholders are left.")
    if left or wrong:
        raise typer.Exit(FAILED)


def _preset(country: str) -> str:
    """The shipped scenario that `kladsim serve --base` can show for a country."""
    from kladsim.policy.files import preset_names
    from kladsim.policy.scenario import Scenario

    names = [name for name in preset_names() if Scenario.preset(name).country == country]
    return ", ".join(names) or "none: name a scenario file with `kladsim serve --base FILE`"
