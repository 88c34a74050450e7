"""Other actors as we last read them, and every key that we ever saw them list."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.actor import IMPLEMENTS, RemoteActor
from federation.canonical import digest
from federation.errors import Refused
from federation.keys import KeyKind, PublicKey, load_public
from node.store import times
from node.store.schema import peer_keys, peers

_KEY = (
    select(peer_keys)
    .where(peer_keys.c.id == bindparam("id"), peer_keys.c.revoked.is_(None))
    .order_by(peer_keys.c.last_seen.desc(), peer_keys.c.first_seen.desc())
    .limit(1)
)


def remember(connection: Connection, actor: RemoteActor, document: bytes, now: datetime, handle: str = "") -> None:
    """Keep an actor as it was just read, and its keys; a handle, once known to agree, is kept."""
    stamp = times.text(now)
    row: dict[str, Any] = {
        "actor": actor.id,
        "host": urlsplit(actor.id).netloc.lower(),
        "document": document,
        "name": actor.name,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox or None,
        "implements": IMPLEMENTS in actor.implements,
        "fetched": stamp,
        "gone": None,
    } | ({"handle": handle} if handle else {})
    connection.execute(insert(peers).values(row).on_conflict_do_update(index_elements=["actor"], set_=row))
    for key in actor.keys:
        _remember_key(connection, key, stamp)


def _remember_key(connection: Connection, key: PublicKey, stamp: str) -> None:
    text = key.text
    row = {
        "id": key.id,
        "digest": digest(text.encode()),
        "owner": key.owner,
        "kind": str(key.kind),
        "public": text,
        "first_seen": stamp,
        "last_seen": stamp,
    }
    statement = insert(peer_keys).values(row)
    seen = {"last_seen": stamp}
    connection.execute(statement.on_conflict_do_update(index_elements=["id", "digest"], set_=seen))


def key(connection: Connection, key_id: str) -> PublicKey | None:
    """The key that its owner last listed under this id."""
    row = connection.execute(_KEY, {"id": key_id}).one_or_none()
    if row is None:
        return None
    public = load_public(row.kind, row.public)
    return None if isinstance(public, Refused) else PublicKey(row.id, row.owner, KeyKind(row.kind), public)


def stored(connection: Connection, actor: str) -> Row[Any] | None:
    """What we last read of an actor."""
    return connection.execute(select(peers).where(peers.c.actor == actor)).one_or_none()


def by_name(connection: Connection, name: str) -> Row[Any] | None:
    """The actor of an IRI or of a handle that we know."""
    query = select(peers).where((peers.c.actor == name) | (peers.c.handle == "@" + name.removeprefix("@")))
    return connection.execute(query.limit(1)).one_or_none()


def gone(connection: Connection, actor: str, now: datetime) -> None:
    """The actor is deleted: nothing is sent to it any more."""
    connection.execute(update(peers).where(peers.c.actor == actor).values(gone=times.text(now)))
