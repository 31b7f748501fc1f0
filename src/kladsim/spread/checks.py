"""Patterns of the spread between countries (P24, P25), with ablations; effect sizes were set before the first run.

Each draw of the posterior is one baseline run: the world from 2014 to 2030 with nobody reached but Russia, chances
averaged over paths with common luck. A pattern that must hold is met when it holds in at least 80 % of the runs.
It is vacuous when it holds as well with the part off that should carry it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.files import write_bytes
from kladsim.spread.model.fitting import SpreadPosterior, load_posterior, posterior_digest, prior_draws
from kladsim.spread.model.forward import Paths, simulate
from kladsim.spread.model.hazard import Parts, link_weights
from kladsim.spread.model.priors import Draws
from kladsim.spread.model.tables import DATA, FIRST_YEAR, CountryTables, read_world
from kladsim.study.measures import MUST

Floats = NDArray[np.float64]
SAVED = DATA / "patterns.json"
UNTIL = 2030
P24_MARGIN = 0.02
"""P24, set before the run: variance explained by strictness × digital access less that of the better of the two."""
P25_LEAD = 1.0
DISTANT_KM = 3000.0
DIGITAL_HIGH, STRICT_HIGH = 0.5, 0.5
"""A distant, strict, digital country: no border, no common language, over 3,000 km, over 80 % online, strictness over
0.5 on the scale from -1 to 1."""
RUNS = 240
REPORTED = 0.95
EQUAL = Parts(proximity=False, border=False, language=False, ties=False, secondary=False, regions=False)
P24_PART = "variance of strictness × digital access less that of the better of the two"
P25_PART = "lead of border and same-language countries"


@dataclass(frozen=True, slots=True)
class PatternCheck:
    """One part of a pattern: ``share`` of runs that meet it, median ``value`` and 90 % interval over runs."""

    id: str
    part: str
    kind: str
    status: str
    target: str
    value: float
    low: float
    high: float
    share: float
    unit: str
    mechanism: str
    reason: str


def patterns(
    posterior: SpreadPosterior | None = None, world: CountryTables | None = None, *, runs: int = RUNS
) -> list[dict[str, Any]]:
    """Rows for P24 and P25 and their ablations (``kind`` is pattern or ablation; an ablation has no status).

    ``status`` is pass, fail or vacuous. The interval holds parameters and Monte Carlo luck, not structure.
    """
    place = world or read_world()
    given = (posterior or load_posterior(world=place)).draws
    draws = given.take(np.linspace(0, len(given) - 1, min(runs, len(given))).round().astype(np.int64))
    return [asdict(row) for row in (*p24(place, draws), *p25(place, draws))]


def p24(world: CountryTables, draws: Draws) -> list[PatternCheck]:
    """Take-off needs both strictness and digital access: the product explains more variance than either alone."""
    base = _both(world, draws, None)
    off = _both(world, draws, Parts(interaction=False))
    none = _both(world, draws, Parts(covariates=False))
    level = _both(world, draws, EQUAL)
    prior = _both(world, prior_draws(world, len(draws)), None)
    target = f"≥ {P24_MARGIN} in ≥ {MUST:.0%} of runs"
    make = _maker("P24", P24_PART, target, "share")
    share = float((base >= P24_MARGIN).mean())
    rest = float((off >= P24_MARGIN).mean())
    reason = f"with the interaction off the same holds in {rest:.0%} of runs"
    return [
        make("pattern", _status(share, rest), base, share, reason),
        make("ablation", "", off, rest, "interaction off"),
        make("ablation", "", level, float((level >= P24_MARGIN).mean()), "every country equally exposed"),
        make("ablation", "", none, float((none >= P24_MARGIN).mean()), "strictness, digital access and the like off"),
        make("ablation", "", prior, float((prior >= P24_MARGIN).mean()), "priors alone, no data"),
        _off("P24", P24_PART, world, draws, lambda ran: _explained(world, draws, ran), target, P24_MARGIN),
    ]


def _both(world: CountryTables, draws: Draws, parts: Parts | None) -> Floats:
    return _explained(world, draws, _run(world, draws, parts, paths=16))


def _explained(world: CountryTables, draws: Draws, ran: Paths) -> Floats:
    """Variance of the chance of take-off among countries explained by the product, less the better single one."""
    taken = (ran.growth <= UNTIL).mean(axis=1)
    strict = (draws.strictness + 1.0) / 2.0
    digital = np.broadcast_to((world.digital[:, -1] * 40.0 + 60.0) / 100.0, strict.shape)
    return _square(strict * digital, taken) - np.maximum(_square(strict, taken), _square(digital, taken))


def _square(x: Floats, y: Floats) -> Floats:
    """Squared correlation over countries, by run; nothing is explained where nothing varies."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    both = (x**2).sum(axis=1) * (y**2).sum(axis=1)
    return np.asarray(np.divide((x * y).sum(axis=1) ** 2, both, out=np.zeros(len(x)), where=both > 0))


