"""The journal in SQL: every activity and document that came in or went out, its bytes in a table that can forget.

Rows are only ever added; `seq` is the order of commits. `Entry` (made by `federation.journal`, from a `Verified` or
from what we signed) is the only thing that can be appended.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from node.store.schema import blobs, deliveries, journal


class Verdict(StrEnum):
    """What a row did to the document, or to the relation, that it is about."""

    CURRENT = "current"  # the document's newest version
    STALE = "stale"  # a version older than the one we have
    EQUIVOCATION = "equivocation"  # the same version with other bytes: kept as evidence
    TOMBSTONE = "tombstone"  # the document, or the actor, is deleted
    EFFECT = "effect"  # a relation changed
    NONE = "none"  # nothing changed


_ROW = insert(journal)
_BLOB = insert(blobs)
_KNOWN = select(journal.c.seq).where(
    journal.c.actor == bindparam("actor"), journal.c.activity == bindparam("activity")
)
_FOLDED = (
    select(journal, blobs.c.bytes.label("document"))
    .outerjoin(blobs, (blobs.c.seq == journal.c.seq) & (blobs.c.kind == "document"))
    .order_by(journal.c.seq)
)


def append(
    connection: Connection, row: dict[str, Any], activity: bytes | None, document: bytes | None
) -> int:
    """Add a row and its bytes; its `seq`."""
    seq = connection.execute(_ROW, row).inserted_primary_key[0]
    for kind, raw in (("activity", activity), ("document", document)):
        if raw is not None:
            connection.execute(_BLOB, {"seq": seq, "kind": kind, "bytes": raw})
    return int(seq)


def known(connection: Connection, actor: str, activity: str) -> int | None:
    """The row of an activity that was already taken."""
    return connection.execute(_KNOWN, {"actor": actor, "activity": activity}).scalar_one_or_none()


def head(connection: Connection) -> int:
    """The last row's number; 0 for an empty journal."""
    return connection.execute(select(func.coalesce(func.max(journal.c.seq), 0))).scalar_one()


def after(connection: Connection, seq: int, limit: int) -> Sequence[Row[Any]]:
    """The next rows in order, each with the bytes of its document, if it has any."""
    return connection.execute(_FOLDED.where(journal.c.seq > seq).limit(limit)).all()


def by_actor(connection: Connection, actor: str, until: int) -> Iterator[Row[Any]]:
    """The rows of one actor up to and including `until`, in order."""
    yield from connection.execute(_FOLDED.where(journal.c.actor == actor, journal.c.seq <= until)).all()


def activity_bytes(connection: Connection, seq: int) -> bytes | None:
    """The exact bytes of an activity; None once erased."""
    query = select(blobs.c.bytes).where(blobs.c.seq == seq, blobs.c.kind == "activity")
    return connection.execute(query).scalar_one_or_none()


def erase(connection: Connection, document: str) -> None:
    """Forget the bytes of every version of a document; what still waited to leave will not."""
    rows = select(journal.c.seq).where(journal.c.object == document)
    connection.execute(update(blobs).where(blobs.c.seq.in_(rows)).values(bytes=None))
    waiting = update(deliveries).where(deliveries.c.seq.in_(rows), deliveries.c.state == "queued")
    connection.execute(waiting.values(state="parked", reason="erased"))
