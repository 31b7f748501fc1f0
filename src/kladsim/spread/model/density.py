"""Log likelihood of the spread model with its gradient, compiled: what ``hazard`` says, for the sampler."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kladsim.core.jit import kernel
from kladsim.spread.model.hazard import (
    MOST_LOG_HAZARD,
    NEAREST_KM,
    STAGE_YEAR,
    TINY,
    Parts,
    known_sources,
    stage_waits,
)
from kladsim.spread.model.priors import EFFORT_SD, MEAN, NAMES, SD
from kladsim.spread.model.tables import CountryTables, Record

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Density = Callable[[Floats], tuple[Floats, Floats]]
K = len(NAMES)
MOST_HAZARD = math.exp(MOST_LOG_HAZARD)
SMALL = 0.002
"""Below, four terms of the series of exp(-h) are exact to the last bit but one."""
(
    BASE, DISTANCE, BORDER, LANGUAGE, TIES, SECONDARY, BACKGROUND, STRICTNESS, DIGITAL, INTERACTION, GOVERNANCE,
    POPULATION, VISIBLE, VOICE, COLLECTED, RECORDS, PAGES, GROWTH, SUSTAINED, APPEAL, REGION_SPREAD,
) = range(K)  # fmt: skip


def make_density(
    world: CountryTables, parts: Parts | None = None, left_out: int | None = None, record: Record | None = None
) -> Density:
    """Return the log likelihood and its gradient over standard-normal coordinates (B × dimension).

    Parameters
    ----------
    parts : parts of the mechanism that are on (default: all)
    left_out : a country whose own record is left out
    record : how first signs are read (default: as the tables say)
    """
    on, read = parts or Parts(), record or world.read_record()
    columns, strength = known_sources(world, read.last)
    none, weight, waits = read.none.copy(), np.stack([read.own, read.collected], axis=2), stage_waits(world)
    if left_out is not None:
        none[left_out], weight[left_out], waits[left_out] = 1.0, 0.0, -1
    digital = world.digital[:, np.minimum(np.arange(weight.shape[1]), world.digital.shape[1] - 1)]
    links = np.stack(
        [
            -np.log(np.maximum(world.km[:, columns], NEAREST_KM) / 1000.0),
            world.border[:, columns],
            world.language[:, columns],
            world.ties[:, columns],
        ],
        axis=2,
    )
    own = np.stack([world.governance, np.log(world.population / 1e7), world.voice, world.records, world.read], axis=1)
    mean, sd = MEAN.copy(), SD.copy()
    for name, value in on.list_fixed().items():
        mean[NAMES.index(name)], sd[NAMES.index(name)] = value, 0.0
    tables = (
        columns, (strength > 0).argmax(axis=1), strength, none, weight, waits, links, own, digital, world.region_of,
        len(world.region), world.strictness, world.strictness_sd, mean, sd, float(on.regions), EFFORT_SD * on.effort,
    )  # fmt: skip

    def density(z: Floats) -> tuple[Floats, Floats]:
        value, gradient = np.zeros(len(z)), np.zeros_like(z)
        evaluate(np.ascontiguousarray(z), value, gradient, *tables)
        return value, gradient

    return density


@kernel
def evaluate(
    z: Floats, value: Floats, gradient: Floats, columns: Ints, begin: Ints, strength: Floats, none: Floats,
    weight: Floats, waits: Ints, links: Floats, own: Floats, digital: Floats, region_of: Ints, regions: int,
    strict_mean: Floats, strict_sd: Floats, mean: Floats, sd: Floats, region_on: float, effort_sd: float,
) -> None:  # fmt: skip
    """Fill log likelihood (B) and its gradient (B × dimension)."""
    n, sources, years = links.shape[0], links.shape[1], strength.shape[1]
    w, e, slope_e = np.empty(sources), np.empty(years), np.empty(years)
    h, stay, free, under = np.empty(years), np.empty(years), np.empty(years), np.empty(years)
    p, g = np.empty(K), np.empty(K)
    for b in range(z.shape[0]):
        for a in range(K):
            p[a], g[a] = mean[a] + sd[a] * z[b, a], 0.0
        pool = region_on * math.exp(p[REGION_SPREAD])
        background, second = math.exp(p[BACKGROUND]), math.exp(p[SECONDARY])
        total = 0.0
        for i in range(n):
            region, at = K + region_of[i], K + regions + i
            s = strict_mean[i] + strict_sd[i] * z[b, at]
            fixed = (
                p[BASE] + p[GOVERNANCE] * own[i, 0] + p[POPULATION] * own[i, 1] + p[STRICTNESS] * s
                + pool * z[b, region]
            )  # fmt: skip
            pull = p[DIGITAL] + p[INTERACTION] * s
            seen = 1.0 / (1.0 + math.exp(-(p[VISIBLE] + p[VOICE] * own[i, 2])))
            logit = p[COLLECTED] + p[RECORDS] * own[i, 3] + p[PAGES] * own[i, 4] + effort_sd * z[b, at + n]
            collected = 1.0 / (1.0 + math.exp(-logit))
            # exposure by year
            rate, e[:] = math.exp(fixed), background
            for j in range(sources):
                if columns[j] == i:
                    w[j] = 0.0
                    continue
                w[j] = math.exp(
                    p[DISTANCE] * links[i, j, 0] + p[BORDER] * links[i, j, 1] + p[LANGUAGE] * links[i, j, 2]
                    + p[TIES] * links[i, j, 3]
                )  # fmt: skip
                if j < sources - 1:
                    w[j] *= second
                for t in range(begin[j], years):
                    e[t] += w[j] * strength[j, t]
            # forward: chance of a first sign in each year
            left, hidden, inside, beside = 1.0, 0.0, 0.0, 0.0
            for t in range(years):
                h[t] = e[t] * rate * math.exp(pull * digital[i, t])
                if h[t] > MOST_HAZARD:
                    h[t], stay[t] = 0.0, math.exp(-MOST_HAZARD)  # the ceiling has no slope
                elif h[t] < SMALL:
                    stay[t] = 1.0 - h[t] * (1.0 - h[t] / 2.0 * (1.0 - h[t] / 3.0 * (1.0 - h[t] / 4.0)))
                else:
                    stay[t] = math.exp(-h[t])
                free[t] = left
                under[t] = hidden + left * (1.0 - stay[t])
                left *= stay[t]
                beside += weight[i, t, 0] * under[t] * seen
                inside += weight[i, t, 1] * under[t] * seen
                hidden = under[t] * (1.0 - seen)
            chance = none[i] + beside + collected * inside + TINY
            total += math.log(chance)
            # backward
            g_logit = collected / chance * inside * (1.0 - collected)
            g_hidden, g_free, g_seen = 0.0, 0.0, 0.0
            g_fixed, g_pull = 0.0, 0.0
            for t in range(years - 1, -1, -1):
                gain = (weight[i, t, 0] + collected * weight[i, t, 1]) / chance
                g_under = g_hidden * (1.0 - seen) + gain * seen
                g_seen += (gain - g_hidden) * under[t]
                slope = free[t] * (g_free - g_under) * (-h[t] * stay[t])
                g_free = g_free * stay[t] + g_under * (1.0 - stay[t])
                g_hidden = g_under
                g_fixed += slope
                g_pull += slope * digital[i, t]
                slope_e[t] = slope / e[t]
                g[BACKGROUND] += slope_e[t] * background
            for j in range(sources):
                if w[j] == 0.0:
                    continue
                share = 0.0
                for t in range(begin[j], years):
                    share += slope_e[t] * strength[j, t]
                share *= w[j]
                for a in range(4):
                    g[DISTANCE + a] += share * links[i, j, a]
                if j < sources - 1:
                    g[SECONDARY] += share
            # stages
            online, g_appeal = digital[i, STAGE_YEAR], 0.0
            attraction = p[STRICTNESS] * s + p[DIGITAL] * online + p[INTERACTION] * s * online
            for step in range(2):
                low, high = waits[i, step, 0], waits[i, step, 1]
                if low < 0:
                    continue
                moves = 1.0 / (1.0 + math.exp(-(p[GROWTH + step] + p[APPEAL] * attraction)))
                rests = 1.0 - moves
                first = rests**low
                last = rests**high if high >= 0 else 0.0
                total += math.log(first - last + TINY)
                slope = -moves * (low * first - high * last if high >= 0 else low * first) / (first - last + TINY)
                g[GROWTH + step] += slope
                g[APPEAL] += slope * attraction
                g_appeal += slope * p[APPEAL]
            g[BASE] += g_fixed
            g[GOVERNANCE] += g_fixed * own[i, 0]
            g[POPULATION] += g_fixed * own[i, 1]
            g[STRICTNESS] += (g_fixed + g_appeal) * s
            g[DIGITAL] += g_pull + g_appeal * online
            g[INTERACTION] += (g_pull + g_appeal * online) * s
            g_seen *= seen * (1.0 - seen)
            g[VISIBLE] += g_seen
            g[VOICE] += g_seen * own[i, 2]
            g[COLLECTED] += g_logit
            g[RECORDS] += g_logit * own[i, 3]
            g[PAGES] += g_logit * own[i, 4]
            g[REGION_SPREAD] += g_fixed * pool * z[b, region]
            gradient[b, region] += g_fixed * pool
            gradient[b, at] = strict_sd[i] * (
                g_fixed * p[STRICTNESS] + g_pull * p[INTERACTION]
                + g_appeal * (p[STRICTNESS] + p[INTERACTION] * online)
            )  # fmt: skip
            gradient[b, at + n] = g_logit * effort_sd
        value[b] = total
        for a in range(K):
            gradient[b, a] = g[a] * sd[a]
