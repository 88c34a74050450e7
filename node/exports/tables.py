"""The grid as a file: CSV (UTF-8, `;`, so that a double click opens it), XLSX or ODS. No cell is run as a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from node.exports.entries import Entry
from node.exports.grid import Cell, grid
from node.importers.table import quiet
from vocab.units import canonical

_EXACT = 15  # the digits that a spreadsheet keeps of a number (IEEE 754 binary64)
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SHEET = "places"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_URN = "urn:oasis:names:tc:opendocument:xmlns:"
_DATE = (1980, 1, 1, 0, 0, 0)


Rows = Iterable[Sequence[Cell]]


def csv_of(entries: Sequence[Entry]) -> bytes:
    """One file of the whole grid."""
    return csv_rows(grid(entries))


def csv_rows(rows: Rows) -> bytes:
    """One file of these rows."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(map(_text, rows))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _text(row: Sequence[Cell]) -> list[str]:
    return ["" if cell is None else canonical(cell) if isinstance(cell, Decimal) else quiet(cell) for cell in row]


def _exact(cell: Cell) -> bool:
    """Whether a spreadsheet keeps the number as it is."""
    return isinstance(cell, Decimal) and len(canonical(cell).lstrip("-").replace(".", "")) <= _EXACT


def xlsx_of(entries: Sequence[Entry]) -> bytes:
    """Office Open XML (ECMA-376) of the whole grid."""
    return xlsx_rows(grid(entries), _SHEET, "C2")


def xlsx_rows(rows: Rows, title: str, frozen: str) -> bytes:
    """Office Open XML (ECMA-376): figures are numbers, all else is text; what is above and left of `frozen` stays."""
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = frozen
    for row in rows:
        texts = _text(row)
        sheet.append([cell if _exact(cell) else _xlsx(text) for cell, text in zip(row, texts, strict=True)])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _xlsx(text: str) -> str | None:
    """A text in which nothing reads as an escaped character (ECMA-376 part 1, 22.4.2.4)."""
    return _ESCAPED.sub("_x005F_", text) or None


def ods_of(entries: Sequence[Entry]) -> bytes:
    """OpenDocument 1.3 (ISO/IEC 26300) of the whole grid."""
    return ods_rows(grid(entries), _SHEET)


def ods_rows(given: Rows, title: str) -> bytes:
    """OpenDocument 1.3 (ISO/IEC 26300): one sheet."""
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in given)
    spaces = " ".join(f'xmlns:{name}="{_URN}{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="{escape(title)}">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", _ODS), ("content.xml", "text/xml"))
    )
    named = f'xmlns:manifest="{_URN}manifest:1.0" manifest:version="1.3"'
    manifest = f"<manifest:manifest {named}>{listed}</manifest:manifest>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _DATE), _ODS, zipfile.ZIP_STORED)
        for name, text in (("content.xml", content), ("META-INF/manifest.xml", manifest)):
            archive.writestr(zipfile.ZipInfo(name, _DATE), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _ods_cell(cell: Cell) -> str:
    if _exact(cell):
        number = canonical(cell) if isinstance(cell, Decimal) else ""
        return f'<table:table-cell office:value-type="float" office:value="{number}"/>'
    (text,) = _text([cell])
    if not text:
        return "<table:table-cell/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
