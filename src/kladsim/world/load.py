"""Find country packs (built in, in a folder of one's own, or installed by another package) and load them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.countries import find_country
from kladsim.world import people
from kladsim.world.events import read_events
from kladsim.world.local import read_parameters, read_scrape, read_weekdays
from kladsim.world.manifest import BURDEN_ONLY, Manifest, read_manifest
from kladsim.world.pack import Pack
from kladsim.world.regional import read_regional, read_seizures
from kladsim.world.scaffold import placeholders
from kladsim.world.series import PackSeries, check_series, read_series
from kladsim.world.sources import list_assumptions, read_sources
from kladsim.world.window import check_places

ENTRY_POINTS = "kladsim.packs"
FOLDERS = "KLADSIM_PACKS"
"""Environment variable: packs of one's own or folders of them, joined like PATH; their names then work in scenarios."""
BUILT_IN = Path(__file__).parent / "packs"
MANIFEST = "pack.yaml"
UNHASHED = ("maps", "restricted")


def list_packs() -> tuple[str, ...]:
    """Return the names of all packs that can be loaded by name."""
    return tuple(sorted({*_built_in(), *_installed(), *_own()}))


def load_pack(name_or_path: str | Path) -> Pack:
    """Load a country pack by name ("russia"), by its country ("KR", "KOR"), or from a folder with a ``pack.yaml``.

    Raises
    ------
    InputError : unknown name (with the nearest), or a file that is missing, damaged or out of range, naming
        file, column and row
    """
    folder = find_pack(name_or_path)
    manifest = read_manifest(folder / MANIFEST, f"{folder.name}/{MANIFEST}")
    label = manifest.name
    first, last = manifest.start.year, manifest.end_year
    regions = people.read_regions(folder, label, manifest.iso3)
    check_places(manifest.window, regions.code, f"{label}/{MANIFEST}")
    shares = people.read_class_shares(folder, label, regions, manifest.classes)
    cohorts = people.read_cohorts(folder, label, first, last)
    cells = people.build_cells(regions, shares, cohorts, first)
    mortality, factor = people.read_mortality(folder, label, first, last)
    regional, regional_meta = read_regional(folder, label, regions.code, first, last)
    regional["urban"] = np.repeat((1.0 - cells.rural_share)[:, None], last - first + 1, axis=1)
    series = read_series(folder, label)
    check_series(series, f"{label}/series_index.csv")
    observations, seizures = _read_observed(folder, label, regions.code, regional)
    meta = (*read_sources(folder, label, series, observations), *regional_meta)
    _freeze(regional, regions.district, cells.region, cells.settlement, cells.people, mortality, factor)
    return Pack(
        name=manifest.name,
        title=manifest.title,
        iso3=manifest.iso3,
        currency=manifest.currency,
        start=manifest.start,
        end_year=last,
        folder=folder,
        digest=_digest(folder),
        region_code=regions.code,
        region_name=regions.name,
        district=regions.district,
        district_names=regions.district_names,
        classes=manifest.classes,
        cell_region=cells.region,
        cell_class=cells.settlement,
        cohort_first_birth_year=cohorts.first_birth_year,
        people=cells.people,
        male_share=_male_share(cohorts),
        mortality=mortality,
        mortality_factor=factor,
        regional=regional,
        series=series,
        events=read_events(folder, label),
        observations=observations,
        seizure_cases=seizures,
        parameters=read_parameters(folder, label),
        weekdays=read_weekdays(folder, label),
        measures=_measures(folder, manifest),
        scrape=read_scrape(folder, label, "scrape" in manifest.measures),
        window=manifest.window,
        meta=meta,
        assumptions=list_assumptions(folder, label, series, last_day=date(last, 12, 31)),
    )


