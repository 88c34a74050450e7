"""One indicator: its total of a year, its series, its spread, its parts, its territories, and what it is made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from node.context import Node
from node.store.schema import observations
from node.views import panel, totals
from node.views.totals import Ground, Row
from vocab.distribution import Distribution, distribution
from vocab.indicators import questions, result
from vocab.parts import Part, dimensions_of, parts
from vocab.periods import Period
from vocab.reference import indicator

_SERIES = 8


@dataclass(frozen=True, slots=True)
class Year:
    """One point of a series: the open total, and the change since the year before on the constant panel."""

    row: Row
    change: panel.Row | None


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """Everything on an indicator's page; `spread` is None below ten answers, `components` make a ratio."""

    period: str
    total: Row | None
    components: tuple[Row, ...]
    series: tuple[Year, ...]
    spread: Distribution | None
    parts: tuple[tuple[str, tuple[Part, ...]], ...]
    rows: tuple[Row, ...]


def indicator_page(node: Node, name: str, by: str, period: str) -> IndicatorPage:
    """The page for a period, its table divided by `by`. Raises `KeyError`, `BadPeriod`, `ValueError`."""
    made_of = tuple(part for part in questions(name) if part != name)
    ground = totals.read(node, (name, *made_of), period)
    country = totals.table(node, (name, *made_of), "country", (period,))
    return IndicatorPage(
        period=period,
        total=next(iter(country[name, period]), None),
        components=tuple(row for part in made_of for row in country[part, period]),
        series=tuple(_series(node, name, totals.years(node, (name,))[:_SERIES])),
        spread=_spread(ground, name),
        parts=tuple(_parts(ground, name)),
        rows=tuple(totals.totals(node, name, by, period)),
    )


def _series(node: Node, name: str, years: Sequence[str]) -> Iterable[Year]:
    """From the earliest year on."""
    earlier = ""
    for year in reversed(years):
        found = totals.totals(node, name, "country", year)
        change = panel.changes(node, (name,), "country", earlier, year) if earlier else []
        if found:
            yield Year(found[0], next(iter(change), None))
        earlier = year


def _spread(ground: Ground, name: str) -> Distribution | None:
    """The spread of the answers of the units: of a ratio, of those that each can compute."""
    for universe, figures in totals.by_area(ground, name, "country").values():
        _, answers = result(name, ground.period, figures, universe)
        given = [mine[name].value for mine in answers.values() if name in mine]
        if indicator(name).kind == "flag":
            return None
        return distribution([value for value in given if value is not None])
    return None


def _parts(ground: Ground, name: str) -> Iterable[tuple[str, tuple[Part, ...]]]:
    for universe, figures in totals.by_area(ground, name, "country").values():
        for dimension in dimensions_of(name):
            found = parts(name, dimension, ground.period, figures, universe)
            if found:
                yield dimension, found


def inputs(node: Node, name: str, period: str) -> list[dict[str, Any]]:
    """Every public figure that the total of a period may be made from, each with the signed document that says it."""
    o = observations.c
    known = {iri: each for iri, each in totals.read(node, (), period).places.items() if each.kind == "description"}
    year = str(Period.parse(period).year)
    spans = o.period.startswith(year) | o.period.startswith(str(int(year) - 1) + "-") | (o.period == period)
    query = select(observations).where(o.indicator.in_(questions(name)), spans).order_by(o.indicator, o.place, o.id)
    with node.cache.public.read() as public:
        rows = [row for row in public.execute(query) if row.place in known and totals.bears_on(row.period, period)]
    return [
        {
            "id": row.id,
            "place": row.place,
            "operator": known[row.place].operator,
            "indicator": row.indicator,
            "period": row.period,
            "breakdown": row.breakdown or None,
            "value": None if row.value is None else str(Decimal(row.value)),
            "unit": row.unit,
            "obsStatus": row.status,
            "method": row.method or None,
            "document": row.document,
            "version": row.version,
        }
        for row in rows
    ]
