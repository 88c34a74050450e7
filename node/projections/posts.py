"""What the places of this node said to everybody: their living posts, as they were signed."""

import json
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import posts
from node.store.statement import Statement
from vocab.post import TYPES as _TYPES

_DROP = Statement(delete(posts).where(posts.c.document == bindparam("name")))
TYPES = frozenset(_TYPES.values())


def put(connection: Connection, entry: Row[Any], document: dict[str, Any]) -> None:
    """The newest version of a post; when it was first signed does not change."""
    row = {
        "document": entry.object,
        "actor": entry.actor,
        "published": entry.time,
        "content": json.dumps(document, ensure_ascii=False, sort_keys=True),
        "seq": entry.seq,
    }
    changed = {name: row[name] for name in ("content", "seq")}
    connection.execute(insert(posts).values(row).on_conflict_do_update(index_elements=["document"], set_=changed))


def drop(connection: Connection, document: str) -> None:
    _DROP.run(connection, {"name": document})
