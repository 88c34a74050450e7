"""The journal in SQL: every activity and document that came in or went out, its bytes in a table that can forget.

Rows are only ever added; `seq` is the order of commits. There are two ways in: a `Verified`, which only
`federation.inbox` can make, and what an actor of ours signed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from federation.canonical import digest, jcs
from federation.inbox import Verified
from node.store.schema import blobs, deliveries, journal
from node.store.statement import Statement
from node.store.streams import StreamPlace


class Verdict(StrEnum):
    """What a row did to the document, or to the relation, that it is about."""

    CURRENT = "current"  # the document's newest version
    STALE = "stale"  # a version older than the one we have
    EQUIVOCATION = "equivocation"  # the same version with other bytes: kept as evidence
    TOMBSTONE = "tombstone"  # the document, or the actor, is deleted
    WITHDRAWN = "withdrawn"  # the document is no longer shown to us; it may be again
    EFFECT = "effect"  # a relation changed
    NONE = "none"  # nothing changed


_ROW = Statement(insert(journal), [column.name for column in journal.c if column.name != "seq"])
_BLOB = Statement(insert(blobs), blobs.c.keys())
_KNOWN = Statement(
    select(journal.c.seq).where(journal.c.actor == bindparam("actor"), journal.c.activity == bindparam("activity"))
)
_ACTIVITY = Statement(select(blobs.c.bytes).where(blobs.c.seq == bindparam("seq"), blobs.c.kind == "activity"))
_ABOUT = Statement(
    select(journal.c.seq).where(
        journal.c.object == bindparam("object"),
        journal.c.actor == bindparam("actor"),
        journal.c.type == bindparam("type"),
    )
)
_FOLDED = (
    select(journal, blobs.c.bytes.is_not(None).label("has_document"))
    .outerjoin(blobs, (blobs.c.seq == journal.c.seq) & (blobs.c.kind == "document"))
    .order_by(journal.c.seq)
)
_MATTERS = or_(
    blobs.c.bytes.is_not(None),
    journal.c.verdict == Verdict.TOMBSTONE,
    journal.c.verdict == Verdict.WITHDRAWN,
    journal.c.verdict == Verdict.EFFECT,
    journal.c.type == "Undo",
)
_AFTER = Statement(_FOLDED.where(journal.c.seq > bindparam("after"), _MATTERS).limit(bindparam("most")))


@dataclass(frozen=True, slots=True)
class Own:
    """An activity of ours, numbered, and what it is about."""

    activity: Mapping[str, Any]
    object_id: str
    object_type: str
    version: int | None
    sharing: str | None
    document: bytes | None
    verdict: str
    audience: str
    place: StreamPlace
    salt: str


def append_own(connection: Connection, own: Own, time: str) -> int:
    """Add what one of our actors signed; its `seq`."""
    row = {
        "direction": "out",
        "time": time,
        "actor": own.activity["actor"],
        "activity": own.activity["id"],
        "type": own.activity["type"],
        "object": own.object_id,
        "object_type": own.object_type,
        "version": own.version,
        "sharing": own.sharing,
        "digest": None if own.document is None else digest(own.document),
        "actor_seq": own.place.seq,
        "audience": own.audience,
        "audience_n": own.place.n,
        "audience_prev": own.place.prev,
        "salt": own.salt,
        "epoch": own.place.epoch,
        "verified": "own",
        "key": None,
        "verdict": own.verdict,
    }
    return _append(connection, row, jcs(own.activity), own.document)


def append_received(connection: Connection, verified: Verified, object_type: str, verdict: str, time: str) -> int:
    """Add what was judged to be another actor's own word; its `seq`."""
    facts, document = verified.facts, verified.document
    row = {
        "direction": "in",
        "time": time,
        "actor": facts.actor,
        "activity": facts.id,
        "type": facts.type,
        "object": facts.object_id,
        "object_type": object_type,
        "version": document.version if document else None,
        "sharing": document.sharing if document else None,
        "digest": document.digest if document else None,
        "actor_seq": _number(facts.commitment, "seq"),
        "audience": _name(facts.stream, "audience"),
        "audience_n": _number(facts.stream, "n"),
        "audience_prev": _name(facts.stream, "prev"),
        "salt": _name(facts.commitment, "salt"),
        "epoch": _number(facts.commitment, "epoch"),
        "verified": verified.by,
        "key": verified.key,
        "verdict": verdict,
    }
    return _append(connection, row, verified.raw, document.raw if document and document.proved else None)


