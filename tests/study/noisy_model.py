"""The fake model with luck in what a lever does, so that paired differences differ between replicates."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.study.fake_model import FakeSimulation, fake_engine

from kladsim.model.config import RunConfig
from kladsim.runs.engine import Engine


class NoisySimulation(FakeSimulation):
    """What is on saves lives by an amount that hangs on the replicate."""

    def _draw(self) -> int:
        today = np.datetime64(self.config.start, "D") + self.day
        on = int(sum(np.datetime64(m.start, "D") <= today for m in self.config.modifiers))
        text = f"{self.config.seed}/{self.replicate}/{self.day}"
        luck = int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") % 100
        return 1000 + luck - on * luck

    def branch(self, config: RunConfig) -> NoisySimulation:
        simulation = NoisySimulation(config, self.replicate)
        simulation.day, simulation.trace = self.day, list(self.trace)
        return simulation


def noisy_engine() -> Engine:
    def start(config: RunConfig, pack: Any, replicate: int, threads: int) -> NoisySimulation:
        return NoisySimulation(config, replicate)

    def load(path: Path, config: RunConfig, pack: Any, threads: int) -> FakeSimulation:
        return NoisySimulation.load(path, config)

    return replace(fake_engine(), version="noisy-1", start=start, load=load)
