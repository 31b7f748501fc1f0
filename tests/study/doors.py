"""Every door through which stored results of the checks leave, and what each says when they are stale."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from kladsim.cli.main import verbs


def assert_all_say_stale(why: str, mode: str = "point") -> None:
    """Ask terminal, JSON, page of the manual, explain, browser and brief: none shows stale numbers as current."""
    from kladsim.app import watching
    from kladsim.report import annex
    from kladsim.report.brief import WORDS
    from kladsim.report.validation_page import page
    from kladsim.study.validation.explaining import check_of
    from kladsim.study.validation.report import answer

    drawn = () if mode == "point" else ("--only", "patterns", "--parameters", mode)
    told = CliRunner().invoke(verbs, ["validate", *drawn])
    assert told.exit_code == 0 and f"STALE: {why}" in told.stderr
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
        assert WORDS[language]["checks_stale"] in annex._checks(WORDS[language])
