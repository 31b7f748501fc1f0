"""Answer from the shipped file: effects of a plan with an error band, by NumPy alone, in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, StorageError
from kladsim.inference.emulator.evaluating import LOGARITHMS, POLYNOMIALS, Forest, Polynomials, evaluate
from kladsim.runs.development import why_not_current

if TYPE_CHECKING:
    from kladsim.policy.lever import Lever

Array = NDArray[np.float64]
SHIPPED = Path(__file__).parent / "data" / "emulator.npz"
FORMAT = "kladsim-emulator-1"
WITH_FRONT = "_with_front"
BAND = ("floor", "spread", "quantiles", "luck", "base")
USUAL_START = date(2025, 1, 1)
LAST = date(2031, 1, 1)
MOST_DRAWS = 16
"""How many draws an answer is averaged over where nobody names any: enough for a mean, and quick."""
OLD_STARTS = ("2024-01-01", "2026-12-31")
"""When levers may begin of an emulator that does not say so itself (kladsim 0.6 and before)."""


class UncoveredError(InputError):
    """The emulator was not trained on what is asked: it gives no answer rather than a guess."""


@dataclass(frozen=True)
class Projected:
    """One outcome: the middle and the 90 % band of what ``runs`` paired runs would show.

    ``years`` holds (calendar year, median, low, high); ``percent`` relates to the base over the same years.
    """

    outcome: str
    unit: str
    kind: str
    base: float
    median: float
    low: float
    high: float
    percent: float
    percent_low: float
    percent_high: float
    years: tuple[tuple[int, float, float, float], ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What the emulator says of one plan."""

    since: int
    until: int
    runs: int
    effects: tuple[Projected, ...]

    def __getitem__(self, outcome: str) -> Projected:
        return next(item for item in self.effects if item.outcome == outcome)


