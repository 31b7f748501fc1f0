"""Bad input is refused with one clear error; nothing is half done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from tests.model.running import configuration, russia, simulation

from kladsim.core.errors import InputError
from kladsim.model.config import Modifier
from kladsim.model.simulation import Simulation, read_state


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    s = simulation("2014-02-01", 2000)
    s.run(10)
    path = tmp_path_factory.mktemp("saved") / "state.npz"
    s.save(path)
    return path, s.config


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_without_persons_is_refused(scale):
    with pytest.raises(InputError, match="scale"):
        Simulation(configuration(scale=scale), russia())


def test_an_end_before_the_start_is_refused():
    with pytest.raises(InputError, match="until"):
        Simulation(configuration("2013-06-01"), russia())


def test_an_end_beyond_the_pack_is_refused():
    with pytest.raises(InputError, match=r"2031|until"):
        Simulation(configuration("2040-01-01"), russia())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9])
def test_a_parameter_without_sense_is_refused(value):
    with pytest.raises(InputError, match=r"courier\.pay_per_drop"):
        configuration(parameters={"courier.pay_per_drop": value})


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(InputError, match=r"courier\.pay_per_drop"):
        configuration(parameters={"courier.pay_per_dorp": 400.0})


def test_an_unknown_quantity_names_the_nearest():
    wrong = Modifier("policing.effort.couriers", date(2014, 1, 5), None, "set", 1.0)
    with pytest.raises(InputError, match=r"policing\.effort\.courier"):
        simulation(modifiers=(wrong,))


@pytest.mark.parametrize("value", [11.0, -0.1, float("nan")])
def test_a_modifier_out_of_range_is_refused(value):
    wrong = Modifier("policing.effort.courier", date(2014, 1, 5), None, "set", value)
    with pytest.raises(InputError, match=r"policing\.effort\.courier"):
        simulation(modifiers=(wrong,))


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1])
def test_a_damaged_state_is_refused(saved, tmp_path, keep):
    path, config = saved
    whole = path.read_bytes()
    size = int(len(whole) * keep) if isinstance(keep, float) else (len(whole) + keep if keep < 0 else keep)
    damaged = tmp_path / "state.npz"
    damaged.write_bytes(whole[:size])
    with pytest.raises(InputError, match=r"state\.npz"):
        Simulation.load(damaged, config, russia())


def test_a_state_with_one_wrong_byte_is_refused(saved, tmp_path):
    path, config = saved
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle] ^= 0xFF
    damaged = tmp_path / "state.npz"
    damaged.write_bytes(bytes(whole))
    with pytest.raises(InputError, match=r"state\.npz"):
        Simulation.load(damaged, config, russia())


def test_a_missing_state_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.npz"):
        read_state(tmp_path / "nowhere.npz")


def test_some_other_archive_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, x=np.arange(3))
    with pytest.raises(InputError, match=r"other\.npz"):
        read_state(path)


def rewritten(path, target, **changes):
    """Copy a state with other values in its description."""
    with np.load(path) as stored:
        arrays = dict(stored)
    meta = json.loads(bytes(arrays["meta"])) | changes
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(target, **arrays)
    return target


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [("version", "0.0.0", "version"), ("pack", "0" * 64, "pack"), ("format", "kladsim-state-0", "state")],
)
def test_a_state_of_another_version_is_refused(saved, tmp_path, field, value, match):
    path, config = saved
    with pytest.raises(InputError, match=match):
        Simulation.load(rewritten(path, tmp_path / "state.npz", **{field: value}), config, russia())


@pytest.mark.parametrize(("field", "value"), [("seed", 2), ("scale", 500)])
def test_a_state_of_another_run_is_refused(saved, field, value):
    path, config = saved
    with pytest.raises(InputError, match=field):
        Simulation.load(path, replace(config, **{field: value}), russia())


def test_a_state_that_lacks_an_array_is_refused(saved, tmp_path):
    path, config = saved
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays.pop("people.alive")
    np.savez(tmp_path / "state.npz", **arrays)
    with pytest.raises(InputError, match="alive"):
        Simulation.load(tmp_path / "state.npz", config, russia())
