"""One country is the same in every verb, whatever names it."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Cli


def test_outlook_and_explain_take_codes_and_names(cli: Cli) -> None:
    told = {json.dumps(json.loads(cli("spread", "outlook", "--country", text, "--json").out)["countries"])
            for text in ("LV", "LVA", "latvia", "ЛАТВИЯ")}  # fmt: skip
    assert len(told) == 1 and len(json.loads(told.pop())) == 1
    assert len({cli("spread", "explain", text, "--json").out for text in ("KR", "KOR", "south korea", "한국")}) == 1
    wrong = cli("spread", "outlook", "--country", "ARB")
    assert wrong.code == 2 and "Arab World" in wrong.err and "did you mean" not in wrong.err


def test_a_pack_is_checked_by_its_countrys_code(cli: Cli, tmp_path: Path) -> None:
    assert cli("doctor", "pack", "GE", "--json").out == cli("doctor", "pack", "georgia", "--json").out != ""
