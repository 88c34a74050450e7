"""What leaves this node: signed, numbered, journalled and queued, always inside the caller's one transaction.

`put_document` and `delete_document` are for documents (publishing, importing), `post` for any activity. Recipients
come from `node.audience`; nothing private ever reaches here.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_bytes, token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, select, update

from federation import activity as activities
from federation.canonical import digest, jcs
from federation.clock import timestamp
from node import audience as audiences
from node.actors import actor_document
from node.audience import Audience
from node.context import Node
from node.errors import DocumentGone
from node.people import quotas
from node.places import known_actor
from node.rules import RULES
from node.signing import signer
from node.store import documents, journal, outbox, queue, streams, times
from node.store.schema import actors
from node.store.schema import journal as entries
from vocab.jsonld import graph_digest
from vocab.model import Envelope

_NODE = "actor"
_VERSIONS = 1_000  # more than one document has between two copies of the node
Build = Callable[[Envelope], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Letter:
    """What an activity is about, besides who says it and to whom."""

    type: str  # Create | Update | Delete | Follow | Accept | Reject | Undo | Announce
    object: Mapping[str, Any] | str
    object_id: str
    object_type: str
    version: int | None = None
    sharing: str | None = None
    document: bytes | None = None
    verdict: str = "none"
    more: Mapping[str, Any] = field(default_factory=dict)  # further members of the activity


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of the journal, and how many deliveries wait for it."""

    seq: int
    activity: str
    queued: int
    version: int = 0


def post(connection: Connection, node: Node, slug: str, letter: Letter, audience: Audience) -> Sent:
    """Number, journal and queue one activity of one of our actors."""
    now, actor = node.clock(), node.config.actor(slug)
    place = streams.next_place(connection, actor, audience.name)
    name = str(place.seq) if audience.name == "public" else token_urlsafe(16)
    salt = urlsafe_b64encode(token_bytes(32)).rstrip(b"=").decode()
    heading = activities.Heading(
        id=f"{actor}/activities/{name}",
        actor=actor,
        to=audience.to,
        cc=audience.cc,
        published=timestamp(now),
        stream={"audience": audience.name, "n": place.n} | ({"prev": place.prev} if place.prev else {}),
        commitment={"seq": place.seq, "salt": salt, "epoch": place.epoch},
    )
    activity = activities.make(letter.type, heading, letter.object) | dict(letter.more)
    own = journal.Own(
        activity, letter.object_id, letter.object_type, letter.version, letter.sharing, letter.document,
        letter.verdict, audience.name, place, salt,
    )  # fmt: skip
    seq = journal.append_own(connection, own, times.text(now))
    streams.moved(connection, actor, audience.name, place, heading.id)
    to = [(each.actor, each.inbox) for each in audience.recipients]
    queue.enqueue(connection, seq, actor, to, "" if letter.object_type == "Follow" else letter.object_id, now)
    return Sent(seq, heading.id, len(audience.recipients), letter.version or 0)


def put_document(
    connection: Connection,
    node: Node,
    slug: str,
    document: str,
    kind: str,
    sharing: str,
    build: Build,
    *,
    again: bool = False,
) -> Sent | None:
    """Sign a new version of a document and send it to its audience; None when nothing in it is new.

    `again`: even then. `build` makes the whole document but its proof. Raises `DocumentGone` for an id that was
    deleted, `Closed`, `QuotaReached`. What is shared with others is another document, under another id: nobody can
    then tell from a name what became of it.
    """
    before = documents.stored(connection, document)
    if before is not None and before.deleted:
        raise DocumentGone(document)
    if before is not None and before.sharing != sharing:
        raise ValueError("the sharing of a document does not change")
    if slug != _NODE and not again:
        quotas.check_open(connection, node, slug)
        if before is None:
            quotas.check_new(connection, node, slug, kind)
    actor, now = node.config.actor(slug), timestamp(node.clock())
    kept = None if before is None else documents.bytes_at(connection, before.seq)
    if before is not None and kept is not None and not again:
        same = build(_envelope(node, actor, document, sharing, before.version, before.published, before.updated))
        if jcs(same) == jcs({key: value for key, value in json.loads(kept).items() if key != "proof"}):
            return None
    version = _next_version(connection, actor, before)
    published = now if before is None else before.published
    plain = build(_envelope(node, actor, document, sharing, version, published, now))
    signed = signer(connection, node, slug).proved(plain, now)
    letter = Letter(
        "Create" if before is None else "Update", signed, document, kind, version, sharing, jcs(signed), "current"
    )
    if before is None or kind in RULES:
        to = audiences.of(connection, actor, sharing, kind in RULES)
    else:
        to = _all_told(connection, before)
    sent = _to_all(connection, node, slug, letter, to)
    row = {
        "id": document,
        "owner": actor,
        "type": kind,
        "version": version,
        "sharing": sharing,
        "digest": digest(letter.document or b""),
        "seq": sent.seq,
        "published": published,
        "updated": now,
        "deleted": None,
        "own": True,
    }
    documents.put(connection, row)
    return sent


def _next_version(connection: Connection, actor: str, before: Row[Any] | None) -> int:
    """One more than before; in a node made again from a copy, beyond all that it may have said since the copy."""
    epoch = int(connection.execute(select(actors.c.epoch).where(actors.c.id == actor)).scalar_one())
    if before is None:
        return 1 + _VERSIONS * (epoch - 1)
    then = connection.execute(select(entries.c.epoch).where(entries.c.seq == before.seq)).scalar_one_or_none()
    return int(before.version) + 1 + _VERSIONS * max(0, epoch - (then or epoch))


