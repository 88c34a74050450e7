"""A file looked at before it is used: its shape, and what is odd in its figures. Needs no node, keeps nothing.

Either figures as in `report.csv`, with the columns `place` and `period` where there are several; or one place a row,
in the columns of a source that is known, or with indicators as columns, by their id or their label.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from node.importers import commune_mesure_columns as source
from node.importers import mapping, table
from node.importers.refused import FileRefused
from node.people import sheet_words
from vocab import plausible
from vocab.check import VALUELESS
from vocab.errors import WHOLE_FILE, Mistake
from vocab.intake.report import Line, figures_csv, is_period, together
from vocab.model import Observation
from vocab.oddity import Oddity, short
from vocab.reference import indicators
from vocab.units import canonical, decimal, total


@dataclass(frozen=True, slots=True)
class Found:
    """One warning: the row (as a spreadsheet counts, the head is 1) and the place it is about."""

    row: str
    place: str
    odd: Oddity


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to mend, and what there is to look at again, row by row; `count` figures were read."""

    count: int
    errors: tuple[Mistake, ...]
    warnings: tuple[Found, ...]


def check(raw: bytes, period: str, last: bytes | None = None, last_period: str = "") -> Checked:
    """Everything about one file, CSV, XLSX or ODS. `period`: of the rows that name none; `last`: the file of the year
    before. Raises `FileRefused` for a spreadsheet that cannot be read."""
    lines, errors, found = _read(raw, period)
    before = _read(last, last_period)[0] if last is not None else ()
    if last is not None and not before:
        errors = (*errors, Mistake(WHOLE_FILE, "last.empty"))
    return Checked(len(lines), errors, tuple(_in_order([*found, *_warnings(lines, before)])))


_Read = tuple[tuple[Line, ...], tuple[Mistake, ...], tuple[Found, ...]]
_PLACE = ("place", "name", "lieu", "nom", "site", "id")
_PERIOD = ("period", "year", "période", "année", "annee")


@dataclass(frozen=True, slots=True)
class _Layout:
    """A table of one place a row: where its name, its period (if anywhere) and its figures stand."""

    place: str
    period: str
    columns: tuple[source.Column, ...]


def _read(raw: bytes, period: str) -> _Read:
    raw = sheet_words.as_report(raw)
    try:
        read = table.read(raw, fold=str)
    except FileRefused:
        read = table.Table((), ())  # said by the reader of figures, with its line
    layout = _layout(read.columns)
    return (*figures_csv(raw, period), ()) if layout is None else _rows(read, layout, period)


def _layout(columns: tuple[str, ...]) -> _Layout | None:
    """The columns of a known source, or indicators as columns, as an import names them; None for one figure a row."""
    if set(columns) >= source.KNOWN_BY:
        return _Layout("name", "", source.COLUMNS)
    targets = {head: mapping.exactly(head) for head in columns}
    said = {head: each for head, each in targets.items() if each is not None}
    status = {replace(each, part=""): head for head, each in said.items() if each.part == "status"}
    found = tuple(
        source.Column((head,), each.field, each.breakdown, period=each.period, status=status.get(each, ""))
        for head, each in said.items()
        if each.is_figure and not each.part
    )
    if not found or "indicator" in map(str.lower, columns):
        return None
    place, period = (next((head for head in columns if head.lower() in names), "") for names in (_PLACE, _PERIOD))
    return _Layout(next((head for head, each in said.items() if each.field == "name"), place), period, found)


def _in_order(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda each: int(each.row) if each.row.isdecimal() else 0)


def _warnings(lines: Iterable[Line], before: Iterable[Line]) -> Iterable[Found]:
    """What is odd in each place, year by year, and from place to place."""
    by_place = _by_place(lines)
    earlier = _by_place(before)
    if len(by_place) == len(earlier) == 1:
        earlier = dict(zip(by_place, earlier.values(), strict=True))  # one place, however each file names it
    for place, said in by_place.items():
        known = [line.figure for line in (*earlier.get(place, ()), *said)]
        for odd in plausible.warnings([line.figure for line in said], known):
            yield Found(_row(odd, said), place, odd)
    reports = [(place, [line.figure for line in said]) for place, said in by_place.items()]
    for place, odd in plausible.duplicates(reports):
        yield Found(_row(odd, by_place[place]), place, odd)


def _by_place(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.place, []).append(line)
    return found


def _row(odd: Oddity, said: Iterable[Line]) -> str:
    """The line of the figure, of the second where there are two; of the report, its first."""
    of_year = [line for line in said if odd.period in plausible.names_of(line.figure.period)] or list(said)
    own = [line for line in of_year if (line.figure.indicator, line.figure.breakdown) == (odd.indicator, odd.breakdown)]
    return (own[-1] if own else of_year[0]).field


def _rows(read: table.Table, layout: _Layout, period: str) -> _Read:
    """One place a row."""
    lines: list[Line] = []
    errors: list[Mistake] = []
    means: list[Found] = []
    for row in read.rows:
        when = row[layout.period] or period
        if row.ragged or not is_period(when):
            code = "row.long" if row.ragged else "period.bad"
            errors.append(Mistake(str(row.number), code, {"columns": str(len(read.columns))}))
            continue
        said, of_means = _row_of(row, layout, when, errors)
        for period_of in dict.fromkeys(line.figure.period for line in said):
            errors += together([line for line in said if line.figure.period == period_of])
        lines += said
        means += of_means
    return tuple(lines), tuple(errors), tuple(means)


def _row_of(row: table.Row, layout: _Layout, period: str, errors: list[Mistake]) -> tuple[list[Line], list[Found]]:
    """The figures of one row, and the means in it, which are none."""
    lines: list[Line] = []
    means: list[Found] = []
    for column in layout.columns:
        values, status = _values(row, column.names, errors), row[column.status].strip().upper()
        if values or status in VALUELESS:
            figure = _figure(column, total(values) if values else None, column.period or period, status or "A")
            if column.times:
                means += _mean(row, column, figure)
            else:
                lines.append(Line(str(row.number), row[layout.place], figure))
    return lines, means


def _figure(column: source.Column, value: Decimal | None, period: str, status: str) -> Observation:
    unit = indicators()[column.indicator].unit
    return Observation(column.indicator, period, value, unit, status, breakdown=column.breakdown)


def _values(row: table.Row, names: Iterable[str], errors: list[Mistake]) -> list[Decimal]:
    values = []
    for name in names:
        value = decimal(row[name]) if row[name] else None
        if value is not None:
            values.append(value)
        elif row[name]:
            errors.append(Mistake(str(row.number), "number.bad", {"value": row[name]}))
    return values


def _mean(row: table.Row, column: source.Column, figure: Observation) -> Iterable[Found]:
    """A mean per event where a total is asked: never a figure, always a warning."""
    times = decimal(row[column.times]) if row[column.times] else None
    if not times:
        return
    code, params = "zero.beside", {"other": column.of, "value": canonical(times)}
    if figure.value:
        likely = short(figure.value * times)
        code, params = "source.mean", {"value": canonical(figure.value), "likely": likely, "other": canonical(times)}
    yield Found(str(row.number), row["name"], Oddity(figure.indicator, figure.period, figure.breakdown, code, params))
