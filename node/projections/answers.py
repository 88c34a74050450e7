"""Which reports each place gave, for what period and since when: the fact that it answered, never what it said.

Of a report that is not public, even that stays in the restricted file.
"""

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from node.store.schema import answers, restricted_answers
from vocab.model import Report


def first(public: Connection, restricted: Connection, entry: Row[Any]) -> str:
    """When the first version of a document came: what is kept through its versions."""
    for connection, table in ((public, answers), (restricted, restricted_answers)):
        row = connection.execute(select(table.c.first).where(table.c.document == entry.object)).one_or_none()
        if row is not None:
            return str(row.first)
    return str(entry.time)


def put(connection: Connection, entry: Row[Any], said: Report, came: str) -> None:
    """A report that says something, in the file of its sharing; what is said of a listed place is no answer."""
    if said.source or not said.observations:
        return
    table = answers if said.envelope.sharing == "public" else restricted_answers
    row = {"document": said.envelope.id, "actor": said.envelope.actor, "place": said.place, "period": said.period}
    connection.execute(insert(table).values(row | {"first": came, "seq": entry.seq}))


def drop(public: Connection, restricted: Connection, document: str) -> None:
    public.execute(delete(answers).where(answers.c.document == document))
    restricted.execute(delete(restricted_answers).where(restricted_answers.c.document == document))
