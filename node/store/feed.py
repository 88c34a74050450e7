"""What changed for one reader: the documents that it may see, and a tombstone for each that it no longer sees.

Ordered by (position, id). A position is a place in the order of commits, never a time: the journal row of the last
change, or the number that was taken when a grant began or ended. A grant that begins brings its documents after
whatever its reader has read; one that ends leaves tombstones, which say nothing of what the documents became.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, select, text

from federation.canonical import digest
from federation.errors import Refused, refuse
from node.store import documents
from node.store.schema import actors

_LONGEST = 4_096
_LAST = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'")
_CHANGES = text(
    """
    WITH seen (id, seq, shown, position) AS (
      SELECT id, seq, deleted IS NULL, seq FROM documents
      WHERE owner = :owner AND seq >= :position AND (sharing = 'public' OR owner = :reader)
      UNION ALL
      SELECT d.id, d.seq, d.deleted IS NULL AND g.ended IS NULL,
        CASE WHEN d.deleted IS NULL THEN coalesce(g.ended, max(d.seq, g.begun))
             ELSE min(d.seq, coalesce(g.ended, d.seq)) END
      FROM documents d JOIN grant_periods g ON g.actor = d.owner AND g.grantee = :reader AND g.level = d.sharing
      WHERE d.owner = :owner AND d.sharing <> 'public' AND (d.deleted IS NULL OR d.seq > g.begun)
        AND (g.ended IS NULL OR g.ended > (SELECT min(seq) FROM journal WHERE object = d.id AND direction = 'out'))
    )
    SELECT id, seq, max(shown), max(position) AS reached FROM seen GROUP BY id
    HAVING reached > :position OR (reached = :position AND id > :id) ORDER BY reached, id LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last change that was read; the empty one stands before them all."""

    position: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One document as its reader may now see it: its exact bytes, or None once it may not."""

    cursor: Cursor
    document: bytes | None


def changes(connection: Connection, actor: str, reader: str | None, after: Cursor, limit: int) -> Iterator[Change]:
    """What changed after a cursor for a verified `reader` (None: anybody), in order."""
    asked = {"owner": actor, "reader": reader or "", "position": after.position, "id": after.id, "limit": limit}
    for id, seq, shown, reached in connection.execute(_CHANGES, asked).all():
        yield Change(Cursor(reached, id), documents.bytes_at(connection, seq) if shown else None)


def written(connection: Connection, actor: str, reader: str | None, cursor: Cursor) -> str:
    """A cursor as text that only its own reader can go on from."""
    return _text(orjson.dumps([cursor.position, cursor.id, _mark(connection, actor, reader)]))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(connection: Connection, actor: str, reader: str | None, written: str) -> Cursor | Refused:
    """The cursor that we wrote. Expired: of another reader, of another epoch, or beyond all that ever was, as after
    the restoration of a backup: what it stands for is not ours to know, so its owner reads from the beginning."""
    if not written:
        return Cursor()
    try:
        raw = urlsafe_b64decode(written[:_LONGEST] + "==")
        position, id, mark = orjson.loads(raw)
    except (ValueError, TypeError):
        return refuse("cursor", written[:80])
    is_ours = type(position) is int and 0 <= position < 2**53 and isinstance(id, str)
    if not is_ours or _text(raw) != written:
        return refuse("cursor", written[:80])
    last = connection.execute(_LAST).scalar_one()
    if mark != _mark(connection, actor, reader) or position > last:
        return refuse("cursor_expired")
    return Cursor(position, id)


def _mark(connection: Connection, actor: str, reader: str | None) -> str:
    epoch = connection.execute(select(actors.c.epoch).where(actors.c.id == actor)).scalar_one()
    return digest(orjson.dumps([actor, epoch, reader]))[:16]
