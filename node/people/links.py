"""One-time links: an invitation to manage a place, or another password. What is kept opens nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from node.context import Node
from node.people import secret
from node.store import times
from node.store.people import links

INVITE = "invite"
RESET = "reset"
_LOCK = threading.Lock()
_HELD: set[str] = set()  # the links that are being used now


@dataclass(frozen=True, slots=True)
class Link:
    """`place` empty: whoever uses it makes a place of their own; `account`: whose password it changes."""

    hash: str
    kind: str
    place: str
    role: str
    account: str
    made_by: str
    expires: str


def make(
    node: Node, kind: str, *, place: str = "", role: str = "", account: str = "", made_by: str = "", days: int = 7
) -> str:
    """What comes at the end of the address; it is shown once."""
    made, now = secret.made(), node.clock()
    row = {
        "hash": secret.kept(made),
        "kind": kind,
        "place": place,
        "role": role,
        "account": account,
        "made_by": made_by,
        "created": times.text(now),
        "expires": times.text(now + timedelta(days=days)),
    }
    node.store.write(lambda connection: connection.execute(insert(links).values(row)))
    return made


def _link(row: Row[Any]) -> Link:
    return Link(row.hash, row.kind, row.place, row.role, row.account, row.made_by, row.expires)


def read(node: Node, kind: str, token: str) -> Link | None:
    """A link of this kind that can still be used."""
    query = select(links).where(links.c.hash == secret.kept(token), links.c.kind == kind, links.c.used.is_(None))
    with node.store.read() as connection:
        row = connection.execute(query).one_or_none()
    return _link(row) if row is not None and row.expires > times.text(node.clock()) else None


def waiting(node: Node, place: str | None = None) -> list[Link]:
    """The invitations that nobody has used yet, of one place or all."""
    query = select(links).where(links.c.kind == INVITE, links.c.used.is_(None)).order_by(links.c.created)
    if place is not None:
        query = query.where(links.c.place == place)
    with node.store.read() as connection:
        return [_link(row) for row in connection.execute(query) if row.expires > times.text(node.clock())]


def use(connection: Connection, link: Link, now: str) -> bool:
    """Use it inside a transaction of the caller; False when somebody was faster."""
    used = update(links).where(links.c.hash == link.hash, links.c.used.is_(None)).values(used=now)
    return bool(connection.execute(used).rowcount)


@contextmanager
def alone(link: Link) -> Iterator[bool]:
    """While somebody uses a link; False for whoever comes meanwhile, so that what it makes is made once."""
    with _LOCK:
        mine = link.hash not in _HELD
        _HELD.add(link.hash)
    try:
        yield mine
    finally:
        if mine:
            _HELD.discard(link.hash)


def withdraw(node: Node, digest: str) -> None:
    """A link that nobody shall use."""
    gone = update(links).where(links.c.hash == digest).values(used=times.text(node.clock()))
    node.store.write(lambda connection: connection.execute(gone))
