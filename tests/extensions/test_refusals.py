"""What an installed package declares wrongly is refused by name: another name, a digest, a target, a switch that is off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.model.running import configuration, russia

from kladsim.core.errors import InputError
from kladsim.core.registry import Registry
from kladsim.model import added, outcomes
from kladsim.model.config import Modifier
from kladsim.model.observers import Observer
from kladsim.model.outcomes import Outcome
from kladsim.model.quantities import BORDER
from kladsim.model.record import read_only
from kladsim.model.reducers import assemble
from kladsim.model.simulation import Simulation
from kladsim.policy.lever import LEVER_CLASSES, Evidence, FirstEffect, Programme
from kladsim.policy.registry import check_target
from kladsim.runs.tasks import Failure, attempt

NAMED = Observer("evening", "What an evening shows.", ("people",), lambda persons, world, day: [0.0])
COUNTED = Outcome(
    name="counted", unit="persons", side="health", disclosure="health", cells=("year",), kind="flow", sample="persons",
    reducer=lambda run: np.zeros(1), in_digest=True, doc="What a package counts.",
)  # fmt: skip


@dataclass(frozen=True)
class _Point:
    name: str
    item: Any
    value: str = "package:item"

    def load(self) -> Any:
        return self.item


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    points: list[Any] = []
    monkeypatch.setattr("kladsim.core.registry.entry_points", lambda group: points)
    return points


def test_an_item_has_the_name_of_its_entry_point(installed: list[Any]) -> None:
    installed.append(_Point("morning", NAMED))
    with pytest.raises(InputError, match=r"another name than its entry point.*evening.*morning"):
        dict(Registry("observer", "kladsim.observers", {}, Observer))
    installed[:] = [_Point("evening", NAMED)]
    assert dict(Registry("observer", "kladsim.observers", {}, Observer)) == {"evening": NAMED}


def test_no_digest_covers_an_outcome_of_a_package(installed: list[Any]) -> None:
    installed.append(_Point("counted", COUNTED))
    own = Registry("outcome", "kladsim.outcomes", outcomes.OUTCOMES.builtin, Outcome, outcomes.OUTCOMES.check)
    with pytest.raises(InputError, match="outcome counted, in_digest"):
        own["counted"]
    installed[:] = [_Point("counted", COUNTED.model_copy(update={"in_digest": False}))]
    own = Registry("outcome", "kladsim.outcomes", outcomes.OUTCOMES.builtin, Outcome, outcomes.OUTCOMES.check)
    assert own["counted"].name == "counted"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (FirstEffect("poisonings_nonfatl", "lower"), "did you mean 'poisonings_nonfatal'"),
        (FirstEffect("deaths", "down"), "unknown direction"),  # type: ignore[arg-type]
    ],
)
def test_a_lever_moves_first_what_a_run_measures(target: FirstEffect, said: str) -> None:
    class Leaflets(Programme):
        """Print leaflets."""

        name: ClassVar[str] = "leaflets"
        evidence: ClassVar[tuple[Evidence, ...]] = (Evidence("assumption", "D", "nothing is known"),)

        def effects(self) -> Iterable[Modifier]:
            """Return nothing."""
            return ()

    Leaflets.target = target
    try:
        with pytest.raises(InputError, match=said):
            check_target(Leaflets)
    finally:
        LEVER_CLASSES.pop("leaflets")


def test_what_an_added_mechanism_recorded_names_its_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    mechanism = added.AddedMechanism("peers", "Peers", "nobody helps", "1", ("assumption",), {}, state={"helped": "x"})
    monkeypatch.setattr(added.ADDED, "_all", {"peers": mechanism})
    record = Simulation(configuration("2014-01-03", 20_000), russia()).record()
    with pytest.raises(InputError, match=r"belongs to a mechanism that is off.*peers: on"):
        record.observed["peers"]
    with pytest.raises(InputError, match="did you mean 'peers'"):
        record.observed["pears"]


def test_a_reducer_cannot_write_into_the_records_of_a_simulation() -> None:
    simulated = Simulation(configuration("2014-01-03", 20_000), russia())
    run = simulated.record()
    arrays = (
        run.recording.count, run.recording.users_by, run.daily_national("real_price"), run.calendar.years,
        run.calendar.columns["cpi"], run.quantities.column(BORDER),
    )  # fmt: skip
    for values in arrays:
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0
    run.parameters.clear()  # type: ignore[attr-defined]
    assert simulated.record().parameters, "the simulation's own values are not touched"
    assert read_only({"peers": np.zeros(2)})["peers"].flags.writeable is False, "what observers recorded"


def test_an_outcome_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = COUNTED.model_copy(update={"in_digest": False, "reducer": lambda run: run.yearly("poisonings")})
    monkeypatch.setattr("kladsim.model.reducers.outcomes_of", lambda *_: {"counted": wrong})
    record = Simulation(configuration("2014-01-03", 20_000), russia()).record()
    failure = attempt(lambda task, tick: assemble(record), SimpleNamespace(key="one"), lambda done, total: None)  # type: ignore[type-var, arg-type, return-value]
    assert isinstance(failure, Failure)
    assert "unknown counter" in failure.error and failure.error.endswith("outcome counted")
