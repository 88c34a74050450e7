"""Which reports each place gave, for what period and since when: the fact that it answered, never what it said.

Of a report that is not public, even that stays in the restricted file.
"""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from node.store.schema import answers, restricted_answers
from node.store.statement import Statement
from vocab.model import Report

_TABLES = (answers, restricted_answers)
_FIRST, _FIRST_RESTRICTED = (
    Statement(select(table.c.first).where(table.c.document == bindparam("name"))) for table in _TABLES
)
_PUT, _PUT_RESTRICTED = (Statement(insert(table), table.c.keys()) for table in _TABLES)
_DROP, _DROP_RESTRICTED = (Statement(delete(table).where(table.c.document == bindparam("name"))) for table in _TABLES)


def first(public: Connection, restricted: Connection, entry: Row[Any]) -> str:
    """When the first version of a document came: what is kept through its versions."""
    for connection, statement in ((public, _FIRST), (restricted, _FIRST_RESTRICTED)):
        row = statement.one(connection, {"name": entry.object})
        if row is not None:
            return str(row.first)
    return str(entry.time)


def put(connection: Connection, entry: Row[Any], said: Report, came: str) -> None:
    """A report that says something, in the file of its sharing; what is said of a listed place is no answer."""
    if said.source or not said.observations:
        return
    statement = _PUT if said.envelope.sharing == "public" else _PUT_RESTRICTED
    row = {"document": said.envelope.id, "actor": said.envelope.actor, "place": said.place, "period": said.period}
    statement.run(connection, row | {"first": came, "seq": entry.seq})


def drop(public: Connection, restricted: Connection, document: str) -> None:
    _DROP.run(public, {"name": document})
    _DROP_RESTRICTED.run(restricted, {"name": document})
