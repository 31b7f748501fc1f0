"""Pages from the register: parameters, unit costs, mechanisms and outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape

from marks import link, linked, page, row_id, rows_table

from kladsim.evidence import load_register, mechanisms
from kladsim.evidence.costs import load_costs
from kladsim.evidence.register import Parameter
from kladsim.model.outcomes import OUTCOMES
from kladsim.runs.disclosure import declared_cells

GRADES = """
Grades: **A** official or peer reviewed; **B** good secondary source; **C** weak (one case, one commentator, a press
estimate); **D** none, an assumption. Control says who could move a number: *public* bodies, the *market* (an
uncertainty, never a lever), or *nature*. The range is what uncertainty analysis covers.
"""
COLUMNS = ("name", "value", "range and prior", "meaning", "source", "grade", "control")
GROUPS = {
    "use": "Use, remission and relapse", "choice": "Choice of channel and product", "start": "The first day",
    "courier": "Couriers", "recruitment": "Recruitment", "policing": "Policing", "justice": "Justice",
    "health": "Health", "platform": "Platforms", "shop": "Shops", "product": "Products", "adoption": "Adoption",
}  # fmt: skip


def parameters_page() -> str:
    """Return every parameter with value, unit, range, prior, source, grade and meaning, by group."""
    register = dict(load_register().items())
    count = sum(p.grade == "D" for p in register.values())
    head = (
        f"The register holds {len(register)} parameters of the model; {count} of them rest on an assumption (grade D). "
        "`kladsim explain NAME` says the same of one, `--set NAME=VALUE` changes it for a run, and a country pack "
        "may replace any. Sources that are ids lead to the figure, published result or claim."
    )
    return page("Parameters", head, GRADES, *_grouped(register))


def costs_page() -> str:
    """Return every unit cost and weight of health."""
    words = (
        "What levers, consequences and health are worth in `--costs`. No run depends on these numbers. The interval "
        "of a sum holds luck and draws of these prices; work, families and other crime are not counted."
    )
    return page("Unit costs and weights of health", words, GRADES, *_grouped(dict(load_costs().items())))


def _grouped(entries: Mapping[str, Parameter]) -> Iterable[str]:
    groups: dict[str, list[Parameter]] = defaultdict(list)
    for name, entry in entries.items():
        groups[name.split(".")[0]].append(entry)
    for name, members in groups.items():
        title = GROUPS.get(name, name[0].upper() + name[1:])
        yield f"## {title}\n\n{rows_table(COLUMNS, (_parameter(p) for p in members))}"


def _parameter(p: Parameter) -> tuple[object, ...]:
    span = f"{p.low:g} to {p.high:g}, {p.prior}"
    value = f"{p.value:g} {escape(p.unit)}"
    return (row_id(p.name), value, span, escape(p.doc), linked(escape(p.source)), p.grade, p.control)


def mechanisms_page() -> str:
    """Return every mechanism: what it is, what "off" means, sources, and what moves when it is off."""
    rows = [
        (row_id(m.id), m.title, m.off_means + (" (a measurement)" if m.measurement else ""), _moves(m.direction),
         ", ".join(link(source) for source in m.sources))
        for m in mechanisms()
    ]  # fmt: skip
    words = (
        "Every mechanism can be switched off (`--set mechanisms.M9=off`), so that one can ask what a result hangs on. "
        "Which checks turn red without each of them is the matrix at the end of "
        "[the validation page](../validation/validation.md). Equations and order of the day are in the "
        "[model description](../model_description.md)."
    )
    columns = ("id", "mechanism", "off means", "off moves", "rests on")
    return page("Mechanisms", words, rows_table(columns, rows))


def _moves(direction: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"`{name}` {'up' if way > 0 else 'down'}" for name, way in direction) or "–"


def outcomes_page() -> str:
    """Return every outcome with unit, side, finest cell and meaning, by side."""
    sides: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for out in OUTCOMES.values():
        cells = " or ".join(" × ".join(cell) for cell in declared_cells(out))
        better = out.better or "–"
        sides[out.side].append((row_id(out.name), out.unit, cells, out.kind, better, escape(out.doc)))
    columns = ("name", "unit", "finest cell", "kind", "better", "meaning")
    parts = [f"## {side[0].upper() + side[1:]}\n\n{rows_table(columns, rows)}" for side, rows in sides.items()]
    words = (
        "Everything that can leave a run, and the finest cell in which it may. Cells that are too noisy are marked, "
        "none is blanked. A *flow* is summed over time, a *level* averaged. *Better* is the direction in "
        "which the public gains; where it is empty, neither direction counts as a benefit. An arrest never does."
    )
    return page("Outcomes", words, *parts)
