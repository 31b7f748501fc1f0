"""Draws of parameters: one a replicate, whatever else runs; plans share them; what is set is not drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kladsim as ks
from kladsim.core.errors import InputError
from kladsim.evidence.register import load_register
from kladsim.model import version
from kladsim.runs import parameters
from kladsim.runs.posterior import posterior_path, read_posterior, shipped_posterior, write_posterior
from kladsim.runs.priors import ParameterPrior
from kladsim.runs.verification import verify
from kladsim.study.decomposing import components, decompose_result

NAMES = ("courier.pay_per_drop", "demand.heavy", "policing.courier")
QUICK: dict[str, Any] = {"until": "2014-02-01"}


@pytest.fixture
def posterior(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A posterior of six draws in two structures, as if it shipped."""
    draws = np.array([[300.0 + 20 * i, 6.0 + i, 30.0 + 5 * i] for i in range(6)])
    path = tmp_path / "posterior.json"
    settings = {"plain": {}, "disputed": {"price.risk_saturation": 0.0}}
    write_posterior(
        path, "russia", NAMES, draws, structures=["plain", "plain", "plain", "plain", "disputed", "disputed"],
        settings=settings, origin={"model_version": version.MODEL_VERSION},
    )  # fmt: skip
    found = read_posterior(path)
    monkeypatch.setattr(parameters, "_shipped", lambda country: found if country == "russia" else None)
    return found


def small(name: str = "small") -> ks.Scenario:
    return ks.Scenario.preset("russia").with_(scale="1/2000", name=name)


@pytest.mark.parametrize("name", [name for name, p in load_register().items() if p.prior != "fixed"])
def test_a_prior_is_inside_its_range_and_inverts(name: str) -> None:
    prior = ParameterPrior.of(load_register()[name])
    u = np.array([0.0, 0.05, 0.5, 0.95, 1.0])
    values = prior.quantile(u)
    assert (np.diff(values) > 0).all()
    assert prior.low <= values[0] and values[-1] <= prior.high
    assert np.allclose(prior.share(values), u, atol=1e-6)


def test_what_the_register_fixes_has_no_prior() -> None:
    with pytest.raises(InputError, match="fixed"):
        ParameterPrior.of(load_register()["shop.least"])


def test_replicate_r_has_draw_r_and_what_is_set_is_not_drawn(posterior: Any) -> None:
    draws = parameters.draws_for("posterior", "russia", ["demand.heavy"])
    assert draws is not None
    assert draws.at(1) == {"courier.pay_per_drop": 320.0, "policing.courier": 35.0}
    assert draws.at(7) == draws.at(1), "six draws are counted around"
    assert draws.at(4)["price.risk_saturation"] == 0.0
    assert parameters.from_plain(draws.to_plain()) == draws
    pairs = parameters.draws_for("posterior", "russia", repeats=2)
    assert pairs is not None and pairs.at(2) == pairs.at(3) != pairs.at(4)


def test_draws_of_the_prior_depend_on_nothing_else() -> None:
    every = parameters.draws_for("prior", "russia")
    assert every is not None
    first = every.names[0]
    fewer = parameters.draws_for("prior", "russia", [first])
    assert fewer is not None
    assert fewer.at(3) == {name: value for name, value in every.at(3).items() if name != first}
    assert every.at(3) != every.at(4)


def test_modes_and_reasons(posterior: Any) -> None:
    assert parameters.draws_for("point", "russia") is None
    with pytest.raises(InputError, match="unknown mode"):
        parameters.draws_for("posteriour", "russia")
    with pytest.raises(InputError, match="none ships for georgia"):
        parameters.draws_for("posterior", "georgia")


def test_the_default_is_the_posterior_where_one_fits_else_the_prior(
    posterior: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parameters.draws_for(None, "russia") is None, "the tests' environment says point"
    monkeypatch.delenv(parameters.VARIABLE)
    assert [parameters.default_mode(country) for country in ("russia", "georgia")] == ["posterior", "prior"]
    found = parameters.draws_for(None, "georgia")
    assert found is not None and found == parameters.draws_for("prior", "georgia")
    assert parameters.draws_for(None, "russia", engine="other") is None
    monkeypatch.setattr(version, "MODEL_VERSION", "99.0.0")  # the posterior is of another model now
    assert parameters.default_mode("russia") == "prior"
    monkeypatch.setenv(parameters.VARIABLE, "posterior")  # asked for where there is none: not the point in silence
    assert parameters.default_mode("russia") == "prior"
    monkeypatch.setenv(parameters.VARIABLE, "prior")
    assert parameters.default_mode("russia") == "prior"
    monkeypatch.setenv(parameters.VARIABLE, "posteriour")
    with pytest.raises(InputError, match=r"\$KLADSIM_PARAMETERS"):
        parameters.default_mode("russia")


def test_a_run_of_the_posterior(posterior: Any, tmp_path: Path) -> None:
    ten = ks.run(small(), replicates=4, out=tmp_path / "four", parameters="posterior", **QUICK)
    two = ks.run(small(), replicates=2, out=tmp_path / "two", parameters="posterior", workers=2, **QUICK)
    point = ks.run(small(), replicates=2, out=tmp_path / "point", parameters="point", **QUICK)
    assert ten.replicate_digests[:2] == two.replicate_digests
    assert point.replicate_digests[0] != two.replicate_digests[0]
    assert ten.provenance["parameters"]["source"] == posterior.sha256
    assert "structures by weight" in ten.interval
    assert "Monte Carlo error alone" in point.interval and "register" in point.interval
    assert verify(ten.path, only=3).same


def test_plans_and_branches_share_the_draws(posterior: Any, tmp_path: Path) -> None:
    plan = small("plan").with_(ks.Police(tier="courier", factor=1.5, start="2014-01-20"))
    found = ks.compare(small(), plan, replicates=2, out=tmp_path, parameters="posterior", **QUICK)
    (branched,) = ks.branch(found.base, plan, at="2014-01-20", out=tmp_path / "b", **QUICK)
    assert branched.replicate_digests == next(iter(found.plans.values())).replicate_digests


def test_an_interval_is_taken_apart(posterior: Any, tmp_path: Path) -> None:
    result = ks.run(small(), replicates=8, out=tmp_path / "r", parameters="posterior", repeats=2, **QUICK)
    for part in decompose_result(result):
        assert sum(part.shares) == pytest.approx(1.0) or part.sd == 0.0
    single = ks.run(small(), replicates=2, out=tmp_path / "s", parameters="posterior", **QUICK)
    with pytest.raises(InputError, match="taken apart"):
        decompose_result(single)


def test_components_find_what_was_put_in() -> None:
    from statistics import NormalDist

    from kladsim.core import rng

    key = rng.day_key(1, 902, 0)
    normal = np.array([NormalDist().inv_cdf(float(rng.unit(key, i, 0)) or 0.5) for i in range(4000)])
    draws = np.repeat(np.arange(1000), 2)
    kinds = ["a" if number % 2 else "b" for number in draws]
    values = (
        np.array([3.0 if kind == "a" else -3.0 for kind in kinds])
        + 2.0 * normal[3000:4000][draws]
        + 1.0 * normal[:2000]
    )
    parts = components(values, draws.tolist(), kinds)
    assert parts == pytest.approx((4.0, 9.0, 1.0), rel=0.15)


def test_the_shipped_posterior_is_whole() -> None:
    found = shipped_posterior()
    assert found is not None, "a posterior ships with this version"
    register = load_register()
    assert posterior_path().stat().st_size < 400_000
    assert 200 <= len(found.draws) <= 500
    for number in range(len(found.draws)):
        register.override(found.at(number))
