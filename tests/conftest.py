"""Settings that all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile

# Exact results in the tests are those of the register's point; what draws of the posterior do has tests of its own.
os.environ.setdefault("KLADSIM_PARAMETERS", "point")
# Pasts that comparisons keep: a folder of this session, so that no test begins where another checkout left one.
os.environ["KLADSIM_STATES"] = tempfile.mkdtemp(prefix="kladsim-states-")

from hypothesis import HealthCheck, settings

# The first example of a property may compile a kernel, so time says nothing about the code.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", parent=settings.get_profile("ci"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_sessionfinish() -> None:
    """Remove this session's kept pasts."""
    shutil.rmtree(os.environ["KLADSIM_STATES"], ignore_errors=True)
