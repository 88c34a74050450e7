"""The current version of every document, ours and received: which journal row holds its bytes, who may read them."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.keys import PublicKey
from node.store import times
from node.store.schema import blobs, documents, grants, journal
from node.store.statement import Statement

DIRECT = "direct"  # the sharing of what is written to one actor alone: no collection holds it
_STORED = Statement(select(documents).where(documents.c.id == bindparam("id")))
_NEW = insert(documents)
_KEPT = ("id", "owner", "published", "own")
_CHANGED = {column.name: _NEW.excluded[column.name] for column in documents.c if column.name not in _KEPT}
_PUT = Statement(_NEW.on_conflict_do_update(index_elements=["id"], set_=_CHANGED), documents.c.keys())
_BYTES = Statement(select(blobs.c.bytes).where(blobs.c.seq == bindparam("seq"), blobs.c.kind == "document"))


def stored(connection: Connection, document: str) -> Row[Any] | None:
    """The row of a document, a tombstone included."""
    row: Row[Any] | None = _STORED.one(connection, {"id": document})
    return row


def put(connection: Connection, row: dict[str, Any]) -> None:
    """A new current version, or a tombstone; who owns it and when it was first published never change."""
    _PUT.run(connection, row)


def bytes_at(connection: Connection, seq: int) -> bytes | None:
    """The document bytes of a journal row; None once erased."""
    row = _BYTES.one(connection, {"seq": seq})
    return None if row is None else row.bytes


def level(connection: Connection, owner: str, reader: str | None) -> str:
    """What `reader` was granted by a place of ours beyond what is public; empty for nothing."""
    if reader is None:
        return ""
    query = select(grants.c.level).where(grants.c.actor == owner, grants.c.grantee == reader)
    return connection.execute(query).scalar_one_or_none() or ""


def may_read(connection: Connection, document: Row[Any], reader: str | None) -> bool:
    """Whether the verified actor `reader` (None: anybody) may have a document of ours."""
    if document.sharing == "public" or reader == document.owner:
        return True
    if document.sharing == DIRECT:
        return reader is not None and reader in json.loads(bytes_at(connection, document.seq) or b"{}").get("to", [])
    return bool(reader) and document.sharing == level(connection, document.owner, reader)


def readable(
    connection: Connection, owner: str, reader: str | None, after: str, limit: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many living documents of an owner `reader` may have, and the next of them after an id."""
    shown = or_(documents.c.sharing == "public", documents.c.sharing == level(connection, owner, reader))
    living = and_(documents.c.owner == owner, documents.c.deleted.is_(None), shown | (documents.c.owner == reader))
    total = connection.execute(select(func.count()).select_from(documents).where(living)).scalar_one()
    query = select(documents).where(living, documents.c.id > after).order_by(documents.c.id).limit(limit)
    return total, connection.execute(query).all()


def of_owner(connection: Connection, owner: str) -> Sequence[Row[Any]]:
    """Every living document of an owner, by id."""
    query = select(documents).where(documents.c.owner == owner, documents.c.deleted.is_(None))
    return connection.execute(query.order_by(documents.c.id)).all()


def doubt(connection: Connection, revoked: Sequence[PublicKey]) -> None:
    """What was said with a key since it was revoked orders nothing: any version of its owner's takes its place.

    That is all that is undone here: what its owner never said is not in the set that it shows, and goes as all that
    is no longer shown.
    """
    for key, since in ((key, key.revoked) for key in revoked if key.revoked is not None):
        said = (journal.c.seq == documents.c.seq) & (journal.c.key == key.id) & (journal.c.time >= times.text(since))
        theirs = (documents.c.owner == key.owner) & ~documents.c.own
        doubted = update(documents).where(theirs, exists().where(said))
        connection.execute(doubted.values(version=0, digest="", deleted=None))


def change(connection: Connection, document: str, values: dict[str, Any]) -> None:
    """Change some columns of a document that is stored."""
    connection.execute(update(documents).where(documents.c.id == document).values(values))
