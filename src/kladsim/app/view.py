"""What the page shows of one run, taken once from its directory and kept as one small compressed file.

National values stay exact by replicate, so that differences on the page equal those of ``kladsim.study``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from kladsim.core.errors import StorageError
from kladsim.core.files import plain, write_bytes
from kladsim.report.tables import band
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.noise import Sampling, assess, quantiles
from kladsim.runs.parameters import from_plain
from kladsim.runs.result import Result

FORMAT = 1
DIGITS = 5
BY_REGION = ("replicate", "year", "region")
BY_DISTRICT = ("replicate", "year", "district")
DECLARED = ("unit", "side", "kind", "better", "headline", "doc")

Bands = dict[str, list[Any]]
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class View:
    """One finished run as the page needs it.

    Parameters
    ----------
    key, name, digest, replicates : of the run
    config : start, until, scale, seed, country
    provenance : the run's record of origin
    years : calendar years; ``regions`` the codes of the map
    declared : facts of each outcome
    national : outcome to values[replicate][year], exact
    weekly : outcome to times, median, low, high, where recorded by day
    regional : outcome to median, low, high, noisy, settled_by as [year][region]; None where not defined
    pooled : the same as [year][district]; ``districts`` their names
    levers : of the plan; none for a base
    against : of a plan that travels without its run: by the id of its base, the ``groups`` of people in which something
        changes, and the ``regional`` and ``pooled`` differences, as ``regional`` has levels
    """

    key: str
    name: str
    digest: str
    replicates: int
    config: dict[str, Any]
    provenance: dict[str, Any]
    years: list[int]
    regions: list[str]
    declared: dict[str, dict[str, Any]]
    national: dict[str, list[list[float | None]]]
    weekly: dict[str, Bands] = field(default_factory=dict)
    regional: dict[str, Bands] = field(default_factory=dict)
    pooled: dict[str, Bands] = field(default_factory=dict)
    districts: list[str] = field(default_factory=list)
    levers: list[dict[str, Any]] = field(default_factory=list)
    against: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def id(self) -> str:
        """The short id of the run."""
        return self.key[:16]

    @cached_property
    def sampling(self) -> Sampling:
        """What tells sampling from doubt of parameters: the scale, and which replicates share their draw."""
        drawn = self.provenance.get("parameters") or {}
        draws = from_plain(None if drawn.get("mode", "point") == "point" else drawn)
        return Sampling.of_run(float(self.config["scale"]), draws, self.replicates)

    @cached_property
    def _kept(self) -> dict[Hashable, Any]:
        return {}

    def kept(self, name: Hashable, make: Callable[[], Kept]) -> Kept:
        """What is worked out from the view once: ``make`` is called the first time that ``name`` is asked for."""
        if name not in self._kept:
            self._kept[name] = make()
        value: Kept = self._kept[name]
        return value

    @cached_property
    def released(self) -> dict[str, DisclosedArray]:
        """National yearly outcomes as the study layer has them."""
        return {
            name: DisclosedArray(
                key=name, name=name, dims=("replicate", "year"), values=_numbers(values), **self.declared[name]
            )
            for name, values in self.national.items()
        }


def view_of(result: Result) -> View:
    """Take the view of a finished run."""
    national = result.national()
    status, config = result.status, result.scenario["config"]
    labels = next(result.each()).labels
    daily = [item.name for item in result.outcomes.values() if item.dims == ("replicate", "day")]
    fine, pooled = (
        {item.name: item for item in result.outcomes.values() if item.dims == dims} for dims in (BY_REGION, BY_DISTRICT)
    )
    return View(
        key=str(status["key"]),
        name=result.name,
        digest=result.digest,
        replicates=result.replicates,
        config={key: config[key] for key in ("country", "start", "until", "scale", "seed")},
        provenance=result.provenance,
        years=[int(year) for year in labels.get("year", [])],
        regions=[str(code) for code in labels.get("region", [])],
        declared={name: {key: getattr(item, key) for key in DECLARED} for name, item in (fine | national).items()},
        national={name: item.values.tolist() for name, item in national.items()},
        weekly={name: _weekly(result, name) for name in daily},
        regional={name: _regional(item, result.sampling) for name, item in fine.items()},
        pooled={name: _regional(item, result.sampling) for name, item in pooled.items()},
        districts=[str(name) for name in labels.get("district", [])],
    )


def _weekly(result: Result, outcome: str) -> Bands:
    values = band(result, outcome)
    assert values is not None, outcome
    return {
        "time": [day.isoformat() for day in values.times],
        **{name: _short(getattr(values, name)) for name in ("median", "low", "high")},
    }


def _regional(item: DisclosedArray, sampling: Sampling) -> Bands:
    """Medians and intervals by year and place, with marks on what is too noisy."""
    noise = assess(item, item.values, sampling)
    numbers = zip(("median", "low", "high"), quantiles(item.values), strict=True)
    return {
        **{name: _short(table) for name, table in numbers},
        "noisy": noise.noisy.tolist(),
        "settled_by": noise.settled_by.tolist(),
    }


def _short(values: Any) -> list[Any]:
    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(entry) for entry in value]
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None

    return [one(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def _numbers(values: Any) -> Any:
    return np.array([[np.nan if value is None else value for value in row] for row in values], dtype=np.float64)


def view_file(folder: Path, run_id: str) -> Path:
    """Where the view of a run is kept."""
    return folder / f"{run_id}.json.gz"


def write_view(folder: Path, view: View) -> None:
    """Write a view atomically; equal views give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(asdict(view)), separators=(",", ":"), ensure_ascii=False)
    write_bytes(view_file(folder, view.id), gzip.compress(text.encode(), mtime=0))


def read_view(path: Path) -> View:
    """Read a view.

    Raises
    ------
    StorageError : it is damaged or of another format
    """
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
        view = View(**content)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise StorageError(f"{path} is no view of a run: {error}") from error
    if view.format != FORMAT:
        raise StorageError(f"{path} is a view of another format")
    return view
