"""Show that a change of code moves no result: the states of twelve runs, whatever the arrays are called.

    python tools/state_digests.py                   compare with tools/state_digests.json; exit 1 where a run differs
    python tools/state_digests.py --only NAME       one run
    python tools/state_digests.py --settle REASON   compare, then note this tree's digests of code as equal to the first
    python tools/state_digests.py --make            write tools/state_digests.json (once, on the code as it stood)

The digest of a state is the set of the SHA-256 of its arrays: of persons in order of their number, of tables, of
regional and national columns. Names, order and grouping of the arrays do not count, nor do outcomes, the layout of the
register, room that is not used and what a day leaves in work space; an array that is lost or holds another bit is
found. So the script reads the code as it stands and as it stood.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tools" / "state_digests.json"
LEFT = 255
"""Class of a row whose person has left."""
WORK_SPACE = ("chunks", "labour.applications", "justice.charges", "health.requests")
"""Names in a saved state of what is layout or what a day leaves behind."""


def configuration(until: str, scale: int, country: str = "russia", off: tuple[str, ...] = (), **changes: Any) -> Any:
    """Return a configuration at the register's point."""
    from kladsim.core import rng
    from kladsim.evidence import load_register
    from kladsim.model.config import MECHANISMS, RunConfig
    from kladsim.world import load_pack

    register = load_register().localised(load_pack(country).parameters, country)
    parameters = changes.pop("parameters", {})
    return replace(
        RunConfig(
            country, date(2014, 1, 1), date.fromisoformat(until), scale, 1, register.override(parameters).values(),
            {name: name not in off for name in MECHANISMS}, (), rng.GENERATOR,
        ),
        **changes,
    )  # fmt: skip


def modifiers(*rows: tuple[str, str, str, float]) -> tuple[Any, ...]:
    """Return dated changes of quantities (quantity, first day, operation, value)."""
    from kladsim.model.config import Modifier

    return tuple(Modifier(name, date.fromisoformat(day), None, how, value) for name, day, how, value in rows)


def runs() -> dict[str, Callable[[], Any]]:
    """Return the twelve runs by name, each a function that makes its configuration."""
    police = ("policing.effort.courier", "2015-09-01", "set", 4.0)
    health = ("treatment.places", "2015-01-01", "set", 3.0)
    shut = ("platform.takedown", "2016-03-01", "set", 1.0)
    front = ("justice.prison_recruitment", "2015-05-01", "set", 0.05)
    diverted = ("justice.diversion.courier", "2015-02-01", "set", 0.4)
    borders = ("movement", "2015-03-01", "set", 0.5)
    return {
        "russia": lambda: configuration("2017-01-01", 500),
        "russia-seed": lambda: configuration("2016-01-01", 300, seed=7),
        "russia-levers": lambda: configuration(
            "2017-01-01", 500, modifiers=modifiers(police, health, shut, front, diverted, borders)
        ),
        "russia-luck": lambda: configuration("2015-06-01", 1000, luck=1, luck_from=date(2015, 1, 1)),
        "russia-parameters": lambda: configuration(
            "2016-01-01", 1000, parameters={"health.seek_heavy": 0.2, "adoption.rate": 1.2}
        ),
        "without-M2-M9": lambda: configuration("2015-06-01", 1000, off=("M2", "M9")),
        "without-M1-M4": lambda: configuration("2015-06-01", 1000, off=("M1", "M4")),
        "without-M7-M8-M11": lambda: configuration("2015-06-01", 1000, off=("M7", "M8", "M11")),
        "without-M5-M6-M10": lambda: configuration("2016-06-01", 1000, off=("M5", "M6", "M10")),
        "without-M12-M13-M15": lambda: configuration("2016-06-01", 1000, off=("M12", "M13", "M15")),
        "georgia": lambda: configuration("2016-07-01", 5, country="georgia"),
        "south-korea": lambda: configuration("2016-01-01", 100, country="south-korea"),
    }


def finish(config: Any) -> Any:
    """Return a simulation that has run to its end."""
    from kladsim.model.simulation import Simulation
    from kladsim.world import load_pack

    made = Simulation(config, load_pack(config.country))
    made.run()
    return made


def arrays_within(value: Any, skip: tuple[str, ...] = ()) -> Iterator[np.ndarray]:
    """Yield every array of a bundle and of the bundles in it."""
    if isinstance(value, np.ndarray):
        yield value
    elif hasattr(value, "items"):
        for name, inner in value.items():
            if name not in skip:
                yield from arrays_within(inner)


def array_digest(array: np.ndarray) -> str:
    """Return the digest of an array without the run of equal rows at its end (room that is not used)."""
    used = np.ascontiguousarray(array)
    if used.ndim and len(used) > 1:
        same = (used == used[-1]).reshape(len(used), -1).all(axis=1)
        used = used[: len(used) - int(np.argmin(same[::-1])) + 1] if not same.all() else used[:1]
    content = f"{used.dtype.str}{used.shape[1:]}".encode() + used.tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def state_digests(simulation: Any) -> set[str]:
    """Return the digests of all arrays of a state: columns of persons in order of their number, then the rest."""
    persons, world = simulation.persons_table, simulation.world
    chunks = world.chunks
    rows = np.concatenate([np.arange(s, s + n) for s, n in zip(chunks.start, chunks.count, strict=True)])
    rows = rows[persons.klass[rows] != LEFT]
    rows = rows[np.argsort(persons.pid[rows], kind="stable")]
    columns = [column[rows] for _, column in persons.items()]
    return {array_digest(array) for array in (*columns, *arrays_within(world, WORK_SPACE))}


def saved_digests(simulation: Any) -> set[str]:
    """Return the digests of the arrays that the first tree saves: what every later tree must hold."""
    from kladsim.model import state

    world = simulation.world
    kept = {array_digest(a) for name, a in state.saved_columns(world) if not name.startswith(WORK_SPACE)}
    rest = {array_digest(a) for a in arrays_within(world)}
    return (state_digests(simulation) - rest) | kept


def compare(only: list[str]) -> bool:
    """Print each run and whether its state holds every array of the first tree; return whether all do."""
    expected = json.loads(FILE.read_text(encoding="utf-8"))
    well = True
    for name, make in runs().items():
        if only and name not in only:
            continue
        missing = set(expected[name]) - state_digests(finish(make()))
        print(f"{name:22} {len(expected[name])} arrays, {len(missing)} lost or changed", flush=True)
        well &= not missing
    return well


def settle(reason: str) -> None:
    """Note the digests of this tree's code, register and countries as equal to those that stored results carry."""
    from kladsim.runs.meaning import EQUAL, list_digests

    known = {row["part"]: row for row in csv.DictReader(EQUAL.read_text(encoding="utf-8").splitlines())}
    for part, digest in list_digests().items():
        row = known.setdefault(part, {"part": part, "stored": digest, "now": digest, "why": "first"})
        if row["now"] != digest:
            row |= {"now": digest, "why": reason}
    with EQUAL.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("part", "stored", "now", "why"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(known.values())


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", action="store_true", help="write the file of digests")
    parser.add_argument("--settle", metavar="REASON", help="note this tree's digests of code as equal")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", choices=list(runs()))
    options = parser.parse_args()
    if options.make:
        found = {name: sorted(saved_digests(finish(make()))) for name, make in runs().items()}
        FILE.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
        return 0
    if not compare(options.only):
        return 1
    if options.settle:
        settle(options.settle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
