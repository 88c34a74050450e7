"""The grid as a file: CSV (UTF-8, `;`, so that a double click opens it), XLSX or ODS. No cell is run as a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
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


@dataclass(frozen=True, slots=True)
class Look:
    """How a sheet is shown to whoever fills it in: the width of each column in characters, and what is proposed in a
    cell, by its row and column from nought. Anything else may be written there."""

    widths: Sequence[int] = ()
    lists: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)


PLAIN = Look()


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


def xlsx_rows(rows: Rows, title: str, frozen: str, look: Look = PLAIN) -> bytes:
    """Office Open XML (ECMA-376): figures are numbers, all else is text; what is above and left of `frozen` stays."""
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = frozen
    for number, width in enumerate(look.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for each in _xlsx_lists(look):
        sheet.data_validations.append(each)
    for row in rows:
        texts = _text(row)
        sheet.append([cell if _exact(cell) else _xlsx(text) for cell, text in zip(row, texts, strict=True)])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _xlsx_lists(look: Look) -> Iterable[Any]:
    """What is proposed, each list once with all its cells; in a formula of text a list has no comma."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]

    found: dict[tuple[str, ...], Any] = {}
    for (row, column), words in look.lists.items():
        if words not in found:
            formula = '"' + ",".join(words) + '"'
            found[words] = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)
        found[words].add(f"{get_column_letter(column + 1)}{row + 1}")
    return found.values()


def _xlsx(text: str) -> str | None:
    """A text in which nothing reads as an escaped character (ECMA-376 part 1, 22.4.2.4)."""
    return _ESCAPED.sub("_x005F_", text) or None


def ods_of(entries: Sequence[Entry]) -> bytes:
    """OpenDocument 1.3 (ISO/IEC 26300) of the whole grid."""
    return ods_rows(grid(entries), _SHEET)


def ods_rows(given: Rows, title: str, look: Look = PLAIN) -> bytes:
    """OpenDocument 1.3 (ISO/IEC 26300): one sheet."""
    lists = {words: f"list{number}" for number, words in enumerate(dict.fromkeys(look.lists.values()))}
    named = {at: lists[words] for at, words in look.lists.items()}
    rows = ""
    for n, row in enumerate(given):
        cells = (_ods_cell(cell, named.get((n, m), "")) for m, cell in enumerate(row))
        rows += f"<table:table-row>{''.join(cells)}</table:table-row>"
    spaces = " ".join(f'xmlns:{name}="{_URN}{name}:1.0"' for name in ("office", "style", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} xmlns:of="{_URN}of:1.2" '
        f'office:version="1.3">{_ods_styles(look)}<office:body><office:spreadsheet>{_ods_lists(lists)}'
        f'<table:table table:name="{escape(title)}">{_ods_columns(look)}{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", _ODS), ("content.xml", "text/xml"))
    )
    space = f'xmlns:manifest="{_URN}manifest:1.0" manifest:version="1.3"'
    manifest = f"<manifest:manifest {space}>{listed}</manifest:manifest>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _DATE), _ODS, zipfile.ZIP_STORED)
        for name, text in (("content.xml", content), ("META-INF/manifest.xml", manifest)):
            archive.writestr(zipfile.ZipInfo(name, _DATE), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _ods_styles(look: Look) -> str:
    """Part 3, 16.2 and 17.16: the widths of the columns."""
    each = "".join(
        f'<style:style style:name="w{width}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{width / 5:.1f}cm"/></style:style>'
        for width in sorted(set(look.widths))
    )
    return f"<office:automatic-styles>{each}</office:automatic-styles>" if each else ""


def _ods_columns(look: Look) -> str:
    return "".join(f'<table:table-column table:style-name="w{width}"/>' for width in look.widths)


def _ods_lists(lists: Mapping[tuple[str, ...], str]) -> str:
    """Part 3, 9.4.4: what is proposed; a warning that nobody is shown, so that anything else may be written."""
    each = ""
    for words, name in lists.items():
        said = escape(";".join(f'"{word}"' for word in words), {'"': "&quot;"})
        each += (
            f'<table:content-validation table:name="{name}" table:condition="of:cell-content-is-in-list({said})" '
            'table:allow-empty-cell="true" table:display-list="unsorted">'
            '<table:error-message table:message-type="information" table:display="false"/></table:content-validation>'
        )
    return f"<table:content-validations>{each}</table:content-validations>" if each else ""


def _ods_cell(cell: Cell, named: str = "") -> str:
    proposed = f' table:content-validation-name="{named}"' if named else ""
    if _exact(cell):
        number = canonical(cell) if isinstance(cell, Decimal) else ""
        return f'<table:table-cell{proposed} office:value-type="float" office:value="{number}"/>'
    (text,) = _text([cell])
    if not text:
        return f"<table:table-cell{proposed}/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell{proposed} office:value-type="string">{lines}</table:table-cell>'
