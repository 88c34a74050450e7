"""What should be looked at again in the public figures: what is odd in a report, and reports that repeat another's."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from node.context import Node
from node.store import schema
from node.store.schema import directory
from vocab import oddity
from vocab.model import breakdown_of
from vocab.oddity import Oddity
from vocab.periods import Period


@dataclass(frozen=True, slots=True)
class Row:
    """One warning about a public figure, or, where `indicator` is empty, about a whole report."""

    place: str
    name: str
    actor: str
    document: str
    indicator: str
    period: str
    breakdown: str
    code: str
    params: dict[str, str]

    @property
    def odd(self) -> Oddity:
        return Oddity(self.indicator, self.period, breakdown_of(self.breakdown), self.code, self.params)

    def about(self, lang: str) -> str:
        """What it is about: the label of the indicator, or the report."""
        return oddity.subject(self.odd, lang)

    def sentence(self, lang: str) -> str:
        """What is odd, and what to check."""
        return oddity.say(self.odd, lang)

    def to_json(self) -> dict[str, Any]:
        """The row as files give it."""
        return asdict(self)


def warnings(node: Node, period: str | None = None, place: str | None = None) -> list[Row]:
    """Every warning, of one year or of all (a month belongs to its year), of one place (its IRI) or of all."""
    with node.cache.public.read() as connection:
        table = schema.warnings
        query = select(table).order_by(table.c.place, table.c.period, table.c.document, table.c.number)
        rows = connection.execute(query if place is None else query.where(table.c.place == place)).all()
        about = select(directory.c.place, directory.c.name, directory.c.actor).where(directory.c.kind == "description")
        known = {row.place: (row.name, row.actor) for row in connection.execute(about)}
    year = None if period is None else str(Period.parse(period).year)
    return [
        Row(
            row.place,
            *known.get(row.place, (row.place, row.place.partition("#")[0])),
            row.document,
            row.indicator,
            row.period,
            row.breakdown,
            row.code,
            json.loads(row.params),
        )
        for row in rows
        if year is None or row.period[:4] == year
    ]
