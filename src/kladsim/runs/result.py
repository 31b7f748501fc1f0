"""The result of a run, read from its directory: digests, tidy summary, labelled arrays, picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from kladsim.core.accessors import accessor
from kladsim.core.errors import InputError, unknown_name
from kladsim.core.formatting import Language, format_number
from kladsim.runs.development import describe_warnings
from kladsim.runs.disclosure import BADGE, TIME, USE, DisclosedArray, is_windowed
from kladsim.runs.harms import is_harm_of_persons
from kladsim.runs.interval_words import describe_interval, interval_sentence
from kladsim.runs.judging import interval_name
from kladsim.runs.netcdf import named, read_netcdf, without_empty
from kladsim.runs.noise import Sampling, assess
from kladsim.runs.parameters import from_plain as draws_of
from kladsim.runs.periods import labels_of
from kladsim.runs.placeholders import placeholder_words
from kladsim.runs.replicates import Replicate, declared, read_replicate, stack
from kladsim.runs.store import RunStore
from kladsim.runs.summary import COLUMNS, TOTAL, SummaryRow, read_parquet

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import xarray as xr

BY = ("year", "quarter", "month", "region", "district", "stratum")


@dataclass(frozen=True)
class Result:
    """A finished run.

    Parameters
    ----------
    path : the run directory
    from_store : whether it was there already and nothing had to run
    persons_only : whether only harm of persons is given, as in a comparison of what the market controls
    """

    path: Path
    from_store: bool = False
    persons_only: bool = False

    @classmethod
    def open(cls, path: str | Path, *, from_store: bool = True) -> Result:
        """Open a finished run directory.

        Raises
        ------
        InputError : there is no run, or it is not finished
        """
        store = RunStore.existing(Path(path))
        if not store.finished:
            state = store.status().get("state")
            raise InputError(f"the run is {state}, not finished; the same command resumes it", where=str(path))
        return cls(store.path, from_store)

    @cached_property
    def status(self) -> dict[str, Any]:
        """What ``status.json`` says (state, digests, costs)."""
        return RunStore.existing(self.path).status()

    @cached_property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario: name, config, pack digest, replicates, model version."""
        return RunStore.existing(self.path).scenario()

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.status["name"])

    @property
    def digest(self) -> str:
        """SHA-256 of the replicates' digests in order."""
        return str(self.status["digest"])

    @property
    def replicate_digests(self) -> list[str]:
        """One SHA-256 a replicate: standard outcomes and final state."""
        return list(self.status["replicate_digests"])

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.status["replicates"])

    @property
    def provenance(self) -> dict[str, Any]:
        """Key, model version, pack digest, seed, scale, software, badge."""
        return dict(self.status["provenance"])

    @cached_property
    def sampling(self) -> Sampling:
        """What tells sampling from doubt of parameters: the scale, and which replicates share their draw."""
        draws = draws_of(self.scenario.get("draws"))
        return Sampling.of_run(float(self.scenario["config"]["scale"]), draws, self.replicates)

    @property
    def interval(self) -> str:
        """What intervals over the replicates hold, as part of a sentence (see ``kladsim.runs.interval_words``)."""
        return describe_interval(self.provenance, runs=self.replicates)

    @property
    def placeholders(self) -> dict[str, Any] | None:
        """Tables of the country pack that held placeholders when the run was made; None where none did."""
        return self.provenance.get("placeholders")

    @cached_property
    def declared(self) -> dict[str, dict[str, Any]]:
        """What each stored array is (name, dims, unit, side, doc, kind, better, headline), without its values."""
        found = declared(RunStore.existing(self.path).replicate(0))
        return {key: item for key, item in found.items() if self._gives(item["name"], item.get("disclosure", ""))}

    def _gives(self, name: str, kind: str) -> bool:
        return not self.persons_only or is_harm_of_persons(SimpleNamespace(name=name, disclosure=kind))

    @cached_property
    def labels(self) -> dict[str, list[Any]]:
        """Names of the cells along every axis (years, regions, age bands ...)."""
        return next(self.each()).labels

    def each(self) -> Iterator[Replicate]:
        """Read the replicates one by one."""
        store = RunStore.existing(self.path)
        return (read_replicate(store.replicate(i)) for i in range(self.replicates))

    @cached_property
    def outcomes(self) -> dict[str, DisclosedArray]:
        """All released outcomes with ``replicate`` as first axis."""
        found = stack(list(self.each()))
        return {key: item for key, item in found.items() if self._gives(item.name, item.disclosure)}

    def national(self) -> dict[str, DisclosedArray]:
        """One array (replicate, year) an outcome, for the nation."""
        return self._national

    @cached_property
    def _national(self) -> dict[str, DisclosedArray]:
        return {item.name: item for item in self.outcomes.values() if item.dims == ("replicate", "year")}

    @property
    def headline_names(self) -> set[str]:
        """The outcomes that are marked as headline (all national ones, if none is)."""
        declared = {item["name"]: item for item in self.declared.values() if item["dims"] == ["year"]}
        return {name for name, item in declared.items() if item["headline"]} or set(declared)

    @cached_property
    def rows(self) -> list[SummaryRow]:
        """The tidy summary as rows."""
        found = read_parquet(self.path / "summary.parquet")
        names = {item["name"] for item in self.declared.values()} if self.persons_only else set()
        return [row for row in found if not self.persons_only or row.outcome in names]

    def headline(self) -> list[SummaryRow]:
        """National totals of the headline outcomes (of all, if none is marked)."""
        marked = {item.name for item in self.national().values() if item.headline}
        totals = [row for row in self.rows if row.period == TOTAL]
        return [row for row in totals if row.outcome in marked] or totals

    def summary(self, outcome: str | None = None, by: str | None = None) -> pd.DataFrame:
        """Median and 5-95 % interval over the replicates as a tidy table, with marks on what is too noisy.

        ``interval`` says what the interval holds, the column ``settled_by`` what would settle a noisy number.

        Parameters
        ----------
        outcome : one outcome, else all
        by : ``year``, ``quarter``, ``month``, ``region``, ``district`` (pooled regions, and supply by quarter),
            ``stratum``; else national totals

        Raises
        ------
        InputError : unknown outcome or grouping
        """
        import pandas as pd

        names = {row.outcome for row in self.rows}
        if outcome is not None and outcome not in names:
            raise unknown_name("outcome", outcome, names, where="summary")
        if by is not None and by not in BY:
            raise unknown_name("grouping", by, BY, where="by")
        regions = frozenset(map(str, self.labels.get("region", ())))
        chosen = [row for row in self.rows if outcome in (None, row.outcome) and _belongs(row, by, regions)]
        return pd.DataFrame([vars(row) for row in chosen], columns=list(COLUMNS))

    @property
    def start(self) -> date:
        """First day of the run."""
        return date.fromisoformat(str(self.scenario["config"]["start"]))

    def labels_of(self, dim: str, length: int) -> list[Any]:
        """Names of the cells along an axis: dates, periods, region codes, age groups."""
        if dim in TIME:
            return labels_of(dim, length, self.start)
        first = next(self.each())
        return list(first.labels.get(dim) or range(length))

    @accessor
    def export(
        self,
        outcomes: str | Sequence[str],
        by: str | Sequence[str] = "year",
        fmt: str = "csv",
        out: str | Path | None = None,
    ) -> str | Path:
        """Write outcomes as tidy columns with median, 5-95 % interval and number of replicates.

        Parameters
        ----------
        outcomes, by : names, or one text with commas; ``by`` holds one of day, month, quarter and year, and
            perhaps region, age and sex
        fmt : csv, parquet or json
        out : a file; without one the text is returned

        Raises
        ------
        InputError : an unknown outcome, cell or format, or a cell that disclosure control refuses
        """
        raise NotImplementedError

    def to_xarray(self) -> xr.Dataset:
        """All outcomes as a labelled dataset: ``deaths`` is national, by year; ``deaths_by_region`` holds its parts.

        Finer arrays are named by their axes (``orders_by_day``, ``dependent_by_age_sex``); ``attrs`` of each say unit,
        cells and whether years add up (``aggregation``: flow) or are averaged (level). A coordinate ``NAME_noisy``
        beside each marks the cells that are too noisy to be read (responsible use, rule 2). An array without any value
        is left out and named in ``attrs["withheld"]`` of the dataset.
        """
        return without_empty(self.dataset())

    def dataset(self) -> xr.Dataset:
        """Return the dataset of ``to_xarray`` with the arrays that have no value."""
        found = read_netcdf(self.path / "result.nc")
        items = named(self.outcomes)
        found = found[[name for name in found.data_vars if str(name) in items]] if self.persons_only else found
        marks = {}
        for name, item in items.items():
            if name in found and not is_windowed(item):
                noisy = assess(item, item.values, self.sampling).noisy
                marks[f"{name}_noisy"] = (item.dims[1:], noisy, {"long_name": f"{item.name} is too noisy"})
        return found.assign_coords(marks)

    @accessor
    def plot(self, path: str | Path | None = None) -> Path:
        """Draw the headline outcomes; return where the picture lies (by default in the run directory)."""
        raise NotImplementedError

    @property
    def capped(self) -> list[dict[str, Any]]:
        """Processes whose hazard exceeded its bound: day and factor of the largest, and in how many replicates."""
        return list(self.status.get("capped", ()))

    def to_dict(self) -> dict[str, Any]:
        """Digest, size, time, speed, memory and folder as plain values, as ``--json`` prints them."""
        keys = ("persons", "days", "wall_s", "person_days_per_s", "peak_bytes")
        known = {key: self.status.get(key) for key in keys}
        return {
            "run": self.name,
            "digest": self.digest,
            **known,
            "replicates": self.replicates,
            "path": str(self.path),
            "from_store": self.from_store,
            "placeholders": _told(self.placeholders),
            "capped": self.capped,
            "badge": BADGE,
        }

    def describe_warnings(self, language: Language = "en") -> str:
        """Return what must stand above the results (see ``kladsim.runs.development``)."""
        return describe_warnings([self.provenance], language)

    def __repr__(self) -> str:
        above = self.describe_warnings()
        said = f"Result({self.name!r}, {self.replicates} replicates, digest {self.digest[:12]}, {self.path})"
        return f"{said}\n{above}" if above else said

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row'>{escape(row.outcome)}</th><td>{escape(row.unit)}</td>"
            f"<td>{format_number(row.median)}</td>"
            f"<td>{format_number(row.low5)} to {format_number(row.high95)}</td></tr>"
            for row in self.headline()
        )
        head = "".join(
            f"<th scope='col'>{text}</th>" for text in ("outcome", "unit", "median", interval_name(self.replicates))
        )
        title = f"<strong>{escape(self.name)}</strong> · {self.replicates} replicates · {escape(str(self.path))}"
        above = self.describe_warnings()
        warned = f"<p role='alert'><strong>{escape(above)}</strong></p>" if above else ""
        notes = f"<p>{interval_sentence(self.interval)} Note: {BADGE}. {USE}</p>"
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
        return f"<section><p>{title}</p>{warned}{table}{notes}</section>"


def _told(record: dict[str, Any] | None) -> dict[str, Any] | None:
    return record and {**record, "words": placeholder_words(record)}


def _belongs(row: SummaryRow, by: str | None, regions: frozenset[str]) -> bool:
    if by is None:
        return row.period == TOTAL
    if row.period == TOTAL:
        return False
    if by in ("year", "quarter", "month"):
        shape = {"year": 4, "quarter": 7, "month": 7}[by]
        return (
            not row.place
            and not row.stratum
            and len(row.period) == shape
            and ("Q" in row.period) == (by == "quarter")
        )
    if by == "stratum":
        return bool(row.stratum)
    return bool(row.place) and (row.place in regions) == (by == "region")
