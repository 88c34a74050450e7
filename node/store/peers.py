"""Other actors as we last read them; their keys are in `node.store.peer_keys`."""

from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.activity import above as ids_above
from federation.actor import IMPLEMENTS, RemoteActor
from node.store import documents, peer_keys, times
from node.store.schema import peers
from node.store.statement import Statement

_LEVELS = 8
_ABOVE = Statement(
    select(peers.c.actor)
    .where(peers.c.actor.in_([bindparam(f"a{n}") for n in range(_LEVELS)]))
    .order_by(func.length(peers.c.actor).desc())
)


def remember(
    connection: Connection, actor: RemoteActor, document: bytes, now: datetime, handle: str = "", pushed: bool = False
) -> None:
    """Keep an actor as it was just read, and its keys; a handle, once known to agree, is kept.

    `pushed`: it was not read at its own address, and changes its keys only as far as the recovery key proves.
    """
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
        "missing": None,
    } | ({"handle": handle} if handle else {})
    connection.execute(insert(peers).values(row).on_conflict_do_update(index_elements=["actor"], set_=row))
    revoked = (peer_keys.heed if pushed else peer_keys.note)(connection, actor, now)
    documents.doubt(connection, revoked)


def above(connection: Connection, iri: str) -> str | None:
    """The nearest actor that we know among those under whose id another id lies."""
    names = list(islice(ids_above(iri), _LEVELS))
    row = _ABOVE.one(connection, {f"a{n}": names[n] if n < len(names) else "" for n in range(_LEVELS)})
    return None if row is None else str(row.actor)


def stored(connection: Connection, actor: str) -> Row[Any] | None:
    """What we last read of an actor."""
    return connection.execute(select(peers).where(peers.c.actor == actor)).one_or_none()


def by_name(connection: Connection, name: str) -> Row[Any] | None:
    """The actor of an IRI or of a handle that we know."""
    query = select(peers).where((peers.c.actor == name) | (peers.c.handle == "@" + name.removeprefix("@")))
    return connection.execute(query.limit(1)).one_or_none()


def gone(connection: Connection, actor: str, now: datetime) -> None:
    """The actor is deleted: nothing is sent to it any more, and what it said of itself is forgotten."""
    forgotten = {"gone": times.text(now), "document": b"{}", "name": None}
    connection.execute(update(peers).where(peers.c.actor == actor).values(forgotten))


def missing(connection: Connection, actor: str, now: datetime) -> None:
    """Its address answers 410; from when, if it is the first time."""
    known = (peers.c.actor == actor) & peers.c.missing.is_(None) & peers.c.gone.is_(None)
    connection.execute(update(peers).where(known).values(missing=times.text(now)))


def moved(connection: Connection, actor: str, target: str | None) -> None:
    """The actor lives elsewhere now; None: where it was, after all."""
    connection.execute(update(peers).where(peers.c.actor == actor).values(moved=target))
