"""Tokens of programs: what a booking or till software holds to send the figures of one place. It can do nothing else.

The token is shown once; what is kept opens nothing (`node.people.secret`).
"""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from sqlalchemy import Connection, insert, select, update

from node.context import Node
from node.people import audit, secret
from node.store import times
from node.store.people import tokens

PREFIX = "maillage_"
_NOTED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Token:
    """A program of a place; `used`: when it last came, or empty."""

    id: str
    place: str
    name: str
    created: str
    used: str


def make(node: Node, slug: str, name: str, account: str) -> str:
    """A new token; what the program is to be given."""
    made, now = PREFIX + secret.made(), times.text(node.clock())
    row = {"id": token_hex(8), "hash": secret.kept(made), "place": slug, "name": " ".join(name.split())[:100]}

    def act(connection: Connection) -> None:
        connection.execute(insert(tokens).values(row | {"account": account, "created": now}))
        audit.put(connection, now, account, "token_made", slug, name=row["name"])

    node.store.write(act)
    return made


def of(node: Node, slug: str) -> list[Token]:
    """The tokens of a place that still open something, the newest first."""
    query = select(tokens).where(tokens.c.place == slug, tokens.c.revoked.is_(None)).order_by(tokens.c.created.desc())
    with node.store.read() as connection:
        rows = connection.execute(query).all()
    return [Token(row.id, row.place, row.name, row.created, row.used or "") for row in rows]


def read(node: Node, given: str) -> Token | None:
    """The program that holds this token."""
    query = select(tokens).where(tokens.c.hash == secret.kept(given), tokens.c.revoked.is_(None))
    with node.store.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    now = node.clock()
    if not row.used or row.used < times.text(now - _NOTED):
        seen = update(tokens).where(tokens.c.id == row.id).values(used=times.text(now))
        node.store.write(lambda connection: connection.execute(seen))
    return Token(row.id, row.place, row.name, row.created, row.used or "")


def revoke(node: Node, slug: str, token: str, account: str) -> None:
    """From now on it opens nothing."""
    now = times.text(node.clock())

    def act(connection: Connection) -> None:
        gone = update(tokens).where(tokens.c.id == token, tokens.c.place == slug).values(revoked=now)
        connection.execute(gone)
        audit.put(connection, now, account, "token_revoked", slug, id=token)

    node.store.write(act)
