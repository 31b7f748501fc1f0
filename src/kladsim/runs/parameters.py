"""Which parameter values a replicate has: a draw of the shipped posterior or of the prior, or the register's point.

Every door takes the same ones where nobody chooses: the posterior where one of this model ships, else the prior.
``kladsim.runs.interval_words`` says which they are.

Replicate r has draw r (counted around), whatever else runs, so that replicate 7 alone is the same as inside ten, and
plans share the draws of their base. What a scenario itself sets is never drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.files import sha256_of
from kladsim.core.random_arrays import stream_key, unit
from kladsim.evidence.register import load_register
from kladsim.model.config import RunConfig
from kladsim.model.version import model_version
from kladsim.policy.fields import parse_count
from kladsim.runs.calibrated import calibrated_names
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.posterior import shipped_posterior
from kladsim.runs.priors import priors_of
from kladsim.world import load_pack

MODES = ("point", "posterior", "prior")
VARIABLE = "KLADSIM_PARAMETERS"
STREAM = 901  # of no stream of the model
WHY = {
    "none": "none ships for {country}",
    "version": "the one that ships is of model {other}, this is {model}",
}


@dataclass(frozen=True)
class ParameterDraws:
    """Draws of parameters for the replicates of a run.

    Parameters
    ----------
    mode : posterior or prior
    country : whose posterior, or the pack whose register it is
    source : SHA-256 of the posterior's file, or of the priors
    names : the parameters drawn
    repeats : replicates that share a draw, one after the other (2 tells luck from parameters)
    """

    mode: str
    country: str
    source: str
    names: tuple[str, ...]
    repeats: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "repeats", parse_count(self.repeats, "repeats"))

    def index(self, replicate: int) -> int:
        """Return the draw of a replicate."""
        return replicate // self.repeats

    def at(self, replicate: int) -> dict[str, float]:
        """Return the parameter values of a replicate."""
        number = self.index(replicate)
        values = _posterior(self).at(number) if self.mode == "posterior" else _prior(self.country, self.names, number)
        return {name: value for name, value in values.items() if name in self.names}

    def structure(self, replicate: int) -> str:
        """Return the structure of the model that a replicate has."""
        if self.mode != "posterior":
            return ""
        of = _posterior(self).structures
        return str(of[self.index(replicate) % len(of)])

    def configured(self, config: RunConfig, replicate: int) -> RunConfig:
        """Return the configuration of one replicate."""
        return replace(config, parameters={**config.parameters, **self.at(replicate)})

    def to_plain(self) -> dict[str, Any]:
        """Return what decides the draws, for keys and files."""
        return {
            "mode": self.mode,
            "country": self.country,
            "source": self.source,
            "names": list(self.names),
            "repeats": self.repeats,
        }

    @property
    def structures(self) -> bool:
        """Whether the draws are of several structures of the model."""
        return self.mode == "posterior" and len(set(_posterior(self).structures)) > 1


def from_plain(plain: Mapping[str, Any] | None) -> ParameterDraws | None:
    """Return the draws that a run was made with, None for the register's point."""
    if not plain:
        return None
    return ParameterDraws(**{**plain, "names": tuple(plain["names"])})


def drawn(config: RunConfig, draws: ParameterDraws | None, replicate: int) -> RunConfig:
    """Return the configuration of a replicate, the same for all where nothing is drawn."""
    return config if draws is None else draws.configured(config, replicate)


def draws_for(
    mode: str | None, country: str, given: Iterable[str] = (), *, engine: str = DEFAULT_ENGINE, repeats: int = 1
) -> ParameterDraws | None:
    """Return the draws of a mode (None: the default), without the parameters that a scenario sets itself.

    Raises
    ------
    InputError : an unknown mode, or a posterior that is not there or was made with another version of the model
    """
    if mode is None:
        mode = default_mode(country, engine)
    if mode not in MODES:
        raise unknown_name("mode", mode, MODES, where="parameters")
    if mode == "point":
        return None
    set_already = set(given)
    if mode == "prior":
        names = tuple(name for name in calibrated() if name not in set_already)
        return ParameterDraws("prior", country, _prior_source(country, names), names, repeats)
    if engine != DEFAULT_ENGINE:
        raise InputError("no posterior for this run: another engine", where="parameters", allowed="point, prior")
    reason = why_no_posterior(country, model_version())
    if reason is not None:
        why = WHY[reason[0]].format(country=country, other=reason[1], model=model_version())
        raise InputError(f"no posterior for this run: {why}", where="parameters", allowed="point, prior")
    posterior = _shipped(country)
    assert posterior is not None
    names = tuple(name for name in posterior.touched if name not in set_already)
    return ParameterDraws("posterior", country, posterior.sha256, names, repeats)


def default_mode(country: str, engine: str = DEFAULT_ENGINE) -> str:
    """Return what runs take whose caller names nothing: ``$KLADSIM_PARAMETERS``, else what ships.

    Where the environment asks for a posterior that is not there, runs take the prior.

    Raises
    ------
    InputError : the environment names an unknown mode
    """
    wanted = os.environ.get(VARIABLE)
    if wanted and wanted not in MODES:
        raise unknown_name("mode", wanted, MODES, where=f"${VARIABLE}")
    shipped = shipped_mode(country, engine)
    return shipped if not wanted or shipped == "point" or wanted == "posterior" else wanted


def shipped_mode(country: str, engine: str = DEFAULT_ENGINE) -> str:
    """Return the parameters that a country's runs have by themselves, whatever the environment says.

    The posterior where one of this model ships, else the prior; another engine has neither and takes the point.
    """
    if engine != DEFAULT_ENGINE:
        return "point"
    return "posterior" if why_no_posterior(country, model_version()) is None else "prior"


def why_no_posterior(country: str, model: str) -> tuple[Literal["none", "version"], str] | None:
    """Return why runs of a country and model have no posterior to draw from, None if they have.

    Returns
    -------
    "none" and the country, or "version" and the version of the model that the shipped posterior was made with
    """
    posterior = _shipped(country)
    if posterior is None:
        return "none", country
    if not posterior.fits(model):
        return "version", str(posterior.origin.get("model_version"))
    return None


def calibrated() -> tuple[str, ...]:
    """Return the parameters that calibration moves (see ``runs/data/parameters.csv``)."""
    return calibrated_names()


def _shipped(country: str) -> Any:
    return shipped_posterior(country)


def _posterior(draws: ParameterDraws) -> Any:
    found = _shipped(draws.country)
    if found is None or found.sha256 != draws.source:
        now = "none" if found is None else found.sha256[:12]
        raise InputError(
            "the run was made with another posterior than the one that ships",
            where="parameters", value=draws.source[:12], allowed=now,
        )  # fmt: skip
    return found


def _register(country: str) -> Any:
    pack = load_pack(country)
    return load_register().localised(getattr(pack, "parameters", {}), pack.name)


def _prior(country: str, names: tuple[str, ...], number: int) -> dict[str, float]:
    key = stream_key(1, STREAM, number)
    order = {name: at for at, name in enumerate(calibrated())}  # a name that is set moves no other's draw
    found = {}
    for prior in priors_of(_register(country), names):
        found[prior.name] = float(prior.quantile(unit(key, [order[prior.name]]))[0])
    return found


def _prior_source(country: str, names: tuple[str, ...]) -> str:
    content = [[p.name, p.family, p.value, p.low, p.high] for p in priors_of(_register(country), names)]
    return sha256_of([STREAM, content])
