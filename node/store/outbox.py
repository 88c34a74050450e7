"""What an actor of ours published, as its outbox shows it: what still stands, and what was deleted.

A version that was replaced is not shown again, for it may have held what its author has since withdrawn.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from node.store.documents import level
from node.store.journal import Verdict
from node.store.schema import blobs, documents, journal


def _shown(connection: Connection, actor: str, reader: str | None) -> Select[Any]:
    """The numbers of the rows that `reader` may see, one a document and audience."""
    granted = level(connection, actor, reader)
    audiences = ["public"]
    if granted == "network":
        audiences.append("network")
    elif granted:
        audiences += ["aggregate-only", str(reader)]
    stands = and_(documents.c.deleted.is_(None), journal.c.digest == documents.c.digest)
    announced = and_(journal.c.type == "Announce", documents.c.deleted.is_(None))
    deleted = and_(journal.c.type == "Delete", journal.c.verdict == Verdict.TOMBSTONE)
    return (
        select(func.min(journal.c.seq).label("seq"))
        .outerjoin(documents, documents.c.id == journal.c.object)
        .where(journal.c.direction == "out", journal.c.actor == actor, journal.c.audience.in_(audiences))
        .where(or_(and_(journal.c.type.in_(("Create", "Update")), stands), announced, deleted))
        .group_by(journal.c.object)
    )


def count(connection: Connection, actor: str, reader: str | None) -> int:
    """How many activities `reader` may see."""
    shown = _shown(connection, actor, reader).subquery()
    return int(connection.execute(select(func.count()).select_from(shown)).scalar_one())


def page(
    connection: Connection, actor: str, reader: str | None, before: int | None, limit: int
) -> Sequence[tuple[int, bytes]]:
    """The newest activities before a row number, newest first: their numbers and exact bytes."""
    shown = _shown(connection, actor, reader).subquery()
    query = select(blobs.c.seq, blobs.c.bytes).join(shown, shown.c.seq == blobs.c.seq)
    query = query.where(blobs.c.kind == "activity", blobs.c.bytes.is_not(None))
    query = query if before is None else query.where(blobs.c.seq < before)
    return [(row.seq, row.bytes) for row in connection.execute(query.order_by(blobs.c.seq.desc()).limit(limit))]


def public_activity(connection: Connection, activity: str) -> bytes | None:
    """The bytes of a public activity of ours; None when erased, not public or unknown."""
    query = select(blobs.c.bytes).join(journal, journal.c.seq == blobs.c.seq)
    query = query.where(journal.c.activity == activity, journal.c.direction == "out", journal.c.audience == "public")
    found: bytes | None = connection.execute(query.where(blobs.c.kind == "activity")).scalar_one_or_none()
    return found


def said(connection: Connection, actor: str, kind: str, about: str) -> Sequence[str]:
    """The ids of what an actor of ours said of one object, in activities of one type."""
    query = select(journal.c.activity).where(journal.c.object == about, journal.c.direction == "out")
    return connection.execute(query.where(journal.c.actor == actor, journal.c.type == kind)).scalars().all()
