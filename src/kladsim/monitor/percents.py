"""Cells of an Excel workbook that are shown as percentages: they hold 0.12 where a person sees 12 %."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

BUILT_IN = frozenset({9, 10})
"""Numbers of the formats ``0%`` and ``0.00%``, which no workbook needs to list."""
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
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
            target = targets.get(sheet.get(RELATION), "") if _get_tag(sheet) == "sheet" else ""
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if path in names:
                found[str(sheet.get("name"))] = list(_list_cells(archive.read(path), styles))
    return found


def _get_tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _find_percent_styles(content: bytes) -> set[str]:
    """The numbers of the styles of cells whose format has a sign of per cent outside quotes."""
    root = ElementTree.fromstring(content)
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in root.iter() if _get_tag(one) == "numFmt"}
    percents = {number for number, code in own.items() if "%" in re.sub(r'"[^"]*"|\\.', "", code)}
    percents |= {str(number) for number in BUILT_IN if str(number) not in own}
    formats = next((list(one) for one in root.iter() if _get_tag(one) == "cellXfs"), [])
    return {str(i) for i, one in enumerate(formats) if one.get("numFmtId") in percents}


def _list_cells(content: bytes, styles: set[str]) -> Iterator[tuple[int, int]]:
    for _, cell in ElementTree.iterparse(io.BytesIO(content)):
        if _get_tag(cell) != "c":
            continue
        place = REFERENCE.fullmatch(cell.get("r", ""))
        if place and cell.get("s") in styles and cell.get("t") not in NOT_NUMBERS:
            column = 0
            for letter in place[1]:
                column = 26 * column + ord(letter) - 64
            yield int(place[2]), column - 1
        cell.clear()
