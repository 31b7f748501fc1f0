"""Forecasts: every series gets one, intervals are ordered, pooling reaches places without data, baselines are honest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import backtest, baselines, calibration, fitted, forecasting, latent, library, scoring, wastewater

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
    with_data, without = (
        rows["Barcelona", "ketamine"],
        next(r for r in rows.values() if r["drug"] == "ketamine" and r["country_iso2"] == "LV"),
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


def test_wis_is_the_mean_of_absolute_error_and_interval_scores() -> None:
    """Bracher et al. 2021, formula 2: with median m and K intervals, (|y - m| / 2 + sum of alpha / 2 * IS) / (K + 1 / 2)."""
    rng = np.random.default_rng(4)
    q = np.sort(rng.normal(10.0, 4.0, (5, 23)), axis=1)
    y = np.array([q[0, 11], -3.0, 25.0, 10.0, 12.5])
    made = scoring.compute_wis(q, y)
    for i in range(5):
        total = 0.5 * abs(y[i] - q[i, 11])
        for k in range(11):
            low, high, alpha = q[i, k], q[i, 22 - k], 2 * scoring.LEVELS[k]
            score = (high - low) + 2 / alpha * max(low - y[i], 0.0) + 2 / alpha * max(y[i] - high, 0.0)
            total += alpha / 2 * score
        assert made[i] == pytest.approx(total / 11.5, rel=1e-9)


def test_relative_scores_take_the_best_rival_of_the_group_and_resample_places() -> None:
    place = ["a", "a", "b", "b", "c", "c"]
    ours, other = np.array([1.0, 3.0, 2.0, 2.0, 1.0, 1.0]), np.array([4.0, 4.0, 1.0, 1.0, 1.0, 1.0])
    made = scoring.compare_with_rivals(ours, {"far": 2 * other, "near": other}, place)
    assert made["relative_wis"] == pytest.approx(10.0 / 12.0, abs=1e-4)
    assert made["best_rival"] == "near" and (made["forecasts"], made["places"]) == (6, 3)
    assert made["by_rival"]["far"]["relative_wis"] == pytest.approx(10.0 / 24.0, abs=1e-4)
    # of 27 draws "aaa" (1 / 2) and "bbb" (2) are rarer than one in twenty; next come "aac" (10 / 18) and "bbc" (10 / 6)
    assert made["interval"] == pytest.approx([10 / 18, 10 / 6], abs=1e-4)
    alone = scoring.compare_with_rivals(ours, {"same": ours}, place)
    assert alone["interval"] == [1.0, 1.0]


def test_coverage_counts_the_bounds_in() -> None:
    q = np.tile(np.array(scoring.LEVELS), (3, 1))
    assert scoring.compute_coverage(q, np.array([0.1, 0.9, 0.91]), 0.8).tolist() == [True, True, False]


def test_rivals_use_only_what_came_before() -> None:
    years, values, target = np.array([2011.0, 2012.0, 2013.0]), np.array([1.0, 2.0, 3.0]), np.array([2014.0, 2015.0])
    assert baselines.trend(years, values, target)[0] == pytest.approx([4.0, 5.0])
    assert baselines.persistence(years, values, target)[0] == pytest.approx([3.0, 3.0])
    year, series = np.array([2011.0, 2012.0, 2014.0, 2012.0]), np.array([0, 0, 0, 1])
    past = baselines.rehearse("persistence", year, series, np.array([1.0, 2.0, 5.0, 9.0]))
    assert list(zip(past.first.tolist(), past.second.tolist(), past.point.tolist(), strict=True)) == [
        (0, 1, 1.0), (0, 2, 1.0), (1, 2, 2.0),
    ]  # fmt: skip
    gap, errors = np.repeat([1.0, 2.0], 40), np.repeat([0.0, 7.0], 40)
    assert baselines.past_error_quantiles(gap, errors, 2.0, [0.5]) == pytest.approx([7.0])
    assert baselines.past_error_quantiles(gap, errors, 3.0, [0.5]) == pytest.approx([7.0])


def test_rivals_of_the_library_follow_a_line_and_fall_back_where_they_refuse() -> None:
    pytest.importorskip("statsforecast")
    years, values, target = np.arange(2005.0, 2015.0), 3.0 * np.arange(10.0) + 1.0, np.array([2015.0, 2017.0])
    for name in baselines.OWN_MODELS:
        gaps = np.delete(np.arange(10), 4)
        point, spread = baselines.find_rule(name)(years[gaps], values[gaps], target)
        assert point == pytest.approx([31.0, 37.0], abs=4.0)
        assert (spread >= 0).all()
        assert baselines.find_rule(name)(years[:2], values[:2], target)[0] == pytest.approx([4.0, 4.0])


def test_the_scale_of_loads_goes_there_and_back() -> None:
    loads = np.array([0.0, 1.0, 60.0, 900.0])
    scaled = wastewater.to_scale(loads, "cocaine")
    assert wastewater.from_scale(scaled, "cocaine") == pytest.approx(loads, abs=1e-9)
    assert wastewater.from_scale(np.array([-50.0]), "cocaine").tolist() == [0.0]
    near = wastewater.to_scale(np.array([58.0, 58.6]), "cocaine")  # a step of the log at thirty offsets
    assert near[1] - near[0] == pytest.approx(np.log(60.6 / 60.0), rel=0.01)


def test_courses_are_named_by_the_change_of_the_logarithm() -> None:
    names = backtest.name_course(np.array([0.3, -0.3, 0.1, np.nan])).tolist()
    assert names == ["rising", "falling", "flat", "one value only"]


@pytest.mark.slow
def test_forecasts_beat_persistence_and_trend_on_two_origins() -> None:
    made = backtest.run(first=2018, last=2019, rules=("persistence", "trend"))
    report = backtest.report(made)
    json.dumps(report)
    for title in ("relative_wis", "relative_wis_log"):
        assert report[title]["pooled"] < 1.0
        groups = report[title]["by_phase"].values()
        assert sum(group["forecasts"] for group in groups) == report[title]["forecasts"] == len(made.target)
    assert (made.panel.year[made.last] <= made.origin).all()
    assert (made.panel.year[made.target] > made.origin).all()
    assert (made.panel.drug[made.last] == made.panel.drug[made.target]).all()
