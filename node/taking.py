"""What a verified activity does, inside one transaction: a journal row, and the document or relation it changes.

Push and pull come here alike. A repeated activity changes nothing. A lower version is kept as stale, the same
version with other bytes as evidence of equivocation; a Delete of what we never had leaves a tombstone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, update

from federation.actor import read_actor
from federation.canonical import jcs
from federation.clock import timestamp
from federation.errors import Refused, refuse
from federation.inbox import Document, Verified
from node import moves, relations
from node.context import Node
from node.store import documents, journal, peers, times
from node.store.journal import Verdict
from node.store.schema import following
from node.store.schema import journal as rows

Effect = Callable[[Connection, Node, Verified], object]
_EFFECTS: dict[str, Effect] = {
    "Follow": relations.on_follow,
    "Accept": moves.on_accept,
    "Reject": relations.on_reject,
    "Undo": relations.on_undo,
    "Move": moves.on_move,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The journal row of an activity, and what it did; `again`: it had been taken before."""

    seq: int
    verdict: str
    again: bool = False


def take(connection: Connection, node: Node, verified: Verified) -> Taken | Refused:
    """Append it and do what it says; the answer may be given once the transaction is on the disk."""
    facts = verified.facts
    known = journal.known(connection, facts.actor, facts.id)
    if known is not None:
        if facts.type == "Follow":
            relations.on_follow_again(connection, node, verified)
        return Taken(known, Verdict.NONE, again=True)
    if journal.has_said(connection, facts.actor, "Delete", facts.actor):
        return _take_late(connection, node, verified)
    if verified.document is not None:
        return _take_document(connection, node, verified, verified.document)
    if facts.type == "Delete":
        return _take_delete(connection, node, verified)
    is_self = facts.object_id == facts.actor
    kind = "Actor" if is_self else "Follow" if facts.type in ("Accept", "Reject", "Undo") else ""
    seq = _append(connection, node, verified, kind or next(iter(facts.object_types), ""), Verdict.NONE)
    if facts.type in _EFFECTS:
        return _take_relation(connection, node, verified, seq)
    if facts.type == "Update" and is_self:
        _remember(connection, node, verified)
    return Taken(seq, Verdict.NONE)


def _take_late(connection: Connection, node: Node, verified: Verified) -> Taken:
    """What an actor, or a document, said before it was deleted, and comes after: noted, and its bytes forgotten."""
    seq = _append(connection, node, verified, next(iter(verified.facts.object_types), ""), Verdict.STALE)
    journal.forget(connection, seq)
    return Taken(seq, Verdict.STALE)


def _append(connection: Connection, node: Node, verified: Verified, kind: str, verdict: Verdict) -> int:
    return journal.append_received(connection, verified, kind, verdict, times.text(node.clock()))


def _take_relation(connection: Connection, node: Node, verified: Verified, seq: int) -> Taken:
    if _EFFECTS[verified.facts.type](connection, node, verified) is False:
        return Taken(seq, Verdict.NONE)
    connection.execute(update(rows).where(rows.c.seq == seq).values(verdict=Verdict.EFFECT))
    return Taken(seq, Verdict.EFFECT)


def _verdict(
    connection: Connection, before: Row[Any] | None, verified: Verified, document: Document
) -> Verdict | Refused:
    """What a document is, beside the one that we have under its id; one that was only withdrawn may come back."""
    if before is None:
        return Verdict.CURRENT
    if before.owner != verified.facts.actor:
        return refuse("stored_owner", before.owner[:200])
    if document.version < before.version:
        return Verdict.STALE
    if before.deleted:
        return Verdict.CURRENT if journal.is_withdrawal(connection, before.seq) else Verdict.STALE
    if document.digest == before.digest:
        return Verdict.NONE
    if document.version > before.version:
        return Verdict.CURRENT
    if document.version:
        return Verdict.EQUIVOCATION
    return Verdict.CURRENT if verified.facts.type == "Update" else Verdict.STALE  # without versions, the last one said


