"""The keys of our own actors and their history: the pair that signs now, those that did, what was revoked.

A pair is one RSA and one Ed25519 key, made and ended together. Which one signs is decided here and nowhere else, in
the transaction that tells the others; the private halves are files (`node.keyring`).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from federation import keylist
from federation.errors import Refused
from federation.keylist import Listed
from federation.keys import ActorKeys, KeyKind, PublicKey, load_public
from node.store import times
from node.store.schema import actor_keys, actors
from node.store.statement import Statement

NAMES = {KeyKind.RSA: keylist.MAIN, KeyKind.ED25519: keylist.PROVING, KeyKind.RECOVERY: keylist.RECOVERY}
_KEYS = 100  # of one kind: more than any actor takes between two copies of the node
_signs = actor_keys.c.expires.is_(None) & actor_keys.c.revoked.is_(None)
_columns = (actor_keys.c.id, actor_keys.c.kind, actor_keys.c.public)
_CURRENT = Statement(select(*_columns).where(actor_keys.c.actor == bindparam("actor"), _signs))


@dataclass(frozen=True, slots=True)
class Pair:
    """The ids of the two keys that sign for an actor, and the Ed25519 one as it is published."""

    rsa: str
    ed25519: str
    multibase: str


def current(connection: Connection, actor: str) -> Pair:
    """The pair that signs now; an actor always has one."""
    rows = {row.kind: row for row in _CURRENT.all(connection, {"actor": actor})}
    rsa, ed25519 = rows[KeyKind.RSA], rows[KeyKind.ED25519]
    return Pair(rsa.id, ed25519.id, ed25519.public)


def begin(connection: Connection, actor: str, keys: ActorKeys, now: str, recovery: str = "") -> None:
    """The first keys of an actor; nothing when it has some already."""
    if history(connection, actor):
        return
    publics = [(KeyKind.RSA, keys.public_pem), (KeyKind.ED25519, keys.multibase)]
    for kind, public in [*publics, *([(KeyKind.RECOVERY, recovery)] if recovery else [])]:
        add(connection, actor, kind, public, now)


def add(connection: Connection, actor: str, kind: KeyKind, public: str, now: str, entry: str | None = None) -> str:
    """One more key of an actor; the id that it has, never one that another had."""
    key_id = next_id(connection, actor, kind)
    row = {"id": key_id, "actor": actor, "kind": str(kind), "public": public, "created": now, "entry": entry}
    connection.execute(insert(actor_keys).values(row))
    return key_id


def next_id(connection: Connection, actor: str, kind: KeyKind) -> str:
    """`ACTOR#main-key`, then `ACTOR#main-key-2` and so on, and so for the other kinds; in a node made again from a copy
    beyond those that it may have given since."""
    of_kind = (actor_keys.c.actor == actor) & (actor_keys.c.kind == str(kind))
    had = connection.execute(select(func.count()).select_from(actor_keys).where(of_kind)).scalar_one()
    epoch = connection.execute(select(actors.c.epoch).where(actors.c.id == actor)).scalar_one_or_none() or 1
    number = had + 1 + _KEYS * (epoch - 1)
    return actor + NAMES[kind] + (f"-{number}" if number > 1 else "")


def history(connection: Connection, actor: str) -> list[Row[Any]]:
    """Every key of an actor, the newest first."""
    query = select(actor_keys).where(actor_keys.c.actor == actor)
    return list(connection.execute(query.order_by(actor_keys.c.created.desc(), actor_keys.c.id.desc())))


def recovery(connection: Connection, actor: str) -> Row[Any] | None:
    """The recovery key of an actor, whose private half is on paper; None where none was made."""
    rows = (row for row in history(connection, actor) if row.kind == KeyKind.RECOVERY and row.expires is None)
    return next(rows, None)


def change(connection: Connection, key_id: str, **values: str) -> None:
    """End a key: `expires`, or `revoked` with the `entry` that proves it."""
    connection.execute(update(actor_keys).where(actor_keys.c.id == key_id).values(values))


def public_key(row: Row[Any], revoked: datetime | None = None) -> PublicKey:
    """The key of a row; `revoked`: as it is to be from now on."""
    public = load_public(row.kind, row.public)
    assert not isinstance(public, Refused), row.id
    expires, before = (times.read(time) if time else None for time in (row.expires, row.revoked))
    return PublicKey(row.id, row.actor, KeyKind(row.kind), public, expires, revoked or before)


def listed(connection: Connection, actor: str) -> list[Listed]:
    """What the actor's document says of its keys; one for requests that has expired is left out, for it proves none."""
    found = []
    for row in history(connection, actor):
        key = public_key(row)
        if key.revoked is None and key.expires is not None and key.kind is KeyKind.RSA:
            continue
        found.append(Listed(key, json.loads(row.entry) if row.entry else keylist.entry_of(key)))
    return found
