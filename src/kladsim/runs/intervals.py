"""What an interval holds and which parameters a run has: one sentence for every door, in English and Russian.

Page, brief, picture, terminal, Python and saved comparison take their words from here, from the record that a run keeps
of its own draws. Why runs draw from the prior is part of the sentence: no posterior ships for the country, or the one
that ships was made with another version of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kladsim.model.version import MODEL_VERSION
from kladsim.runs.judging import FEWEST_FOR_90
from kladsim.runs.parameters import why_no_posterior

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, Language] = ("en", "ru")

PARAMETERS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "point": "parameters at the register's values",
        "posterior": "parameters drawn from the posterior (model {model})",
        "structures": "parameters drawn from the posterior (model {model}), disputed structures by weight",
        "prior": "parameters drawn from the prior, which is not fitted to data{why}",
    },
    "ru": {
        "point": "параметры зафиксированы на значениях реестра",
        "posterior": "параметры из апостериорного распределения (модель {model})",
        "structures": "параметры из апостериорного распределения (модель {model}), спорные структуры по весам",
        "prior": "параметры из априорного распределения, не подогнанного к данным{why}",
    },
}
WHY: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "none": " (no posterior ships for {country})",
        "version": " (the posterior that ships is of model {other}, this is model {model})",
    },
    "ru": {
        "none": " (для страны {country} апостериорного распределения нет)",
        "version": " (имеющееся апостериорное распределение сделано моделью {other}, а это модель {model})",
    },
}
HOLDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "point": "{share}: Monte Carlo error alone, {parameters}, one structure of the model",
        "structures": "{share}: {parameters}, Monte Carlo error",
        "drawn": "{share}: {parameters}, Monte Carlo error; the structure of the model is fixed",
    },
    "ru": {
        "point": "{share}: только ошибка метода Монте-Карло, {parameters}, структура модели одна",
        "structures": "{share}: {parameters}, ошибка метода Монте-Карло",
        "drawn": "{share}: {parameters}, ошибка метода Монте-Карло; структура модели зафиксирована",
    },
}
SHARE: Mapping[Language, tuple[str, str]] = {
    "en": ("90 % of the replicates", "all {runs} replicates, too few for an interval of 90 %"),
    "ru": ("90 % прогонов", "все прогоны ({runs}), для интервала в 90 % их мало"),
}
ESTIMATE: Mapping[Language, str] = {
    "en": "The band holds 90 % of what the middle of {runs} runs would show: {parameters}, Monte Carlo error, error of "
    "the emulator.",
    "ru": "Полоса охватывает 90 % того, что показала бы середина {runs} прогонов: {parameters}, ошибка метода "
    "Монте-Карло, ошибка эмулятора.",
}
PRICES: Mapping[Language, str] = {
    "en": "for cost and health also draws of unit costs and weights of health (triangular over their ranges)",
    "ru": "для затрат и здоровья также выборки удельных затрат и весов здоровья (треугольное распределение)",
}
SENTENCE: Mapping[Language, str] = {"en": "The interval holds {holds}.", "ru": "Интервал охватывает {holds}."}


def describe_parameters(provenance: Mapping[str, Any], language: Language = "en") -> str:
    """Return which parameters the replicates of a run have, as part of a sentence.

    Parameters
    ----------
    provenance : the run's record of origin: ``parameters`` (its draws), ``model_version``, ``country``, ``structures``
    language : English or Russian
    """
    kind = _kind(provenance)
    model = str(provenance.get("model_version", MODEL_VERSION))
    why = _why(provenance, model, language) if kind == "prior" else ""
    return PARAMETERS[language][kind].format(model=model, why=why)


def describe_interval(provenance: Mapping[str, Any], language: Language = "en", runs: int | None = None) -> str:
    """Return what the intervals over the replicates of a run (``runs`` of them) hold, as part of a sentence."""
    kind = _kind(provenance)
    form = kind if kind in ("point", "structures") else "drawn"
    share = SHARE[language][runs is not None and runs < FEWEST_FOR_90].format(runs=runs)
    return HOLDS[language][form].format(share=share, parameters=describe_parameters(provenance, language))


def interval_sentence(interval: str, *, prices: bool = False, language: Language = "en") -> str:
    """Return the sentence under a table of intervals.

    Parameters
    ----------
    interval : what the intervals hold, as ``describe_interval`` and ``Result.interval`` have it
    prices : whether the table, or one beside it, values outcomes in money and health
    """
    parts = [part for part in (interval, PRICES[language] if prices else "") if part]
    return SENTENCE[language].format(holds="; ".join(parts))


def estimate_sentence(provenance: Mapping[str, Any], runs: int, language: Language = "en") -> str:
    """Return what the band of an estimate of the emulator holds, as a sentence.

    Parameters
    ----------
    provenance : the origin of the runs that the estimate stands for
    runs : how many runs the band's middle is of
    """
    return ESTIMATE[language].format(runs=runs, parameters=describe_parameters(provenance, language))


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
    return WHY[language][kind].format(country=country, other=other, model=model)
