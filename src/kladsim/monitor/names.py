"""Names as they are compared: by their Unicode letters, in every script.

``normalize_name`` takes two spellings of one name for one (case, width, composed accents, spaces).
``extract_letters`` goes further, to find names that a person may have meant: accents of Latin letters and punctuation
do not count. A name without any letter or digit has no such form and is compared with nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache

NEAR = 0.75
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е",
                        "ـ": None, "ʼ": None, "’": None, "'": None, "‘": None, "ʻ": None})  # fmt: skip


@lru_cache(maxsize=16384)
def normalize_name(text: str) -> str:
    """Return what two spellings of one name share: NFKC, case folded, spaces single, signs without width left out."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.replace("i\u0307", "i").split())  # the dotted capital i of Turkish


@lru_cache(maxsize=16384)
def fold_header(text: str) -> str:
    """Return a column's header as it is compared: letters and digits, words by single spaces."""
    return " ".join(re.sub(r"[\W_]+", " ", normalize_name(text)).split())


def matches_header(pattern: str, header: str) -> bool:
    """Whether a header is the one of a pattern, in which ``*`` stands for anything; what follows a colon is a label."""
    if "*" in pattern:
        return fnmatchcase(fold_header(header), "*".join(fold_header(part) for part in pattern.split("*")))
    return fold_header(pattern) in (fold_header(header), fold_header(header.partition(":")[0]))


@lru_cache(maxsize=16384)
def extract_letters(text: str) -> str:
    """Return the letters and digits of a name, words apart; marks over Latin letters are left out, others kept."""
    out: list[str] = []
    latin = False
    for sign in unicodedata.normalize("NFD", normalize_name(text).translate(_PLAIN)):
        kind = unicodedata.category(sign)[0]
        if kind == "M":
            if not latin:
                out.append(sign)
            continue
        latin = "LATIN" in unicodedata.name(sign, "")
        out.append(sign if kind in "LN" else " ")
    return " ".join(unicodedata.normalize("NFC", "".join(out)).split())


def find_near_name(text: str, names: Iterable[str]) -> str | None:
    """Return the name that is nearly ``text``, by bare forms; None when nothing is, or ``text`` has no letter."""
    forms = {form: name for name in names if (form := extract_letters(name))}
    wanted = extract_letters(text)
    close = get_close_matches(wanted, list(forms), n=1, cutoff=NEAR) if wanted else []
    return forms[close[0]] if close else None
