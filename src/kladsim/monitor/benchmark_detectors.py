"""Scores of detectors on the benchmarks of ``benchmark_series``, beside published figures of other methods.

Weekly: the false-positive rate (FPR) is the share of alarms among the test weeks of series *before* outbreaks are
added; the probability of detection (POD) is the share of series with an alarm in a week that holds cases of the
outbreak.
Daily: specificity and sensitivity by day, POD by series, timeliness (share of the outbreak's span that is over at the
first true alarm, 1 if there is none), each a mean over signals. Seeds below ``FIRST_SEED`` served to build the default
detector and are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.files import write_bytes
from kladsim.monitor import benchmark_series
from kladsim.monitor.detection import DETECTORS, build_detector
from kladsim.monitor.judgement import CountTable, Judgement
from kladsim.monitor.periods import step_of
from kladsim.monitor.tables import DATA, read_rows

Array = NDArray[np.float64]
Alarms = NDArray[np.bool_]
BENCHMARKS = ("weekly", "daily")
TOO_SLOW = {"weekly": ("joint-rise",), "daily": ("farrington-flexible", "joint-rise")}
"""Detectors that run on a benchmark only where they are named: they take hours."""
SERIES = 100
FIRST_SEED = 3_000_000
RATES = (0.0077, 0.01)
"""Pooled FPR at which detectors are compared: that of R's Farrington Flexible here, and one in a hundred."""
REFERENCE = "farrington-flexible"
BEGIN = 2000
"""Year in which the series begin, so that seasons have dates."""
WEEKLY_TEST = range(benchmark_series.FIRST_TEST_WEEK - 1, benchmark_series.WEEKS)
DAILY_TEST = range(7 * 52 * benchmark_series.YEARS - 7 * benchmark_series.TEST_WEEKS, 7 * 52 * benchmark_series.YEARS)


