"""`report.csv` as people save it: UTF-8 with or without BOM, `,` or `;`, decimal comma or point.

All or nothing: figures, or every mistake with its line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vocab import check, plausible
from vocab.errors import WHOLE_FILE, BadPeriod, Mistake
from vocab.model import Breakdown, Observation
from vocab.periods import Period
from vocab.reference import indicators
from vocab.units import decimal

COLUMNS = ("indicator", "value", "unit", "status", "method", "breakdown")
BESIDE = ("question", "last")  # what a sheet to fill in says for its reader, and nobody reads back
OF_MANY = ("place", "period", *COLUMNS)  # of a file that holds several places or years
_NEEDED = ("indicator", "value", "unit", "status")
_READ = {"indicator", "value"}  # without which there is no figure to look at
MAX_BYTES = 2_000_000
_SEPARATORS = (",", ";", "\t")
_SEP_LINE = re.compile(r'"?sep=([,;\t])"?')
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")


@dataclass(frozen=True, slots=True)
class _Table:
    """The header and the rows with their line numbers, empty lines left out."""

    names: tuple[str, ...]
    line: str
    rows: tuple[tuple[str, list[str]], ...]
    separator: str


def _separator(text: str) -> tuple[str, str]:
    """What separates the cells, and the text without the `sep=` line that a spreadsheet writes for itself."""
    first, _, rest = text.partition("\n")
    if told := _SEP_LINE.fullmatch(first.strip()):
        return told[1], "\n" + rest
    return max(_SEPARATORS, key=lambda mark: (first.count(mark), -_SEPARATORS.index(mark))), text


def _table(raw: bytes) -> _Table | Mistake:
    if len(raw) > MAX_BYTES:
        return Mistake(WHOLE_FILE, "file.big", {"limit": "2 MB"})
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Mistake(WHOLE_FILE, "csv.encoding")
    if "\x00" in text:
        return Mistake(WHOLE_FILE, "csv.encoding")
    mark, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        rows = [(str(reader.line_num), row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        return Mistake(str(reader.line_num), "csv.bad")
    if not rows:
        return Mistake(WHOLE_FILE, "report.empty")
    names = [cell.strip().lower() for cell in rows[0][1]]
    while names and not names[-1]:
        names.pop()  # columns that a spreadsheet adds on the right
    return _Table(tuple(names), rows[0][0], tuple(rows[1:]), mark)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a file of many, and where it stands; `place` as the file writes it, empty where it has no such
    column."""

    field: str
    place: str
    figure: Observation


def _header(table: _Table, known: tuple[str, ...] = COLUMNS) -> list[Mistake]:
    names = table.names
    wrong = [name for name in names if name not in known and name not in BESIDE]
    found = [check.unknown(table.line, "column.unknown", name, known) for name in wrong]
    found += [Mistake(table.line, "column.missing", {"value": name}) for name in _NEEDED if name not in names]
    if len(set(names)) < len(names):
        found.append(Mistake(table.line, "column.twice"))
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


def _number(text: str, separator: str, field: str, found: list[Mistake]) -> Decimal | None:
    """A figure. `1,234` in a file separated by commas is a thousand for one reader and about one for another."""
    number = decimal(text)
    if number is None:
        found.append(Mistake(field, "number.bad", {"value": text}))
    elif separator == "," and _TWO_READINGS.fullmatch(text):
        params = {"value": text, "thousands": text.replace(",", ""), "decimal": text.replace(",", ".")}
        found.append(Mistake(field, "number.ambiguous", params))
    return number


def _figure(row: Mapping[str, str], period: str, separator: str, field: str, found: list[Mistake]) -> Observation:
    return Observation(
        indicator=row["indicator"],
        period=period,
        value=_number(row["value"], separator, field, found) if row["value"] else None,
        unit=row["unit"] if "unit" in row else _unit(row["indicator"]),
        status=row.get("status", "").upper() or "A",
        method=row.get("method", "").lower(),
        breakdown=_breakdown(row.get("breakdown", ""), field, found),
    )


def _unit(name: str) -> str:
    """The unit of the vocabulary, where a file that is only looked at has no column of units."""
    return indicators()[name].unit if name in indicators() else ""


def _rows(table: _Table, period: str, found: list[Mistake]) -> Iterator[Line]:
    """Every figure that can be read; the others are checked here, as far as they go, and left out."""
    for line, cells in table.rows:
        width = len(table.names)
        if any(cell.strip() for cell in cells[width:]):
            found.append(Mistake(line, "row.long", {"columns": str(width)}))
            continue
        padded = [cell.strip() for cell in cells[:width]] + [""] * (width - len(cells))
        before, row = len(found), dict(zip(table.names, padded, strict=True))
        when = row.get("period") or period
        if not is_period(when):
            found.append(Mistake(line, "period.bad"))
            continue
        figure = _figure(row, when, table.separator, line, found)
        if len(found) == before:
            yield Line(line, row.get("place", ""), figure)
        else:
            found += [m for m in check.observation(line, figure) if m.code not in ("value.empty", "value.with_status")]


def is_period(text: str) -> bool:
    """Whether a text is a period of the vocabulary."""
    try:
        return bool(Period.parse(text))
    except BadPeriod:
        return False


def _in_order(found: list[Mistake]) -> tuple[Mistake, ...]:
    return tuple(sorted(found, key=lambda m: int(m.field) if m.field.isdecimal() else 0))


def report_csv(
    raw: bytes, period: str, given: Iterable[Observation] = ()
) -> tuple[Observation, ...] | tuple[Mistake, ...]:
    """The figures of one file for one period, or everything to mend; a mistake's field is its line number.

    `given`: what the place reports for other periods, with which it must share no day of a year.
    """
    if not is_period(period):
        return (Mistake("period", "period.bad"),)
    table = _table(raw)
    if isinstance(table, Mistake):
        return (table,)
    found = _header(table)
    if found:
        return tuple(found)
    read = list(_rows(table, period, found))
    found += together(read) if read or not found else ()
    found += plausible.overlaps([line.figure for line in read], [line.field for line in read], given)
    return _in_order(found) or tuple(line.figure for line in read)


def together(read: Sequence[Line]) -> list[Mistake]:
    """What is wrong with the figures of one report, each alone and all together."""
    lines, figures = [line.field for line in read], [line.figure for line in read]
    return [*check.observations(figures, lines)] or [*plausible.comparisons(figures, lines)]


def figures_csv(raw: bytes, period: str) -> tuple[tuple[Line, ...], tuple[Mistake, ...]]:
    """What can be read in a file of one or many places and periods, and everything to mend.

    The columns of `report.csv`, and where there are several, `place` and `period` (`period` for the lines without). A
    column too many, or a missing `unit` or `status`, is to mend; the figures are looked at all the same.
    """
    table = _table(raw)
    if isinstance(table, Mistake):
        return (), (table,)
    found = _header(table, OF_MANY)
    if not _READ.issubset(table.names) or len(set(table.names)) < len(table.names):
        return (), tuple(found)
    read = tuple(_rows(table, period, found))
    reports: dict[tuple[str, str], list[Line]] = {}
    for line in read:
        reports.setdefault((line.place, line.figure.period), []).append(line)
    for (place, when), report in reports.items():
        found += together(report)
        others = [o.figure for (p, other), said in reports.items() if p == place and other < when for o in said]
        found += plausible.overlaps([line.figure for line in report], [line.field for line in report], others)
    known = tuple(line for line in read if line.figure.indicator in indicators())
    return known, _in_order(found or ([] if read else [Mistake(WHOLE_FILE, "report.empty")]))