def _take_document(connection: Connection, node: Node, verified: Verified, document: Document) -> Taken | Refused:
    before = documents.stored(connection, document.id)
    verdict = _verdict(connection, before, verified, document)
    if isinstance(verdict, Refused):
        return verdict
    if before is not None and before.deleted and verdict is not Verdict.CURRENT:
        return _take_late(connection, node, verified)
    seq = _append(connection, node, verified, document.type, verdict)
    if verdict is Verdict.CURRENT:
        row = {
            "id": document.id,
            "owner": verified.facts.actor,
            "type": document.type,
            "version": document.version,
            "sharing": document.sharing,
            "digest": document.digest,
            "seq": seq,
            "published": str(document.content.get("published", ""))[:40],
            "updated": str(document.content.get("updated", ""))[:40],
            "deleted": None,
            "own": False,
        }
        documents.put(connection, row)
    return Taken(seq, verdict)


def _take_delete(connection: Connection, node: Node, verified: Verified) -> Taken | Refused:
    facts = verified.facts
    if facts.object_id == facts.actor:
        return _take_farewell(connection, node, verified)
    before = documents.stored(connection, facts.object_id)
    if before is not None and before.owner != facts.actor:
        return refuse("stored_owner", before.owner[:200])
    verdict = Verdict.WITHDRAWN if verified.by == "withheld" else Verdict.TOMBSTONE
    if before is not None and before.deleted and not _is_final(connection, before, verdict):
        return Taken(_append(connection, node, verified, before.type, Verdict.NONE), Verdict.NONE)
    return Taken(_bury(connection, node, verified, verdict), verdict)


def _is_final(connection: Connection, before: Row[Any], verdict: Verdict) -> bool:
    """A deletion of what had only been withdrawn: it never comes back."""
    return verdict is Verdict.TOMBSTONE and journal.is_withdrawal(connection, before.seq)


def _bury(connection: Connection, node: Node, verified: Verified, verdict: Verdict) -> int:
    """The tombstone of a document, and its bytes forgotten: what we may not read any more is not kept either."""
    facts, now = verified.facts, timestamp(node.clock())
    before = documents.stored(connection, facts.object_id)
    journal.erase(connection, facts.object_id)
    seq = _append(connection, node, verified, before.type if before else "", verdict)
    row = {
        "id": facts.object_id,
        "owner": facts.actor,
        "type": before.type if before else "",
        "version": before.version if before else 0,
        "sharing": before.sharing if before else "public",
        "digest": before.digest if before else "",
        "seq": seq,
        "published": before.published if before else now,
        "updated": now,
        "deleted": now,
        "own": False,
    }
    documents.put(connection, row)
    return seq


def _take_farewell(connection: Connection, node: Node, verified: Verified) -> Taken:
    """An actor deletes itself: its documents are tombstones, their bytes forgotten, relations end."""
    actor, now = verified.facts.actor, timestamp(node.clock())
    journal.erase_actor(connection, actor)
    seq = _append(connection, node, verified, "Actor", Verdict.TOMBSTONE)
    for row in documents.of_owner(connection, actor):
        journal.erase(connection, row.id)
        documents.change(connection, row.id, {"deleted": now, "updated": now, "seq": seq})
    peers.gone(connection, actor, node.clock())
    relations.drop(connection, actor)
    connection.execute(update(following).where(following.c.target == actor).values(state="ended"))
    return Taken(seq, Verdict.TOMBSTONE)


def _remember(connection: Connection, node: Node, verified: Verified) -> None:
    """An actor says anew what it is; its own signature proved it. Its keys are believed where it lives only."""
    document = dict(verified.facts.object or {})
    read = read_actor(document, verified.facts.actor)
    if not isinstance(read, Refused):
        peers.remember(connection, read, jcs(document), node.clock(), pushed=True)
