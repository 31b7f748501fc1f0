"""Which parameter values a replicate has: the register's point, or a draw of the prior or of the shipped posterior.

Replicate r has draw r (counted around), whatever else runs, so that replicate 7 alone is the same as inside ten, and
plans share the draws of their base. What a scenario itself sets is never drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.model.config import RunConfig
from kladsim.model.version import MODEL_VERSION
from kladsim.study.engine import DEFAULT_ENGINE

MODES = ("point", "posterior", "prior")
VARIABLE = "KLADSIM_PARAMETERS"
DEFAULT = "posterior"
"""What runs take whose caller and environment name nothing; where no posterior fits, the point."""
STREAM = 901  # of no stream of the model
INTERVALS = {
    "point": "5-95 % over replicates: Monte Carlo luck only; parameters and structure are fixed",
    "posterior": "5-95 % over replicates: parameters (draws of the posterior) and Monte Carlo luck; structure is fixed",
    "structures": "5-95 % over replicates: parameters (draws of the posterior), structures by weight, Monte Carlo luck",
    "prior": "5-95 % over replicates: parameters (draws of the prior, not held against data) and Monte Carlo luck",
}


@dataclass(frozen=True)
class Draws:
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
    def interval(self) -> str:
        """What intervals over the replicates hold."""
        several = self.mode == "posterior" and len(set(_posterior(self).structures)) > 1
        return INTERVALS["structures" if several else self.mode]


def from_plain(plain: Mapping[str, Any] | None) -> Draws | None:
    """Return the draws that a run was made with, None for the register's point."""
    if not plain:
        return None
    return Draws(**{**plain, "names": tuple(plain["names"])})


def drawn(config: RunConfig, draws: Draws | None, replicate: int) -> RunConfig:
    """Return the configuration of a replicate, the same for all where nothing is drawn."""
    return config if draws is None else draws.configured(config, replicate)


def draws_for(
    mode: str | None, country: str, given: Iterable[str] = (), *, engine: str = DEFAULT_ENGINE, repeats: int = 1
) -> Draws | None:
    """Return the draws of a mode (None: the default), without the parameters that a scenario sets itself.

    Raises
    ------
    InputError : an unknown mode, or a posterior that is not there or was made with another version of the model
    """
    if mode is None:
        mode = usual()
        if mode == "posterior" and why_point(country, engine):
            mode = "point"
    if mode not in MODES:
        raise unknown_name("mode", mode, MODES, where="parameters")
    if mode == "point":
        return None
    set_already = set(given)
    if mode == "prior":
        names = tuple(name for name in calibrated() if name not in set_already)
        return Draws("prior", country, _prior_source(country, names), names, repeats)
    why = why_point(country, engine)
    if why:
        raise InputError(f"no posterior for this run: {why}", where="parameters", allowed="point, prior")
    posterior = _shipped(country)
    assert posterior is not None
    names = tuple(name for name in posterior.touched if name not in set_already)
    return Draws("posterior", country, posterior.sha256, names, repeats)


def usual() -> str:
    """Return what runs take whose caller names nothing: ``$KLADSIM_PARAMETERS``, else the default."""
    return os.environ.get(VARIABLE) or DEFAULT


def why_point(country: str, engine: str = DEFAULT_ENGINE) -> str:
    """Return why runs of a country have no posterior to draw from, an empty text if they have."""
    if engine != DEFAULT_ENGINE:
        return "another engine"
    posterior = _shipped(country)
    if posterior is None:
        return f"none ships for {country}"
    if not posterior.fits(MODEL_VERSION):
        return f"the shipped one is of model {posterior.origin.get('model_version')}, this is {MODEL_VERSION}"
    return ""


def calibrated() -> tuple[str, ...]:
    """Return the parameters that calibration moves (see ``calibration/data/parameters.csv``)."""
    from kladsim.study.calibration.chosen import chosen_names

    return chosen_names()


def _shipped(country: str) -> Any:
    from kladsim.study.calibration.posterior import shipped_posterior

    return shipped_posterior(country)


def _posterior(draws: Draws) -> Any:
    found = _shipped(draws.country)
    if found is None or found.sha256 != draws.source:
        now = "none" if found is None else found.sha256[:12]
        raise InputError(
            "the run was made with another posterior than the one that ships",
            where="parameters", value=draws.source[:12], allowed=now,
        )  # fmt: skip
    return found


def _register(country: str) -> Any:
    from kladsim.evidence.register import load_register
    from kladsim.world import load_pack

    pack = load_pack(country)
    return load_register().localised(getattr(pack, "parameters", {}), pack.name)


def _prior(country: str, names: tuple[str, ...], number: int) -> dict[str, float]:
    import numpy as np

    from kladsim.core import rng
    from kladsim.study.calibration.priors import priors_of

    key = rng.day_key(1, STREAM, number)
    order = {name: at for at, name in enumerate(calibrated())}  # a name that is set moves no other's draw
    found = {}
    for prior in priors_of(_register(country), names):
        share = np.array([float(rng.unit(key, order[prior.name], 0))])
        found[prior.name] = float(prior.quantile(share)[0])
    return found


def _prior_source(country: str, names: tuple[str, ...]) -> str:
    from kladsim.study.calibration.priors import priors_of
    from kladsim.study.files import sha256_of

    content = [[p.name, p.family, p.value, p.low, p.high] for p in priors_of(_register(country), names)]
    return sha256_of([STREAM, content])
