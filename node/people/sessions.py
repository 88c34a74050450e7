"""Sessions: what a browser holds in one cookie, and what this node knows of it.

The cookie is `__Host-` (RFC 6265bis, 4.1.3.2): of this address alone, over HTTPS or loopback. Logging in always makes a
new one. A session ends 14 days after it was last used, 60 days after it began.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from node.context import Node
from node.people import secret
from node.people.accounts import Account, by_id
from node.store import times
from node.store.people import sessions

COOKIE = "__Host-maillage"
IDLE = timedelta(days=14)
LONGEST = timedelta(days=60)
_NOTED = timedelta(minutes=5)  # how seldom "last used" is written


@dataclass(frozen=True, slots=True)
class Session:
    """Who is there; `notice` is what the next page says once: a key of the catalogue and its parameters."""

    hash: str
    account: Account
    notice: tuple[str, Mapping[str, str]] | None = None


def begin(node: Node, account: str) -> str:
    """A new session; returns what goes into the cookie. Those that have ended are forgotten here."""
    made, now = secret.made(), node.clock()
    row = {"hash": secret.kept(made), "account": account, "created": times.text(now), "seen": times.text(now)}

    def act(connection: Connection) -> None:
        old = (sessions.c.seen < times.text(now - IDLE)) | (sessions.c.created < times.text(now - LONGEST))
        connection.execute(delete(sessions).where(old))
        connection.execute(insert(sessions).values(row | {"notice": ""}))

    node.store.write(act)
    return made


def read(node: Node, cookie: str) -> Session | None:
    """Who holds this cookie now."""
    if not cookie:
        return None
    digest, now = secret.kept(cookie), node.clock()
    with node.store.read() as connection:
        row = connection.execute(select(sessions).where(sessions.c.hash == digest)).one_or_none()
    if row is None or row.seen < times.text(now - IDLE) or row.created < times.text(now - LONGEST):
        return None
    account = by_id(node, row.account)
    if account is None:
        return None
    if row.seen < times.text(now - _NOTED):
        seen = update(sessions).where(sessions.c.hash == digest).values(seen=times.text(now))
        node.store.write(lambda connection: connection.execute(seen))
    return Session(digest, account, tuple(json.loads(row.notice)) if row.notice else None)


def tell(node: Node, session: str, key: str, params: Mapping[str, object]) -> None:
    """What the next page of this session says; an empty key says nothing any more."""
    notice = json.dumps([key, {name: str(value) for name, value in params.items()}]) if key else ""
    said = update(sessions).where(sessions.c.hash == session).values(notice=notice)
    node.store.write(lambda connection: connection.execute(said))


def end(node: Node, session: str) -> None:
    """End one session."""
    node.store.write(lambda connection: connection.execute(delete(sessions).where(sessions.c.hash == session)))
