"""The fake model with a known answer: the lever saves lives in proportion to its share, but only where initiation is low."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.study.fake_model import FakeSimulation, fake_engine

from kladsim.model.config import RunConfig
from kladsim.runs.engine import Engine

SPEC = "tests.study.responsive_model:responsive_engine"
CUT = 0.0175  # the middle of the range of use.initiation


class ResponsiveSimulation(FakeSimulation):
    """Each day's number falls by the share times a replicate's luck near 100 where initiation is below the cut."""

    def _draw(self) -> int:
        c = self.config
        today = np.datetime64(c.start, "D") + self.day
        share = sum(m.value for m in c.modifiers if np.datetime64(m.start, "D") <= today)
        text = f"{c.seed}/{self.replicate}"
        luck = int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") % 20
        works = 1.0 if c.parameters["use.initiation"] < CUT else -0.3
        market = round(c.parameters["courier.pay_per_drop"] / 100.0)
        return 1000 + market + luck - round(share * works * (90 + luck))

    def branch(self, config: RunConfig) -> ResponsiveSimulation:
        simulation = ResponsiveSimulation(config, self.replicate)
        simulation.day, simulation.trace = self.day, list(self.trace)
        return simulation


def responsive_engine() -> Engine:
    def start(config: RunConfig, pack: Any, replicate: int, threads: int) -> ResponsiveSimulation:
        return ResponsiveSimulation(config, replicate)

    def load(path: Path, config: RunConfig, pack: Any, threads: int) -> FakeSimulation:
        return ResponsiveSimulation.load(path, config)

    return replace(fake_engine(), version="responsive-1", start=start, load=load)
