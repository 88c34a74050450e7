"""The log of other actors' keys: every key that we ever saw one list, since when, and until when it signs for it.

What an actor's document says counts when it was read at its own address. What is pushed to us changes no key, for a
thief could push it too, but for what the recovery key proves; that key is believed as it was first seen, and then
only if the one before says so. A revocation is never taken back, and holds for the same bytes under any other id.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Text, bindparam, cast, select, update
from sqlalchemy.dialects.sqlite import insert

from federation import keylist
from federation.actor import RemoteActor
from federation.canonical import digest
from federation.errors import Refused
from federation.keys import KeyKind, PublicKey, load_public
from node.store import times
from node.store.schema import meta, peer_keys
from node.store.statement import Statement

_OF_ID = select(peer_keys).where(peer_keys.c.id == bindparam("id"), peer_keys.c.kind != str(KeyKind.RECOVERY))
_NEWEST = (peer_keys.c.last_seen.desc(), peer_keys.c.revoked.is_not(None), peer_keys.c.first_seen.desc())
_FOUND = Statement(_OF_ID.order_by(*_NEWEST).limit(1))
_CHANGED = "peer_keys_changed"
_COUNT = Statement(select(meta.c.value).where(meta.c.key == _CHANGED))


def find(connection: Connection, key_id: str) -> PublicKey | None:
    """The key that its owner last listed under this id, even if it may not sign any more."""
    return _read(_FOUND.one(connection, {"id": key_id}))


def changes(connection: Connection) -> str:
    """A text that is another one once any key has ended, by its time or by revocation, or is listed again."""
    row = _COUNT.one(connection, {})
    return "" if row is None else str(row.value)


def all_of(connection: Connection, key_id: str) -> tuple[PublicKey, ...]:
    """Every key that was ever listed under this id."""
    return tuple(filter(None, map(_read, connection.execute(_OF_ID, {"id": key_id}).all())))


def _read(row: Any) -> PublicKey | None:
    public = None if row is None else load_public(row.kind, row.public)
    if public is None or isinstance(public, Refused):
        return None
    expires, revoked = (times.read(time) if time else None for time in (row.expires, row.revoked))
    return PublicKey(row.id, row.owner, KeyKind(row.kind), public, expires, revoked)


def _known(connection: Connection, owner: str) -> dict[tuple[str, str], Row[Any]]:
    rows = connection.execute(select(peer_keys).where(peer_keys.c.owner == owner)).all()
    return {(row.id, row.digest): row for row in rows}


def _name(key: PublicKey) -> tuple[str, str]:
    return key.id, digest(key.text.encode())


def note(connection: Connection, actor: RemoteActor, now: datetime) -> tuple[PublicKey, ...]:
    """What an actor's document, read at its own address, says of its keys; those newly known to be revoked."""
    known = _known(connection, actor.id)
    for key in actor.keys:
        _put(connection, key, now, key.expires)
        row = known.get(_name(key))
        if row is not None and row.expires != (times.text(key.expires) if key.expires else None):
            _count(connection)
    for name in known.keys() - {_name(key) for key in actor.keys}:
        if known[name].expires is None and known[name].kind != KeyKind.RECOVERY:
            _change(connection, name, expires=times.text(now))
    _note_recovery(connection, actor, now, is_first=True)
    return _revoke(connection, actor.id, [each.key for each in actor.revoked], now)


def heed(connection: Connection, actor: RemoteActor, now: datetime) -> tuple[PublicKey, ...]:
    """Of what an actor's document says when it is pushed, what its recovery key proves; keys newly revoked."""
    recovery = _note_recovery(connection, actor, now, is_first=False)
    proved = [e.key for e in actor.revoked if recovery and keylist.judge_entry(e.entry, recovery) is None]
    return _revoke(connection, actor.id, proved, now)


def _note_recovery(connection: Connection, actor: RemoteActor, now: datetime, is_first: bool) -> PublicKey | None:
    """The recovery key that we believe: that of first sight, or the one it leads to."""
    is_current = (peer_keys.c.kind == str(KeyKind.RECOVERY)) & peer_keys.c.expires.is_(None)
    row = connection.execute(select(peer_keys).where(peer_keys.c.owner == actor.id, is_current)).one_or_none()
    known = _read(row)
    if known is None:
        if is_first and row is None and actor.recovery:
            _put(connection, actor.recovery[0].key, now)
        return None
    following = keylist.successor(known, actor.recovery)
    if following.id != known.id:
        _change(connection, _name(known), expires=times.text(now))
    if any(following.id == each.key.id for each in actor.recovery):
        _put(connection, following, now)
    return following


def _revoke(connection: Connection, owner: str, keys: list[PublicKey], now: datetime) -> tuple[PublicKey, ...]:
    """Mark keys, and the same bytes under other ids; the earliest time said holds. Returns what is new."""
    known, found = _known(connection, owner), []
    since = {name[1]: row.revoked for name, row in known.items() if row.revoked}
    for key in keys:
        at, name = times.text(min(key.revoked or now, now)), _name(key)
        if since.get(name[1], "9") > at:
            since[name[1]] = at
        if name not in known:
            _put(connection, key, now)
            known[name] = connection.execute(_by_name(name)).one()
    for name, row in known.items():
        at = since.get(name[1], "")
        if at and row.revoked != at:
            _change(connection, name, revoked=at)
            found.append(_read(connection.execute(_by_name(name)).one()))
    return tuple(key for key in found if key is not None)


def _by_name(name: tuple[str, str]) -> Any:
    return select(peer_keys).where(peer_keys.c.id == name[0], peer_keys.c.digest == name[1])


def _put(connection: Connection, key: PublicKey, now: datetime, expires: datetime | None = None) -> None:
    """A key as it was just listed; what we know of its revocation stays."""
    stamp, (key_id, bytes_) = times.text(now), _name(key)
    seen = {"last_seen": stamp, "expires": times.text(expires) if expires else None}
    row = {"id": key_id, "digest": bytes_, "owner": key.owner, "kind": str(key.kind), "public": key.text}
    statement = insert(peer_keys).values(row | seen | {"first_seen": stamp})
    connection.execute(statement.on_conflict_do_update(index_elements=["id", "digest"], set_=seen))


def _change(connection: Connection, name: tuple[str, str], **values: str) -> None:
    key = (peer_keys.c.id == name[0]) & (peer_keys.c.digest == name[1])
    connection.execute(update(peer_keys).where(key).values(values))
    _count(connection)


def _count(connection: Connection) -> None:
    """Say to those who hold keys at hand that one of them is another by now."""
    counted = insert(meta).values(key=_CHANGED, value="1")
    more = {"value": cast(cast(meta.c.value, Integer) + 1, Text)}
    connection.execute(counted.on_conflict_do_update(index_elements=["key"], set_=more))
