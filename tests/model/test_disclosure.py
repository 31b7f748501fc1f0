"""No outcome leaves in a cell finer than the rules of responsible use allow, by no path of the model."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.running import finished, russia, simulation

from kladsim.model import outcomes
from kladsim.model.outcomes import OUTCOMES
from kladsim.model.simulation import Simulation
from kladsim.model.tallies import AGE_BANDS
from kladsim.runs import disclosure
from kladsim.runs.disclosure import class_of, is_windowed
from kladsim.runs.outcomes import disclose_all

SECRET = ("profit", "margin", "cash", "promotion", "fee", "enforcer", "tenure", "per_drop_risk")
"""Words of what may leave by no name (rules 3, 4 and 6)."""
STANDARD = outcomes.outcomes_of((), window=False)
"""What every country has; others come only with a pack that asks for them."""
BANDS = tuple(f"{low}-{high - 1}" for low, high in zip(AGE_BANDS, AGE_BANDS[1:], strict=False))


@pytest.fixture(scope="module")
def run():
    return finished("2016-01-01", 1000)


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=list(OUTCOMES))
def test_declared_cells_are_allowed(outcome):
    cells = disclosure.declared_cells(outcome)
    for cell in cells:
        if is_windowed(outcome):  # only through a pack's past window, never by declaration
            assert outcome.side == "supply"
            continue
        disclosure.check_resolution(outcome.name, cell, class_of(outcome), cells)
    assert outcome.doc
    assert outcome.unit


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=list(OUTCOMES))
@pytest.mark.parametrize(
    "dims", [("day", "region"), ("day", "cell"), ("year", "region", "class"), ("month", "region", "age")]
)
def test_finer_cells_are_refused(outcome, dims):
    with pytest.raises(disclosure.ResolutionError):
        disclosure.check_resolution(outcome.name, dims, class_of(outcome), disclosure.declared_cells(outcome))


def test_no_outcome_is_named_after_what_may_not_leave():
    assert not [name for name in OUTCOMES if any(word in name.split("_") for word in SECRET)]


def test_results_come_as_declared_and_pass_the_gate(run):
    results = run.results()
    assert set(results) == set(STANDARD)
    sizes = {"year": 2, "day": run.n_days, "region": russia().n_regions, "age": len(BANDS), "sex": 2}
    for name, array in results.items():
        assert array.dims in disclosure.declared_cells(OUTCOMES[name]), name
        assert array.values.shape == tuple(sizes[dim] for dim in array.dims), name
        assert array.side == OUTCOMES[name].side
    released = disclose_all(results, OUTCOMES, run.config.start, BANDS)
    for item in released.values():
        outcome = OUTCOMES[item.name]
        disclosure.check_resolution(item.name, item.dims, class_of(outcome), disclosure.declared_cells(outcome))


def test_every_cell_leaves_but_minors_by_place(run):
    released = disclose_all(run.results(), OUTCOMES, run.config.start, BANDS, district=russia().district)
    for key, array in run.results().items():
        item = released[key]
        if "age" not in item.dims:
            assert np.array_equal(item.values, array.values, equal_nan=True), key
    by_place, nation = released["people_who_use_by_age"], released["people_who_use_by_age_among_people"]
    young = np.take(by_place.values, 0, axis=by_place.dims.index("age"))
    assert not np.isfinite(young).any()
    whole = run.results()["people_who_use_by_age"].values
    assert np.array_equal(nation.values, whole.sum(axis=1)) and nation.values[:, 0].sum() > 0


def test_a_checkpoint_tells_no_more_than_a_run(tmp_path):
    """What is read back from a saved state is a simulation: its only results are the declared outcomes."""
    s = simulation("2014-03-01", 2000)
    s.run(20)
    s.save(tmp_path / "state.npz")
    again = Simulation.load(tmp_path / "state.npz", s.config, russia())
    assert {name: array.dims for name, array in again.results().items()} == {
        name: outcome.cells for name, outcome in STANDARD.items()
    }


def test_public_names_of_the_model_lead_to_no_records():
    import kladsim
    import kladsim.model

    names = {*getattr(kladsim, "__all__", dir(kladsim)), *kladsim.model.__all__}
    assert not [name for name in names if any(word in name.lower() for word in ("recording", "read_state", "cell"))]
    assert not any("cell" in outcome.cells for outcome in outcomes.OUTCOMES.values())
