"""Pages from the evidence: claims of the source documents, published figures, published results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from html import escape

from marks import link, linked, page, row_id, rows_table

from kladsim.evidence import claims, figures, published
from kladsim.evidence.claims import DOCUMENTS, Claim
from kladsim.validation.explaining import check_of
from kladsim.validation.store import shipped, stale

DONE = {"pass": "shown", "fail": "not shown", "not testable": "not testable", "not run": "not run"}


def claims_page() -> str:
    """Return every claim with its mechanism, its check and the latest stored result, by document."""
    checked = {claim.id: check_of(claim.id) for claim in claims()}
    counts = Counter(DONE[str(found["status"])] for found in checked.values())
    told = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    repeats = sum(str(found["check"]).startswith("rests on") for found in checked.values())
    state = stale(shipped()) or f"model version {shipped()['model_version']}"
    words = (
        f"The model began from three documents on the Russian dead-drop trade, which make {len(checked)} claims: the "
        "announcement of a GI-TOC report, a press article and a thread. The report itself has not been used. Each "
        "claim is carried by a mechanism and has a check, or a reason why no check is possible. The text of a claim is "
        "a paraphrase; that a claim is *shown* means that the model produces it, not that it is true of the world.\n\n"
        f"Latest stored results: {told} ({state}); {repeats} claims only repeat other checks (\"rests on\") and add "
        "nothing to them. `kladsim explain S054` says the same of one claim, "
        "`kladsim validate` renews the results, and [the validation page](../validation/validation.md) has the checks."
    )
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims():
        groups[claim.document].append(claim)
    columns = ("id", "claim", "mechanisms", "check", "result")
    parts = [
        f"## {DOCUMENTS[name][0].upper()}{DOCUMENTS[name][1:]}\n\n"
        + rows_table(columns, (_claim(claim, checked[claim.id]) for claim in members))
        for name, members in sorted(groups.items())
    ]
    return page("Claims", words, *parts)


def _claim(claim: Claim, found: dict[str, object]) -> tuple[str, ...]:
    why = str(found.get("why") or "")
    status = DONE[str(found["status"])] + (f": {why}" if why and found["status"] != "not testable" else "")
    scope = "" if claim.scope == "in" else f" ({'context' if claim.scope == 'context' else 'out of scope'})"
    return (
        row_id(claim.id), escape(claim.text) + scope, _ids(claim.mechanisms), linked(escape(str(found["check"]))),
        linked(escape(status)),
    )  # fmt: skip


def figures_page() -> str:
    """Return every published figure with value, place, time, source, grade and how far it was checked."""
    groups: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for f in figures():
        span = f"{f.low:g} to {f.high:g}" if f.low is not None and f.high is not None else ""
        value = f"{escape(f.value)}{f' ({span})' if span else ''} {escape(f.unit)}"
        time = f.period_start if f.period_start == f.period_end else f"{f.period_start} to {f.period_end}"
        source = f"[{escape(f.source)}]({f.url})" if f.url.startswith("http") else escape(f.source)
        row = (row_id(f.id), escape(f.text), value, time, escape(f.place), source, f.grade, f.standing)
        groups[f.group].append((*row, _ids(f.mechanisms)))
    words = (
        "Numbers that others published on the trade and around it. *Standing* says how far the number itself was "
        "checked: *seen* in the source or an excerpt, *recalled*, *derived* from other numbers, or a *gap*, where "
        "nothing was found. A figure may be wrong; its grade says how much to trust it."
    )
    columns = ("id", "what", "value", "time", "place", "source", "grade", "standing", "mechanisms")
    parts = [
        f"## {name.replace('_', ' ').capitalize()}\n\n{rows_table(columns, rows)}" for name, rows in groups.items()
    ]
    return page("Published figures", words, *parts)


def results_page() -> str:
    """Return every published result that the model is held against, by section."""
    groups: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for r in published():
        use = r.use if r.testable else "not testable"
        groups[r.section].append(
            (row_id(r.id), escape(r.text), escape(r.value), escape(r.source), r.tag, use, _ids(r.mechanisms))
        )
    words = (
        "Findings of other studies that the model can be held against, and sources of parameters. Tag: *V* read "
        "in the abstract or on an official page, *R* read in the model's repository, *X* measured, *E* a count of the "
        "model's own country, as the figure that the source names has it (with its grade and standing), *S* secondary, "
        "*M* from memory (S and M are pointers, never tests). Use: *VAL* kept out of the fit, *SIGN* a direction or "
        "an order, *CAL* an input reproduced, which is no evidence. Results are on [the validation page]"
        "(../validation/validation.md)."
    )
    columns = ("id", "finding", "published", "source", "tag", "use", "mechanisms")
    parts = [f"## {name}\n\n{rows_table(columns, rows)}" for name, rows in groups.items()]
    return page("Published results", words, *parts)


def _ids(names: Iterable[str]) -> str:
    return ", ".join(link(name) for name in names) or "–"
