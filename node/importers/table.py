"""Reads a CSV file as people save them: with or without BOM, `,` or `;` or tab, UTF-8 or else Windows-1252."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` is its line as a spreadsheet counts it: the head is 1."""

    number: int
    cells: Mapping[str, str]
    ragged: bool = False

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


def read(raw: bytes) -> Table:
    """The table in these bytes; a row with more or fewer cells than the head is marked ragged."""
    content = _decoded(raw)
    separator = _separator(content.partition("\n")[0])
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    columns = tuple(name.strip().lower() for name in next(lines, []))
    rows = []
    for number, line in enumerate(lines, start=2):
        if any(cell.strip() for cell in line):
            cells = {name: cell.strip() for name, cell in zip(columns, line, strict=False)}
            rows.append(Row(number, cells, ragged=len(line) != len(columns)))
    return Table(columns, tuple(rows))
