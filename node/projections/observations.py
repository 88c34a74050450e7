"""The figures that were said: public ones in the public file, the others in the restricted file and nowhere else.

Those found about a place that is only listed have a table of their own: what adds up answers cannot meet them.
"""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from node.store.schema import listed_observations, observations, restricted_observations
from node.store.statement import Statement
from vocab.build import observation_iri
from vocab.model import Observation, Report, breakdown_text
from vocab.units import canonical

_PUT, _PUT_LISTED, _PUT_RESTRICTED = (
    Statement(insert(table), table.c.keys()) for table in (observations, listed_observations, restricted_observations)
)
_DROP, _DROP_LISTED, _DROP_RESTRICTED = (
    Statement(delete(table).where(table.c.document == bindparam("name")))
    for table in (observations, listed_observations, restricted_observations)
)
_TOLD = Statement(
    select(observations.c.place, observations.c.period).where(observations.c.document == bindparam("name")).limit(1)
)


def put(public: Connection, restricted: Connection, entry: Row[Any], said: Report) -> None:
    """The figures of a report in place of those of its earlier version."""
    drop(public, restricted, said.envelope.id)
    rows = [_row(entry, said, figure) for figure in said.observations]
    is_public = said.envelope.sharing == "public"
    if said.source:
        _PUT_LISTED.run_many(public, [row | {"source": said.source} for row in rows])
    elif is_public:
        _PUT.run_many(public, rows)
    else:
        _PUT_RESTRICTED.run_many(restricted, rows)


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
    return [(row.place, row.period) for row in _TOLD.all(public, {"name": document})]


def drop(public: Connection, restricted: Connection, document: str) -> None:
    for connection, statement in ((public, _DROP), (public, _DROP_LISTED), (restricted, _DROP_RESTRICTED)):
        statement.run(connection, {"name": document})
