"""Levers that keep people from prison pay for those whom each of them moves: counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.study.test_economics import VALUE, Run, found

import kladsim as ks
from kladsim import InputError
from kladsim.evidence.costs import load_costs
from kladsim.policy.costs import Spending, spending_of
from kladsim.study.diverting import count_diverted_by
from kladsim.study.valuation_frame import ValuationFrame
from kladsim.study.valuing import priced, prices
from kladsim.world import load_pack

SUPERVISION, MONITORING = VALUE["cost.justice.supervision"], VALUE["cost.justice.monitoring"]
PRISON = {"trafficking": 0.85, "possession": 0.36}  # the register's, by hand
JUSTICE = {"diverted": 100.0, "arrests_courier": 600.0, "convictions_trafficking": 1000.0,
           "convictions_possession": 2000.0}  # fmt: skip


def part_of(region: str, year: int) -> float:
    """The share of residents aged 14 to 64 who live in a region, from the pack's tables and birth years."""
    pack = load_pack("russia")
    born = pack.cohort_first_birth_year + np.arange(pack.people.shape[1])
    ages = (born >= year - 64) & (born <= year - 14)
    here = pack.cell_region == pack.region_code.index(region)
    return float(pack.people[here][:, ages].sum() / pack.people[:, ages].sum())


def test_unequal_shares_where_nobody_is_known_to_be_convicted() -> None:
    plan = found(
        {"diverted": 100.0}, ks.Diversion(share=0.6, start="2020"), ks.ElectronicMonitoring(share=0.2, start="2020")
    )
    assert plan.cost == pytest.approx(75 * SUPERVISION + 25 * MONITORING)


def test_three_levers_by_the_people_that_each_moves() -> None:
    plan = found(JUSTICE, ks.Diversion(share=0.5, start="2020"), ks.Diversion(share=0.1, tier="buyer", start="2020"),
                 ks.ElectronicMonitoring(share=0.25, start="2020"))  # fmt: skip
    couriers, buyers = 0.5 * 600, 0.1 * 2000
    at_home = 0.25 * (PRISON["trafficking"] * (1000 - couriers) + PRISON["possession"] * (2000 - buyers))
    whole_number = couriers + buyers + at_home
    supervised = 100 * (couriers + buyers) / whole_number
    courts = VALUE["cost.justice.court_case"] * 3000
    assert plan.cost - courts == pytest.approx(supervised * SUPERVISION + (100 - supervised) * MONITORING)


def test_no_more_couriers_are_diverted_than_were_convicted() -> None:
    plan = found(JUSTICE | {"arrests_courier": 5000.0}, ks.Diversion(share=0.5, start="2020"),
                 ks.Diversion(share=0.5, tier="buyer", start="2020", cost=0))  # fmt: skip
    courts = VALUE["cost.justice.court_case"] * 3000
    assert plan.cost - courts == pytest.approx(100 * 500 / 1500 * SUPERVISION)  # 1000 convicted, not 5000


def test_a_lever_with_a_cost_of_its_own_still_moves_its_people() -> None:
    plan = found(
        {"diverted": 100.0},
        ks.Diversion(share=0.3, start="2020", cost=7),
        ks.ElectronicMonitoring(share=0.1, start="2020"),
    )
    assert plan.cost == pytest.approx(2 * 7e6 + 25 * MONITORING)


def test_a_single_lever_pays_for_everybody_whenever_and_wherever_it_acts() -> None:
    for lever in (ks.Diversion(share=0.5, start="2020"), ks.Diversion(share=0.5, start="2021-07"),
                  ks.Diversion(share=0.5, start="2020", where="RU-MOW"),
                  ks.Diversion(share=0.5, start="2021", ramp_days=300)):  # fmt: skip
        assert found({"diverted": 100.0}, lever).cost == pytest.approx(100 * SUPERVISION), lever


def test_levers_of_regions_by_residents() -> None:
    moscow, altai = part_of("RU-MOW", 2021), part_of("RU-AL", 2021)
    plan = found({"diverted": 100.0}, ks.Diversion(share=0.4, start="2020", where="RU-MOW"),
                 ks.ElectronicMonitoring(share=0.4, start="2020", where="RU-AL"))  # fmt: skip
    supervised = 100 * moscow / (moscow + altai)
    assert plan.cost == pytest.approx(supervised * SUPERVISION + (100 - supervised) * MONITORING)
    plan = found(
        JUSTICE, ks.Diversion(share=0.5, start="2020", where="RU-MOW"), ks.ElectronicMonitoring(share=0.2, start="2020")
    )
    couriers = 0.5 * 600 * moscow
    at_home = 0.2 * (PRISON["trafficking"] * (1000 - couriers) + PRISON["possession"] * 2000)
    supervised = 100 * couriers / (couriers + at_home)
    courts = VALUE["cost.justice.court_case"] * 3000
    assert plan.cost - courts == pytest.approx(supervised * SUPERVISION + (100 - supervised) * MONITORING)


def test_a_ramp_moves_fewer_people() -> None:
    plan = found({"diverted": 100.0}, ks.Diversion(share=0.5, start="2021", ramp_days=365),
                 ks.ElectronicMonitoring(share=0.5, start="2021"))  # fmt: skip
    ramp = sum(day / 365 for day in range(1, 366)) / 365
    supervised = 100 * ramp / (1 + ramp)
    assert plan.cost == pytest.approx(supervised * SUPERVISION + (100 - supervised) * MONITORING)


def test_a_lever_that_does_not_say_whom_it_moves_is_an_error_beside_others() -> None:
    frame: Any = ValuationFrame(Run("base"), None, 0.0, prices(load_costs(), 1))  # type: ignore[arg-type]
    silent = Spending("levers.0.x", "justice.supervision", "justice", (1.0, 1.0), "diverted")
    odd = Spending(
        "levers.1.y", "justice.supervision", "justice", (1.0, 1.0), "diverted", of="courier", moved=(1.0, 1.0)
    )
    run: Any = Run("plan", {"diverted": [[1.0, 1.0], [1.0, 1.0]]})
    assert (count_diverted_by(silent, [silent], run, frame) == 1).all()
    for entries in ([silent, odd], [odd, odd]):
        with pytest.raises(InputError, match="group of people"):
            count_diverted_by(entries[0], entries, run, frame)


def test_a_flow_of_part_of_a_year_is_paid_whole() -> None:
    class Half(Run):
        @property
        def scenario(self) -> dict[str, Any]:
            return {"config": {"country": "russia", "start": "2020-01-01", "until": "2021-07-02"}}

    run: Any = Half("plan", {"treatment_starts": [[0.0, 182.0], [0.0, 182.0]]})
    frame = ValuationFrame(run, None, 0.0, prices(load_costs(), 1))
    for start, paid in (("2020-01-01", 0.5 * 182), ("2021-04-02", 0.5 * 91)):  # the second: half of the simulated half
        lever = ks.ContingencyManagement(share=0.5, start=start)
        (entry,) = spending_of([lever], frame.years, frame.until)
        assert priced(entry, [entry], run, frame) == pytest.approx(paid * VALUE["cost.health.contingency"])