def prove_again(connection: Connection, node: Node, slug: str, document: str) -> Sent | None:
    """A new version of a document that says the same, with the key that its actor has now."""
    row = documents.stored(connection, document)
    raw = None if row is None or row.deleted else documents.bytes_at(connection, row.seq)
    if row is None or raw is None:
        return None
    said = {name: value for name, value in json.loads(raw).items() if name not in ("proof", "graphDigest")}

    def build(envelope: Envelope) -> dict[str, Any]:
        plain = said | {"version": envelope.version, "updated": envelope.updated}
        return plain | {"graphDigest": graph_digest(plain)} if b'"graphDigest":' in raw else plain

    return put_document(connection, node, slug, document, row.type, row.sharing, build, again=True)


def _envelope(
    node: Node, actor: str, document: str, sharing: str, version: int, published: str, updated: str
) -> Envelope:
    to = audiences.addressed(actor, sharing)
    return Envelope(document, actor, version, published, updated, node.config.license, sharing, to)


def _to_all(connection: Connection, node: Node, slug: str, letter: Letter, to: tuple[Audience, ...]) -> Sent:
    """One activity an audience; the first row is the one that the document points at."""
    sent = [post(connection, node, slug, letter, audience) for audience in to]
    return Sent(sent[0].seq, sent[0].activity, sum(each.queued for each in sent), sent[0].version)


def send_again(connection: Connection, node: Node, slug: str, document: str) -> int:
    """Send the current version of a document to those of its audience that were never sent it; how many.

    Each in a stream of its own: in that of all, the others would miss a number.
    """
    row = documents.stored(connection, document)
    raw = documents.bytes_at(connection, row.seq) if row is not None and not row.deleted else None
    if row is None or raw is None:
        return 0
    queued = 0
    had = {part for pair in queue.sent_to(connection, document, row.version) for part in pair}
    for audience in audiences.of(connection, row.owner, row.sharing):
        missing = {each.inbox: each for each in audience.recipients if not had & {each.actor, each.inbox}}
        for each in missing.values():
            letter = Letter("Update", json.loads(raw), document, row.type, row.version, row.sharing, raw, "none")
            only = Audience(each.actor, (each.actor,), (), (each,))
            queued += post(connection, node, slug, letter, only).queued
    return queued


def update_actor(connection: Connection, node: Node, slug: str) -> int:
    """Tell all followers, those of other networks too, what the actor now says of itself; how many."""
    actor = node.config.actor(slug)
    document = actor_document(connection, node, slug)
    letter = Letter("Update", document, actor, "Actor")
    return post(connection, node, slug, letter, audiences.followed_by(connection, actor, documents=False)).queued


def delete_document(connection: Connection, node: Node, slug: str, document: str) -> int:
    """Leave a tombstone, erase the bytes, and tell all who were sent any version; how many."""
    row = documents.stored(connection, document)
    if row is None or row.deleted:
        return 0
    now = node.clock()
    told = _all_told(connection, row)
    journal.erase(connection, document)
    tombstone = {"id": document, "type": "Tombstone", "deleted": timestamp(now)}
    letter = Letter("Delete", tombstone, document, row.type, row.version, row.sharing, None, "tombstone")
    sent = _to_all(connection, node, slug, letter, told)
    changed = {"deleted": timestamp(now), "updated": timestamp(now), "seq": sent.seq}
    documents.change(connection, document, changed)
    return sent.queued + _take_back(connection, node, document)


def _all_told(connection: Connection, document: Row[Any]) -> tuple[Audience, ...]:
    """Whoever was sent any version, and whoever may have read it; named aggregators each apart."""
    now = audiences.of(connection, document.owner, document.sharing, document.type in RULES)
    names = {each.actor for audience in now for each in audience.recipients}
    names |= {actor for actor, _ in queue.sent_to(connection, document.id)}
    if document.sharing == "aggregate-only":
        return tuple(audiences.one(connection, name) for name in sorted(names)) or now
    known = audiences.reachable(connection, sorted(names), shared=document.sharing == "public")
    return (Audience(now[0].name, now[0].to, now[0].cc, known),)


def announce(connection: Connection, node: Node, document: str, kind: str) -> int:
    """The node actor passes a document of a place on, by its id, to its own followers; how many.

    Mobilizon follows instances: what is announced by their actor is read at its own address.
    """
    to = audiences.followed_by(connection, node.config.node_actor, documents=False)
    return post(connection, node, _NODE, Letter("Announce", document, document, kind), to).queued


def _take_back(connection: Connection, node: Node, document: str) -> int:
    """Undo what the node actor announced of a document; to how many."""
    actor, queued = node.config.node_actor, 0
    for announced in outbox.said(connection, actor, "Announce", document):
        to = audiences.followed_by(connection, actor, documents=False)
        undone = {"id": announced, "type": "Announce", "actor": actor, "object": document}
        queued += post(connection, node, _NODE, Letter("Undo", undone, announced, "Announce"), to).queued
    return queued


def delete_actor(connection: Connection, node: Node, slug: str) -> int:
    """Delete every document of a place, then its actor; its short name is never given again."""
    actor = known_actor(connection, node, slug).id
    living = documents.of_owner(connection, actor)
    queued = sum(delete_document(connection, node, slug, row.id) for row in living)
    to = audiences.followed_by(connection, actor, documents=False)
    queued += post(connection, node, slug, Letter("Delete", actor, actor, "Actor", verdict="tombstone"), to).queued
    gone = update(actors).where(actors.c.id == actor).values(deleted=times.text(node.clock()))
    connection.execute(gone)
    return queued
