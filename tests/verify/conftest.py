"""The long checks are for ``make verify`` only; the helpers of the model's tests are importable by name."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
