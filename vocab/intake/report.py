"""`report.csv` as people save it: UTF-8 with or without BOM, `,` or `;`, decimal comma or point.

All or nothing: figures, or every mistake with its line.
"""

import csv
import io
from collections.abc import Mapping

from vocab import check
from vocab.errors import Mistake
from vocab.model import Breakdown, Observation
from vocab.units import decimal

COLUMNS = ("indicator", "value", "unit", "status", "method", "breakdown")
_NEEDED = ("indicator", "value", "unit", "status")
MAX_BYTES = 2_000_000


def _table(raw: bytes) -> list[tuple[int, list[str]]] | Mistake:
    """The rows with their line numbers, empty lines left out."""
    if len(raw) > MAX_BYTES:
        return Mistake("report.csv", "file.big", {"limit": "2 MB"})
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Mistake("report.csv", "csv.encoding")
    if "\x00" in text:
        return Mistake("report.csv", "csv.encoding")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return Mistake("report.csv", "csv.bad", {"detail": str(error)})


def _header(cells: list[str]) -> list[Mistake]:
    names = [cell.strip().lower() for cell in cells]
    found = [check.unknown("1", "column.unknown", name, COLUMNS) for name in names if name not in COLUMNS]
    found += [Mistake("1", "column.missing", {"value": name}) for name in _NEEDED if name not in names]
    if len(set(names)) < len(names):
        found.append(Mistake("1", "column.twice"))
    return found


def _breakdown(text: str, field: str, found: list[Mistake]) -> Breakdown:
    """`dim=code`, several joined by `&` or `|`."""
    pairs = []
    for part in text.replace("|", "&").split("&") if text else ():
        dimension, equals, code = (piece.strip() for piece in part.partition("="))
        if not (dimension and equals and code):
            found.append(Mistake(field, "breakdown.bad", {"value": text}))
            return ()
        pairs.append((dimension, code))
    return tuple(sorted(pairs))


def _figure(row: Mapping[str, str], period: str, field: str, found: list[Mistake]) -> Observation:
    value, status = row["value"], row["status"].upper() or "A"
    number = None
    if value:
        number = decimal(value)
        if number is None:
            found.append(Mistake(field, "number.bad", {"value": value}))
    elif status not in check.VALUELESS:
        found.append(Mistake(field, "value.empty"))
    return Observation(
        indicator=row["indicator"],
        period=period,
        value=number,
        unit=row["unit"],
        status=status,
        method=row.get("method", "").lower(),
        breakdown=_breakdown(row.get("breakdown", ""), field, found),
    )


def report_csv(raw: bytes, period: str) -> tuple[Observation, ...] | tuple[Mistake, ...]:
    """The figures of one file for one period, or everything to mend; a mistake's field is its line number."""
    table = _table(raw)
    if isinstance(table, Mistake):
        return (table,)
    if not table:
        return (Mistake("report.csv", "report.empty"),)
    names = [cell.strip().lower() for cell in table[0][1]]
    found = _header(table[0][1])
    if found:
        return tuple(found)
    figures: list[Observation] = []
    fields: list[str] = []
    for line, cells in table[1:]:
        if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            found.append(Mistake(str(line), "row.long", {"columns": str(len(names))}))
            continue
        padded = [cell.strip() for cell in cells] + [""] * (len(names) - len(cells))
        before = len(found)
        figure = _figure(dict(zip(names, padded, strict=False)), period, str(line), found)
        if len(found) == before:
            figures.append(figure)
            fields.append(str(line))
    wrong = check.observations(figures, fields) if figures or not found else ()
    mistakes = sorted((*found, *wrong), key=lambda m: int(m.field) if m.field.isdigit() else 0)
    return tuple(mistakes) or tuple(figures)
