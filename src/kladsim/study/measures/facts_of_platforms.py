"""Facts of platforms, of the closure of 2022 and what follows, and of prices."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.jit import plain
from kladsim.model import codes as k
from kladsim.model.counters import INDEX
from kladsim.model.market import price_of
from kladsim.study.measures import targets
from kladsim.study.measures.experiments import EXPERIMENTS, arm_of
from kladsim.study.measures.facts import TAKEDOWN, Facts, days, national, receipts_daily
from kladsim.study.measures.watching import ReplicateWatch

CLOSURES_FROM = min(arm.start for arm in EXPERIMENTS["closures"].arms)
SECOND = arm_of("closures", "second").change.modifiers[0].start
"""Day of the second closure, whose consequences are measured."""


def measure(s: Any, watch: ReplicateWatch, since: date) -> Facts:
    """Return facts of platforms; those of the closure only if the run holds a year after it."""
    facts: Facts = {}
    six = days(s, since, date(since.year + 6, 1, 1))
    share = smooth(national(s, "leader_share"), 30)[six]
    facts["leader_share_highest"] = float(share.max()) if len(share) > 30 else np.nan
    quiet = days(s, date(2015, 1, 1), TAKEDOWN)
    facts["largest_shop_highest"] = float(
        smooth(national(s, "largest_shop_share"), 30)[quiet].max() / float(s.config.scale)
    )
    facts |= _weekdays(s)
    facts |= _unit_prices(s)
    if s.day >= s.pack.day_of(date(2023, 4, 5)) and since <= date(2022, 1, 1):
        facts |= after_closure(s)
    if since >= CLOSURES_FROM:
        facts |= _around(s, SECOND)
    if since == s.pack.start and s.day >= s.pack.day_of(targets.UNTIL):
        facts |= {f"{name}.{part}": value for (name, part), value in targets.measure(s).items()}
    return facts


def smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return trailing means over ``width`` days (fewer at the start)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(1, len(values) + 1)
    low = np.maximum(0, at - width)
    return np.asarray((total[at] - total[low]) / (at - low))


def _weekdays(s: Any) -> Facts:
    part = days(s, date(2018, 1, 1), date(2020, 1, 1))
    orders = s.recording.count[part, INDEX["orders"]].astype(np.float64)
    if len(orders) < 364:
        return {}
    weekday = np.array([(s.pack.date_of(part.start + i)).weekday() for i in range(len(orders))])
    by = np.array([orders[weekday == d].mean() for d in range(7)])
    return {"weekend_peak": float(by[[4, 5]].mean() / by.mean()), "weekday_highest": float(by.argmax())}


def _unit_prices(s: Any) -> Facts:
    """Price of a unit in orders of one and of five units, as ``market.price_of`` sets them (index: one unit = 1)."""
    values = SimpleNamespace(**{name.replace(".", "_"): value for name, value in s._p.items()})
    w = SimpleNamespace(p=[values], shops=s.world.shops, trade=s.world.trade, people=s.world.people)
    price = plain(price_of)
    region = int(np.argmax(w.people.alive))
    open_ = np.flatnonzero(np.asarray(w.shops.alive) == 1)
    if not len(open_):
        return {}
    out: Facts = {}
    slopes, free = [], []
    fixed = float(w.trade.drop_cost[region])
    for g in range(k.G):
        one = price(w, region, g, 1.0, int(open_[0]))
        five = price(w, region, g, 5.0, int(open_[0])) / 5.0
        slopes.append(np.log(five / one) / np.log(5.0))
        free.append(np.log((five - fixed / 5.0) / (one - fixed)) / np.log(5.0))
    out["unit_price_slope_highest"] = float(np.max(slopes))
    out["unit_price_slope_without_drop_cost"] = float(np.max(np.abs(free)))
    return out


def after_closure(s: Any) -> Facts:
    """What follows the closure of April 2022."""
    receipts = receipts_daily(s)
    old = receipts[days(s, date(2022, 1, 1), TAKEDOWN)].mean()
    weeks3 = receipts[days(s, date(2022, 3, 15), TAKEDOWN)].mean()
    first = receipts[days(s, TAKEDOWN, TAKEDOWN + timedelta(days=7))].mean()
    eight = smooth(receipts, 28)[days(s, TAKEDOWN + timedelta(days=28), date(2022, 12, 5))]
    facts: Facts = {
        "closure_drop_week": float(100.0 * (1.0 - first / weeks3)),
        "closure_regained": float(100.0 * eight.max() / old),
        "closure_end_2022": float(100.0 * receipts[days(s, date(2022, 12, 1), date(2023, 1, 1))].mean() / old),
        "closure_may_2022": float(100.0 * receipts[days(s, date(2022, 5, 1), date(2022, 6, 1))].mean() / old),
        "closure_ratio_2022_2021": float(
            receipts[days(s, date(2022, 1, 1), date(2023, 1, 1))].sum()
            / receipts[days(s, date(2021, 1, 1), date(2022, 1, 1))].sum()
        ),
    }
    effective = national(s, "effective_platforms")
    facts["effective_before"] = float(effective[days(s, date(2022, 1, 1), TAKEDOWN)].mean())
    facts["effective_after"] = float(effective[days(s, date(2022, 7, 5), date(2023, 4, 5))].mean())
    leader = national(s, "leader")[: s.pack.day_of(TAKEDOWN)]
    changed = np.flatnonzero(leader != leader[-1])
    facts["leader_years"] = float((len(leader) - 1 - (changed[-1] if len(changed) else -1)) / 365.25)
    return facts | _leaders(s) | _successor(s) | _advertising(s)


def _around(s: Any, day: date) -> Facts:
    """Receipts and orders on platforms around a closure, by day, and shops by month."""
    if s.day < s.pack.day_of(day) + 60:
        return {}
    receipts, begin = receipts_daily(s), s.pack.day_of(day)
    before = receipts[begin - 28 : begin].mean()
    facts: Facts = {"second_before": float(before)}
    for after in (7, 14, 28, 60):
        facts[f"second_level@{after}"] = float(receipts[begin + after - 7 : begin + after].mean() / before)
    facts["second_drop_week"] = 100.0 * (1.0 - facts["second_level@7"])
    for quarter in range(1, 5):
        part = days(s, date(2023, 3 * quarter - 2, 1), date(2023, 3 * quarter, 28))
        facts[f"receipts_quarter@{quarter}"] = float(receipts[part].sum())
        facts[f"price_quarter@{quarter}"] = float(national(s, "real_price")[part].mean())
    return facts


def _leaders(s: Any) -> Facts:
    """Leader of every block of 30 days after the closure, and how often it changes in twelve blocks."""
    begin = s.pack.day_of(TAKEDOWN)
    orders = s.recording.platform_orders[begin : begin + 360].astype(np.float64)
    blocks = orders.reshape(12, 30, -1).sum(axis=1)
    leader = blocks.argmax(axis=1)
    top = np.sort(blocks / np.maximum(1.0, blocks.sum(axis=1, keepdims=True)), axis=1)[:, ::-1]
    return {
        "leader_changes": float((np.diff(leader) != 0).sum()),
        "platforms_for_80_percent": float(np.median((top.cumsum(axis=1) < 0.8).sum(axis=1)[4:9] + 1)),
    }


def _successor(s: Any) -> Facts:
    """The first successor: its share in April and May 2022, the peak of its weekly share and when it comes."""
    begin = s.pack.day_of(TAKEDOWN)
    orders = s.recording.platform_orders[begin : begin + 57].astype(np.float64)
    trailing = np.stack([smooth(orders[:, j], 7) for j in range(orders.shape[1])], axis=1)
    share = trailing / np.maximum(1e-9, trailing.sum(axis=1, keepdims=True))
    first = int(orders[:30].sum(axis=0).argmax())
    whole = s.recording.platform_orders[begin - 28 : begin + 29].sum(axis=1).astype(np.float64)
    level = smooth(whole, 7)
    start, end = level[29 + 1], level[29 + 27]
    reach = [d for d in range(1, 28) if level[28 + d] >= start + 0.8 * (end - start)]
    return {
        "successor_above_half": float((share[6:, first] > 0.5).mean()),
        "successor_peak": float(100.0 * share[6:, first].max()),
        "successor_peak_day": float(6 + share[6:, first].argmax()),
        "migration_saturates_day": float(reach[0]) if reach else np.nan,
        "migration_gain_day_6_of_28": float((level[28 + 6] - start) / (end - start)) if end > start else np.nan,
    }


def _advertising(s: Any) -> Facts:
    """Promotion cost for each order, oligopoly (2023) against monopoly (2021), in prices of one day."""

    def per_order(year: int) -> float:
        part = days(s, date(year, 1, 1), date(year + 1, 1, 1))
        cost = s.recording.count[part, INDEX["promotion_cost"]] / s.calendar.columns["cpi"][part]
        return float(cost.sum() / max(1, s.recording.count[part, INDEX["orders"]].sum()))

    before = per_order(2021)
    return {"advertising_ratio": per_order(2023) / before if before > 0 else np.nan}
