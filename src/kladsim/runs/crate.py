"""``ro-crate-metadata.json``: what the files of a run are, how they came about, what for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kladsim.core.files import write_json
from kladsim.runs.disclosure import BADGE, USE

CRATE = "ro-crate-metadata.json"
PARTS = {
    "scenario.yaml": ("Resolved scenario", "application/yaml"),
    "result.nc": ("All outcomes by replicate", "application/x-netcdf"),
    "summary.parquet": ("Tidy summary: median and 5-95 % interval", "application/vnd.apache.parquet"),
    "status.json": ("State and digests of the run", "application/json"),
    "progress.jsonl": ("Progress events", "application/jsonl"),
}


def write_crate(folder: Path, name: str, published: str, provenance: Mapping[str, Any]) -> None:
    """Write the RO-Crate 1.1 record of a run directory."""
    files = [
        {"@id": file, "@type": "File", "name": title, "encodingFormat": kind}
        for file, (title, kind) in PARTS.items()
        if (folder / file).exists()
    ]
    write_json(
        folder / CRATE,
        {
            "@context": "https://w3id.org/ro/crate/1.1/context",
            "@graph": [
                _descriptor(),
                _root(name, published, files),
                _action(files, provenance),
                *files,
                _software(provenance),
            ],
        },
    )


def _descriptor() -> dict[str, Any]:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }


def _root(name: str, published: str, files: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"kladsim run: {name}",
        "description": f"Simulated outcomes; {BADGE}. {USE}",
        "datePublished": published,
        "license": {"@id": "https://spdx.org/licenses/Apache-2.0"},
        "hasPart": [{"@id": item["@id"]} for item in files],
        "mentions": {"@id": "#run"},
    }


def _action(files: list[dict[str, str]], provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "kladsim run",
        "identifier": provenance["key"],
        "instrument": {"@id": "#kladsim"},
        "object": {"@id": "scenario.yaml"},
        "result": [{"@id": item["@id"]} for item in files if item["@id"] in ("result.nc", "summary.parquet")],
        "description": ", ".join(f"{key} {provenance[key]}" for key in ("model_version", "seed", "scale")),
    }


def _software(provenance: Mapping[str, Any]) -> dict[str, Any]:
    version = provenance["software"]["kladsim"]
    return {"@id": "#kladsim", "@type": "SoftwareApplication", "name": "kladsim", "softwareVersion": version}