def find_pack(name_or_path: str | Path) -> Path:
    """Return the folder of a pack.

    Raises
    ------
    InputError : no such pack
    """
    text = str(name_or_path)
    if isinstance(name_or_path, str):
        built_in = _built_in()
        if text in built_in:
            return built_in[text]
    folder = Path(name_or_path)
    if (folder / MANIFEST).is_file():
        return folder.resolve()
    if folder.is_dir():
        raise InputError(f"the folder holds no {MANIFEST}", where="country pack", value=text)
    others = _installed() | _own()
    if text in others:
        return others[text]
    known = _built_in() | others
    named = _of_country(text, known)
    if named is not None:
        return known[named]
    raise unknown_name("country pack", text, known, where="country")


def pack_name(text: str) -> str:
    """Return the name of the pack that a country's code or name means; any other text as it is."""
    known = _built_in()
    if text in known or Path(text).is_dir():
        return text
    known |= _installed() | _own()
    return text if text in known else _of_country(text, known) or text


def _of_country(text: str, known: Mapping[str, Path]) -> str | None:
    """Return the pack of a country given by code or name, the built-in one before others; None without one."""
    try:
        wanted = find_country(text).iso3
    except InputError:
        return None
    for name, folder in known.items():
        if read_manifest(folder / MANIFEST, f"{folder.name}/{MANIFEST}").iso3 == wanted:
            return name
    return None


def _built_in() -> dict[str, Path]:
    return {path.parent.name: path.parent for path in sorted(BUILT_IN.glob(f"*/{MANIFEST}"))}


def _own() -> dict[str, Path]:
    """Packs in the folders that the environment names (else in ``packs`` in the working folder), by their own names."""
    found: dict[str, Path] = {}
    for text in filter(None, (os.environ.get(FOLDERS) or "packs").split(os.pathsep)):
        for path in sorted((Path(text) / MANIFEST, *Path(text).glob(f"*/{MANIFEST}"))):
            if path.is_file():
                folder = path.parent.resolve()
                found.setdefault(read_manifest(path, f"{folder.name}/{MANIFEST}").name, folder)
    return found


def _installed() -> dict[str, Path]:
    from importlib.metadata import entry_points

    found: dict[str, Path] = {}
    for point in entry_points(group=ENTRY_POINTS):
        try:
            package = point.load()
        except ModuleNotFoundError:
            continue
        for root in getattr(package, "__path__", ()):
            for folder in (Path(root), Path(root) / point.name):
                if (folder / MANIFEST).is_file():
                    found.setdefault(point.name, folder)
    return found


def _read_observed(
    folder: Path, label: str, codes: tuple[str, ...], regional: Mapping[str, NDArray[np.float64]]
) -> tuple[dict[str, PackSeries], dict[str, NDArray[np.int64]]]:
    observations: dict[str, PackSeries] = {}
    if (folder / "observations_index.csv").exists():
        observations.update(read_series(folder, label, "observations"))
    restricted = folder / "restricted"
    if (restricted / "observations_index.csv").exists():
        observations.update(read_series(restricted, f"{label}/restricted", "observations"))
    seizures: dict[str, NDArray[np.int64]] = {}
    if (restricted / "seizures.csv").exists():
        seizures = read_seizures(restricted, f"{label}/restricted", codes, regional["population"][:, 0])
    return observations, seizures


def _measures(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """The measures of a pack; with placeholders in its tables it tells of burden only, whatever its manifest says.

    Supply and money of a country rest on what is measured of its market: placeholders would be another country's.
    """
    if BURDEN_ONLY in manifest.measures or folder.parent == BUILT_IN or not placeholders(folder):
        return manifest.measures
    return (*manifest.measures, BURDEN_ONLY)


def _male_share(cohorts: people.BirthCohorts) -> NDArray[np.float64]:
    share = np.asarray(cohorts.male / cohorts.total, dtype=np.float64)
    share.setflags(write=False)
    return share


def _freeze(regional: Mapping[str, NDArray[np.float64]], *arrays: NDArray[np.generic]) -> None:
    for array in (*regional.values(), *arrays):
        array.setflags(write=False)


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted((*folder.rglob("*.csv"), folder / MANIFEST)):
        part = path.relative_to(folder)
        if part.parts[0] not in UNHASHED:
            total.update(part.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
