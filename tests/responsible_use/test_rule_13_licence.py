"""Rule 13: the package's metadata tell every licence that the wheel carries; packs load without restricted data."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from kladsim.world import load_pack
from kladsim.world.load import BUILT_IN

ROOT = Path(__file__).parents[2]
NAMES = {
    r"CC BY 4\.0": "CC-BY-4.0", r"CC BY 3\.0 IGO": "CC-BY-3.0-IGO", r"CC BY-SA 4\.0": "CC-BY-SA-4.0", r"\bCC0\b": "CC0-1.0",
    r"\bPDDL\b": "PDDL-1.0", r"Unicode License": "Unicode-3.0", r"Etalab": "etalab-2.0",
    r"Open Government\s+Licence": "OGL-UK-3.0", r"\bMIT\b": "MIT", r"\bISC\b": "ISC", r"BSD-3-Clause": "BSD-3-Clause",
    r"non-profit use": "LicenseRef-UNODC", r"no licence stated|no licence is stated": "LicenseRef-Not-Stated",
}  # fmt: skip


def expression() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        return str(tomllib.load(stream)["project"]["license"]).split(" AND ")


def test_it_is_a_valid_expression() -> None:
    from packaging.licenses import canonicalize_license_expression

    whole = " AND ".join(expression())
    assert canonicalize_license_expression(whole) == whole


def test_every_licence_that_a_notice_names_is_in_it() -> None:
    told = [ROOT / "NOTICE", *(ROOT / "src" / "kladsim").rglob("NOTICE"), *(ROOT / "src" / "kladsim").rglob("SOURCES.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in told)
    found = {name for pattern, name in NAMES.items() if re.search(pattern, text)}
    assert found == set(NAMES.values())
    assert set(expression()) == found | {"Apache-2.0"}


def test_every_notice_travels_as_a_licence_file() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        patterns = tomllib.load(stream)["project"]["license-files"]
    carried = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert carried >= {ROOT / "LICENSE", ROOT / "NOTICE", *(ROOT / "src" / "kladsim").rglob("NOTICE")}


@pytest.mark.parametrize("country", ["russia", "georgia", "south-korea"])
def test_packs_load_without_restricted_data(country: str, tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN / country, tmp_path / country, ignore=shutil.ignore_patterns("restricted"))
    assert load_pack(tmp_path / country).digest == load_pack(country).digest
