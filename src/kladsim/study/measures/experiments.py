"""The experiments that checks need: histories, and arms that branch from them with one thing changed.

An arm shares the past and the luck of its history, so that differences between arms of one replicate are paired.
Changes here include market and nature quantities and the state itself: they test mechanisms, they are no levers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kladsim.evidence.register import load_register
from kladsim.model.config import MECHANISMS, Modifier, Operation
from kladsim.model.quantities import QUANTITIES

START = date(2014, 1, 1)
ARMS_FROM = date(2018, 1, 1)
ARMS_UNTIL = date(2020, 1, 1)
LONG_UNTIL = date(2025, 1, 1)
"""Full runs end here: the last targets need 2024."""


@dataclass(frozen=True)
class Change:
    """What an arm changes against its history.

    Parameters
    ----------
    parameters : values by name; a text such as "x1.5" multiplies the register's value
    off : mechanisms switched off
    modifiers : dated changes of quantities, of any kind
    world : state arrays set ("=0") or multiplied ("x1.1") on the day of the change
    drivers : national drivers (columns of the calendar) multiplied from that day on
    computed : names of changes worked out from the history, see ``changing.COMPUTED``
    """

    parameters: Mapping[str, float | str] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    world: Mapping[str, str] = field(default_factory=dict)
    drivers: Mapping[str, float] = field(default_factory=dict)
    computed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arm:
    """One future: what it changes, from when to when, and which groups of people are followed in it."""

    name: str
    change: Change
    start: date
    until: date
    doc: str
    looks: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A history from 2014 and the arms that branch from it.

    Parameters
    ----------
    name, doc : what it is, for people
    until : the end of the history itself, which is the arm "base"
    change : what differs from the default scenario from the first day
    arms : futures that branch from the history
    scale : 1/k of persons
    replicates : how many the shipped store holds
    cohorts : whether groups of people are followed (full runs only)
    doubted : parameters that every replicate draws anew from their range (see ``changing.drawn``)
    """

    name: str
    doc: str
    until: date
    change: Change = Change()
    arms: tuple[Arm, ...] = ()
    scale: int = 100
    replicates: int = 8
    cohorts: bool = False
    doubted: tuple[str, ...] = ()
    country: str = "russia"


def modifier(
    quantity: str, op: Operation, value: float, start: date = ARMS_FROM, end: date | None = None, ramp: int = 0,
    region: str | None = None,
) -> Modifier:  # fmt: skip
    """Return a dated change of a quantity."""
    return Modifier(quantity, start, end, op, value, region, ramp)


def _arm(name: str, doc: str, until: date = ARMS_UNTIL, **change: Any) -> Arm:
    return Arm(name, Change(**change), ARMS_FROM, until, doc)


def _effort(tier: str, factor: float) -> tuple[Modifier, ...]:
    return (modifier(f"policing.effort.{tier}", "multiply", factor),)


