"""A tiny stand-in for the model: one hash a day, exact to save and load, with outcomes of every side."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.core.errors import InputError
from kladsim.model.config import RunConfig
from kladsim.runs.engine import Engine

SPEC = "tests.study.fake_model:fake_engine"


@dataclass(frozen=True)
class FakePack:
    name: str = "russia"
    region_code: tuple[str, ...] = ("RU-AL", "RU-MOW", "RU-SPE")
    district_names: tuple[str, ...] = ("Central", "Siberian")


@dataclass(frozen=True)
class FakeOutcome:
    name: str
    unit: str
    doc: str
    side: str
    cells: tuple[tuple[str, ...], ...]
    headline: bool = True
    better: str = ""
    kind: str = "flow"
    sample: str = "persons"

    @property
    def disclosure(self) -> str:
        return self.side


@dataclass(frozen=True)
class FakeArray:
    name: str
    dims: tuple[str, ...]
    values: Any
    unit: str
    side: str


OUTCOMES = {
    item.name: item
    for item in (
        FakeOutcome("price_index", "index", "Price", "supply", (("day",),), kind="level", sample="none"),
        FakeOutcome("deaths", "deaths", "Deaths", "health", (("year", "region"),), better="lower"),
        FakeOutcome("arrests", "arrests", "Arrests", "enforcement", (("year",),)),
        FakeOutcome("thefts", "thefts", "Thefts", "supply", (("quarter", "district"),), headline=False),
    )
}


class FakeSimulation:
    """Its daily values depend on seed, replicate, day and the modifiers that are on."""

    def __init__(self, config: RunConfig, replicate: int) -> None:
        self.config, self.replicate, self.day = config, replicate, 0
        self.trace: list[int] = []
        self.persons = 1000

    @property
    def n_days(self) -> int:
        return self.config.n_days

    def run(self, until_day: int | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        end = self.n_days if until_day is None else until_day
        pause = float(os.environ.get("FAKE_DAY_SECONDS", "0"))
        if self.replicate >= int(os.environ.get("FAKE_SLOW_FROM", "1000000")):
            pause = max(pause, 0.05)  # so slow that what interrupts it comes in time on a busy machine too
        while self.day < end:
            if os.environ.get("FAKE_FAILS") == str(self.replicate) and self.day == 5:
                raise RuntimeError("this replicate fails on purpose")
            self.trace.append(self._draw())
            self.day += 1
            if pause:
                time.sleep(pause)
            if progress:
                progress(self.day, self.n_days)

    def _draw(self) -> int:
        today = np.datetime64(self.config.start, "D") + self.day
        on = [
            m
            for m in self.config.modifiers
            if np.datetime64(m.start, "D") <= today and (m.end is None or today < np.datetime64(m.end, "D"))
        ]
        c = self.config
        redrawn = c.luck if c.luck_from and np.datetime64(c.luck_from, "D") <= today else 0
        text = f"{c.seed}/{self.replicate}/{self.day}" + f"/{redrawn}" * bool(redrawn)
        luck = int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") % 100
        return 100 + luck - 20 * len(on)

    def save(self, path: Path) -> None:
        content = {"day": self.day, "trace": self.trace, "replicate": self.replicate}
        Path(path).write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, config: RunConfig) -> FakeSimulation:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        simulation = cls(config, content["replicate"])
        simulation.day, simulation.trace = content["day"], content["trace"]
        return simulation

    def branch(self, config: RunConfig) -> FakeSimulation:
        simulation = FakeSimulation(config, self.replicate)
        simulation.day, simulation.trace = self.day, list(self.trace)
        return simulation

    def results(self) -> dict[str, FakeArray]:
        trace = np.array(self.trace, dtype=np.int64)
        days = np.datetime64(self.config.start, "D") + np.arange(len(trace))
        years = days.astype("datetime64[Y]").astype(int)
        yearly = np.bincount(years - years[0], weights=trace)
        quarters = days.astype("datetime64[M]").astype(int) // 3
        quarterly = np.bincount(quarters - quarters[0], weights=trace)
        deaths = np.stack([yearly * 10, yearly * 5, np.full_like(yearly, 3)], axis=1)
        values: dict[str, tuple[tuple[str, ...], Any]] = {
            "price_index": (("day",), trace / 100),
            "deaths": (("year", "region"), deaths),
            "arrests": (("year",), yearly),
            "thefts": (("quarter", "district"), np.stack([quarterly, quarterly * 0 + 7], axis=1)),
        }
        return {
            name: FakeArray(name, dims, array, OUTCOMES[name].unit, OUTCOMES[name].side)
            for name, (dims, array) in values.items()
        }

    def capped(self) -> dict[str, tuple[date, float]]:
        factor = 1.5 + self.replicate
        return {"arrest": (self.config.start, factor)} if os.environ.get("FAKE_CAPPED") else {}

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.trace).encode()).hexdigest()


def _pack(name: str) -> FakePack:
    if name != "russia":
        raise InputError("unknown country", where="country", value=name)
    return FakePack()


def fake_engine() -> Engine:
    def start(config: RunConfig, pack: Any, replicate: int, threads: int) -> FakeSimulation:
        return FakeSimulation(config, replicate)

    def load(path: Path, config: RunConfig, pack: Any, threads: int) -> FakeSimulation:
        return FakeSimulation.load(path, config)

    return Engine("fake-1", OUTCOMES, _pack, start, load)
