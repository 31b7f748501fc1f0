"""Make anew what ships with a version of the model, in the order in which it builds on each other; resumes.

    python tools/renew.py                   everything that was not made for this code yet (hours of two cores)
    python tools/renew.py --commit          the same; each finished step is a commit, so that another machine goes on
    python tools/renew.py --only draws      one step and nothing else, even if it was made
    python tools/renew.py --list            the steps, and which were made for this code

Which steps were made, and for what, stands in ``tools/renewed.json`` in the tree: a step is due when the digest of what
it depends on has changed (``kladsim.runs.meaning``: comments do not count). Rows of finished runs are kept in the
user's cache folder and found again. A step that failed is told and ends the call; the same call goes on there. Look at
every result before it is committed: the command makes it, it does not judge it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tools" / "renewed.json"
KLADSIM = (sys.executable, "-m", "kladsim")


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    name, title : what it is called, and what it makes
    command : what is run
    paths : files and folders of the tree that it writes
    depends : returns the digest of what decides its result
    into, source : the file that takes what the command prints, or that takes the file ``source``
    """

    name: str
    title: str
    command: tuple[str, ...]
    paths: tuple[str, ...]
    depends: Callable[[], str]
    into: str = ""
    source: str = ""


def model_digest() -> str:
    """Return the digest of the model with the data of the shipped countries."""
    from kladsim.core.files import sha256_of
    from kladsim.model.version import model_version
    from kladsim.runs.meaning import runs_digest

    return sha256_of([model_version(), *(runs_digest(country) for country in ("russia", "georgia", "south-korea"))])


def facts_digest() -> str:
    """Return the digest of what decides stored results of checks."""
    from kladsim.core.files import sha256_of
    from kladsim.validation.keys import judging_key, making_key

    return sha256_of([making_key(country) for country in ("russia", "georgia", "south-korea")] + [judging_key()])


def fit_digest() -> str:
    """Return the digest of what decides the posterior: runs, data, priors and method."""
    from kladsim.core.files import sha256_of
    from kladsim.inference.calibration.store import making_key
    from kladsim.runs.meaning import part_digest

    return sha256_of([making_key(), part_digest("inference")])


def posterior_digest() -> str:
    """Return the digest of the model and of the posterior that ships."""
    from kladsim.core.files import sha256_of
    from kladsim.runs.meaning import files_digest

    return sha256_of([model_digest(), files_digest(("runs/data/posterior_*.json",))])


def checks_digest() -> str:
    """Return the digest of checks whose parameters are draws of the posterior or the prior."""
    from kladsim.core.files import sha256_of

    return sha256_of([facts_digest(), posterior_digest()])


def levers_digest() -> str:
    """Return the digest of what the emulator of levers is trained on."""
    from kladsim.core.files import sha256_of
    from kladsim.inference.emulator.keys import emulator_key
    from kladsim.runs.meaning import part_digest

    return sha256_of([emulator_key(), posterior_digest(), part_digest("emulator")])


def stories_digest() -> str:
    """Return the digest of what decides the baseline and the stories of the page."""
    from kladsim.core.files import sha256_of
    from kladsim.runs.meaning import part_digest

    return sha256_of([posterior_digest(), part_digest("stories")])