def run(
    benchmark: str,
    names: Sequence[str] = (),
    *,
    series: int = SERIES,
    seed: int = FIRST_SEED,
    folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Run detectors over a benchmark.

    Parameters
    ----------
    names : detectors; none: all but those that are ``TOO_SLOW``
    series : series of each scenario or signal
    folder : where each detector's scores by scenario are kept, so that an interrupted run goes on; None: nowhere

    Raises
    ------
    InputError : no such benchmark or detector; a seed that served to build the default detector
    """
    if benchmark not in BENCHMARKS:
        raise unknown_name("benchmark", benchmark, BENCHMARKS)
    if seed < FIRST_SEED:
        raise InputError(
            "this seed served to build the default detector",
            where="--seed",
            value=seed,
            allowed=f"{FIRST_SEED} or more",
        )
    if series < 1:
        raise InputError("too few series", where="--series", value=series, allowed="1 or more")
    scenarios = len(benchmark_series.weekly_scenarios() if benchmark == "weekly" else benchmark_series.daily_signals())
    judge = _judge_weekly if benchmark == "weekly" else _judge_daily
    detectors: dict[str, dict[str, Any]] = {}
    for name in names or [name for name in DETECTORS if name not in TOO_SLOW[benchmark]]:
        parts = []
        for number in range(scenarios):
            parts.append(
                _load_or(folder, f"{benchmark} {name} {number} {series} {seed}", judge, name, number, series, seed)
            )
            if progress:
                progress(name, number + 1, scenarios)
        detectors[name] = _summarise_weekly(parts) if benchmark == "weekly" else _summarise_daily(parts)
    if benchmark == "weekly" and REFERENCE in detectors:
        _compare_at_rates(detectors)
    for found in detectors.values():
        found.pop("scores", None)
    published = [row for row in read_rows(DATA / "benchmark_published.csv") if row.pop("benchmark") == benchmark]
    return {"benchmark": benchmark, "series": series, "seed": seed, "detectors": detectors, "published": published}


def _load_or(
    folder: Path | None, what: str, judge: Callable[..., dict[str, Any]], name: str, number: int, series: int, seed: int
) -> dict[str, Any]:
    """Return a part from its file, if it was made with the same settings and code, or make and keep it."""
    if folder is None:
        return judge(name, number, series, seed)
    key = hashlib.sha256(f"{what} {_digest_code()}".encode()).hexdigest()[:20]
    path = folder / f"{key}.json"
    if path.is_file():
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return facts
    facts = json.loads(json.dumps(judge(name, number, series, seed)))
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(path, json.dumps(facts).encode())
    return facts


def _digest_code() -> str:
    """Return a digest of the modules that decide a score."""
    here = Path(__file__).parent
    files = (
        "benchmark_series",
        "benchmark_detectors",
        "charts",
        "count_regression",
        "farrington",
        "judgement",
        "surge",
    )
    return hashlib.sha256(b"".join((here / f"{name}.py").read_bytes() for name in files)).hexdigest()[:16]


def _judge(name: str, freq: str, values: Sequence[Array], periods: range) -> Judgement:
    from datetime import date

    first = step_of(date(BEGIN, 1, 3), freq)
    return build_detector(name, {}).judge(CountTable(np.array(values), freq, first), periods)


def _judge_weekly(name: str, number: int, series: int, seed: int) -> dict[str, Any]:
    scenario = benchmark_series.weekly_scenarios()[number]
    made = [benchmark_series.make_weekly(scenario, seed + 1000 * number + each) for each in range(series)]
    quiet = _judge(name, "week", [one.quiet for one in made], WEEKLY_TEST)
    loud = _judge(name, "week", [one.observed for one in made], WEEKLY_TEST)
    during = np.array([one.outbreak[WEEKLY_TEST.start :] > 0 for one in made])
    best = np.where(during & np.isfinite(loud.score), loud.score, -np.inf).max(axis=1)
    return {
        "fpr": float(quiet.alarm.mean()),
        "detected": (loud.alarm & during).any(axis=1).tolist(),
        "size": [one.size for one in made],
        "quiet_scores": np.round(np.nan_to_num(quiet.score, nan=-1e9, posinf=1e9), 6).ravel().tolist(),
        "best_scores": np.round(np.nan_to_num(best, neginf=-1e9, posinf=1e9), 6).tolist(),
    }


def _summarise_weekly(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rates = np.array([part["fpr"] for part in parts])
    detected = np.concatenate([part["detected"] for part in parts]).astype(float)
    sizes = np.concatenate([part["size"] for part in parts])
    return {
        "fpr": float(rates.mean()),
        "fpr_worst": float(rates.max()),
        "fpr_by_scenario": [round(rate, 5) for rate in rates.tolist()],
        "pod": float(detected.mean()),
        "pod_error": float(np.sqrt(detected.mean() * (1 - detected.mean()) / len(detected))),
        "pod_by_size": {str(size): float(detected[sizes == size].mean()) for size in sorted(set(sizes.tolist()))},
        "scores": (
            np.concatenate([part["quiet_scores"] for part in parts]),
            np.concatenate([part["best_scores"] for part in parts]),
        ),
    }


def _compare_at_rates(detectors: dict[str, dict[str, Any]]) -> None:
    """Add the POD at common pooled FPR: that of the reference, and ``RATES``, by one threshold of the score."""
    rates = {"reference": detectors[REFERENCE]["fpr"], **{f"{rate:g}": rate for rate in RATES}}
    for found in detectors.values():
        quiet, best = found["scores"]
        ordered = np.sort(quiet)[::-1]
        found["pod_at_fpr"] = {}
        for label, rate in rates.items():
            threshold = ordered[min(int(rate * len(ordered)), len(ordered) - 1)]
            found["pod_at_fpr"][label] = {
                "fpr": float((quiet > threshold).mean()),
                "pod": float((best > threshold).mean()),
            }


def _judge_daily(name: str, number: int, series: int, seed: int) -> dict[str, Any]:
    signal = benchmark_series.daily_signals()[number]
    made = [benchmark_series.make_daily(signal, np.random.default_rng([seed, number, each])) for each in range(series)]
    alarm = _judge(name, "day", [one.observed for one in made], DAILY_TEST).alarm
    return score_days(alarm, np.array([one.outbreak[DAILY_TEST.start :] > 0 for one in made]))


def score_days(alarm: Alarms, during: Alarms) -> dict[str, Any]:
    """Return specificity, sensitivity, POD and timeliness of alarms, both [series, days]."""
    late = []
    for alarms, outbreak in zip(alarm, during, strict=True):
        days, hits = np.flatnonzero(outbreak), np.flatnonzero(alarms & outbreak)
        late.append(float(hits[0] - days[0]) / float(days[-1] - days[0] + 1) if len(hits) else 1.0)
    return {
        "specificity": float((~alarm & ~during).sum() / (~during).sum()),
        "sensitivity": float((alarm & during).sum() / during.sum()),
        "pod": float((alarm & during).any(axis=1).mean()),
        "timeliness": float(np.mean(late)),
    }


def _summarise_daily(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = ("specificity", "sensitivity", "pod", "timeliness")
    means: dict[str, Any] = {name: float(np.mean([part[name] for part in parts])) for name in names}
    return {**means, "by_signal": [{name: round(part[name], 4) for name in names} for part in parts]}


def settings_of(name: str, benchmark: str) -> dict[str, Any]:
    """Return the settings with which a detector runs on a benchmark."""
    freq = "week" if benchmark == "weekly" else "day"
    return asdict(build_detector(name, {}).for_period(freq))  # type: ignore[call-overload, no-any-return]
