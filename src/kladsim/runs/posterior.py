"""The posterior that ships: a small text file of draws with its origin, read by every run that asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import write_bytes
from kladsim.model.version import is_in_development

FORMAT = "kladsim-posterior-1"
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Posterior:
    """Draws of parameters, and where they come from.

    Parameters
    ----------
    names : the parameters, in the order of the columns
    draws : float64[draws, parameters]
    structures : the structure of the model that each draw belongs to ("" if there is one only)
    settings : what each structure sets, by name
    origin : model version, code key, date, runs and cost
    sha256 : hash of the file
    """

    country: str
    names: tuple[str, ...]
    draws: NDArray[np.float64]
    structures: tuple[str, ...]
    settings: Mapping[str, Mapping[str, float]]
    origin: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def at(self, number: int) -> dict[str, float]:
        """Return draw ``number``, counted around, with what its structure sets."""
        index = number % len(self.draws)
        values = dict(zip(self.names, self.draws[index].tolist(), strict=True))
        return values | dict(self.settings.get(self.structures[index], {}))

    @property
    def touched(self) -> tuple[str, ...]:
        """Every parameter that a draw may change."""
        return tuple(dict.fromkeys([*self.names, *(name for of in self.settings.values() for name in of)]))

    def fits(self, model_version: str) -> bool:
        """Whether it was made with this version of the model, and the model is no longer in development."""
        return bool(self.origin.get("model_version") == model_version) and not is_in_development()


def posterior_path(country: str = "russia") -> Path:
    """Return where the posterior of a country lies in the package."""
    return DATA / f"posterior_{country}.json"


def write_posterior(
    path: Path,
    country: str,
    names: Sequence[str],
    draws: NDArray[np.float64],
    *,
    structures: Sequence[str] = (),
    settings: Mapping[str, Mapping[str, float]] | None = None,
    origin: Mapping[str, Any],
) -> None:
    """Write draws with six significant digits and their origin."""
    rows = [[float(f"{value:.6g}") for value in row] for row in draws]
    content = {
        "format": FORMAT,
        "country": country,
        "origin": dict(origin),
        "names": list(names),
        "structures": list(structures) or [""] * len(rows),
        "settings": {name: dict(of) for name, of in (settings or {}).items()},
    }
    head = json.dumps(content, indent=1, ensure_ascii=True)
    body = ",\n  ".join(json.dumps(row) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, f'{head[:-2]},\n "draws": [\n  {body}\n ]\n}}\n'.encode())
    shipped_posterior.cache_clear()


def read_posterior(path: Path) -> Posterior:
    """Read a posterior.

    Raises
    ------
    InputError : no such file, or not a posterior
    StorageError : the file is damaged
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError("no posterior", where="parameters", value=str(path)) from error
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise InputError("is not a posterior", where=str(path), value=content["format"])
        draws = np.array(content["draws"], dtype=np.float64)
        return Posterior(
            str(content["country"]), tuple(content["names"]), draws, tuple(content["structures"]),
            dict(content["settings"]), dict(content["origin"]), sha256(text).hexdigest(),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"{path} is damaged ({error})") from error


@cache
def shipped_posterior(country: str = "russia") -> Posterior | None:
    """Return the posterior in the package, None if the country has none."""
    path = posterior_path(country)
    return read_posterior(path) if path.exists() else None
