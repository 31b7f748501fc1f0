"""Left-out prediction: scores are proper, the stored ones belong to the tables, and the model is told apart honestly."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kladsim.spread.model import scores
from kladsim.spread.model.scores import MODELS, compare, save_predictions, saved_predictions, wins
from kladsim.spread.model.tables import FIRST_YEAR, read_world


def test_scores_see_the_better_prediction_and_a_tie() -> None:
    world = read_world()
    n, years = len(world), 12
    vague = np.full((n, years), 0.02)
    sharp = np.full((n, years), 0.001)
    for i in np.flatnonzero(world.signed):
        low, high = world.sign[i] - FIRST_YEAR
        sharp[i, low : high + 1] = 0.9 / (high - low + 1)
    found = compare(world, {"one": sharp, "two": vague}, "one", "two")
    assert len(wins(found)) == len(found)
    back = compare(world, {"one": sharp, "two": vague}, "two", "one")
    assert wins(back) == []
    same = compare(world, {"one": vague, "two": vague}, "one", "two")
    assert all(s.difference == 0.0 for s in same) and wins(same) == []


@pytest.mark.parametrize("rival", [name for name in MODELS if name != "model"])
def test_stored_predictions_are_chances_and_beat_the_rival_on_dated_signs(rival: str) -> None:
    world, predictions = read_world(), saved_predictions()
    for values in predictions.values():
        assert (values >= 0).all() and (values.sum(axis=1) <= 1.0 + 1e-6).all()
    found = {s.name: s for s in compare(world, predictions, "model", rival)}
    dated = found["log score, interval, dated"]
    assert dated.countries == 10
    assert dated.low > 0  # what docs/spread.md says; it fails when the tables or the model no longer give it


def test_predictions_made_again_are_kept_for_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kladsim.cli.main import verbs

    kept = tmp_path / "predictions.npz"
    shipped = saved_predictions()
    monkeypatch.setattr(scores, "predict_all", lambda *_, **__: shipped)
    monkeypatch.setattr(scores, "save_predictions", partial(save_predictions, file=kept))
    done = CliRunner().invoke(verbs, ["spread", "scores", "--again", "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    again = saved_predictions(kept)
    assert all(np.allclose(again[name], shipped[name], atol=1e-6) for name in MODELS)
