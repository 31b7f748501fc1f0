"""Make baseline.json anew with ``python tests/golden/make.py``, after a change that moves results on purpose."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("baseline.json")
UNTIL, SCALE = "2017-01-01", 500
TOTALS = ("people_who_use", "dependent", "initiations", "convictions_possession", "prison_years", "orders", "couriers")


def parameters_hash() -> str:
    """Return the hash of the register's values and of the pack that the numbers rest on."""
    from tests.model.running import russia

    from kladsim.evidence import load_register

    text = json.dumps(load_register().values(), sort_keys=True) + russia().digest
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def golden() -> dict[str, Any]:
    """Return version, hash of parameters, digest and some totals of a small run."""
    from tests.model.running import finished

    from kladsim.model.version import MODEL_VERSION

    run = finished(UNTIL, SCALE)
    totals = {name: float(run.results()[name].values.sum()) for name in TOTALS}
    return {
        "version": MODEL_VERSION,
        "parameters": parameters_hash(),
        "until": UNTIL,
        "scale": SCALE,
        "digest": run.digest()[:16],
        "totals": {name: round(value, 6) for name, value in totals.items()},
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    FILE.write_text(json.dumps(golden(), indent=2) + "\n")
