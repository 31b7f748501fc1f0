"""A model in development: one sentence for every door, verdicts withheld, and nothing that ships is current.

While ``kladsim.model.version`` ends in ``.dev`` everything that ships was made with another model. What is made with
the model in development is not current either: the model may change under the same version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.model.version import is_in_development, model_version
from kladsim.runs.placeholders import placeholder_words
from kladsim.runs.posterior import shipped_posterior


def withholds_verdicts() -> bool:
    """Whether no door calls a plan better or worse."""
    return is_in_development()


def describe_development(language: Language = "en") -> str:
    """Return the sentence about parameters and verdicts of a model in development, empty for a finished one."""
    if not is_in_development():
        return ""
    posterior = shipped_posterior()
    made_with = None if posterior is None else posterior.origin.get("model_version")
    shipped = form("development", "no posterior" if made_with is None else "posterior", language, made_with=made_with)
    return form("development", "sentence", language, model=model_version(), posterior=shipped)


def why_not_current(made_with: object, verb: str = "", language: Language = "en") -> str:
    """Return why a stored result of a model is not of the present one, an empty text if it is.

    Parameters
    ----------
    made_with : the version of the model that the result was made with
    verb : how a finished model says so ("stored for"); without one it says nothing, and other keys decide
    """
    now = model_version()
    if is_in_development():
        return form("development", "not current", language, made_with=made_with, model=now)
    return f"{verb} model version {made_with}, this is {now}" if verb and made_with != now else ""


def describe_warnings(records: Iterable[Mapping[str, Any]], language: Language = "en") -> str:
    """Return what stands above the numbers of runs with these records of origin, each sentence once.

    That tables of a country pack are placeholders, that the model is in development, and which runs are of another one.
    """
    origins, now = list(records), model_version()
    parts = [placeholder_words(origin.get("placeholders"), language) for origin in origins]
    parts.append(describe_development(language))
    others = (origin.get("model_version") for origin in (origins if is_in_development() else ()))
    parts += [form("development", "run", language, made_with=each, model=now) for each in others if each != now]
    return " ".join(dict.fromkeys(filter(None, parts)))
