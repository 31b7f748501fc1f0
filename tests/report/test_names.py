"""Every printable name of a plan can be run, compared and printed; what no font has is spelled out, and said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.study.fake_model import SPEC

from kladsim import Scenario
from kladsim.core.errors import InputError
from kladsim.report.glyphs import BREAK, CERTAIN, can_show, for_print, spell_out, without_glyph
from kladsim.report.printing import write_brief
from kladsim.study.comparison import Comparison, compare

pytest.importorskip("typst")

NAMES = (
    "계획", "แผนการ", "計画 二", "🚀 Go", "👨\u200d👩\u200d👧", "خطة", "תוכנית", "م\u200cن", "e\u0301\u0323\u0302x", "हिन्दी",
    "План «А»", "x" * 100, "계" * 100, "<b>bold</b>", "#{1+1} $x$ *a* _b_ @c <d>", "a\\b/c:d|e?", '"quoted"', "{plan}",
    "-", "...", "CON", "ᚠⵣ𓀀", "100 %", "Divert; rm -rf ~",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def _compared(name: str, folder: Path) -> Comparison:
    from kladsim.policy.registry import parse_lever

    base = Scenario.preset("russia").with_(until="2017", seed=3)
    plan = base.with_(parse_lever({"lever": "diversion", "share": 0.5, "start": "2015-07-01"}), name=name)
    return compare(base, plan, replicates=3, engine=SPEC, out=folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_of_any_printable_name_is_compared_and_printed(name: str, folder: Path, tmp_path: Path) -> None:
    found = _compared(name, folder)
    assert found.effect("arrests").plan == name
    assert found.save().exists() and _compared(name, folder).effect("arrests").plan == name
    for run in found.plans.values():
        assert re.fullmatch(r"[a-z0-9-]+", run.path.name), run.path.name
    assert re.fullmatch(r"[a-z0-9-]+\.json", found.path.name)
    pdf, page = found.report(tmp_path / "brief.pdf"), found.report(tmp_path / "brief.html", language="ru")
    assert pdf.read_bytes().startswith(b"%PDF")
    from markupsafe import escape

    assert str(escape(name)) in page.read_text(encoding="utf-8")
    assert found.report(tmp_path / "again.pdf").read_bytes() == pdf.read_bytes()


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "\x00", "\u202eabc", " ", "", "x" * 101, "\u2028"])
def test_a_name_that_is_not_printable_is_refused_in_words(name: str) -> None:
    with pytest.raises(InputError, match="1 to 100 printable characters"):
        Scenario(name=name)


@pytest.mark.parametrize(
    ("character", "spelled"),
    [
        ("계", "gye"), ("획", "hoeg"), ("ก", "k"), ("า", "aa"), ("か", "ka"), ("ル", "ru"), ("計", "[U+8A08]"),
        ("🚀", "[rocket]"), ("\u200d", ""), ("ﬁ", "fi"), ("½", "1⁄2"), ("é", "é"), ("ሀ", "ha"), ("ა", "an"), ("\x07", ""),
    ],
)  # fmt: skip
def test_a_character_is_spelled_by_its_sound_or_name(character: str, spelled: str) -> None:
    if character in ("é", "½"):
        assert character in CERTAIN  # never asked for: the fonts have it
    else:
        assert spell_out(character) == spelled


def test_characters_called_certain_can_be_shown_and_what_is_printed_always_can() -> None:
    assert can_show("".join(sorted(CERTAIN)), False)
    printed, spelled, system = for_print({"names": list(NAMES)}, NAMES)
    assert without_glyph(set("".join(printed["names"])), system_fonts=system) == set()
    assert printed["names"][3].endswith("Go") and printed["names"][10] == "План «А»"
    assert printed["names"][11].replace(BREAK, "") == "x" * 100 and max(map(len, printed["names"][11].split(BREAK))) <= 12
    assert "🚀" in spelled or system


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_brief_says_that_a_name_was_spelled_out(
    language: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typst

    from kladsim.evidence.translating import texts
    from kladsim.report import glyphs
    from kladsim.report.brief import brief
    from kladsim.report.printing import to_pdf

    content, printed = brief(_compared("계획 A", folder), language=language), {}

    def compiled(source: bytes, **options: Any) -> bytes:
        printed.update(json.loads(options["sys_inputs"]["data"]))
        return b""

    monkeypatch.setattr(glyphs, "can_show", lambda text, system: not set(text) & {"계", "획"})
    monkeypatch.setattr(typst, "compile", compiled)
    to_pdf(content)
    assert printed["plans"][0]["name"] == "gyehoeg A"
    assert printed["spelled"] == texts("brief", language)["spelled"] != ""
    to_pdf(brief(_compared("Divert", folder), language=language))
    assert printed["spelled"] == ""


def test_names_that_differ_in_signs_only_do_not_share_effects(folder: Path) -> None:
    one, other = _compared("計画 A!", folder), _compared("계획 A?", folder)
    one.save()
    assert {e.plan for e in _compared("계획 A?", folder).totals()} == {"계획 A?"}
    assert other.effect("arrests").median == one.effect("arrests").median


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_text_of_any_kind_in_a_brief_is_printed(folder: Path, tmp_path: Path, kind: str) -> None:
    from kladsim.report.brief import brief

    content = brief(_compared("Divert", folder))
    content["plans"][0]["levers"] = ["\x00 \x07 \uffff 계획"]
    assert write_brief(content, tmp_path / f"a.{kind}").stat().st_size > 1000
