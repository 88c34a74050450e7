"""Authentic documents that are not valid, kept apart with what is wrong: a mistake quotes what was said, so those of a
document that is not public are in the restricted file."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert

from node.store.schema import quarantine, restricted_quarantine
from node.store.statement import Statement
from vocab.errors import Mistake

_DROP, _DROP_RESTRICTED = (
    Statement(delete(table).where(table.c.document == bindparam("name")))
    for table in (quarantine, restricted_quarantine)
)


def put(public: Connection, restricted: Connection, entry: Row[Any], mistakes: Iterable[Mistake]) -> None:
    """What is wrong in the document of an entry; one that does not say it is public is taken as not public."""
    is_public = entry.sharing == "public"
    connection, table = (public, quarantine) if is_public else (restricted, restricted_quarantine)
    errors = json.dumps([mistake.to_json() for mistake in mistakes], ensure_ascii=False)
    row = {"seq": entry.seq, "document": entry.object, "actor": entry.actor, "errors": errors}
    connection.execute(insert(table).values(row))


def drop(public: Connection, restricted: Connection, document: str) -> None:
    for connection, statement in ((public, _DROP), (restricted, _DROP_RESTRICTED)):
        statement.run(connection, {"name": document})
