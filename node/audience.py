"""Who receives what leaves: everybody who follows, the partners, one named aggregator, or one actor.

Documents of our vocabulary go only to peers whose application actor says that it implements it; what a general server
reads (the actor, relations, posts) goes to all. What is not public is never addressed to the followers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from node.store.schema import followers, grants, peers
from node.store.statement import Statement
from vocab.terms import PUBLIC

_ACCEPTED = Statement(
    select(followers.c.follower).where(followers.c.actor == bindparam("of"), followers.c.state == "accepted")
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """An actor, and the inbox where it takes what we send."""

    actor: str
    inbox: str
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """`name` is `public`, `network` or the IRI of one actor: the counter it is numbered in."""

    name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    recipients: tuple[Recipient, ...]


_COLLECTION = {"public": "/followers", "network": "/partners", "aggregate-only": "/aggregators"}


def addressed(actor: str, sharing: str) -> tuple[str, ...]:
    """The `to` of a document: everybody, or a collection of its actor that names nobody."""
    return (PUBLIC,) if sharing == "public" else (actor + _COLLECTION[sharing],)


def one(connection: Connection, recipient: str) -> Audience:
    """One actor alone."""
    return Audience(recipient, (recipient,), (), reachable(connection, [recipient], shared=False))


def followed_by(connection: Connection, actor: str, documents: bool) -> Audience:
    """Everybody; delivered to the accepted followers, for documents only to those who speak our vocabulary."""
    names = [row.follower for row in _ACCEPTED.all(connection, {"of": actor})]
    found = reachable(connection, names, shared=True, speaking=documents) if names else ()
    return Audience("public", (PUBLIC,), (actor + "/followers",), found)


def of(connection: Connection, actor: str, sharing: str, documents: bool = True) -> tuple[Audience, ...]:
    """The audiences of a document: one, or as many as there are named aggregators. `documents`: of our vocabulary."""
    if sharing == "public":
        return (followed_by(connection, actor, documents),)
    query = select(grants.c.grantee).where(grants.c.actor == actor, grants.c.level == sharing)
    names = connection.execute(query.order_by(grants.c.grantee)).scalars().all()
    found = reachable(connection, names, shared=False)
    to = addressed(actor, sharing)
    if sharing == "network" or not names:
        return (Audience(sharing, to, (), found),)
    mine = {name: tuple(each for each in found if each.actor == name) for name in names}
    return tuple(Audience(name, to, (), mine[name]) for name in names)


def reachable(
    connection: Connection, names: Sequence[str], shared: bool, speaking: bool = False
) -> tuple[Recipient, ...]:
    """Those of `names` that we know how to reach; `speaking`: only those who implement our vocabulary."""
    wanted = peers.c["actor", "inbox", "shared_inbox", "handle"]
    query = select(*wanted).where(peers.c.actor.in_(names), peers.c.inbox.is_not(None), peers.c.gone.is_(None))
    rows = connection.execute((query.where(peers.c.implements) if speaking else query).order_by(peers.c.actor))
    return tuple(Recipient(row.actor, (shared and row.shared_inbox) or row.inbox, row.handle or "") for row in rows)
