"""Text that a PDF can show: characters no font has are spelled out, long words may break.

The fonts that typst brings along come first, so that equal content gives equal bytes everywhere; fonts of the system
only where those lack a character (Korean on a Korean desk); what neither has is written in Latin letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from kladsim.core.extras import extra

LONG_WORD = 24
BREAK = "\u200b"
"""Zero-width space: a place where a line may break."""
CERTAIN = frozenset(
    chr(code) for block in ((0x20, 0x7F), (0xA0, 0x180), (0x400, 0x460), (0x2010, 0x2027)) for code in range(*block)
)
"""Printable ASCII, Latin-1 and Latin Extended-A, Russian Cyrillic, dashes and quotes: the fonts of typst have them."""
JOINERS = frozenset("\u200b\u200c\u200d\ufe0e\ufe0f")
"""They show nothing by themselves."""

SOUNDS = (
    r"^THAI CHARACTER (\w+)O \w+$", r"^THAI CHARACTER SARA (\w+)", r"VOWEL SIGN ([A-Z]+)$",
    r"(?:SYLLABLE|LETTER)(?: \w+)*? ([A-Z]+)$",
)  # fmt: skip
"""Where the Unicode name of a letter says how it sounds: consonant and vowel in Thai, the last word elsewhere."""


@cache
def can_show(characters: str, system_fonts: bool) -> bool:
    """Whether a PDF/UA with these characters can be made."""
    with extra("report"):
        import typst

    try:
        typst.compile(
            b'#set text(font: "Libertinus Serif")\n#set document(title: "-")\n#sys.inputs.text', format="pdf",
            ignore_system_fonts=not system_fonts, sys_inputs={"text": characters}, pdf_standards=["ua-1"], timestamp=0,
        )  # fmt: skip
    except typst.TypstError:
        return False
    return True


def without_glyph(characters: Iterable[str], *, system_fonts: bool) -> set[str]:
    """Return the characters that the fonts cannot show, by halving: few lack, so that few documents are made."""
    asked = sorted(set(characters) - CERTAIN)
    if not asked or can_show("".join(_carried(c) for c in asked), system_fonts):
        return set()
    if len(asked) == 1:
        return set(asked)
    middle = len(asked) // 2
    return set().union(*(without_glyph(half, system_fonts=system_fonts) for half in (asked[:middle], asked[middle:])))


def _carried(character: str) -> str:
    """A mark needs a letter to stand on."""
    return f"o{character} " if unicodedata.category(character).startswith("M") else character


def spell_out(character: str) -> str:
    """Write a character with Latin letters: the sound that its Unicode name ends in, else its name or number."""
    if character in JOINERS or unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
        return " " if character.isspace() else ""
    simpler = unicodedata.normalize("NFKD", character)
    if simpler != character and set(simpler) <= CERTAIN:
        return simpler
    name = unicodedata.name(character, "")
    if unicodedata.category(character)[0] in "LM":
        for pattern in SOUNDS:
            if match := re.search(pattern, name):
                return match[1].lower()
        if unicodedata.category(character).startswith("M"):
            return ""  # a tone or accent
    number = f"U+{ord(character):04X}"
    return f"[{number if not name or name.startswith('CJK') else name.lower()}]"


def for_print(content: dict[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], set[str], bool]:
    """Return content whose every text can be shown.

    Parameters
    ----------
    content : plain values
    names : texts that people chose, in which long words may break

    Returns
    -------
    the content, the characters that were spelled out, and whether fonts of the system are needed
    """
    used = set().union(*(set(text) for text in _texts(content)))
    lacking = without_glyph(used - JOINERS, system_fonts=False)
    left = without_glyph(lacking, system_fonts=True) if lacking else set()
    table = {ord(c): spell_out(c) for c in left} | ({ord(c): "" for c in JOINERS & used} if left else {})
    breaks = {name: _breakable(name) for name in names if _breakable(name) != name}

    def printable(text: str) -> str:
        for name, broken in breaks.items():
            text = text.replace(name, broken)
        return _spaced(text, left).translate(table) if left else text

    return _mapped(content, printable), left, left != lacking


def _spaced(text: str, spelled: set[str]) -> str:
    """Keep a spelled-out character apart from a bracket or letter beside it, so that names stay readable."""
    return "".join(f" {c}" if c in spelled and spell_out(c).startswith("[") and i else c for i, c in enumerate(text))


def _breakable(name: str) -> str:
    parts = re.split(rf"(\S{{{LONG_WORD + 1},}})", name)
    return "".join(BREAK.join(_pieces(part)) if len(part) > LONG_WORD and " " not in part else part for part in parts)


def _pieces(word: str) -> list[str]:
    """A long word in pieces that do not begin with a mark."""
    pieces = [""]
    for character in word:
        if len(pieces[-1]) >= LONG_WORD // 2 and not unicodedata.category(character).startswith("M"):
            pieces.append("")
        pieces[-1] += character
    return pieces


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value