def p25(world: CountryTables, draws: Draws) -> list[PatternCheck]:
    """Near countries take off a year or more before distant ones, yet a distant strict, digital one takes off."""
    target = f"≥ {P25_LEAD:g} year in ≥ {MUST:.0%} of runs"
    make = _maker("P25", P25_PART, target, "years")
    base, off = (
        _lead(world, draws, None),
        _lead(world, draws, Parts(proximity=False, border=False, language=False, ties=False)),
    )
    share, rest = float((base >= P25_LEAD).mean()), float((off >= P25_LEAD).mean())
    rows = [
        make("pattern", _status(share, rest), base, share, f"without distance, border, language and ties: {rest:.0%}")
    ]
    for words, parts in (
        ("distance, border, language and ties off", Parts(proximity=False, border=False, language=False, ties=False)),
        ("distance and border off", Parts(proximity=False)),
        ("language off", Parts(language=False)),
        ("ties off", Parts(ties=False)),
    ):
        lead = _lead(world, draws, parts)
        rows.append(make("ablation", "", lead, float((lead >= P25_LEAD).mean()), words))
    rows.append(_off("P25", P25_PART, world, draws, lambda ran: _lead_of(world, ran), target, P25_LEAD))
    many = f"≥ 1 country in ≥ {MUST:.0%} of runs"
    make = _maker("P25", "distant strict, digital countries with take-off", many, "countries")
    base = _distant(world, draws, None)
    share = float((base >= 1).mean())
    rows.append(make("pattern", _status(share, 0.0), base, share, f"{int(_is_distant(world).sum())} such countries"))
    for words, parts in (
        ("interaction off", Parts(interaction=False)),
        ("strictness and digital access off", Parts(covariates=False)),
        ("no sources but Russia", Parts(secondary=False)),
        ("M16 off", Parts(spread=False)),
    ):
        found = _distant(world, draws, parts)
        rows.append(make("ablation", "", found, float((found >= 1).mean()), words))
    return rows


def _lead(world: CountryTables, draws: Draws, parts: Parts | None) -> Floats:
    return _lead_of(world, _run(world, draws, parts, paths=16))


def is_near(world: CountryTables) -> NDArray[np.bool_]:
    """Countries with a border or a common language with Russia."""
    return np.asarray((world.border[:, -1] > 0) | (world.language[:, -1] > 0))


def link_advantage(world: CountryTables, draws: Draws) -> Floats:
    """Log exposure to Russia of countries near it (border or language) less that of distant ones, by draw."""
    weight = np.log(link_weights(world, draws, np.array([len(world)]))[:, :, 0])
    near = is_near(world)
    distant = ~near & (world.km[:, -1] > DISTANT_KM)
    return np.asarray(weight[:, near].mean(axis=1) - weight[:, distant].mean(axis=1))


def find_spread(world: CountryTables, posterior: SpreadPosterior) -> float:
    """Chance that links to Russia speed arrival more than the middle of their prior says.

    0.5: the record says nothing of links; a spread along links is reported from ``REPORTED`` on.
    """
    usual = np.median(link_advantage(world, prior_draws(world, 2000)))
    return float((link_advantage(world, posterior.draws) > usual).mean())


def _is_distant(world: CountryTables) -> NDArray[np.bool_]:
    far = ~is_near(world) & (world.km[:, -1] > DISTANT_KM)
    return np.asarray(far & (world.strictness > STRICT_HIGH) & (world.digital[:, -1] > DIGITAL_HIGH))


def _lead_of(world: CountryTables, ran: Paths) -> Floats:
    """Years by which take-off comes earlier near Russia: mean year, cut at the year after the last, by run."""
    year = np.minimum(ran.growth, UNTIL + 1).astype(np.float64).mean(axis=1)
    near = is_near(world)
    distant = ~near & (world.km[:, -1] > DISTANT_KM)
    return np.asarray(year[:, distant].mean(axis=1) - year[:, near].mean(axis=1))


def _distant(world: CountryTables, draws: Draws, parts: Parts | None) -> Floats:
    ran = _run(world, draws, parts, paths=1)
    return np.asarray((ran.growth[:, 0] <= UNTIL)[:, _is_distant(world)].sum(axis=1), dtype=np.float64)


def _run(world: CountryTables, draws: Draws, parts: Parts | None, paths: int) -> Paths:
    return simulate(world, draws, parts=parts, known=False, last=UNTIL, paths=paths, seed=24)


def _status(share: float, without: float) -> str:
    if share < MUST:
        return "fail"
    return "vacuous" if without >= MUST else "pass"


def _maker(id: str, part: str, target: str, unit: str) -> Callable[[str, str, Floats, float, str], PatternCheck]:
    def make(kind: str, status: str, values: Floats, share: float, reason: str) -> PatternCheck:
        low, middle, high = (float(x) for x in np.quantile(values, [0.05, 0.5, 0.95]))
        return PatternCheck(id, part, kind, status, target, middle, low, high, share, unit, "M16", reason)

    return make


def _off(
    id: str, part: str, world: CountryTables, draws: Draws, measure: Callable[[Paths], Floats], target: str, bar: float
) -> PatternCheck:
    values = measure(_run(world, draws, Parts(spread=False), paths=1))
    row = _maker(id, part, target, "")("ablation", "", values, float((values >= bar).mean()), "M16 off")
    return replace(row, reason=f"M16 off: no country but Russia is reached from {FIRST_YEAR} on")


def save_patterns(rows: list[dict[str, Any]], file: Path = SAVED) -> None:
    """Store rows with the digest of the posterior that they belong to."""
    held = {"posterior": posterior_digest(), "patterns": rows}
    write_bytes(file, (json.dumps(held, ensure_ascii=False, indent=1) + "\n").encode())


def saved_patterns(file: Path = SAVED) -> list[dict[str, Any]]:
    """Rows that ship, or computed anew where they belong to another posterior."""
    if file.is_file():
        held = json.loads(file.read_text(encoding="utf-8"))
        if held.get("posterior") == posterior_digest():
            return list(held["patterns"])
    return patterns()
