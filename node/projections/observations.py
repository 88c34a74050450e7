"""The figures that were said: public ones in the public file, the others in the restricted file and nowhere else.

Those found about a place that is only listed have a table of their own: what adds up answers cannot meet them.
"""

from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select

from node.store.schema import listed_observations, observations, restricted_observations
from vocab.build import observation_iri
from vocab.model import Observation, Report, breakdown_text
from vocab.units import canonical


def put(public: Connection, restricted: Connection, entry: Row[Any], said: Report) -> None:
    """The figures of a report in place of those of its earlier version."""
    drop(public, restricted, said.envelope.id)
    rows = [_row(entry, said, figure) for figure in said.observations]
    is_public = said.envelope.sharing == "public"
    connection, table = (public, observations) if is_public else (restricted, restricted_observations)
    if said.source:
        connection, table = public, listed_observations
        rows = [row | {"source": said.source} for row in rows]
    if rows:
        connection.execute(insert(table), rows)


def _row(entry: Row[Any], said: Report, figure: Observation) -> dict[str, Any]:
    document = said.envelope.id
    return {
        "id": observation_iri(document, figure.indicator, figure.breakdown),
        "document": document,
        "place": said.place,
        "indicator": figure.indicator,
        "period": figure.period,
        "breakdown": breakdown_text(figure.breakdown),
        "value": None if figure.value is None else canonical(figure.value),
        "unit": figure.unit,
        "status": figure.status,
        "conf": figure.conf,
        "method": figure.method,
        "sharing": said.envelope.sharing,
        "version": said.envelope.version,
        "seq": entry.seq,
    }


def told_by(public: Connection, document: str) -> list[tuple[str, str]]:
    """The place and the period of which a public report speaks; nothing for any other document."""
    told = select(observations.c.place, observations.c.period).where(observations.c.document == document).limit(1)
    return [(row.place, row.period) for row in public.execute(told)]


def drop(public: Connection, restricted: Connection, document: str) -> None:
    _drop(public, observations, document)
    _drop(public, listed_observations, document)
    _drop(restricted, restricted_observations, document)


def _drop(connection: Connection, table: Table, document: str) -> None:
    connection.execute(delete(table).where(table.c.document == document))
