"""A pack of another installed package is found by its entry point; a broken entry point harms nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kladsim.world import Pack, list_packs, load_pack


def test_entry_point(copy: Path, tmp_path: Path, russia: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "other_country"
    shutil.copytree(copy, package)
    (package / "__init__.py").write_text("", encoding="utf-8")
    info = tmp_path / "site" / "other_country-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other_country\nVersion: 1\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        "[kladsim.packs]\nother = other_country\nbroken = there_is_no.module\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert set(list_packs()) >= {"other", "russia"} and "broken" not in list_packs()
    assert load_pack("other").digest == russia.digest