FULL = Experiment("base", "the default scenario, 2014 to 2024", LONG_UNTIL, replicates=200, cohorts=True)
OFF = tuple(
    Experiment(
        f"off-{name}",
        f"the default scenario with {name} off",
        LONG_UNTIL,
        Change(off=(name,)),
        replicates=5,
        cohorts=True,
    )
    for name in MECHANISMS
)
HARDER_FIXED = 1.8
"""Effort that raises arrests by about half where inflow is fixed and the stock shrinks (1.5 does where it does not)."""
SIX_MONTHS = (date(2018, 2, 1), date(2018, 8, 1))
ARMS = Experiment(
    "arms",
    "futures from 1 January 2018 with one thing changed",
    ARMS_UNTIL,
    replicates=16,
    arms=(
        _arm("arrests", "effort against couriers x1.5", modifiers=_effort("courier", 1.5)),
        _arm("inflow-fixed", "M7 off at the present inflow", off=("M7",), computed=("present inflow",)),
        _arm("inflow-fixed-arrests", "the same, effort x1.8", off=("M7",), modifiers=_effort("courier", HARDER_FIXED),
             computed=("present inflow",)),
        _arm("wages", "youth real wages 10 % lower", drivers={"real_wage": 0.9}),
        _arm("import-stop", "borders nearly closed from February to July 2018",
             modifiers=(modifier("border", "set", 0.1, *SIX_MONTHS),)),
        _arm("precursors", "a tenth of precursors from February to July 2018",
             modifiers=(modifier("precursor.supply", "set", 0.1, *SIX_MONTHS),)),
        _arm("thieves", "outsiders find three times as many drops", parameters={"drops.thieves": "x3"}),
        _arm("no-punishment", "M9 off", off=("M9",)),
        _arm("no-deposits", "shops take no deposits", world={"labour.deposits": "=0"}),
        _arm("no-deterrence", "punishment does not deter", parameters={"punishment.deterrence": 0.0}),
        _arm("no-deterrence-no-punishment", "punishment does not deter; M9 off", off=("M9",),
             parameters={"punishment.deterrence": 0.0}),
        _arm("crackdown", "effort against buyers doubled", modifiers=_effort("buyer", 2.0)),
    ),
)  # fmt: skip
DOUBTED = (
    "demand.elasticity", "price.risk", "price.risk_power", "price.scarcity", "use.remission",
    "use.relapse_first_year", "health.excess_dependent", "health.poisoning_dependent", "health.seek_dependent",
)  # fmt: skip
"""What the literature disputes or gives with wide intervals: every replicate of the published rows draws them anew."""
TARGET_REGION = "RU-SVE"
"""A large region, in which a local crackdown is looked at (nothing but its effect on the district leaves)."""
LOCAL = (modifier("policing.effort.courier", "multiply", 3.0, region=TARGET_REGION),)
JOBLESS: dict[str, float | str] = {"recruitment.reference_unemployment": "x0.6667"}
PUBLISHED = Experiment(
    "published",
    "futures from 1 January 2018 for published results, at 1/10; disputed parameters drawn anew in every replicate",
    ARMS_UNTIL,
    scale=10,
    replicates=12,
    doubted=DOUBTED,
    arms=(
        _arm("arrests", "effort against couriers x1.5", modifiers=_effort("courier", 1.5)),
        _arm("arrests-2", "effort against couriers x2", modifiers=_effort("courier", 2.0)),
        _arm("arrests-3", "effort against couriers x3", modifiers=_effort("courier", 3.0)),
        _arm("imprisonment", "effort against couriers x10, sentences x1.5", modifiers=(
            *_effort("courier", 10.0), modifier("justice.sentence", "multiply", 1.5))),
        _arm("no-policing", "no effort against any tier", modifiers=tuple(
            modifier(f"policing.effort.{tier}", "set", 0.0)
            for tier in ("buyer", "courier", "shop", "laboratory", "platform"))),
        _arm("prevention", "three in ten applications prevented",
             modifiers=(modifier("recruitment.prevention", "set", 0.3),)),
        _arm("support", "half of young people's hardship offset", modifiers=(modifier("income.support", "set", 0.5),)),
        _arm("unemployment", "youth unemployment x1.5 against what is usual", parameters=JOBLESS),
        _arm("unemployment-support", "the same with hardship offset by benefits", parameters=JOBLESS,
             modifiers=(modifier("income.support", "set", 1.0),)),
        _arm("precursors", "a tenth of precursors from February to July 2018",
             modifiers=(modifier("precursor.supply", "set", 0.1, *SIX_MONTHS),)),
        _arm("local-crackdown", "effort against couriers x3 in one region",
             modifiers=LOCAL),
        *((
            _arm("dearer", "resource cost of drugs 10 % higher", modifiers=(modifier("supply.cost", "multiply", 1.1),)),
        ) if "supply.cost" in QUANTITIES else ()),
    ),
)  # fmt: skip
HEALTH_UNTIL = date(2023, 1, 1)
LOOPS = {
    "risk": ("use.initiation_risk", "use.quit_risk"),
    "peers": ("use.initiation_peers",),
    "availability": ("use.initiation_availability", "use.progress_availability", "use.quit_availability"),
}
"""Feedbacks on use that can be cut: perceived risk, social influence, availability."""
PACKAGE = (
    modifier("treatment.places", "multiply", 3.0),
    modifier("treatment.outcome", "multiply", 2.22),
    modifier("health.poisoning_response", "set", 0.3),
    modifier("health.drug_checking", "set", 0.5),
)
HEALTH = Experiment(
    "health",
    "futures from 1 January 2018 with one policy or one feedback changed, five years",
    HEALTH_UNTIL,
    replicates=10,
    doubted=DOUBTED,
    arms=(
        _arm("treatment", "treatment places x3, odds of abstinence x2.22 (E1)", HEALTH_UNTIL, modifiers=PACKAGE[:2]),
        _arm("response", "three in ten fatal poisonings averted", HEALTH_UNTIL, modifiers=PACKAGE[2:3]),
        _arm("checking", "drug checking reaches half", HEALTH_UNTIL, modifiers=PACKAGE[3:]),
        _arm("package", "all of these", HEALTH_UNTIL, modifiers=PACKAGE),
        _arm("less-relapse", "relapse x0.8", HEALTH_UNTIL,
             parameters={"use.relapse_first_year": "x0.8", "use.relapse_later": "x0.8"}),
        _arm("less-initiation", "initiation x0.8", HEALTH_UNTIL, parameters={"use.initiation": "x0.8"}),
    ),
)  # fmt: skip
CLOSURES_FROM, SECOND = date(2022, 1, 1), date(2023, 3, 1)
_LOOKS = (
    (date(2023, 2, 28), "migrants_begin"),
    (date(2023, 3, 7), "migrants_end"),
    (date(2023, 3, 29), "migrants_end"),
)


