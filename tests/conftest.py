"""Settings that all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.environment import forget_settings
from tests.skipping import WHOLE, unexplained

# Workers take the environment of the process that starts them, with what it sets below.
if "PYTEST_XDIST_WORKER" not in os.environ:
    forget_settings()
# The workers of the tests share the cores: threads of linear algebra beside them wait for each other, busily.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# Exact results in the tests are those of the register's point; what draws of the posterior do has tests of its own.
os.environ["KLADSIM_PARAMETERS"] = "point"
# Pasts that comparisons keep: a folder of this session, so that no test begins where another checkout left one.
os.environ["KLADSIM_STATES"] = tempfile.mkdtemp(prefix="kladsim-states-")
# Fits of the monitor that are kept between runs: none that another checkout made; workers of one session share them.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["KLADSIM_FITS"] = tempfile.mkdtemp(prefix="kladsim-fits-")


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Only a power cut would show what is on the disk: that files ask for it is tested in study/test_files.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


# The first example of a property may compile a kernel, so time says nothing about the code.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", parent=settings.get_profile("ci"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The monitor keeps a person's own observations in a folder of this test, and forgets what it read before."""
    from kladsim.monitor import library

    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    library.forget()
    yield
    library.forget()


def pytest_sessionfinish() -> None:
    """Remove this session's kept pasts and, where no other worker needs them, its fits."""
    shutil.rmtree(os.environ["KLADSIM_STATES"], ignore_errors=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["KLADSIM_FITS"], ignore_errors=True)


def _refuse(report: Any) -> None:
    """Turn a skip that the text does not explain into a failure."""
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if why := unexplained(reason, whole=os.environ.get(WHOLE) == "1"):
            report.outcome, report.longrepr = "failed", why


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Look at the skip of a test."""
    _refuse((yield).get_result())  # type: ignore[attr-defined]


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Look at the skip of a whole file."""
    _refuse((yield).get_result())  # type: ignore[attr-defined]
