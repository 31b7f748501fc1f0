"""The page of the manual about calibration: what was fitted, what the posterior is worth, and pictures of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kladsim.core.files import write_bytes
from kladsim.inference.calibration.headline import WIDE, coverage_words, holdout_words, with_headline
from kladsim.report.calibration_pictures import draw
from kladsim.report.description import table

HEAD = (
    "# Calibration\n\nMade by `kladsim calibrate report --out`. Parameters get the priors of the register; published "
    "numbers come in through observation models (`observations.csv`); runs of the model at points that fill the "
    "prior teach an emulator, history matching rules out what cannot be, and sequential Monte Carlo on the emulator, "
    "with its error and the luck of one replicate in the likelihood, gives the posterior; patterns of the past "
    "weigh the draws that ship. Seeds are replicates: they vary over the design and are never chosen. **No published "
    "figure on use, death or treatment is for cathinones.**"
)
HOW = (
    "The full calibration is one command that resumes where it stopped: `kladsim calibrate russia --workers 2`. "
    "`kladsim calibrate --quick` does the same in minutes with synthetic data whose truth is known, and fails if it "
    "does not cover the truth. `kladsim run russia --parameters point|posterior|prior` chooses what replicates draw "
    "from."
)
TRUTHS = (
    "First, truths that are runs of the model itself: data of runs that the emulator never saw, each with a posterior"
    " of its own. Their coverage is what the intervals are worth. The rest judges the sampler alone, with the "
    "emulator on both sides: truths are drawn from the prior, data from the emulator with its error, one replicate's "
    "luck and errors of observation, and each data set gets its own posterior. An interval is honest if it holds the "
    "truth as often as it says. Returning the prior would be honest and useless, so contraction and the log score "
    "over the prior must be above nothing. Two methods that must fail are run beside it."
)
HELD = (
    "Listed in `holdout.csv` before this calibration was computed, but not before the model was fitted: its "
    "structure, its fixed parameters and the medians of the priors had been set by hand to all targets, those of 2020"
    " to 2024 among them ([what was done when](../validation/decisions.md#before-what-had-seen-which-numbers)). "
    "Points kept out thus test the fit of the free parameters on years that it did not see, and are no test of the "
    "model on numbers that nobody had seen. By time: a posterior fitted to what was known of the years to 2019 runs "
    "the model to 2024 (dates of events given, sizes not). By place: the pattern of seizures of 2012-2013, whose "
    "intervals are wide because the zeal of districts is. Points after an event are trivial for persistence to miss; "
    "the rows without events are the fairer comparison. Median and interval are those of what would be published; "
    "width is the upper end over the lower (of odds for shares, of what a fall leaves). A point inside an interval "
    f"whose ends differ by more than a factor of {WIDE:g} is no evidence: such intervals are called uninformative and "
    "counted."
)
PATTERNS = (
    "One history says little of the chance that a pattern shows, so patterns are no data. They weigh what the data "
    "left (pattern-oriented modelling, 10.1098/rstb.2011.0180): of all weights of the posterior's particles under "
    "which each pattern is expected in the share of runs named below, and the mean prediction of every target keeps "
    "inside its tolerance, those nearest to equal weights by relative entropy; a target that would cost more change "
    "than a price that is the same for all gives way, and is reported outside. The chance that a run shows a pattern "
    "is learnt from the runs of the design, and of further waves where it seemed likely; by how much a wave showed "
    "less than was expected of it, the next must expect more (the log above has each). Draws that ship are drawn "
    "by these weights. What the validation says of these patterns over draws of the posterior is therefore no test of "
    "them; at the point, over the prior, and for the points kept out (fitted to 2019, without weights) it is. Nor are "
    "targets over these draws more of a test than before: they were fitted."
)
LIMITS = (
    "Contraction, what the data say of each parameter, synthetic truths, ranks and R-hat are of the posterior before "
    "patterns weigh it; targets, predictive checks and the 90 % of each parameter are of the draws that ship. The "
    "design is small: medians of targets come from as many runs of draws as the table of costs says, and move by "
    "about two targets from one set of draws to another. Points kept out are forecast by the emulator with its error,"
    " not by runs; on data made by runs of the model itself, instead of by the emulator, intervals hold less than "
    "they say (the first row of the truths above). Deaths, treatment and regional gradients are not fitted: they "
    "validate. Parameters that are not in the table stay at the register's values, so that intervals understate what "
    "is not known. Market parameters vary as uncertainty and are no advice."
)


def write_page(content: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``calibration.md`` and its pictures into a folder and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    content = with_headline(content)
    pictures = draw(content, folder)
    path = folder / "calibration.md"
    write_bytes(path, page(content, [picture.name for picture in pictures]).encode())
    return [path, *pictures]


def page(content: dict[str, Any], pictures: Sequence[str]) -> str:
    """Return the page as Markdown."""
    content = with_headline(content)
    stale = f" **Stale: {content['stale']}.**" if content.get("stale") else ""
    said = f"Model version {content['model_version']}, made {content['made']}.{stale}"
    parts = [HEAD, said, HOW, "## Summary", _summary(content)]
    parts += [f"![{name.split('.')[0].replace('-', ' ')}]({name})" for name in pictures]
    parts += ["## Cost and log", _cost(content), "## Synthetic truths", TRUTHS, _truths(content), _methods(content)]
    parts += ["## Emulator", _emulator(content), "## What the data say of each parameter", _parameters(content)]
    parts += ["## Targets under the posterior", _targets(content)]
    parts += ["## Predictive checks of everything fitted", _predictive(content)]
    parts += ["## Points kept out", HELD, _holdout(content), _points(content)]
    if content.get("patterns", {}).get("patterns"):
        parts += ["## Patterns", PATTERNS, _patterns(content["patterns"])]
    if content.get("structures"):
        parts += ["## Disputed structures", _structures(content["structures"])]
    return "\n\n".join([*parts, "## Limits", LIMITS]) + "\n"


def _summary(c: dict[str, Any]) -> str:
    made, held = c["coverage_on_emulator_truths"], c["holdout"]["all"]
    coverage = ", ".join(f"{100 * float(k):.0f} % holds {100 * v:.1f} %" for k, v in made["coverage"].items())
    lines = [f"- {coverage_words(c)}"]
    lines.append(
        f"- On {made['truths']} truths that the emulator made itself (this checks the sampler, not the model): "
        f"{coverage}."
    )
    out = c["synthetic"]["outside_rank_band"]
    lines.append(f"- Ranks: {len(out)} of {len(c['parameters'])} parameters leave the simultaneous 95 % band.")
    lines.append(
        f"- {holdout_words(c)} CRPS {held['crps']} against {held['crps_persistence_and_trend']} of persistence and "
        "trend."
    )
    lines.append(f"- Targets inside tolerance: {c['targets_inside']} of {c['targets_of']}"
                 f" (outside: {', '.join(c['targets_outside']) or 'none'}).")  # fmt: skip
    caught = "caught" if c["overconfident"]["caught"] else "NOT caught"
    lines.append(f"- A deliberately overconfident posterior is {caught}; largest R-hat {c['rhat_largest']:.3f}.")
    return "\n".join(lines)


def _cost(c: dict[str, Any]) -> str:
    cost = c["cost"]
    spent = (
        f"{cost['runs']} runs at 1/{c['plan']['scale']}, {cost['core_seconds_of_runs'] / 3600:.2f} core-hours; checks "
        f"{cost['core_seconds_of_checks'] / 60:.0f} core-minutes; {c.get('wall_seconds', 0) / 60:.0f} minutes by the "
        "clock of the last call (runs that were there already cost nothing)."
    )
    return "\n".join([spent, "", "```", *c["log"], "```"])


def _truths(c: dict[str, Any]) -> str:
    real, made = c["coverage_on_model_runs"], c["coverage_on_emulator_truths"]
    levels = list(made["coverage"])
    rows = [[f"**truths that are runs of the model ({real['truths']})**", *_shares(real["coverage"], levels), ""]]
    rows.append([f"truths of the emulator ({made['truths']})", *_shares(made["coverage"], levels), ""])
    rows.append([f"truths of the emulator, sparse data ({c['sparse']['truths']})",
                 *_shares(c["sparse"]["coverage"], levels), ""])  # fmt: skip
    for name, words in (("overconfident", "too narrow on purpose"), ("prior_only", "the prior returned")):
        caught = "caught" if c[name]["caught"] else "NOT caught"
        rows.append([f"truths of the emulator, {words}", *_shares(c[name]["coverage"], levels), caught])
    seeds = c["seeds_of_truths"]
    said = f"Seed {seeds['seed']}, stream `{seeds['stream']}`, numbers {seeds['numbers'][0]} to {seeds['numbers'][1]}."
    return table(("method", *(f"{100 * float(k):.0f} %" for k in levels), ""), rows) + "\n\n" + said


def _shares(coverage: dict[str, float], levels: Sequence[str]) -> list[str]:
    return [f"{100 * coverage[level]:.1f} %" for level in levels]


def _methods(c: dict[str, Any]) -> str:
    rows = [
        [
            name.replace("_", " "),
            *(f"{100 * v:.0f} %" for v in m["coverage"].values()),
            f"{m['log_score_over_prior']:.2f}",
        ]
        for name, m in c["methods"].items()
        if isinstance(m, dict)
    ]
    levels = c["coverage_on_emulator_truths"]["coverage"]
    head = ("method", *(f"{100 * float(k):.0f} %" for k in levels), "log score over the prior")
    truths = c["methods"]["truths"]
    said = f"Which method: the same {truths} truths, sum of the log score over parameters (higher is better)."
    return said + "\n\n" + table(head, rows)


def _emulator(c: dict[str, Any]) -> str:
    e = c["emulator"]
    said = (
        f"{e['runs']} runs; on {e['held_out']} runs it has not seen the median R2 is {e['r2_median']:.2f} (the luck "
        f"of one replicate counts as unexplained) and 90 % intervals hold {100 * e['coverage_90']:.0f} %. History "
        f"matching leaves {100 * c['history_matching']['share_of_prior']:.2g} % of the prior."
    )
    rows = [
        [name, f"{v['r2_leave_one_out']:.2f}", f"{v['r2_held_out']:.2f}", f"{100 * v['coverage_90']:.0f} %"]
        for name, v in e["by_datum"].items()
    ]
    return said + "\n\n" + table(("datum", "R2, leave one out", "R2, held out", "inside 90 %"), rows)


def _parameters(c: dict[str, Any]) -> str:
    rows = []
    for p in c["parameters"]:
        prior, own = (c["marginals"][p["name"]][k] for k in ("prior", "posterior"))
        cells = [f"{of[0]:.3g} – {of[4]:.3g}" for of in (prior, own)]
        rows.append([f"`{p['name']}`", *cells, f"{100 * p['contraction']:.0f} %", p["words"]])
    return table(("parameter", "prior, 90 %", "draws that ship, 90 %", "contraction", "in words"), rows)


def _targets(c: dict[str, Any]) -> str:
    rows = [
        [t["id"], t["part"], f"{t['low']} – {t['high']} {t['unit']}", f"{t['median']:.3g}",
         f"{t['low5']:.3g} – {t['high95']:.3g}", "yes" if t["inside"] else "**no**"]
        for t in c["targets"]
    ]  # fmt: skip
    return table(("target", "part", "published", "median", "90 % of runs", "inside"), rows)


def _predictive(c: dict[str, Any]) -> str:
    rows = [
        [p["id"], f"{p['published']:.4g}", f"{p['median']:.4g}", f"{p['low5']:.4g} – {p['high95']:.4g}",
         "yes" if p["inside_95"] else "**no**"]
        for p in c["predictive"]
    ]  # fmt: skip
    return table(("datum", "published", "median", "90 % predictive interval", "inside 95 %"), rows)


def _holdout(c: dict[str, Any]) -> str:
    rows = [
        [name.replace("_", " "), p["n"], f"{100 * p['coverage_95']:.0f} %", p["crps"], p["crps_persistence_and_trend"],
         f"{p['sharper_on']} of {p['compared']}"]
        for name, p in c["holdout"].items()
    ]  # fmt: skip
    head = ("points", "number", "inside 95 %", "CRPS", "CRPS, persistence and trend", "sharper on")
    return table(head, rows)


def _points(c: dict[str, Any]) -> str:
    rows = [
        [p["id"], f"`{p['quantity']}`", f"{p['published']:.4g}", f"{p['median']:.4g}",
         f"{p['low']:.3g} – {p['high']:.3g}", f"{p['width']:.3g}",
         "yes" if p["inside"] else "**no**", f"{p['crps']:.2f}",
         "–" if p["crps_rival"] is None else f"{p['crps_rival']:.2f}"]
        for p in c["holdout_points"]
    ]  # fmt: skip
    head = ("point", "quantity", "published", "median", "95 % interval", "width", "inside", "CRPS", "rival")
    return table(head, rows)


def _patterns(found: dict[str, Any]) -> str:
    rows = [
        [name, f"{100 * v['all']:.0f} %", f"{100 * v['weighed']:.0f} %"] for name, v in found["patterns"].items()
    ]
    told = (
        f"Each pattern is expected in at least {100 * found['aim']:.0f} % of runs. So weighed, the "
        f"{found['particles']} particles are worth {found['effective']:.0f} (Kish)."
    )
    return told + "\n\n" + table(("pattern", "chance over all particles", "as weighed"), rows)


def _structures(s: dict[str, Any]) -> str:
    rows = [
        [i["name"], ", ".join(f"`{n}` = {v:.3g}" for n, v in i["sets"].items()) or "–", i["log_density"],
         f"{100 * i['weight']:.0f} %"]
        for i in s["structures"]
    ]  # fmt: skip
    return str(s["words"]) + "\n\n" + table(("structure", "sets", "log density of the data", "weight"), rows)
