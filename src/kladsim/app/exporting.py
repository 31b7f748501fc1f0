"""Charts and numbers as files, each with its source, version, digest, badge and line of use inside."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from kladsim.app import answers as a
from kladsim.app.charting import chart_answer
from kladsim.app.drawing import Drawer
from kladsim.app.service import Service
from kladsim.app.view import View
from kladsim.app.writing import file_name
from kladsim.core.errors import InputError
from kladsim.core.version import VERSION
from kladsim.report.brief import brief
from kladsim.report.stamped import stamped_chart, to_pdf, to_png, to_svg
from kladsim.report.words import title
from kladsim.runs.development import describe_warnings
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.interval_words import describe_interval

WIDTH = 760
KINDS = {
    "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8",
    "vega": "application/json",
}  # fmt: skip


def exported(service: Service, drawer: Drawer, asked: a.ExportAsked) -> tuple[bytes, str, str]:
    """The content, media type and file name of an export.

    Raises
    ------
    InputError : nothing is simulated yet
    """
    base, plans, missing = service.comparison(asked)
    if base is None:
        raise InputError("nothing is simulated yet", where="frame")
    light = asked.model_copy(update={"look": "light"})
    # The numbers are those of the page's chart, which is remembered; only a picture is drawn anew, at its own width.
    answer = drawer.chart(light) if asked.format == "csv" else chart_answer(light, base, plans, missing, WIDTH)
    if answer.spec is None:
        raise InputError(answer.sentence, where="plans")
    origin = provenance(base, plans, service.code(asked))
    name = f"kladsim-{file_name(asked.outcome)}-{asked.view}-{base.digest[:8]}"
    if asked.format == "csv":
        return _csv(answer, origin), KINDS["csv"], f"{name}.csv"
    heading = f"{title(asked.outcome, asked.language)}, {answer.unit}"
    spec = stamped_chart(answer.spec, heading, origin, WIDTH)
    if asked.format == "vega":
        return json.dumps(spec, ensure_ascii=False, indent=1).encode(), KINDS["vega"], f"{name}.vl.json"
    write = {"png": to_png, "svg": to_svg, "pdf": to_pdf}[asked.format]
    return write(spec, origin), KINDS[asked.format], f"{name}.{asked.format}"


def reported(service: Service, asked: a.ReportAsked) -> tuple[bytes, str, str]:
    """The brief of base and plans: content, media type and file name.

    Raises
    ------
    InputError : a plan or the base has not been run here
    """
    from kladsim.report.printing import to_html, to_pdf

    comparison = service.runs_compared(asked)
    command = " ".join(service.code(asked).command.splitlines()[-1:])
    content = brief(comparison, language=asked.language, command=command, annex=asked.annex)
    name = f"kladsim-brief-{comparison.base.digest[:8]}"
    if asked.format == "html":
        return to_html(content), "text/html; charset=utf-8", f"{name}.html"
    return to_pdf(content), "application/pdf", f"{name}.pdf"


def provenance(base: View, plans: dict[str, View], code: a.Code) -> dict[str, Any]:
    """What every file carries: where it comes from and how to make it again."""
    above = describe_warnings(view.provenance for view in (base, *plans.values()))
    return {
        **({"placeholders": above} if above else {}),
        "source": f"kladsim {VERSION}, model {base.provenance.get('model_version')}",
        "synthetic": "simulated, aggregate and synthetic",
        "runs": {name: view.digest for name, view in {base.name: base, **plans}.items()},
        "replicates": base.replicates,
        "scale": f"1/{base.config['scale']}",
        "interval": describe_interval(base.provenance, runs=base.replicates),
        "badge": BADGE,
        "use": USE,
        "command": code.command,
    }


def _csv(answer: a.ChartAnswer, origin: dict[str, Any]) -> bytes:
    out = io.StringIO()
    for key, value in origin.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
        out.write(f"# {key}: {' '.join(text.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("scenario", "period", "unit", "median", "low5", "high95", "noisy", "settled_by"))
    for row in answer.rows:
        marks = str(row.noisy).lower(), row.settled_by
        writer.writerow((row.scenario, row.period, answer.unit, row.median, row.low, row.high, *marks))
    return out.getvalue().encode()
