"""Forecasts: every series gets one, intervals are ordered, pooling reaches places without data, baselines are honest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import backtest, baselines, calibration, fitted, forecasting, latent, library, wastewater

BOUNDS = ("lo95", "lo80", "lo50", "median", "hi50", "hi80", "hi95")


def test_wastewater_covers_every_city_and_drug() -> None:
    rows = forecasting.forecast("wastewater", 2)
    panel = wastewater.shipped_panel()
    cells = {(row["country_iso2"], row["city"], row["drug"]) for row in rows}
    seen = {(*panel.cities[c], d) for c, d in zip(panel.city, panel.drug, strict=True)}
    assert seen <= cells
    assert len(cells) == len(panel.cities) * 6
    assert {row["year"] for row in rows} == {2023, 2024}
    for row in rows:
        assert [row[name] for name in BOUNDS] == sorted(row[name] for name in BOUNDS)
        assert row["lo95"] >= 0.0


def test_every_series_with_five_points_is_forecast() -> None:
    datasets = {library.every()[name].dataset for name in library.series_names()} - {"wastewater"}
    for dataset in sorted(datasets):
        name = next(n for n in library.series_names() if library.every()[n].dataset == dataset)
        rows = forecasting.forecast(name, 2)
        assert len(rows) == 2
        assert all(np.isfinite(row["hi95"]) for row in rows)


def test_few_points_and_unknown_names_are_named_errors() -> None:
    short = next(n for n, one in library.every().items() if one.points < 5 and one.dataset != "wastewater")
    with pytest.raises(InputError, match="too few points"):
        forecasting.forecast(short)
    with pytest.raises(InputError, match="did you mean"):
        forecasting.forecast("korea_drug_crime")
    with pytest.raises(InputError, match="horizon"):
        forecasting.forecast("wastewater", 99)


def test_a_city_without_data_is_less_certain_than_its_neighbour() -> None:
    rows = {(r["city"], r["drug"]): r for r in forecasting.forecast("wastewater", 1)}
    with_data, without = rows["Barcelona", "ketamine"], next(
        r for r in rows.values() if r["drug"] == "ketamine" and r["country_iso2"] == "LV"
    )
    assert without["points"] == 0

    def spread(row: dict[str, float]) -> float:
        return float(np.log((row["hi80"] + 1) / (row["lo80"] + 1)))

    assert spread(without) > 2 * spread(with_data)


def test_the_shipped_fit_belongs_to_the_shipped_data() -> None:
    assert fitted.load().digest == fitted.digest()


def test_gradient_of_the_objective() -> None:
    t = np.arange(8.0)
    block = latent.Block(
        np.stack([latent.random_walk(t, t, 0.0), latent.damped_trend(t, t, 0.0, 2.0)]), np.sin(t) + 0.1 * t
    )
    centre, theta = np.log([0.2, 0.1, 0.1]), np.log([0.3, 0.05, 0.2])
    weights = [np.linspace(0.5, 2.0, 8)]
    _, gradient = latent._objective(theta, [block], weights, centre)
    for i in range(3):
        step = np.eye(3)[i] * 1e-5
        up = latent._objective(theta + step, [block], weights, centre)[0]
        down = latent._objective(theta - step, [block], weights, centre)[0]
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_a_damped_trend_is_a_covariance_and_fades() -> None:
    t = np.arange(2011.0, 2031.0)
    matrix = latent.damped_trend(t, t, 2011.0, 2.0)
    assert np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_one_outlier_hardly_moves_the_level() -> None:
    t = np.arange(10.0)
    y = np.zeros(10)
    wild = y.copy()
    wild[6] = 5.0
    model = latent.Fit((0.05,), 0.1, 0.0)
    at = np.array([10.0])
    means = []
    for values in (y, wild):
        block = latent.Block(latent.random_walk(t, t, 0.0)[None], values)
        cross, own = latent.random_walk(t, at, 0.0)[None], np.array([[11.0]])
        means.append(latent.predict(block, cross, own, model)[0][0])
    assert abs(means[1] - means[0]) < 0.2


def test_calibration_widens_when_errors_are_wide() -> None:
    levels = calibration.LEVELS
    narrow = calibration.learn(np.linspace(-0.5, 0.5, 400), years=8)
    wide = calibration.learn(np.linspace(-3.0, 3.0, 400), years=8)
    assert (wide.quantile(levels)[-1]) > 2 * narrow.quantile(levels)[-1]
    assert narrow.quantile([0.5])[0] == pytest.approx(0.0)


def test_baselines_use_only_the_history() -> None:
    history = {0: (np.array([2011.0, 2012.0, 2013.0]), np.array([1.0, 2.0, 3.0]))}
    q = baselines.quantiles("trend", history, [(0, 2014.0)], [0.5])
    assert baselines.point("trend", *history[0], 2014.0) == pytest.approx(4.0)
    assert baselines.point("persistence", *history[0], 2014.0) == pytest.approx(3.0)
    assert q.shape == (1, 1)


@pytest.mark.slow
def test_forecasts_beat_the_baselines_on_two_origins() -> None:
    scores, _, _ = backtest.run(first=2018, last=2019)
    means = backtest.table(scores, lambda one: "all")["all"]
    ours = means.pop(backtest.OURS)
    for other in means.values():
        assert ours["crps"] < other["crps"]
        assert ours["crps_log"] < other["crps_log"]
    json.dumps(backtest.report(scores))
