"""The page of finished computations: whatever commands have written below `docs/` that no other page lists."""

from __future__ import annotations

import re
from pathlib import Path

WORDS = """
# Calibration, emulator and gallery

Pages that commands write from finished computations. What is not in the list has not been computed for this version.

- **Calibration** (`kladsim dev calibrate`): which values of the parameters agree with the targets, and how sure.
- **Emulator**: the fast answer that the browser marks "estimated", and how far it is from the simulation.
- **Gallery** (`make gallery`): questions that a ministry would ask, a page each, with the plans as YAML.
"""
TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
OWN = ("tables/", "_")


def results_index(docs: Path) -> str:
    """Return a page that lists every Markdown page which no toctree names."""
    pages = {str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md")}
    pages = {name for name in pages if not name.startswith(OWN)}
    listed = {"index"}
    for name in pages:
        for block in TOCTREE.findall((docs / f"{name}.md").read_text(encoding="utf-8")):
            entries = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith(":")]
            listed |= {str(((docs / name).parent / entry).relative_to(docs)) for entry in entries}
    lines = "\n".join(f"/{name}" for name in sorted(pages - listed, key=_index_first))
    return f"{WORDS.strip()}\n\n```{{toctree}}\n:titlesonly:\n\n{lines}\n```\n" if lines else WORDS.lstrip()


def _index_first(name: str) -> tuple[str, bool, str]:
    folder, _, page = name.rpartition("/")
    return folder or page, page not in ("index", "README"), page
