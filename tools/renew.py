"""Makes anew what ships with a version of the model, in the order in which it builds on each other; resumes.

    python tools/renew.py                   everything that was not made for this code yet (hours of two cores)
    python tools/renew.py --only draws      one step and nothing else, even if it was made
    python tools/renew.py --list            the steps, and which were made for this code

A step that failed is told and ends the call; the same call goes on there. What a step prints lies in its log under
``build/renew``, in a folder of the code and data that decide results. Look at every result before it is committed:
the command makes it, it does not judge it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
KLADSIM = (sys.executable, "-m", "kladsim")


@dataclass(frozen=True)
class Step:
    """What a step is called, what it makes, its command, and which file (none: what it prints) goes into which."""

    name: str
    makes: str
    command: tuple[str, ...]
    into: str = ""
    of: str = ""


def steps(workers: int, store: Path) -> tuple[Step, ...]:
    """Return the steps in their order."""
    many = ("--workers", str(workers))
    kept = ("--store", str(store))
    validate = (*KLADSIM, "validate", "--fresh", "--ship", *kept, *many)
    drawn = ("--only", "patterns", "--parameters")
    picture = store / "picture"
    return (
        Step("golden", "tests/golden", (sys.executable, "tests/golden/make.py")),
        Step("description", "the ODD+D", (*KLADSIM, "explain", "model"), "docs/model_description.md"),
        Step("validation", "stored results at the point", validate),
        Step("posterior", "posterior, its emulator, report", (*KLADSIM, "calibrate", "russia", "--ship", *kept, *many)),
        Step("calibration", "docs/calibration", (*KLADSIM, "calibrate", "report", "-o", "docs/calibration")),
        Step("draws", "patterns over draws of the posterior", (*validate, *drawn, "posterior")),
        Step("prior", "patterns over draws of the prior", (*validate, *drawn, "prior")),
        Step("report", "docs/validation", (*KLADSIM, "validate", "-o", "docs/validation")),
        Step("picture", "the picture of a run",
             (*KLADSIM, "run", "russia", "--replicates", "8", "--until", "2027-01-01", *many, "-o", str(picture)),
             "docs/run.png", str(picture / "picture.png")),
        Step("stories", "baseline and stories of the page",
             (sys.executable, "-m", "kladsim.app.prepare", "--stories")),
        Step("tutorials", "docs/tutorials", (sys.executable, "tools/tutorials.py")),
        Step("emulator", "emulator of levers", (*KLADSIM, "emulate", "fit", "--ship", *kept, *many)),
        Step("gallery", "docs/gallery", (sys.executable, "examples/gallery/make.py", "--runs", str(store), *many)),
        Step("pairing", "docs/pairing.md",
             (sys.executable, "benchmarks/pairing.py", "--scale", "1/100", "--replicates", "8",
              "--page", "docs/pairing.md", *many)),
    )  # fmt: skip


def folder() -> Path:
    """Return the folder of this code's steps."""
    from kladsim.model.version import MODEL_VERSION
    from kladsim.study.validation.keys import making_key

    return ROOT / "build" / "renew" / f"{MODEL_VERSION}-{making_key()[:12]}"


def make(step: Step, place: Path) -> bool:
    """Run a step's command and return whether it ended well."""
    log, out, began = place / f"{step.name}.log", place / f"{step.name}.out", time.monotonic()
    sys.stderr.write(f"{step.name}: {step.makes} ...\n")
    with log.open("w", encoding="utf-8") as errors, out.open("w", encoding="utf-8") as printed:
        ended = subprocess.run(step.command, cwd=ROOT, stdout=printed, stderr=errors, check=False)
    if ended.returncode:
        sys.stderr.write(f"{step.name}: ended with {ended.returncode}; see {log}\n")
        return False
    if step.into:
        (ROOT / step.into).write_bytes((Path(step.of) if step.of else out).read_bytes())
    spent = time.monotonic() - began
    (place / f"{step.name}.made").write_text(f"{spent:.0f} s\n", encoding="utf-8")
    sys.stderr.write(f"{step.name}: made in {spent / 60:.1f} minutes\n")
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="STEP", help="a step; repeatable")
    parser.add_argument("--list", action="store_true", help="print the steps and make nothing")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    place = folder()
    every = steps(given.workers, place / "rows")
    unknown = set(given.only) - {step.name for step in every}
    if unknown:
        parser.error(f"unknown step {', '.join(sorted(unknown))}; known: {', '.join(step.name for step in every)}")
    if given.list:
        for step in every:
            made = place / f"{step.name}.made"
            sys.stdout.write(f"{step.name:12} {made.read_text().strip() if made.exists() else '-':>8}  {step.makes}\n")
        return 0
    place.mkdir(parents=True, exist_ok=True)
    for step in every:
        asked = step.name in given.only if given.only else not (place / f"{step.name}.made").exists()
        if asked and not make(step, place):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