def _number(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    return value if type(value) is int and 0 <= value < 2**53 else None


def _name(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) and len(value) <= 2048 else None


def _append(connection: Connection, row: dict[str, Any], activity: bytes, document: bytes | None) -> int:
    seq = _ROW.run(connection, row)
    _BLOB.run(connection, {"seq": seq, "kind": "activity", "bytes": activity})
    if document is not None:
        _BLOB.run(connection, {"seq": seq, "kind": "document", "bytes": document})
    return seq


def known(connection: Connection, actor: str, activity: str) -> int | None:
    """The row of an activity that was already taken."""
    row = _KNOWN.one(connection, {"actor": actor, "activity": activity})
    return None if row is None else row.seq


def has_said(connection: Connection, actor: str, kind: str, about: str) -> bool:
    """Whether an actor said this kind of thing about that already: a Delete of itself, an Undo of its Follow."""
    return _ABOUT.one(connection, {"actor": actor, "type": kind, "object": about}) is not None


def head(connection: Connection) -> int:
    """The last row's number; 0 for an empty journal."""
    return int(connection.execute(select(func.coalesce(func.max(journal.c.seq), 0))).scalar_one())


def after(connection: Connection, seq: int, limit: int) -> Sequence[Row[Any]]:
    """The next rows that change what can be read, in order; `has_document`: its bytes are there."""
    return _AFTER.all(connection, {"after": seq, "most": limit})


def by_actor(connection: Connection, actor: str, until: int) -> Iterator[Row[Any]]:
    """The rows of one actor up to and including `until`, in order."""
    yield from connection.execute(_FOLDED.where(journal.c.actor == actor, journal.c.seq <= until)).all()


def activity_bytes(connection: Connection, seq: int) -> bytes | None:
    """The exact bytes of an activity; None once erased."""
    row = _ACTIVITY.one(connection, {"seq": seq})
    return None if row is None else row.bytes


def forget(connection: Connection, seq: int) -> None:
    """Forget the bytes of one row."""
    connection.execute(update(blobs).where(blobs.c.seq == seq).values(bytes=None))


def is_withdrawal(connection: Connection, seq: int) -> bool:
    """Whether a row says that a document is no longer shown to us."""
    found = connection.execute(select(journal.c.verdict).where(journal.c.seq == seq)).scalar_one_or_none()
    return bool(found == Verdict.WITHDRAWN)


def written_by(connection: Connection, actor: str, until: int) -> Sequence[str]:
    """The ids of all that an actor ever wrote, up to and including a row."""
    query = select(journal.c.object).where(journal.c.actor == actor, journal.c.seq <= until)
    query = query.where(journal.c.type.in_(("Create", "Update", "Delete"))).distinct()
    return connection.execute(query).scalars().all()


def erase_actor(connection: Connection, actor: str) -> None:
    """Forget the bytes of all that another actor ever said."""
    rows = select(journal.c.seq).where(journal.c.actor == actor, journal.c.direction == "in")
    connection.execute(update(blobs).where(blobs.c.seq.in_(rows)).values(bytes=None))


def erase(connection: Connection, document: str) -> None:
    """Forget the bytes of every version of a document; what still waited to leave will not."""
    rows = select(journal.c.seq).where(journal.c.object == document)
    connection.execute(update(blobs).where(blobs.c.seq.in_(rows)).values(bytes=None))
    waiting = update(deliveries).where(deliveries.c.seq.in_(rows), deliveries.c.state == "queued")
    connection.execute(waiting.values(state="parked", reason="erased"))
