"""A chart as a file that says where it comes from: title, notes and provenance in the picture and in its data."""

from __future__ import annotations

import json
import struct
import textwrap
import zlib
from html import escape
from typing import Any

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
CHARACTERS = 118


def stamped_chart(spec: dict[str, Any], heading: str, origin: dict[str, Any], width: int) -> dict[str, Any]:
    """Return a Vega-Lite chart with a title and what must stand beside a result."""
    notes = [
        f"The model projects. {origin['source']}; {origin['replicates']} runs, {origin['scale']} of persons; "
        f"{origin['synthetic']}.",
        f"Interval: {origin['interval']}. Note: {origin['badge']}. {origin['use']}",
    ]
    lines = [line for note in notes for line in textwrap.wrap(note, CHARACTERS)]
    title = {
        "text": heading,
        "subtitle": lines,
        "anchor": "start",
        "fontSize": 16,
        "subtitleFontSize": 11,
        "offset": 14,
    }
    whole = {**spec, "title": title, "padding": 14, "usermeta": {"kladsim": origin}}
    whole["config"] = {**spec.get("config", {}), "background": "white"}
    if "facet" in spec:
        return whole
    return {**whole, "width": width}


def to_png(spec: dict[str, Any], origin: dict[str, Any]) -> bytes:
    """Return a PNG whose text chunk holds the provenance."""
    import vl_convert

    content = bytes(vl_convert.vegalite_to_png(json.dumps(spec), scale=2))
    text = b"kladsim\x00\x00\x00\x00\x00" + json.dumps(origin, ensure_ascii=False).encode()
    body = b"iTXt" + text
    chunk = struct.pack(">I", len(text)) + body + struct.pack(">I", zlib.crc32(body))
    end = len(PNG_HEAD) + 25  # after the header chunk
    return content[:end] + chunk + content[end:]


def to_svg(spec: dict[str, Any], origin: dict[str, Any]) -> bytes:
    """Return an SVG with the provenance as metadata."""
    import vl_convert

    content = str(vl_convert.vegalite_to_svg(json.dumps(spec)))
    start = content.index(">", content.index("<svg")) + 1
    note = f"<metadata>{escape(json.dumps(origin, ensure_ascii=False))}</metadata>"
    return (content[:start] + note + content[start:]).encode()


def to_pdf(spec: dict[str, Any], origin: dict[str, Any]) -> bytes:
    """Return a PDF; the notes stand in the picture."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_pdf(json.dumps(spec)))
