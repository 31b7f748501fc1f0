"""The model description (ODD+D), generated from schemas, phases, register and docstrings, completed by hand.

The hand-written parts stand in ``templates/description.md``.
Form: Grimm et al. 2020 (doi:10.18564/jasss.4259), Mueller et al. 2013 (doi:10.1016/j.envsoft.2013.06.003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kladsim.evidence import load_register, mechanisms
from kladsim.model.version import model_version
from kladsim.report.submodels import submodels
from kladsim.report.templating import render, table

if TYPE_CHECKING:
    from kladsim.core.columns import Part, Table


def odd(country: str = "russia") -> str:
    """Return the model description as Markdown; ``country`` names the pack whose input data it lists."""
    from kladsim.model.day import LANES, PHASES
    from kladsim.model.entities import ALL_TABLES
    from kladsim.model.streams import STREAMS
    from kladsim.world import load_pack

    pack = load_pack(country)
    phases = [(i, p.name, p.scope, p.rhythm, p.mechanism or "–", p.doc) for i, p in enumerate(PHASES, start=1)]
    lanes = ("demand", "life")
    active = [(p.name, lanes[p.lane], p.switch or "–", f"{max(p.bounds.values()):g}", p.doc) for p in LANES.processes]
    dormant = [(a.name, a.switch or "–", f"{a.bound:g}", a.doc) for a in LANES.awakenings]
    series = [(f"`{s.name}`", s.unit, s.freq, s.source, s.licence) for s in pack.series.values()]
    items = [(f"`{m.item}`", m.unit, m.basis, m.source, m.licence) for m in pack.meta]
    events = [(e.date_start, e.date_end or "–", e.kind, e.value, e.unit, e.basis, e.source) for e in pack.events]
    return render(
        "description.md",
        version=model_version(),
        entities=ALL_TABLES,
        entity_table=_entity_table,
        phases=table(("no.", "phase", "scope", "rhythm", "mechanism", "what"), phases),
        processes=table(("process", "phase", "mechanism", "largest bound a day", "what"), active),
        dormant_processes=table(("process", "mechanism", "bound a day", "what"), dormant),
        mechanisms=_mechanisms(),
        pack=pack,
        series=table(("series", "unit", "frequency", "source", "licence"), series),
        tables=table(("item", "unit", "basis", "source", "licence"), items),
        events=table(("from", "until", "kind", "value", "means", "basis", "source"), events),
        submodels=submodels(),
        parameters=_parameters(),
        quantities=_quantities(),
        levers=_levers(),
        outcomes=_outcomes(),
        streams=table(("number", "stream"), sorted((number, name) for name, number in STREAMS.names().items())),
    )


NEVER_READ = {"shops": ("quality", "home", "seek"), "platforms": ("shops", "accounts", "coverage")}
"""Columns that are written and that no rule of the model reads."""


def _entity_table(entity: Table[Part]) -> str:
    idle = NEVER_READ.get(entity.name, ())
    rows = [
        (f"`{c.name}`", c.dtype, c.unit, f"{c.doc} (kept; no rule reads it)" if c.name in idle else c.doc)
        for c in entity.columns
    ]
    return table(("column", "type", "unit", "meaning"), rows)


def _mechanisms() -> str:
    rows = [
        (m.id, m.title, m.off_means + (" (a measurement)" if m.measurement else ""), ", ".join(m.sources))
        for m in mechanisms()
    ]
    return table(("id", "mechanism", "off means", "sources"), rows)


def _parameters() -> str:
    rows = [
        (f"`{p.name}`", p.value, p.unit, f"{p.low:g} to {p.high:g}", p.prior, p.source, p.grade, p.control, p.doc)
        for _, p in load_register().items()
    ]
    return table(("name", "value", "unit", "range", "prior", "source", "grade", "control", "meaning"), rows)


def _quantities() -> str:
    from kladsim.model.quantities import QUANTITIES

    rows = [
        (f"`{q.name}`", q.kind, q.default, f"{q.low:g} to {q.high:g}", q.reach, q.control, q.doc)
        for q in QUANTITIES.values()
    ]
    return table(("quantity", "kind", "neutral", "range", "finest", "control", "meaning"), rows)


def _levers() -> str:
    from kladsim.policy.registry import own_lever_classes

    rows = []
    for name, made in own_lever_classes().items():
        target = f"`{made.target.measure}`, {made.target.direction}" if made.target else "–"
        limit = f"{made.limit.most:g} {made.limit.unit} ({made.limit.source})" if made.limit else "–"
        evidence = "; ".join(f"{entry.source} ({entry.grade}): {entry.says}" for entry in made.evidence)
        what = (made.__doc__ or "").strip().split("\n", 1)[0].replace("``", "`")
        rows.append((f"`{name}`", what, target, limit, evidence))
    return table(("lever", "what", "direct target", "capacity", "evidence (grade)"), rows)


def _outcomes() -> str:
    from kladsim.model.outcomes import OUTCOMES
    from kladsim.runs.disclosure import declared_cells

    rows = [
        (f"`{o.name}`", o.unit, o.side, " or ".join(" × ".join(c) for c in declared_cells(o)), o.kind, o.better or "–",
         o.doc)
        for o in OUTCOMES.values()
    ]  # fmt: skip
    return table(("outcome", "unit", "side", "finest cell", "kind", "better", "meaning"), rows)
