"""``kladsim doctor``, ``bench`` and ``cite``: the machine, the speed, the reference."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.countries import check_pack
from kladsim.cli.guard import FAILED, command
from kladsim.cli.show import print_json, print_table, say
from kladsim.core.errors import InputError, KladsimError, StorageError, unknown_name
from kladsim.core.machine import usable_cores
from kladsim.core.version import VERSION
from kladsim.runs.kernels import KERNELS, VARIABLE, usual_cache, why_not_writable, why_not_writable_yet, writable_cache

# The published first block of Philox4x32-10 for counter 0 and key 0 (Random123, kat_vectors).
PHILOX_ZERO = (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
TIGHT_DISK = 1 << 30


@command
def doctor(
    what: Annotated[str | None, typer.Argument(help="Nothing for the machine, or: pack.")] = None,
    path: Annotated[str | None, typer.Argument(help="A country pack: its folder or name.")] = None,
    json_: o.Json = False,
) -> None:
    """Check this machine and installation, or a country pack.

    Versions, cores, disk, caches, random numbers, country packs.

    Example: kladsim doctor; kladsim doctor pack my/south-korea
    """
    if what is not None:
        if what != "pack":
            raise unknown_name("thing to check", what, ("pack",), where="doctor")
        if path is None:
            raise InputError("names no pack", where="doctor pack", allowed="its folder or name")
        check_pack(path, json_)
        return
    checks = [
        *(_guarded(what, check) for what, check in CHECKS.items()),
        *(_guarded(f"folder {variable}", functools.partial(_folder, variable)) for variable in FOLDERS),
    ]
    healthy = all(check["ok"] for check in checks)
    if json_:
        print_json({"ok": healthy, "checks": checks})
    else:
        states = {(True, False): "ok", (True, True): "WARNING"}
        rows = [(states.get((c["ok"], c["warning"]), "PROBLEM"), c["what"], c["found"]) for c in checks]
        print_table("", ("state", "what", "found"), rows)
    if not healthy:
        raise typer.Exit(FAILED)


def _check(what: str, result: object, ok: bool = True, warning: bool = False) -> dict[str, Any]:
    return {"what": what, "found": str(result), "ok": ok, "warning": warning}


def _guarded(what: str, check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A check that fails is a problem found, and the others are made all the same."""
    try:
        return check()
    except (KladsimError, OSError, RuntimeError) as error:
        return _check(what, error, ok=False)


def _folder(variable: str) -> dict[str, Any]:
    """Whether the folder that a variable names, or its default, can be written."""
    import os


    folder = Path(os.environ.get(variable) or FOLDERS[variable]).absolute()
    problem = why_not_writable_yet(folder)
    text = f"{folder} cannot be written ({problem}): set {variable} to one that can be" if problem else folder
    return _check(f"folder {variable}", text, not problem)


def _versions() -> dict[str, Any]:
    from kladsim.runs.provenance import software

    text = software()
    listed = ", ".join(f"{name} {version}" for name, version in text.items())
    return _check("versions", listed, "not installed" not in text.values())


def _cores() -> dict[str, Any]:
    many = usable_cores()
    return _check("cores", f"{many} usable: one large replicate runs on {many} threads, small ones side by side")


def _disk() -> dict[str, Any]:
    import os
    import shutil

    from kladsim.runs.store import runs_root

    folder = runs_root().absolute()
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    free = shutil.disk_usage(there).free
    return _check("free disk for runs", f"{free / 1e9:.1f} GB at {folder}", free > TIGHT_DISK)


def _cache() -> dict[str, Any]:
    usual = usual_cache()
    problem = why_not_writable(usual)
    folder = writable_cache() / KERNELS
    kernels = len(list(folder.rglob("*.nbi"))) if folder.exists() else 0
    found = f"{kernels} in {folder}"
    if problem:
        found += f"; {usual} cannot be written ({problem}): set {VARIABLE} to one that can be"
    return _check("compiled kernels", found, warning=bool(problem))  # runs work, they only compile again


def _random_numbers() -> dict[str, Any]:
    import numpy as np

    from kladsim.core import rng

    writable_cache()
    words = tuple(int(word) for word in rng.philox(*(np.uint64(0) for _ in range(6))))
    same = words[:4] == PHILOX_ZERO
    return _check("random numbers", "Philox4x32-10 as published" if same else f"got {words}", same)


def _pack() -> dict[str, Any]:
    from kladsim.world import list_packs, load_pack

    try:
        text = ", ".join(f"{name} ({len(load_pack(name).region_code)} regions)" for name in list_packs())
    except KladsimError as error:
        return _check("country packs", error, ok=False)
    return _check("country packs", text, bool(text))


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "versions": _versions, "cores": _cores, "free disk for runs": _disk, "compiled kernels": _cache,
    "random numbers": _random_numbers, "country packs": _pack,
}  # fmt: skip
FOLDERS = {"KLADSIM_RUNS": "runs", "KLADSIM_MONITOR": "monitor"}


@command
def bench(
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments for benchmarks/run.py.")] = None,
    json_: o.Json = False,
) -> None:
    """Measure speed and memory beside the peers.

    Needs a checkout of the repository.

    Example: kladsim dev bench
    """
    import subprocess

    script = Path(__file__).parents[3] / "benchmarks" / "run.py"
    if not script.exists():
        raise StorageError(
            "the benchmarks are in the repository, not in the installed package: clone it, then `make bench`"
        )
    extra = ["--json"] if json_ else []
    raise typer.Exit(subprocess.call([sys.executable, str(script), *extra, *(arguments or [])]))


@command
def precompile(json_: o.Json = False) -> None:
    """Compile the model's kernels into the cache, once for this version of the code.

    Example: kladsim dev precompile
    """
    from kladsim.runs.kernels import KERNELS, prepare_kernels, writable_cache

    prepare_kernels()
    folder = writable_cache() / KERNELS
    many = len(list(folder.rglob("*.nbi")))
    if json_:
        print_json({"folder": str(folder), "kernels": many})
    else:
        say(f"{many} kernels in {folder}")


@command
def cite(json_: o.Json = False) -> None:
    """Say how to cite kladsim.

    Example: kladsim cite --json
    """
    title = "kladsim: an agent-based model of a nation's dead-drop drug economy"
    year = "2026"
    bibtex = (
        f"@software{{kladsim,\n  title = {{{title}}},\n  author = {{{{The kladsim maintainers}}}},\n"
        f"  year = {{{year}}},\n  version = {{{VERSION}}},\n  license = {{Apache-2.0}}\n}}"
    )
    text = f"The kladsim maintainers ({year}). {title}, version {VERSION}. Apache-2.0."
    if json_:
        print_json({"text": text, "bibtex": bibtex, "version": VERSION})
    else:
        say(f"{text}\n\n{bibtex}\n\nName the model version and your run's digest (kladsim runs show RUN).")
