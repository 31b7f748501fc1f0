"""Make the pages of the gallery anew: ``python examples/gallery/make.py`` (about an hour of one core)."""

from __future__ import annotations

import argparse
from pathlib import Path

from kladsim.report.gallery import index_of, read_galleries, write_page
from kladsim.runs.judging import PAIRS

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "gallery"


def main() -> None:
    """Run every study (or those named) and write its page and picture."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", help="studies by file name, all by default")
    asked.add_argument("--scale", default="1/100")
    asked.add_argument("--replicates", type=int, default=PAIRS)
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--until", default=None, help="an earlier end, for a quick look")
    asked.add_argument("--runs", default=None, help="where runs are kept")
    asked.add_argument("--pages", type=Path, default=PAGES)
    chosen = asked.parse_args()
    studies = read_galleries(HERE)
    options = {
        "scale": chosen.scale,
        "replicates": chosen.replicates,
        "workers": chosen.workers,
        "until": chosen.until,
        "out": chosen.runs,
    }
    for study in studies:
        if not chosen.names or study.name in chosen.names:
            page = write_page(study, chosen.pages, **options)
            print(page)
    (chosen.pages / "README.md").write_text(index_of(studies), encoding="utf-8")


if __name__ == "__main__":
    main()
