"""What there is: scenarios, levers with their JSON Schema, outcomes, parameters, mechanisms, claims, targets."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from pydantic import BaseModel

from kladsim.app.answers import BilingualText
from kladsim.core.errors import InputError
from kladsim.evidence.countries import find_country
from kladsim.model.version import is_in_development
from kladsim.policy.lever import Lever
from kladsim.policy.levers.package import Package, package_names
from kladsim.report.words import title, unit
from kladsim.runs.development import describe_development
from kladsim.runs.disclosure import BADGE, USE, declared_cells
from kladsim.runs.engine import Engine
from kladsim.runs.judging import direction
from kladsim.world.load import MANIFEST, find_pack
from kladsim.world.manifest import read_manifest

#: Where a lever stands in the form; one that is not named stands under "other".
GROUPS = {
    "health": ("treatment", "checking", "poison", "contingency", "information", "naloxone", "campaign", "care"),
    "justice": ("diversion", "sentenc", "decrim", "monitoring", "possession", "prison"),
    "prevention": ("prevention", "youth", "income", "advert", "recruit"),
    "policing": ("police", "effort", "takedown", "precursor", "sanction", "cash"),
    "cooperation": ("data", "sharing", "border", "early"),
}


class EvidenceOut(BaseModel):
    """What is known of a lever's effect."""

    source: str
    grade: str
    says: str


class LeverOut(BaseModel):
    """A lever: what it does, what it rests on, and the schema of its form."""

    name: str
    title: str
    group: str
    doc: str
    dated_by: str
    form: dict[str, Any]
    evidence: list[EvidenceOut]
    documented: dict[str, tuple[float, float]]


class OutcomeOut(BaseModel):
    """An outcome and its definition."""

    name: str
    title: BilingualText
    unit: BilingualText
    doc: str
    side: str
    kind: str
    better: str | None
    headline: bool
    cells: list[str]
    regional: bool


class ScenarioOut(BaseModel):
    """A preset."""

    name: str
    country: str
    start: str
    until: str
    scale: str
    levers: list[dict[str, Any]]


class CountryOut(BaseModel):
    """A country pack and the country's name."""

    name: str
    iso3: str
    title: BilingualText


class Catalogue(BaseModel):
    """All names that the page offers."""

    version: str
    model: str
    development: BilingualText | None
    countries: list[CountryOut]
    scenarios: list[ScenarioOut]
    levers: list[LeverOut]
    outcomes: list[OutcomeOut]
    defaults: dict[str, str | int]
    badge: str
    use: str


class EvidenceTable(BaseModel):
    """Rows of a table of evidence."""

    rows: list[dict[str, Any]]


def catalogue(engine: Engine, defaults: dict[str, str | int]) -> Catalogue:
    """Everything that the page offers by name."""
    from kladsim.core.version import VERSION
    from kladsim.policy.files import preset_names
    from kladsim.policy.scenario import Scenario
    from kladsim.world import list_packs

    presets = [Scenario.preset(name) for name in preset_names()]
    return Catalogue(
        version=VERSION,
        model=engine.version,
        development=BilingualText.of(describe_development) if is_in_development() else None,
        countries=[_country(name) for name in list_packs()],
        scenarios=[
            ScenarioOut(
                name=s.name, country=s.country, start=str(s.start), until=str(s.until), scale=str(s.scale),
                levers=s.to_plain()["levers"],
            )
            for s in presets
        ],
        levers=_levers(),
        outcomes=[_outcome(name, item) for name, item in engine.outcomes.items()],
        defaults=defaults,
        badge=BADGE,
        use=USE,
    )  # fmt: skip


def _country(name: str) -> CountryOut:
    """A pack by its country's name in both languages; a made-up country keeps the title of its pack."""
    manifest = read_manifest(find_pack(name) / MANIFEST, name)
    try:
        known = find_country(manifest.iso3)
        title_ = BilingualText(en=manifest.title, ru=known.russian)
    except InputError:
        title_ = BilingualText(en=manifest.title, ru=manifest.title)
    return CountryOut(name=name, iso3=manifest.iso3, title=title_)


def _levers() -> list[LeverOut]:
    from kladsim.policy.registry import lever_classes

    return [
        LeverOut(
            name=name,
            title=name.replace("_", " ").replace("-", " ").capitalize(),
            group=_group(name),
            doc=inspect.cleandoc(kind.__doc__ or "").replace("``", ""),
            dated_by=kind.dated_by,
            form=_form(kind),
            evidence=[EvidenceOut(source=e.source, grade=e.grade, says=e.says) for e in kind.evidence],
            documented={field: (low, high) for field, (low, high) in kind.documented.items()},
        )
        for name, kind in lever_classes().items()
    ]


def _form(kind: type[Lever]) -> dict[str, Any]:
    """The JSON Schema of a lever's form; what can only be one of a library's names is a list of them."""
    form = kind.model_json_schema()
    if kind is Package:
        form["properties"]["of"] = {"enum": list(package_names()), "title": "Of", "type": "string", "default": None}
    return form


def _group(name: str) -> str:
    return next((group for group, words in GROUPS.items() if any(word in name for word in words)), "other")


def _outcome(name: str, item: Any) -> OutcomeOut:
    cells = [" × ".join(cell) for cell in declared_cells(item)]
    return OutcomeOut(
        name=name,
        title=BilingualText.of(partial(title, name)),
        unit=BilingualText.of(partial(unit, item.unit)),
        doc=item.doc,
        side=item.side,
        kind=str(getattr(item, "kind", "flow")),
        better=direction(item.name, item.better) or None,
        headline=bool(item.headline),
        cells=cells,
        regional=any(set(cell) == {"year", "region"} for cell in declared_cells(item)),
    )


def parameters() -> EvidenceTable:
    """Every parameter with value, range, prior, source, grade and who controls it."""
    from kladsim.evidence import load_register

    keys = ("name", "value", "unit", "low", "high", "prior", "control", "source", "grade", "doc")
    return EvidenceTable(rows=[{key: getattr(p, key) for key in keys} for _, p in load_register().items()])


def mechanisms() -> EvidenceTable:
    """Every mechanism and what off means."""
    from kladsim.evidence import mechanisms as every

    return EvidenceTable(
        rows=[{"id": m.id, "title": m.title, "off": m.off_means, "sources": list(m.sources)} for m in every()]
    )


def claims() -> EvidenceTable:
    """Every claim of the source documents and the mechanisms that carry it."""
    from kladsim.evidence import claims as every

    return EvidenceTable(
        rows=[
            {"id": c.id, "claim": c.text, "type": c.type, "scope": c.scope, "mechanisms": list(c.mechanisms)}
            for c in every()
        ]
    )


def targets() -> EvidenceTable:
    """Every calibration target and pattern with its published band."""
    from kladsim.evidence import patterns
    from kladsim.evidence import targets as every

    return EvidenceTable(
        rows=[
            {
                "id": check.id, "kind": type(check).__name__.lower(), "statement": check.statement,
                "bands": [str(band) for band in check.bands], "evidence": list(check.evidence), "note": check.note,
            }
            for check in (*every(), *patterns())
        ]
    )  # fmt: skip


def explained(name: str) -> dict[str, Any]:
    """One answer for every thing that has an id or a name in the evidence.

    Raises
    ------
    InputError : unknown id, with the nearest one
    """
    from kladsim.evidence import explain

    return explain(name).to_dict()
