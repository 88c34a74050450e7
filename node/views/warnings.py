"""What should be looked at again in the public figures: what is odd in a report, and reports that repeat another's."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, text

from node.context import Node
from node.store import schema
from node.store.schema import directory
from node.views.kept import kept
from vocab import oddity, plausible
from vocab.model import Observation, breakdown_of
from vocab.oddity import Oddity
from vocab.periods import Period

_COLUMNS = ("place", "document", "indicator", "period", "breakdown", "code", "params")
_SHARED = """
WITH firsts AS (
  SELECT period, digest, min(place) AS other FROM traces GROUP BY period, digest HAVING count(*) > 1
)
SELECT traces.place, other, traces.period FROM traces JOIN firsts USING (period, digest)
WHERE traces.place <> other GROUP BY 1, 2, 3 HAVING count(*) >= 3 ORDER BY 1, 2, 3
"""


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
    year = None if period is None else str(Period.parse(period).year)
    return kept(node, ("warnings", year, place), lambda: _warnings(node, year, place))


def _warnings(node: Node, year: str | None, place: str | None) -> list[Row]:
    with node.cache.public.read() as connection:
        rows = [*_kept(connection, place), *_copies(connection, place)]
        about = select(directory.c.place, directory.c.name, directory.c.actor).where(directory.c.kind == "description")
        known = {row.place: (row.name, row.actor) for row in connection.execute(about)}
    found = [_row(row, known) for row in rows if year is None or row["period"][:4] == year]
    return sorted(found, key=lambda row: (row.place, row.period))


def _row(row: Mapping[str, Any], known: Mapping[str, tuple[str, str]]) -> Row:
    """A row with the names of places; `params` keeps the IRI of the other place beside its name."""
    name, actor = known.get(row["place"], (row["place"], row["place"].partition("#")[0]))
    params = dict(row["params"])
    if other := params.get("place"):
        params |= {"iri": other, "place": known.get(other, (other, ""))[0]}
    return Row(name=name, actor=actor, **(dict(row) | {"params": params}))


def _kept(connection: Connection, place: str | None) -> Iterator[dict[str, Any]]:
    """What the fold found."""
    table = schema.warnings
    shown = select(*(table.c[name] for name in _COLUMNS)).order_by(table.c.document, table.c.number)
    for row in connection.execute(shown if place is None else shown.where(table.c.place == place)):
        yield dict(zip(_COLUMNS, row, strict=True)) | {"params": json.loads(row.params)}


def _copies(connection: Connection, place: str | None) -> Iterator[dict[str, Any]]:
    """Reports that repeat another's: those that share traces, compared figure by figure."""
    told: set[tuple[str, str]] = set()
    for one, other, period in connection.execute(text(_SHARED)):
        if place not in (None, one, other):
            continue
        given = {each: _figures(connection, each, period) for each in (one, other)}
        for each, odd in plausible.duplicates([(each, [figure for _, figure in said]) for each, said in given.items()]):
            if odd.period == period and (each, period) not in told and place in (None, each):
                told.add((each, period))
                yield odd.to_json() | {"place": each, "document": given[each][0][0]}


def _figures(connection: Connection, place: str, period: str) -> list[tuple[str, Observation]]:
    """What a place gives for a year, and in which document."""
    table = schema.observations
    near = (table.c.place == place) & table.c.period.between(str(int(period) - 1), str(int(period) + 1))
    rows = connection.execute(select(table).where(near).order_by(table.c.seq, table.c.id)).all()
    return [
        (
            row.document,
            Observation(row.indicator, row.period, Decimal(row.value), row.unit, breakdown=breakdown_of(row.breakdown)),
        )
        for row in rows
        if row.value is not None and Period.parse(row.period).year == int(period)
    ]