def steps(workers: int, store: Path) -> tuple[Step, ...]:
    """Return the steps in their order."""
    many = ("--workers", str(workers))
    kept = ("--store", str(store))
    validate = (*KLADSIM, "dev", "validate", "--fresh", "--ship", *kept, *many)
    drawn = ("--only", "patterns", "--parameters")
    picture = store / "picture"
    stored = "src/kladsim/validation/data/"
    fitted = "src/kladsim/inference/calibration/data"
    return (
        Step("golden", "golden run", (sys.executable, "tests/golden/make.py"), ("tests/golden",), model_digest),
        Step("description", "the ODD+D", (*KLADSIM, "explain", "model"), ("docs/model_description.md",), model_digest,
             "docs/model_description.md"),
        Step("validation", "stored results at the point", validate, (stored,), facts_digest),
        Step("posterior", "posterior, its emulator, report",
             (*KLADSIM, "dev", "calibrate", "russia", "--ship", *kept, *many),
             (fitted, "src/kladsim/runs/data"), fit_digest),
        Step("calibration", "docs/calibration", (*KLADSIM, "calibrate", "report", "-o", "docs/calibration"),
             ("docs/calibration",), posterior_digest),
        Step("draws", "patterns over draws of the posterior", (*validate, *drawn, "posterior"), (stored,),
             checks_digest),
        Step("prior", "patterns over draws of the prior", (*validate, *drawn, "prior"), (stored,), facts_digest),
        Step("report", "docs/validation", (*KLADSIM, "validate", "-o", "docs/validation"), ("docs/validation",),
             checks_digest),
        Step("picture", "the picture of a run",
             (*KLADSIM, "run", "russia", "--replicates", "8", "--until", "2027-01-01", *many, "-o", str(picture)),
             ("docs/run.png",), posterior_digest, "docs/run.png", str(picture / "picture.png")),
        Step("stories", "baseline and stories of the page",
             (sys.executable, "-m", "kladsim.app.prepare", "--stories"), ("src/kladsim/app/shipped",), stories_digest),
        Step("tutorials", "docs/tutorials", (sys.executable, "tools/tutorials.py"), ("docs/tutorials",),
             posterior_digest),
        Step("emulator", "emulator of levers", (*KLADSIM, "dev", "emulate", "fit", "--ship", *kept, *many),
             ("src/kladsim/inference/emulator/data",), levers_digest),
        Step("gallery", "docs/gallery",
             (sys.executable, "examples/gallery/make.py", "--runs", str(store), *many), ("docs/gallery",),
             posterior_digest),
        Step("pairing", "docs/pairing.md",
             (sys.executable, "benchmarks/pairing.py", "--scale", "1/100", "--replicates", "8",
              "--page", "docs/pairing.md", *many), ("docs/pairing.md",), model_digest),
    )  # fmt: skip


def cache() -> Path:
    """Return the folder of logs and of rows of finished runs, outside the tree."""
    from kladsim.core.jit import cache_folder

    return cache_folder().parent / "renew"


def read_record() -> dict[str, dict[str, Any]]:
    """Return what was made: by step, the digest of what it depended on and the minutes it took."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8"))) if RECORD.exists() else {}


def is_current(step: Step) -> bool:
    """Say whether a step was made for what it depends on now."""
    return read_record().get(step.name, {}).get("digest") == step.depends()


def make(step: Step, folder: Path, commit: bool) -> bool:
    """Run a step's command, record it, and return whether it ended well."""
    log, out, began = folder / f"{step.name}.log", folder / f"{step.name}.out", time.monotonic()
    sys.stderr.write(f"{step.name}: {step.title} ...\n")
    with log.open("w", encoding="utf-8") as errors, out.open("w", encoding="utf-8") as printed:
        ended = subprocess.run(step.command, cwd=ROOT, stdout=printed, stderr=errors, check=False)
    if ended.returncode:
        sys.stderr.write(f"{step.name}: ended with {ended.returncode}; see {log}\n")
        return False
    if step.into:
        (ROOT / step.into).write_bytes((Path(step.source) if step.source else out).read_bytes())
    minutes = round((time.monotonic() - began) / 60, 1)
    record = read_record() | {step.name: {"digest": step.depends(), "minutes": minutes}}
    RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stderr.write(f"{step.name}: made in {minutes} minutes\n")
    if commit:
        paths = ("--", *step.paths, str(RECORD))
        subprocess.run(("git", "add", "-A", *paths), cwd=ROOT, check=True)
        subprocess.run(("git", "commit", "-q", "-m", f"Renewed: {step.title}", *paths), cwd=ROOT, check=True)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run the steps that are due, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="STEP", help="a step; repeatable")
    parser.add_argument("--list", action="store_true", help="print the steps and make nothing")
    parser.add_argument("--commit", action="store_true", help="commit what each step made")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    folder = cache()
    plan = steps(options.workers, folder / "rows")
    unknown = set(options.only) - {step.name for step in plan}
    if unknown:
        parser.error(f"unknown step {', '.join(sorted(unknown))}; known: {', '.join(step.name for step in plan)}")
    if options.list:
        for step in plan:
            state = f"{read_record()[step.name]['minutes']} min" if is_current(step) else "due"
            sys.stdout.write(f"{step.name:12} {state:>10}  {step.title}\n")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for step in plan:
        wanted = step.name in options.only if options.only else not is_current(step)
        if wanted and not make(step, folder, options.commit):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
