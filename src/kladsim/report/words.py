"""Words of pictures and briefs in English and Russian: titles and units of outcomes, sentences."""

from __future__ import annotations

from kladsim.core.formatting import Language
from kladsim.evidence.translating import lookup
from kladsim.model.outcomes import title_of


def title(outcome: str, language: Language = "en") -> str:
    """Return the title of an outcome; one without a translation keeps its English title."""
    return lookup("outcome", outcome, language, title_of(outcome))


def unit(name: str, language: Language = "en") -> str:
    """Return a unit in words."""
    return lookup("unit", name, language)


def translate(text: str, language: Language = "en") -> str:
    """Return a sentence that pictures and briefs use."""
    return lookup("text", text, language)