def _closure(name: str, doc: str, start: date, until: date, *changes: Modifier, **more: Any) -> Arm:
    looks = _LOOKS if start > CLOSURES_FROM else ()
    return Arm(name, Change(modifiers=changes, **more), start, until, doc, looks)


LEVEL = Arm(
    "level-convictions",
    Change(
        modifiers=(
            modifier("justice.prison_recruitment", "set", 0.0, CLOSURES_FROM),
            *(modifier(f"policing.effort.{tier}", "multiply", 1.3, CLOSURES_FROM) for tier in ("buyer", "courier")),
        ),
        computed=("level convictions",),
    ),
    CLOSURES_FROM,
    LONG_UNTIL,
    "courts are full and convict as many as in 2021; nobody is conscripted",
)
CLOSURES = Experiment(
    "closures",
    "futures of platforms from 2022 and 2023",
    LONG_UNTIL,
    replicates=16,
    arms=(
        _closure("no-closure", "the leader is not closed in 2022", CLOSURES_FROM, date(2024, 1, 1),
                 modifier("platform.takedown", "set", 0.0, date(2022, 4, 5))),
        _closure("no-migration", "M5 off from 2022", CLOSURES_FROM, date(2024, 1, 1), off=("M5",)),
        _closure("second", "the leader of 2023 is closed as well", date(2023, 1, 1), date(2024, 1, 1),
                 modifier("platform.takedown", "set", 1.0, SECOND)),
        _closure("second-rank-2", "the second largest of 2023 is closed", date(2023, 1, 1), date(2024, 1, 1),
                 modifier("platform.takedown", "set", 2.0, SECOND)),
        _closure("repeated", "the leader is closed four times in 2023", date(2023, 1, 1), LONG_UNTIL,
                 *(modifier("platform.takedown", "set", 1.0, date(2023, month, 1)) for month in (2, 5, 8, 11))),
    ),
)  # fmt: skip
FROZEN: dict[str, float | str] = {name: 0.0 for name in ("mix.learning",) if name in load_register()}
SUPPLY = ("mix.price", "mix.availability", "mix.promotion", "mix.substitute")
TASTE = tuple(
    Experiment(name, doc, date(2022, 1, 1), Change(parameters=parameters), replicates=8)
    for name, doc, parameters in (
        ("taste-frozen", "tastes do not learn from what has become usual", FROZEN),
        (
            "habits-frozen",
            "the same, and people's main substances do not follow what they try",
            FROZEN | {"mix.adopt": 0.0},
        ),
        (
            "supply-frozen",
            "neither price nor availability nor promotion moves what people choose (tastes alone)",
            {name: 0.0 for name in SUPPLY if name in load_register()},
        ),
    )
)
LOOPED = tuple(
    Experiment(f"loop-{loop}", f"no feedback of {loop} on use from 2014", LONG_UNTIL,
               Change(parameters=dict.fromkeys(names, 0.0)), replicates=8)
    for loop, names in LOOPS.items()
)  # fmt: skip
OFF_LOOPED = tuple(
    Experiment(f"off-M2-loop-{loop}", f"the same with M2 off ({loop})", LONG_UNTIL,
               Change(off=("M2",), parameters=dict.fromkeys(LOOPS[loop], 0.0)), replicates=4)
    for loop in ("availability",)
)  # fmt: skip
GEORGIA = Experiment(
    "georgia", "Georgia as it was, 2014 to 2020", date(2021, 1, 1), scale=1, replicates=4, country="georgia"
)
CAMPAIGN = date(2022, 1, 1)
FADING: dict[str, float | str] = {
    "use.initiation": "x0.3", "use.light_to_heavy": "x0.3", "use.light_quit": "x2", "use.heavy_back": "x2.5",
}  # fmt: skip
"""Use that fades in a constructed run: fewer begin and more leave."""
KOREA = Experiment(
    "south-korea",
    "South Korea as it was to 2021; from then on a campaign of the police while use falls",
    date(2023, 1, 1),
    arms=(
        Arm(
            "campaign",
            Change(
                parameters=FADING,
                off=("M1",),
                modifiers=tuple(
                    modifier(f"policing.effort.{tier}", "multiply", 2.0, CAMPAIGN) for tier in ("buyer", "courier")
                ),
            ),
            CAMPAIGN,
            date(2024, 1, 1),
            "effort against buyers and couriers x2, use fades, nobody else moves online",
        ),
    ),
    scale=40,
    replicates=6,
    country="south-korea",
)
STRUCTURES: dict[str, dict[str, float | str]] = {
    "default": {},
    "slow replacement": {"recruitment.rate": "x0.4", "recruitment.patience_days": "x0.3"},
    "fast replacement": {"recruitment.rate": "x2.5", "recruitment.patience_days": "x2"},
    "risk premium does not saturate": {"price.risk_saturation": 0.0, "price.risk_power": 1.0},
    "displacement": {"policing.diffusion": -0.25},
    "diffusion of benefit": {"policing.diffusion": 0.25},
}
"""Structures that the literature disputes, as values of parameters; their results are shown side by side."""
STRUCTURES = {name: values for name, values in STRUCTURES.items() if set(values) <= set(load_register())}
SIDE_BY_SIDE = Experiment(
    "structures",
    "disputed structures side by side: effort against couriers x1.5, x3, and x3 in one region, in each",
    ARMS_UNTIL,
    replicates=4,
    arms=tuple(
        _arm(f"{name}{tag}", f"{name}{words}", parameters=parameters, modifiers=changes)
        for name, parameters in STRUCTURES.items()
        for tag, words, changes in (
            ("", "", ()),
            (" +", ", effort x1.5", _effort("courier", 1.5)),
            (" ++", ", effort x3", _effort("courier", 3.0)),
            (" local", ", effort x3 in one region", LOCAL),
        )
    ),
)
TENTH = Experiment(
    "tenth", "the default scenario at 1/10, for what needs many shops and laboratories", date(2022, 1, 1), scale=10,
    replicates=2,
)  # fmt: skip
PRISONERS = Experiment(
    "prisoners",
    "one future from 1 January 2022 at 1/10: what it asks of every year the luck of a sample of 1/100 would drown",
    CLOSURES_FROM,
    arms=(LEVEL,),
    scale=10,
)
ARMS_TENTH = Experiment(
    "arms-tenth",
    "two futures from 1 January 2018 at 1/10, whose small effects the luck of a sample of 1/100 would drown",
    ARMS_UNTIL,
    arms=tuple(arm for arm in ARMS.arms if arm.name in ("wages", "import-stop")),
    scale=10,
)
STOCKS_FROM, STOCKS_UNTIL = date(2020, 1, 1), date(2022, 1, 1)
STOCK_SIZES = (20, 40, 120)
"""Thousands of couriers at which P08 is shown (2021); the stock that results is measured."""
USUAL_STOCK = 24.7
"""Thousands of couriers of the default scenario in 2021, from which the sizes are scaled."""


