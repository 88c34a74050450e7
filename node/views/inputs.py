"""What a total is made from: every public figure that bears on it, with the signed document that says it.

With the rule, this is enough for a stranger to compute the total again: `answers` are what the rule adds up, one a
unit (a place, or an operator) and question, with the months or the day it is of where that is not the whole period;
`figures` are what the answers were taken from.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from node.context import Node
from node.store.schema import directory, observations
from node.views import totals
from node.views.totals import Ground
from vocab.indicators import questions, result
from vocab.periods import Period
from vocab.reference import indicator
from vocab.units import canonical


def answers(ground: Ground, name: str) -> list[dict[str, Any]]:
    """What each unit answers that the national total adds up: both parts of a ratio, a mean and its weight."""
    rule = indicator(name)
    wanted = (rule.numerator, rule.denominator) if rule.across_sites == "ratio" else (name, rule.weight)
    return [
        {
            "unit": unit,
            "indicator": part,
            "value": canonical(answer.value),
            "obsStatus": answer.status,
            "method": answer.method or None,
            "span": sorted(answer.span) or None,
        }
        for universe, figures in totals.by_area(ground, name, "country").values()
        for used, mine in [result(name, ground.period, figures, universe)]
        for unit in used.used
        for part in wanted
        if (answer := mine[unit].get(part)) is not None and answer.value is not None
    ]


def figures(node: Node, ground: Ground, name: str, by: str) -> list[dict[str, Any]]:
    """The public figures of a period, by question and place; of an indicator of the directory, its places."""
    if indicator(name).origin in ("aggregator", "reference"):
        return _places(node, ground, by)
    o, asked = observations.c, ground.period
    year = Period.parse(asked).year
    spans = o.period.startswith(str(year)) | o.period.startswith(f"{year - 1}-") | (o.period == asked)
    query = select(observations).where(o.indicator.in_(questions(name)), spans).order_by(o.indicator, o.place, o.id)
    with node.cache.public.read() as public:
        rows = [row for row in public.execute(query) if totals.bears_on(row.period, asked)]
    return [_figure(row, ground, by) for row in _of_places(rows, ground)]


def _of_places(rows: Sequence[Any], ground: Ground) -> Iterable[Any]:
    """What is said of a listing stays apart."""
    return (row for row in rows if row.place in ground.places and ground.places[row.place].kind == "description")


def _figure(row: Any, ground: Ground, by: str) -> dict[str, Any]:
    place = ground.places[row.place]
    return {
        "id": row.id,
        "place": row.place,
        "operator": place.operator,
        "area": place.areas[by],
        "indicator": row.indicator,
        "period": row.period,
        "breakdown": row.breakdown or None,
        "value": None if row.value is None else canonical(Decimal(row.value)),
        "unit": row.unit,
        "obsStatus": row.status,
        "method": row.method or None,
        "document": row.document,
        "version": row.version,
        "order": row.seq,
    }


def _places(node: Node, ground: Ground, by: str) -> list[dict[str, Any]]:
    """The places known open at the end of the period, each with the document that says so."""
    query = select(directory).order_by(directory.c.place, directory.c.seq)
    with node.cache.public.read() as public:
        rows = {row.place: row for row in public.execute(query)}
    return [
        {
            "place": place.place,
            "operator": place.operator,
            "area": place.areas[by],
            "kind": place.kind,
            "status": rows[place.place].status,
            "opened": rows[place.place].opened,
            "closed": rows[place.place].closed,
            "document": rows[place.place].document,
            "version": rows[place.place].version,
        }
        for _, place in sorted(ground.places.items())
        if place.open_at and place.place in rows
    ]
