"""A brief on paper (PDF/UA by typst) and on a page (HTML by Jinja2): equal bytes for equal content."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError
from kladsim.core.extras import extra
from kladsim.core.files import prepare_output_file, write_bytes
from kladsim.report.glyphs import for_print
from kladsim.report.templating import TEMPLATES, read_section, render

SHARP = 2.5


def write_brief(content: dict[str, Any], path: Path) -> Path:
    """Write a brief as PDF or HTML, as the file's name says; return the path.

    Raises
    ------
    InputError : another ending
    """
    made = {".pdf": to_pdf, ".html": to_html}.get(path.suffix.lower())
    if made is None:
        raise InputError("is no kind of brief", where="--out", value=path.name, allowed="NAME.pdf or NAME.html")
    write_bytes(prepare_output_file(path), made(content))
    return path


def to_pdf(content: dict[str, Any]) -> bytes:
    """Return the brief as a tagged PDF (PDF/UA-1).

    The fonts are those that typst brings along; where a name needs more, those of the system, else the name is spelled
    out in Latin letters and the brief says so.
    """
    with extra("report"):
        import typst

    data = _with_pictures(content)
    pictures = [list(base64.b64decode(chart.pop("base64"))) for chart in data["charts"]]
    names = [plan["name"] for plan in data["plans"]] + [name for chart in data["charts"] for name in chart["names"]]
    shown, spelled, system_fonts = for_print(data, [*names, data["heading"]])
    for chart, picture in zip(shown["charts"], pictures, strict=True):
        chart["png"] = picture
    shown["spelled"] = data["words"]["spelled"] if spelled else ""
    made = typst.compile(
        (TEMPLATES / "brief.typ").read_bytes(), format="pdf", ignore_system_fonts=not system_fonts,
        sys_inputs={"data": json.dumps(shown)}, pdf_standards=["ua-1"], timestamp=0,
    )  # fmt: skip
    return bytes(made)


def to_html(content: dict[str, Any]) -> bytes:
    """Return the brief as one HTML file that asks nothing of the network."""
    return render("brief.html", **_with_pictures(content)).encode()


def _with_pictures(content: dict[str, Any]) -> dict[str, Any]:
    import vl_convert

    charts = []
    for chart in content["charts"]:
        spec = {**chart["spec"], "background": "white"}
        png = vl_convert.vegalite_to_png(json.dumps(spec), scale=SHARP)
        charts.append({**{k: v for k, v in chart.items() if k != "spec"}, "base64": base64.b64encode(png).decode()})
    return {**content, "charts": charts, "limit_list": _limits()}


def _limits() -> str:
    """The limits of the model description as one paragraph without marks."""
    lines = [line.strip().lstrip("-").strip().replace("**", "") for line in read_section("Limits").splitlines()]
    return " ".join(line for line in lines if line)
