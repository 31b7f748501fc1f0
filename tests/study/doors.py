"""Every door through which stored results of the checks leave, and what each says when they are stale."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.model.version import is_in_development, model_version


def assert_all_say_stale(why: str, mode: str = "point") -> None:
    """Ask terminal, JSON, page of the manual, explain, browser and brief: none shows stale numbers as current."""
    from kladsim.app import watching
    from kladsim.evidence.translating import texts
    from kladsim.report import annex
    from kladsim.report.validation_page import page
    from kladsim.validation.explaining import check_of
    from kladsim.validation.report import answer

    drawn = () if mode == "point" else ("--only", "patterns", "--parameters", mode)
    told = CliRunner().invoke(verbs, ["validate", *drawn])
    assert told.exit_code == 0 and f"STALE: {why}" in " ".join((told.stdout + told.stderr).split())
    found = json.loads(CliRunner().invoke(verbs, ["validate", *drawn, "--json"]).stdout)
    assert found["stale" if mode == "point" else "patterns_stale"] == why
    text = page(answer(), [])
    if mode != "point":
        assert f"**Stale ({mode}): {why}.**" in text
        return
    assert f"**Stale: {why}.**" in text
    assert check_of("P08")["stored"] == why
    assert watching.fit().stale == why
    for language in ("en", "ru"):
        assert texts("brief", language)["checks_stale"] in annex._checks(texts("brief", language))


def are_current(why: str, mode: str = "point") -> bool:
    """Return whether stored results are of this model; of one in development each door must say why they are not.

    Stale results of a finished model fail the test.
    """
    assert is_in_development() or not why, f"the stored results are stale ({mode}): {why}"
    if why:
        assert_all_say_stale(why, mode)
    return not why


def refused_without_posterior() -> bool:
    """Return whether no posterior of this model ships; then `validate` must refuse to draw from one, and say why."""
    from kladsim.runs.parameters import why_no_posterior

    why = why_no_posterior("russia", model_version())
    if why is None:
        return False
    for more in ((), ("--json",), ("--only", "patterns")):
        told = CliRunner().invoke(verbs, ["validate", "--parameters", "posterior", *more])
        assert told.exit_code == 2 and "no posterior for this run" in told.stderr and why[1] in told.stderr
    return True
