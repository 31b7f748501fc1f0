"""What a run is, and with what it was made: the content key, the digests and the record of origin."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from kladsim.core.files import canonical_json, sha256_of
from kladsim.model.config import RunConfig, to_plain
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.engine import Engine
from kladsim.runs.interval_words import describe_interval
from kladsim.runs.parameters import ParameterDraws
from kladsim.runs.placeholders import placeholders_of

PACKAGES = ("kladsim", "numpy", "numba", "h5netcdf", "duckdb", "xarray")


def pack_digest(pack: Any) -> str:
    """SHA-256 of all that a country pack holds (its own digest if it declares one)."""
    own = getattr(pack, "digest", None)
    if isinstance(own, str):
        return own
    return data_digest(pack)


def data_digest(value: Any) -> str:
    """SHA-256 of nested data classes, mappings, sequences, arrays and plain values."""
    hasher = hashlib.sha256()
    _feed(hasher, value)
    return hasher.hexdigest()


def _feed(hasher: Any, value: Any) -> None:
    """Hash nested data classes, mappings, sequences and arrays in a fixed order."""
    if isinstance(value, np.ndarray):
        hasher.update(f"{value.dtype.str}{value.shape}".encode())
        hasher.update(np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            hasher.update(field.name.encode())
            _feed(hasher, getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            hasher.update(str(key).encode())
            _feed(hasher, value[key])
    elif isinstance(value, list | tuple):
        hasher.update(f"[{len(value)}".encode())
        for item in value:
            _feed(hasher, item)
    elif not callable(value):
        hasher.update(_text(value).encode())


def _text(value: Any) -> str:
    # A pack may know the folder it came from; where it lies is no part of what it says.
    return "" if hasattr(value, "__fspath__") else canonical_json(value)


def identity(
    engine: Engine, config: RunConfig, pack: Any, replicates: int, draws: ParameterDraws | None = None
) -> dict[str, Any]:
    """All that decides the result of a run; never time, host, threads or folder."""
    found = {
        "config": to_plain(config),
        "pack": pack_digest(pack),
        "replicates": replicates,
        "model": engine.version,
    }
    if config.added:
        from kladsim.model.added import ADDED

        found["added"] = {name: ADDED.find(name).version for name in config.added}
    return found if draws is None else found | {"draws": draws.to_plain()}


def content_key(identity_: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a run's identity: the name of its content."""
    return sha256_of(identity_)


def replicate_key(identity_: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what decides one replicate but its number: the identity without how many there are."""
    return sha256_of({name: value for name, value in identity_.items() if name != "replicates"})


def slug(name: str) -> str:
    """A folder-safe spelling of a scenario name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"


def run_digest(replicate_digests: Iterable[str]) -> str:
    """SHA-256 of the replicates' digests in order."""
    hasher = hashlib.sha256()
    for digest in replicate_digests:
        hasher.update(digest.encode())
    return hasher.hexdigest()


def software() -> dict[str, str]:
    """Versions of what made the numbers and the files."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def record(
    engine: Engine,
    config: RunConfig,
    pack: Any,
    key: str,
    draws: ParameterDraws | None = None,
    replicates: int | None = None,
) -> dict[str, Any]:
    """The record of origin that travels with a result of so many replicates."""
    waiting = placeholders_of(pack)
    made = {
        **({"placeholders": waiting} if waiting else {}),
        "key": key,
        **origin_of(engine.version, config.country, draws),
        "pack_digest": pack_digest(pack),
        "seed": config.seed,
        "scale": f"1/{config.scale}",
        "software": software(),
        "machine": platform.machine(),
        "badge": BADGE,
        "use": USE,
    }
    return made | {"interval": describe_interval(made, runs=replicates)}


def origin_of(model: str, country: str, draws: ParameterDraws | None) -> dict[str, Any]:
    """Return the part of the record that says which parameters a run has (see ``kladsim.runs.interval_words``)."""
    return {
        "model_version": model,
        "country": country,
        "parameters": {"mode": "point"} if draws is None else draws.to_plain(),
        "structures": draws is not None and draws.structures,
    }
