"""Cells of an Excel workbook that are shown as percentages: they hold 0.12 where a person sees 12 %."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import reduce
from xml.etree import ElementTree

BUILT_IN: dict[str | None, str] = {"9": "0%", "10": "0.00%"}
"""Formats that no workbook needs to list."""
NOT_NUMBERS = frozenset({"s", "str", "inlineStr", "b", "e", "d"})
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
REFERENCE = re.compile(r"([A-Z]+)(\d+)", re.ASCII)


def find_percent_cells(content: bytes) -> dict[str, list[tuple[int, int]]]:
    """Return line (from 1) and column (from 0) of the numbers shown as percentages, by title of the sheet.

    Of other workbooks than .xlsx nothing is known.
    """
    if not content.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        if not {"xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        styles = _find_percent_styles(archive.read("xl/styles.xml"))
        if not styles:
            return {}
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {one.get("Id"): str(one.get("Target")) for one in relations}
        found = {}
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).findall(".//{*}sheet"):
            target = targets.get(sheet.get(RELATION), "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if path in names:
                found[str(sheet.get("name"))] = list(_list_cells(archive.read(path), styles))
    return found


def _find_percent_styles(content: bytes) -> set[str]:
    """The numbers of the styles of cells whose format has a sign of per cent outside quotes."""
    root = ElementTree.fromstring(content)
    codes = BUILT_IN | {one.get("numFmtId"): one.get("formatCode", "") for one in root.findall(".//{*}numFmt")}
    percents = {number for number, code in codes.items() if "%" in re.sub(r'"[^"]*"|\\.', "", code)}
    formats = root.findall("./{*}cellXfs/{*}xf")
    return {str(i) for i, one in enumerate(formats) if one.get("numFmtId") in percents}


def _list_cells(content: bytes, styles: set[str]) -> Iterator[tuple[int, int]]:
    for _, cell in ElementTree.iterparse(io.BytesIO(content)):
        if not cell.tag.endswith("}c"):
            continue
        place = REFERENCE.fullmatch(cell.get("r", ""))
        if place and cell.get("s") in styles and cell.get("t") not in NOT_NUMBERS:
            yield int(place[2]), reduce(lambda column, letter: 26 * column + ord(letter) - 64, place[1], 0) - 1
        cell.clear()
