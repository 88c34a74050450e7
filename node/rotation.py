"""New keys for our actors: as a habit, or because the old ones may be in other hands.

Each time: new files first, then one transaction that ends the old pair, begins the new one and queues the `Update`
of the actor, then the old files are destroyed. Killed at any line, the node signs with what it publishes; what is
left to do is done when it starts again (`finish`).

A pair that only ends keeps proving what it signed until then. One that is revoked proves nothing to those who do not
have it yet, so every living document is said again with the new pair. That a key is revoked, and which recovery key
comes next, is proved by the recovery key, which is on paper and in no file.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, Row, func, select

from federation import keylist
from federation.clock import timestamp
from federation.keys import ActorKeys, KeyKind, PublicKey, public_text
from node.context import Node
from node.errors import PlaceUnknown, RecoveryRefused
from node.outgoing import prove_again, update_actor
from node.store import own_keys, times
from node.store.documents import DIRECT
from node.store.own_keys import Pair
from node.store.schema import actor_keys, actors, blobs, documents

End = Callable[[Connection, Row[Any]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Renewed:
    """An actor's new keys, those that expired or were revoked, and how many will be told."""

    slug: str
    actor: str
    pair: Pair
    ended: tuple[str, ...]
    queued: int


def rotate(node: Node, slug: str | None = None) -> tuple[Renewed, ...]:
    """New keys for one actor, or for all of this node; the old ones expire. Raises `PlaceUnknown`."""
    now = times.text(node.clock())

    def end(connection: Connection, actor: Row[Any]) -> Sequence[str]:
        pair = own_keys.current(connection, actor.id)
        for key_id in (pair.rsa, pair.ed25519):
            own_keys.change(connection, key_id, expires=now)
        return pair.rsa, pair.ed25519

    return _renew(node, slug, end)


def recover(
    node: Node, secret: Ed25519PrivateKey, since: datetime | None = None, slug: str | None = None
) -> tuple[Renewed, ...]:
    """Revoke the keys that were in use since a time (now, when none is given) and make new ones.

    Raises `PlaceUnknown`, `RecoveryRefused`; then nothing was written.
    """
    now = node.clock()
    from_ = min(since or now, now).replace(microsecond=0)
    with node.store.read() as connection:
        for actor in living(connection, slug):
            _paper(connection, actor.id, secret)

    def end(connection: Connection, actor: Row[Any]) -> Sequence[str]:
        paper, revoked = _paper(connection, actor.id, secret), []
        for row in own_keys.history(connection, actor.id):
            if row.kind != KeyKind.RECOVERY and _was_in_use(row, from_):
                key = own_keys.public_key(row, from_)
                entry = json.dumps(keylist.proved_by(key, secret, paper, timestamp(now)))
                own_keys.change(connection, row.id, revoked=times.text(from_), entry=entry)
                revoked.append(row.id)
        return revoked

    return _renew(node, slug, end)


def _was_in_use(row: Row[Any], since: datetime) -> bool:
    """Whether a key that is not revoked from even earlier could sign at that time or later."""
    return not any(time and times.read(time) <= since for time in (row.expires, row.revoked))


def _paper(connection: Connection, actor: str, secret: Ed25519PrivateKey) -> str:
    """The id of an actor's recovery key, if that is the one given."""
    row = own_keys.recovery(connection, actor)
    if row is None:
        raise RecoveryRefused("recovery_none")
    if row.public != public_text(secret.public_key()):
        raise RecoveryRefused("recovery_wrong")
    return str(row.id)


def renew_recovery(node: Node, paper: Ed25519PublicKey, before: Ed25519PrivateKey | None) -> tuple[str, ...]:
    """Another recovery key for every actor, or their first; the actors that have it.

    `before` is the one in use, which says so to all who know it; without it, they will not believe the new one.
    Raises `RecoveryRefused`.
    """
    now = node.clock()

    def act(connection: Connection) -> tuple[str, ...]:
        found = []
        for actor in living(connection, None):
            _renew_recovery(connection, actor.id, paper, before, now)
            update_actor(connection, node, actor.slug)
            found.append(actor.id)
        return tuple(found)

    return node.store.write(act)


def _renew_recovery(
    connection: Connection, actor: str, paper: Ed25519PublicKey, before: Ed25519PrivateKey | None, now: datetime
) -> None:
    old, entry = own_keys.recovery(connection, actor), None
    if old is not None and before is not None:
        following = PublicKey(own_keys.next_id(connection, actor, KeyKind.RECOVERY), actor, KeyKind.RECOVERY, paper)
        entry = json.dumps(keylist.proved_by(following, before, _paper(connection, actor, before), timestamp(now)))
    if old is not None:
        own_keys.change(connection, old.id, expires=times.text(now))
    own_keys.add(connection, actor, KeyKind.RECOVERY, public_text(paper), times.text(now), entry)


def _renew(node: Node, slug: str | None, end: End) -> tuple[Renewed, ...]:
    with node.store.read() as connection:
        made = [(actor, node.keys.make(actor.slug)) for actor in living(connection, slug)]
    done = node.store.write(lambda c: tuple(_renewed(c, node, actor, keys, end) for actor, keys in made))
    finish(node)
    return done


def _renewed(connection: Connection, node: Node, actor: Row[Any], keys: ActorKeys, end: End) -> Renewed:
    now, ended = times.text(node.clock()), tuple(end(connection, actor))
    own_keys.add(connection, actor.id, KeyKind.RSA, keys.public_pem, now)
    own_keys.add(connection, actor.id, KeyKind.ED25519, keys.multibase, now)
    queued = update_actor(connection, node, actor.slug)
    return Renewed(actor.slug, actor.id, own_keys.current(connection, actor.id), ended, queued)


def living(connection: Connection, slug: str | None) -> Sequence[Row[Any]]:
    """The actors of this node that are not deleted, or the one named. Raises `PlaceUnknown`."""
    query = select(actors).where(actors.c.deleted.is_(None)).order_by(actors.c.slug)
    rows = connection.execute(query if slug is None else query.where(actors.c.slug == slug)).all()
    if not rows and slug is not None:
        raise PlaceUnknown(slug)
    return rows


def finish(node: Node) -> int:
    """What a change of keys may have left to do: files to destroy, documents to say again; how many of these."""
    ended = actor_keys.c.expires.is_not(None) | actor_keys.c.revoked.is_not(None)
    query = select(actors.c.slug, actor_keys).join(actors, actors.c.id == actor_keys.c.actor).where(ended)
    with node.store.read() as connection:
        rows = connection.execute(query.where(actor_keys.c.kind == str(KeyKind.ED25519))).all()
        waiting = [(row.slug, each) for row in rows if row.revoked for each in _proved_by(connection, row)]
    for row in rows:
        node.keys.destroy(row.slug, row.public)
    for slug, document in waiting:
        node.store.write(partial(prove_again, node=node, slug=slug, document=document))
    return len(waiting)


def _proved_by(connection: Connection, key: Row[Any]) -> Sequence[str]:
    """The living documents whose last version this key proves; not letters, which were read when they came."""
    method = f'"verificationMethod":"{key.id}"'.encode()
    query = select(documents.c.id).join(blobs, (blobs.c.seq == documents.c.seq) & (blobs.c.kind == "document"))
    query = query.where(documents.c.owner == key.actor, documents.c.deleted.is_(None), documents.c.sharing != DIRECT)
    return connection.execute(query.where(func.instr(blobs.c.bytes, method) > 0)).scalars().all()