class Emulator:
    """A trained emulator.

    Parameters
    ----------
    meta : what it was trained on, its measures, axes and families
    arrays : numbers by name (``MEASURE/...``, ``test/...``)
    """

    def __init__(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.meta, self.arrays = meta, arrays
        self.measures: list[dict[str, Any]] = meta["measures"]
        self.levers: list[str] = meta["levers"]
        self.parameters: list[str] = meta["parameters"]
        self.years = int(meta["years"])
        self.first, self.last_start = (date.fromisoformat(day) for day in meta.get("starts", OLD_STARTS))
        self._stale: str | None = None
        self._of: dict[str, dict[str, NDArray[Any]]] = {}
        for name, array in arrays.items():
            head, _, tail = name.partition("/")
            self._of.setdefault(head, {})[tail] = array
        self._stack()

    def _stack(self) -> None:
        """Lay the numbers of all measures side by side, so that one answer is a few products of matrices."""
        of = [self._of[measure["name"]] for measure in self.measures]
        families = [str(measure["family"]) for measure in self.measures]
        sizes = len(self.levers), len(self.parameters)
        self._plain = [at for at, family in enumerate(families) if family in POLYNOMIALS]
        self._logs = [at for at, family in enumerate(families) if family in LOGARITHMS]
        self._polynomials = Polynomials([of[at] for at in self._plain + self._logs], *sizes)
        self._trees = [at for at, family in enumerate(families) if family == "trees"]
        self._forest = Forest([of[at] for at in self._trees])
        self._processes = [at for at, family in enumerate(families) if family == "gp"]
        stacked = {name: np.stack([one[name] for one in of]).astype(np.float64) for name in BAND}
        self._floor, self._spread, self._quantiles, self._luck, self._base = (stacked[name] for name in BAND)

    @classmethod
    def open(cls, path: Path = SHIPPED) -> Emulator:
        """Read an emulator's file.

        Raises
        ------
        StorageError : it is missing, damaged or of another format
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            meta, arrays = _name_sums(json.loads(bytes(arrays.pop("meta"))), arrays)
        except (OSError, KeyError, ValueError) as error:
            raise StorageError(f"no emulator at {path} ({error}); `kladsim dev emulate fit` makes one") from error
        if meta.get("format") != FORMAT:
            raise StorageError(f"{path} is an emulator of another format; `kladsim dev emulate fit` makes one")
        return cls(meta, arrays)

    def stale(self) -> str:
        """Return why the emulator does not belong to this code, an empty text if it does; found out once."""
        if self._stale is None:
            self._stale = self._why_stale()
        return why_not_current(self.meta["model_version"], "trained on") or self._stale

    def _why_stale(self) -> str:
        from kladsim.inference.emulator.design import country_draws, source_of
        from kladsim.inference.emulator.keys import emulator_key

        if self.meta["key"] != emulator_key():
            return "the model's code or data changed after the emulator was trained"
        if self.meta.get("source", source_of(None)) != source_of(country_draws()):
            return "trained on other draws of parameters than the country's runs have now"
        return ""

    @property
    def origin(self) -> dict[str, Any]:
        """Which parameters the runs had that trained it, for ``kladsim.runs.interval_words``."""
        usual = {"parameters": {"mode": "point"}, "model_version": self.meta["model_version"]}
        return self.meta.get("origin") or usual

    @property
    def drawn(self) -> Array:
        """Places of the parameters in the runs that trained it; at the register's values where the file has none."""
        found = self.arrays.get("draws", np.zeros((1, len(self.parameters))))
        return np.asarray(found[:MOST_DRAWS], dtype=np.float64)

    # -- shares of the base at points ----------------------------------------------------------------------

    def shares(self, u: Array, p: Array) -> Array:
        """Return differences a year since the start, as shares of the base's mean year.

        Parameters
        ----------
        u, p : strengths of levers and places of parameters, float64[points, axes]

        Returns
        -------
        float64[points, measures, years]; exactly 0 without a lever
        """
        found = np.zeros((len(u), len(self.measures), self.years))
        both = self._polynomials(u, p)
        many = len(self._plain)
        found[:, self._plain], found[:, self._logs] = both[:, :many], np.expm1(both[:, many:])
        if self._trees:
            found[:, self._trees] = self._forest(u, p)
        for at in self._processes:
            found[:, at] = evaluate("gp", self._of[self.measures[at]["name"]], u, p)
        return found

    def share(self, at: int, u: Array, p: Array) -> Array:
        """Return ``shares`` of one measure alone: float64[points, years]."""
        measure = self.measures[at]
        return evaluate(str(measure["family"]), self._of[measure["name"]], u, p)

    def widths(self, u: Array, *, runs: float = 1.0) -> Array:
        """Return half-widths of the 90 % band of the mean of ``runs`` runs, as shares of the base.

        Returns
        -------
        float64[points, measures, 2 x years]: each year, then means of the first 1, 2 ... years; 0 without a lever
        """
        size = np.sqrt((u != 0).any(axis=1)[:, None] * self._floor[:, 0] + np.abs(u) @ self._spread.T)
        narrower = np.sqrt(1.0 - self._luck + self._luck / runs)
        return np.asarray(size[:, :, None] * self._quantiles * narrower)

    def base_at(self, p: Array) -> Array:
        """Return the base's mean year at a place of the parameters: float64[measures]."""
        return np.asarray(np.exp(self._base[:, 0] + self._base[:, 1:] @ p))

    def slopes(self, at: int) -> Array:
        """Return how the logarithm of a measure's base moves with each parameter: float64[parameters]."""
        return np.asarray(self._base[at, 1:])

    # -- plans ---------------------------------------------------------------------------------------------

    def predict(
        self,
        levers: Sequence[Lever],
        *,
        until: date = LAST,
        parameters: Mapping[str, float] | None = None,
        draws: Sequence[Mapping[str, float]] = (),
        runs: int = 8,
        k: float | None = None,
        base: Mapping[str, float] | None = None,
    ) -> Prediction:
        """Return what the levers change until ``until``, against the base without them.

        Parameters
        ----------
        levers : public levers; packages are taken apart
        until : a first of January, at most six years after the first lever's start
        parameters : values of the emulator's parameters, the same in every run; the others stay as they were drawn
        draws : values of parameters in each run, of which the mean is told (default: as in the runs that trained it);
            those that the emulator does not know are left out, and those beyond its ranges count as the ends
        runs, k : the runs whose middle the band should hold: how many, and their scale 1/k
        base : the base's mean year by outcome, where it is known better

        Raises
        ------
        UncoveredError : an option, time or parameter that the emulator was not trained on
        """
        stages = self._stages(levers)
        first = min(stages, default=USUAL_START)
        years = self._calendar(first, until)
        p = self._drawn(draws) if draws else self._places(parameters or {})
        alike = runs * float(self.meta["k"]) / float(k or self.meta["k"])
        shares, band, total = self._told(stages, p, years, alike)
        sizes = np.mean([self.base_at(row) for row in p], axis=0)
        effects = tuple(
            _projected(measure, years, shares[at], band[at], total[at], (base or {}).get(measure["name"]) or sizes[at])
            for at, measure in enumerate(self.measures)
        )
        return Prediction(first.year, years[-1], runs, effects)

    def _told(
        self, stages: Mapping[date, Array], p: Array, years: list[int], alike: float
    ) -> tuple[Array, Array, Array]:
        """Return shares and half-widths by measure and calendar year, and the half-width of the mean of all years."""
        many = len(years)
        shares = np.zeros((len(self.measures), many))
        if not stages:
            return shares, np.zeros_like(shares), np.zeros(len(self.measures))
        starts = sorted(stages)
        points = np.stack([stages[start] for start in starts])
        every = self.shares(np.repeat(points, len(p), axis=0), np.tile(p, (len(points), 1)))
        values = every.reshape(len(points), len(p), *every.shape[1:]).mean(axis=1)
        before = np.zeros_like(values[0])
        for start, now in zip(starts, values, strict=True):
            shares += _shifted(now - before, start, years)  # a later lever adds what it changes, from its own start on
            before = now
        wide = self.widths(points[-1:], runs=alike)[0]
        return shares, wide[:, :many], wide[:, self.years + many - 1]

    def _stages(self, levers: Sequence[Lever]) -> dict[date, Array]:
        """Return strengths of all levers that run from each start on, added up as they begin."""
        from kladsim.inference.emulator.axes import LEVERS, axis_of, unpacked

        found: dict[date, dict[str, float]] = {}
        seen: set[str] = set()
        for lever in unpacked(levers):
            try:
                axis, change, start = axis_of(lever)
            except InputError as error:
                where, value, allowed = error.where, error.value, error.allowed
                raise UncoveredError(error.message, where=where, value=value, allowed=allowed) from None
            if axis.name in seen:
                raise UncoveredError("is used twice", where=axis.name)
            if not self.first <= start <= self.last_start:
                raise UncoveredError("begins when the emulator was not trained", where=f"{lever.name}.start",
                                value=str(start), allowed=f"{self.first} to {self.last_start}")  # fmt: skip
            seen.add(axis.name)
            found.setdefault(start, {})[axis.name] = change / axis.scale
        stages: dict[date, Array] = {}
        total = np.zeros(len(LEVERS))
        place = {name: at for at, name in enumerate(self.levers)}
        for start in sorted(found):
            for name, value in found[start].items():
                total[place[name]] = value
            stages[start] = total.copy()
        return stages

    def _calendar(self, first: date, until: date) -> list[int]:
        if (until.month, until.day) != (1, 1) or not first < until <= LAST:
            raise UncoveredError("is no end that the emulator knows", where="until", value=str(until),
                            allowed=f"a first of January up to {LAST}")  # fmt: skip
        if until.year - first.year > self.years:
            raise UncoveredError("lies too long after the first lever's start", where="until", value=str(until),
                            allowed=f"{first.year + self.years}-01-01")  # fmt: skip
        return list(range(first.year, until.year))

    def _drawn(self, draws: Sequence[Mapping[str, float]]) -> Array:
        from kladsim.inference.emulator.axes import parameter_axes

        axes = parameter_axes(self.meta["values"])
        rows = [[axis.place(draw[axis.name]) if axis.name in draw else 0.0 for axis in axes] for draw in draws]
        return np.clip(np.array(rows, dtype=np.float64), -1.0, 1.0)

    def _places(self, parameters: Mapping[str, float]) -> Array:
        from kladsim.inference.emulator.axes import parameter_axes

        axes = {axis.name: axis for axis in parameter_axes(self.meta["values"])}
        found = self.drawn.copy()
        for name, value in parameters.items():
            if name not in axes:
                raise UncoveredError("is no parameter that the emulator knows", where=name, allowed=", ".join(axes))
            place = axes[name].place(value)
            if abs(place) > 1.0 + 1e-9:
                raise UncoveredError("lies outside the range that the emulator was trained on", where=name, value=value,
                                allowed=f"{axes[name].at(-1.0):.3g} to {axes[name].at(1.0):.3g}")  # fmt: skip
            found[:, self.parameters.index(name)] = place
        return found


def _name_sums(
    meta: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a file of model 0.6.0 or before with true names for its sums of health, which hold deaths at the front."""
    names = [str(measure["name"]) for measure in meta.get("measures", ())]
    if any(name.endswith(WITH_FRONT) for name in names):
        return meta, arrays
    renamed: dict[str, str] = {name: name + WITH_FRONT for name in ("qaly_lost", "daly_lost") if name in names}
    measures = [{**measure, "name": renamed.get(measure["name"], measure["name"])} for measure in meta["measures"]]
    parts = {name: name.partition("/") for name in arrays}
    return {**meta, "measures": measures}, {
        renamed.get(head, head) + sign + tail: arrays[name] for name, (head, sign, tail) in parts.items()
    }


def _projected(
    measure: Mapping[str, Any], years: list[int], shares: Array, band: Array, total: float, size: float
) -> Projected:
    times = 1.0 if measure["kind"] == "level" else float(len(years))
    mean, size, total = float(shares.mean()), float(size), float(total)
    rows = tuple(
        (year, size * share, size * (share - half), size * (share + half))
        for year, share, half in zip(years, shares.tolist(), band.tolist(), strict=True)
    )
    low, high = mean - total, mean + total
    return Projected(
        str(measure["name"]), str(measure["unit"]), str(measure["kind"]), size * times, size * mean * times,
        size * low * times, size * high * times, 100 * mean, 100 * low, 100 * high, rows,
    )  # fmt: skip


def _shifted(effect: Array, start: date, years: Sequence[int]) -> Array:
    """Return effects by measure and year since the start, by calendar year; a start within a year is interpolated."""
    late = (start - date(start.year, 1, 1)).days / 365.0
    found = np.zeros((len(effect), len(years)))
    for at, year in enumerate(years):
        k = year - start.year
        if 0 <= k < effect.shape[1]:
            found[:, at] += (1.0 - late) * effect[:, k]
        if 0 < k <= effect.shape[1]:
            found[:, at] += late * effect[:, k - 1]
    return found


@cache
def shipped() -> Emulator | None:
    """Return the emulator that comes with the package, None if none does."""
    try:
        return Emulator.open()
    except StorageError:
        return None
