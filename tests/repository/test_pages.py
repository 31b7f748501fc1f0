"""What the pages say of behaviour and numbers is what the code does; what moves with a renewal is on pages that are made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kladsim.evidence.translating import FILE as CATALOGUE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = ("faq", "index", "ru", "start", "limits", "emulator", "plain_words", "guides/brief", "tutorials/browser",
           "tutorials/python", "tutorials/terminal")  # fmt: skip


def text_of(name: str) -> str:
    return " ".join((DOCS / f"{name}.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("name", WRITTEN)
def test_no_page_says_that_intervals_hold_luck_alone(name: str) -> None:
    """Replicates draw parameters wherever nobody asks for the point: then "luck only" is untrue."""
    text = re.sub(r"```.*?```", "", (DOCS / f"{name}.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    for sentence in re.split(r"(?<=[.;])\s+", " ".join(text.split())):
        if re.search(r"luck only|luck alone|только случайность", sentence):
            told = re.search(r"point|register's values|would have turned", sentence)
            assert told, f"{name}: {sentence}"


def test_what_is_drawn_is_what_the_pages_say() -> None:
    """Eighteen parameters, none of use, health or justice."""
    from kladsim.runs.parameters import calibrated

    names = calibrated()
    assert len(names) == 18
    assert not [name for name in names if name.startswith(("use.", "health.", "justice."))]
    assert "eighteen parameters" in text_of("faq") and "eighteen parameters" in text_of("limits")
    assert "none on use, health or justice is among those drawn" in text_of("faq")


def test_the_picture_of_a_run_has_one_caption() -> None:
    """In README and on the front page, made by the command with which it is renewed."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    caption = re.search(r"\*Made by `(kladsim run [^`]*)`[^*]*structures by weight and Monte Carlo luck\.", readme)
    assert caption is not None
    assert caption.group(0) in text_of("index")
    renew = (ROOT / "tools" / "renew.py").read_text(encoding="utf-8")
    words = caption.group(1).split()
    assert words[2] in renew and f'"--replicates", "{words[words.index("--replicates") + 1]}"' in renew


def test_no_page_promises_two_pages() -> None:
    """A brief of a real comparison has three: the length is said as what it is."""
    files = [*DOCS.rglob("*.md"), ROOT / "README.md", *(ROOT / "src" / "kladsim").rglob("*.py")]
    files.append(CATALOGUE)
    promise = re.compile(r"two-page|\btwo pages\b|двух страницах|[Дд]ве страницы")
    assert not [p.name for p in files if p.name != "CHANGELOG.md" and promise.search(p.read_text(encoding="utf-8"))]


def test_cells_that_are_noisy_are_marked_and_no_page_says_hidden() -> None:
    texts = {name: text_of(name) for name in WRITTEN} | {"README": (ROOT / "README.md").read_text(encoding="utf-8")}
    texts["catalogue"] = CATALOGUE.read_text(encoding="utf-8")
    hidden = re.compile(r"(hides|hidden|not shown|не показан)[^.]{0,80}20 (simulated )?events|[Cc]ells under 20|меньше 20 или")
    assert not [name for name, text in texts.items() if hidden.search(text) or "at least 20 simulated events" in text]


def test_pages_written_by_hand_carry_no_number_of_a_renewal() -> None:
    """Coverage, R² and counts of checks are on pages that are made from what is stored."""
    for name in ("limits", "emulator", "faq", "plain_words"):
        text = text_of(name)
        assert not re.search(r"\b\d+ of (the )?\d+ (that hold|targets|VAL|patterns)", text), name
        assert not re.search(r"band holds \d+ %|\| 0\.\d\d \|", text), name
    assert "tables/emulator.md" in text_of("emulator")


def test_the_table_of_the_emulator_is_made_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    from emulator_page import emulator_page  # type: ignore[import-not-found]

    from kladsim.inference.emulator import Emulator
    from kladsim.inference.emulator.checking import check

    emulator, text = Emulator.open(), emulator_page()
    found = check(emulator)
    assert text.count("\n| ") == len(found.outcomes) + 2
    assert f"holds {found.coverage:.0%} of the held-out runs" in text
    assert (f"**Stale: {found.stale}" in text) == bool(found.stale)


@pytest.mark.parametrize("in_development", [False, True])
def test_pages_that_a_command_wrote_say_what_they_were_made_with(
    in_development: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the model is in development each says so in the manual; of a finished model each page is of that model."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    from made_with import MADE, made_with, note_of  # type: ignore[import-not-found]

    from kladsim.model.version import VARIABLE, is_in_development, model_version

    if in_development:
        monkeypatch.setenv(VARIABLE, "9.9.9.dev")
    pages = {str(path.relative_to(DOCS).with_suffix("")): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    made = {name: text for name, text in pages.items() if name.startswith(MADE)}
    assert len(made) > 10 and all(made_with(made[f"{name}/{name}"]) for name in ("validation", "calibration"))
    for name, text in pages.items():
        note = note_of(name, text)
        assert bool(note) == (is_in_development() and name in made), name
        assert not note or f"were made with model {made_with(text) or 'version that'}" in note
        assert not note or "in development: no number of it is current" in note
    old = [name for name, text in made.items() if made_with(text) not in ("", model_version())]
    assert is_in_development() or not old, f"of another model: {old}; make renew"


def test_limits_in_the_manual_and_in_the_description_are_the_same_list() -> None:
    """Word for word, links and the rows' ranges aside."""
    from kladsim.report.templating import read_section

    def bullets(text: str) -> list[str]:
        plain = re.sub(r"\s*\(\[[^)]*\)[^)]*\)|\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
        return [re.sub(r"\(.*?\)|\W+", "", one) for one in plain.split(" - ") if one]

    manual = (DOCS / "limits.md").read_text(encoding="utf-8")
    listed = manual[manual.index("\n- ") : manual.index("\n## ")]
    mine, theirs = bullets(read_section("Limits")), bullets(listed)
    assert len(mine) == len(theirs)
    assert [a for a, b in zip(mine, theirs, strict=True) if a[:40] != b[:40]] == []


def test_numbers_of_replicates_are_those_of_the_code() -> None:
    """`kladsim compare` and the demo without a number run as many as the pages say."""
    import inspect

    from kladsim.app.settings import ServerSettings
    from kladsim.cli.plans import demo

    browser = text_of("tutorials/browser")
    said = re.search(r"\*\*Simulate \((\d+) runs\)\*\*", browser)
    assert said is not None and int(said.group(1)) == ServerSettings.__dataclass_fields__["replicates"].default
    many = inspect.signature(demo).parameters["replicates"].default
    assert f"one policy against it, {many} pairs of runs" in text_of("start")
