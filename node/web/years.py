"""The figures of a place over its calendar years: a line for a row of its table, columns for the few that stand first.

A year that says nothing keeps its room, empty: it is not nought, and its neighbours do not touch. Months and accounting
years are in the table alone.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from node.views.place import Cell, Line
from node.web import charts, wording
from node.web.plain import said

_MOST_YEARS = 8
_MOST_DRAWN = 3
_TIERS = ("core", "standard")


def by_year(line: Line) -> list[tuple[str, Decimal | None]]:
    """Each calendar year from the first that says something to the last, with what it says; at most eight."""
    known = {cell.period: cell.value for cell in _known(line)}
    years = [int(year) for year in known]
    span = range(max(min(years), max(years) - _MOST_YEARS + 1), max(years) + 1) if years else ()
    return [(str(year), known.get(str(year))) for year in span]


def _known(line: Line) -> list[Cell]:
    is_year = (cell for cell in line.cells if len(cell.period) == 4 and cell.value is not None)
    return sorted(is_year, key=lambda cell: cell.period)


def course(line: Line) -> charts.Line | None:
    """The line of a row; None with fewer than two years."""
    return charts.line([value for _, value in by_year(line)])


def drawn(lines: Iterable[Line], lang: str) -> list[dict[str, Any]]:
    """The first figure of each of a few themes that has several years, as columns with its last year in full."""
    found: dict[str, Line] = {}
    for line in sorted(filter(_is_drawn, lines), key=lambda line: _TIERS.index(line.indicator.tier)):
        found.setdefault(line.indicator.theme, line)
    return [_card(line, lang) for line in list(found.values())[:_MOST_DRAWN]]


def _is_drawn(line: Line) -> bool:
    rule = line.indicator
    return not line.breakdown and rule.kind != "flag" and rule.tier in _TIERS and len(_known(line)) > 1


def _card(line: Line, lang: str) -> dict[str, Any]:
    rule, last, points = line.indicator, _known(line)[-1], by_year(line)
    value, unit = wording.figure(rule, last.value, lang)
    status = "" if last.status == "A" or last.computed else said(lang, f"web.status.{last.status}")
    notes = (last.period, said(lang, "web.computed") if last.computed else status, wording.method(last.method, lang))
    return {
        "id": rule.id,
        "label": rule.label[lang],
        "value": value,
        "unit": unit,
        "note": " · ".join(filter(None, notes)),
        "chart": charts.series(points, lambda number: wording.figure(rule, number, lang)[0]),
        "about": _spoken(points, lambda number: wording.figure(rule, number, lang)[0], lang),
    }


def _spoken(points: Sequence[tuple[str, Decimal | None]], show: charts.Show, lang: str) -> str:
    missing = said(lang, "web.not_public")
    return "; ".join(f"{year}: {missing if value is None else show(value)}" for year, value in points)
