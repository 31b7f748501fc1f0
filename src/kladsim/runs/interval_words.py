"""What an interval holds and which parameters a run has: one sentence for every door, in English and Russian.

Page, brief, picture, terminal, Python and saved comparison take their words from here, from the record that a run keeps
of its own draws. Why runs draw from the prior is part of the sentence: no posterior ships for the country, or the one
that ships was made with another version of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.model.version import model_version
from kladsim.runs.judging import FEWEST_FOR_90
from kladsim.runs.parameters import why_no_posterior


def describe_parameters(provenance: Mapping[str, Any], language: Language = "en") -> str:
    """Return which parameters the replicates of a run have, as part of a sentence.

    Parameters
    ----------
    provenance : the run's record of origin: ``parameters`` (its draws), ``model_version``, ``country``, ``structures``
    language : English or Russian
    """
    kind = _kind(provenance)
    model = str(provenance.get("model_version", model_version()))
    why = _why(provenance, model, language) if kind == "prior" else ""
    return form("interval", f"parameters {kind}", language, model=model, why=why)


def describe_interval(provenance: Mapping[str, Any], language: Language = "en", runs: int | None = None) -> str:
    """Return what the intervals over the replicates of a run (``runs`` of them) hold, as part of a sentence."""
    kind = _kind(provenance)
    holds = kind if kind in ("point", "structures") else "drawn"
    is_few = runs is not None and runs < FEWEST_FOR_90
    share = form("interval", "share all" if is_few else "share most", language, runs=runs)
    return form(
        "interval", f"holds {holds}", language, share=share, parameters=describe_parameters(provenance, language)
    )


def interval_sentence(interval: str, *, prices: bool = False, language: Language = "en") -> str:
    """Return the sentence under a table of intervals.

    Parameters
    ----------
    interval : what the intervals hold, as ``describe_interval`` and ``Result.interval`` have it
    prices : whether the table, or one beside it, values outcomes in money and health
    """
    parts = [part for part in (interval, form("interval", "prices", language) if prices else "") if part]
    return form("interval", "sentence", language, holds="; ".join(parts))


def estimate_sentence(provenance: Mapping[str, Any], runs: int, language: Language = "en") -> str:
    """Return what the band of an estimate of the emulator holds, as a sentence.

    Parameters
    ----------
    provenance : the origin of the runs that the estimate stands for
    runs : how many runs the band's middle is of
    """
    return form("interval", "estimate", language, runs=runs, parameters=describe_parameters(provenance, language))


def _kind(provenance: Mapping[str, Any]) -> str:
    made = provenance.get("parameters") or {}
    mode = str(made.get("mode", "point")) if isinstance(made, Mapping) else "point"
    # Runs of model 0.6.0 and before say it in the words of their interval alone.
    several = provenance.get("structures", "structures by weight" in str(provenance.get("interval", "")))
    return "structures" if mode == "posterior" and several else mode


def _why(provenance: Mapping[str, Any], model: str, language: Language) -> str:
    """Return why a run draws from the prior, an empty text where a posterior of its model ships (it was asked for)."""
    country = str(provenance.get("country", ""))
    reason = why_no_posterior(country, model)
    if reason is None:
        return ""
    kind, other = reason
    return form("interval", f"why {kind}", language, country=country, other=other, model=model)