def _stock(size: int) -> Experiment:
    """Return the experiment of one size: as many drops by more or fewer couriers, from a pool that grows with them."""
    more = size / USUAL_STOCK
    history: dict[str, float | str] = {
        "courier.drops_a_day": f"x{1.0 / more:.4f}",
        "courier.most_drops": f"x{1.0 / more:.4f}",
        "recruitment.rate": f"x{more:.4f}",
    }
    harder, hardest = (
        (modifier("policing.effort.courier", "multiply", factor, STOCKS_FROM),) for factor in (1.5, HARDER_FIXED)
    )
    fixed: dict[str, Any] = {"off": ("M7",), "computed": ("present inflow",)}
    arms = (
        Arm("arrests", Change(modifiers=harder), STOCKS_FROM, STOCKS_UNTIL, "effort x1.5"),
        Arm("inflow-fixed", Change(**fixed), STOCKS_FROM, STOCKS_UNTIL, "M7 off at the present inflow"),
        Arm("inflow-fixed-arrests", Change(modifiers=hardest, **fixed), STOCKS_FROM, STOCKS_UNTIL, "both"),
    )
    return Experiment(
        f"stock-{size}", f"about {size} thousand couriers in 2021", STOCKS_UNTIL, Change(parameters=history), arms,
        replicates=6,
    )  # fmt: skip


POOLS = (0.15, 0.25, 0.4, 0.6, 1.0)
"""Sizes of the labour pool against the default, for the curve of P08."""
CURVE = Experiment(
    "curve",
    "arrests x1.5 with smaller and smaller labour pools",
    ARMS_UNTIL,
    replicates=5,
    arms=tuple(
        _arm(f"pool-{pool}{tag}", f"labour pool x{pool}{', effort x1.5' if tag else ''}",
             parameters={"recruitment.rate": f"x{pool}"}, modifiers=_effort("courier", 1.5) if tag else ())
        for pool in POOLS
        for tag in ("", "-arrests")
    ),
)  # fmt: skip
EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for e in (
        FULL,
        *OFF,
        ARMS,
        PUBLISHED,
        HEALTH,
        CLOSURES,
        *TASTE,
        TENTH,
        ARMS_TENTH,
        PRISONERS,
        *map(_stock, STOCK_SIZES),
        CURVE,
        *LOOPED,
        *OFF_LOOPED,
        GEORGIA,
        KOREA,
        SIDE_BY_SIDE,
    )
}
