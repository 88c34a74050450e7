"""Reads a table as people save it: CSV (with or without BOM, `,` `;` or tab, UTF-8 or else Windows-1252), XLSX, ODS."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from node.importers import sheets
from node.importers.refused import FileRefused

SEPARATORS = ",;\t"
_ZIP = b"PK\x03\x04"
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 100_000, 2_000, 50_000
_ACTS = tuple("=+-@\t\r＝＋－＠")  # what makes a spreadsheet run a cell (OWASP, CSV injection)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` is its line as a spreadsheet counts it: the head is 1. `spills`: something stands beyond the
    last column, so that a cell may be under another head than its own."""

    number: int
    cells: Mapping[str, str]
    ragged: bool = False
    spills: bool = False

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of the head, and the rows that are not empty."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _separator(head: str) -> str:
    """The one that cuts the head into most columns."""
    return max(SEPARATORS, key=lambda mark: len(next(csv.reader([head], delimiter=mark), [])))


def separator(raw: bytes) -> str:
    """What separates the cells of a CSV file: the one that cuts its head into most columns."""
    return _separator(_decoded(raw).partition("\n")[0])


def quiet(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before one that would act."""
    return "'" + text if text.startswith(("'", *_ACTS)) else text


def as_written(cell: str) -> str:
    """The inverse of `quiet`, for what comes back; anything else as it is, without the spaces around it."""
    plain = cell.strip()
    return plain[1:] if plain.startswith("'") and plain[1:2] in ("'", *_ACTS) and plain[1:] else plain


def as_csv(raw: bytes) -> bytes:
    """The first sheet of a spreadsheet as CSV, separated by `;`; a CSV file as it is. Raises `FileRefused`."""
    if not raw.startswith(_ZIP):
        return raw
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(sheets.lines(raw))
    return out.getvalue().encode()


def lines_of(raw: bytes) -> Iterable[Sequence[str]]:
    """The lines of a CSV file or of the first sheet of a spreadsheet. Raises `FileRefused`."""
    if raw.startswith(_ZIP):
        return sheets.lines(raw)
    if b"\x00" in raw[:4096]:
        raise FileRefused("unreadable")
    content = _decoded(raw)
    return csv.reader(io.StringIO(content, newline=""), delimiter=_separator(content.partition("\n")[0]))


def read(raw: bytes, fold: Callable[[str], str] = str.lower) -> Table:
    """The table in these bytes; a row with more or fewer cells than the head is marked ragged. Raises `FileRefused`.

    `fold`: how the names of the columns are kept.
    """
    try:
        return _table(iter(lines_of(raw)), fold)
    except csv.Error as error:
        raise FileRefused("unreadable") from error


def _table(lines: Iterable[Sequence[str]], fold: Callable[[str], str]) -> Table:
    remaining = iter(lines)
    columns = tuple(fold(name.strip()) for name in next(remaining, []))
    if len(columns) > MAX_COLUMNS:
        raise FileRefused("wide", limit=str(MAX_COLUMNS))
    rows = []
    for number, line in enumerate(remaining, start=2):
        if number > MAX_ROWS:
            raise FileRefused("long", limit=str(MAX_ROWS))
        if any(cell.strip() for cell in line):
            cells = {name: as_written(cell)[:MAX_CELL] for name, cell in zip(columns, line, strict=False) if name}
            spills = any(cell.strip() for cell in line[len(columns) :])
            rows.append(Row(number, cells, len(line) != len(columns), spills))
    return Table(columns, tuple(rows))
