"""What one place of this node wants of others: to hear them, or to have nothing to do with them.

The node follows once, for all of its places that want it, and leaves with the last of them. Another place of this same
node is heard without asking. What a place shuts out is its own affair; `hosts` decides for the whole node.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from federation import discovery
from node import relations
from node.context import Node
from node.places import known_actor
from node.relations import Unreachable
from node.store import times
from node.store.people import followed_for, place_blocks
from node.store.schema import actors, followers, following, grants


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom a place wants to hear: requested, accepted, rejected; `by_node`: the node wants it for itself too."""

    target: str
    state: str
    since: str
    by_node: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What became of asking: the actor, its name, and where it stands."""

    target: str
    name: str
    state: str


async def follow(node: Node, slug: str, target: str) -> Wanted | Unreachable:
    """Hear another for one place: the node asks, unless it did or the other is one of its own places."""
    here = neighbour(node, target)
    if here is None:
        asked = await relations.follow(node, target, slug)
        return asked if isinstance(asked, Unreachable) else Wanted(asked.target, asked.name, asked.state)
    iri, name = here

    def act(connection: Connection) -> Wanted:
        want(connection, node.config.actor(slug), iri, times.text(node.clock()))
        return Wanted(iri, name, "accepted")

    return await relations.written(node, act)


def neighbour(node: Node, target: str) -> tuple[str, str] | None:
    """The id and name of the place of this node that a handle, or an address, names."""
    handle = discovery.read_handle(target)
    is_here = handle is not None and handle.host == node.config.authority.lower()
    iri = node.config.actor(handle.user) if handle is not None and is_here else target.partition("#")[0].rstrip("/")
    query = select(actors.c.id, actors.c.name).where(actors.c.id == iri, actors.c.deleted.is_(None))
    with node.store.read() as connection:
        row = connection.execute(query.where(actors.c.kind == "place")).one_or_none()
    return None if row is None else (row.id, row.name)


def want(connection: Connection, actor: str, target: str, now: str) -> None:
    """Note that an actor of ours wants to hear another."""
    row = {"actor": actor, "target": target, "since": now}
    connection.execute(insert(followed_for).values(row).on_conflict_do_nothing())


def unfollow(node: Node, slug: str, target: str) -> bool:
    """Hear another no more for one place; the node leaves it when nobody here wants it. False: it was not heard."""

    def act(connection: Connection) -> bool:
        return unwant(connection, node, node.config.actor(slug), target)

    return node.store.write(act)


def unwant(connection: Connection, node: Node, actor: str, target: str) -> bool:
    """The same, inside the caller's transaction, of an actor of ours."""
    key = (followed_for.c.actor == actor) & (followed_for.c.target == target)
    gone = connection.execute(delete(followed_for).where(key)).rowcount
    left = connection.execute(select(followed_for.c.actor).where(followed_for.c.target == target)).first()
    if gone and left is None:
        relations.leave(connection, node, target)
    return bool(gone)


def wishes(node: Node, slug: str) -> tuple[Wish, ...]:
    """Whom a place hears or asked to hear, those that answered nothing yet first."""
    actor, me = node.config.actor(slug), node.config.node_actor
    relation = (following.c.target == followed_for.c.target) & (following.c.actor == me)
    query = select(followed_for, following.c.state, actors.c.id).outerjoin(following, relation)
    query = query.outerjoin(actors, (actors.c.id == followed_for.c.target) & actors.c.deleted.is_(None))
    with node.store.read() as connection:
        rows = connection.execute(query.where(followed_for.c.actor == actor)).all()
        ours = set(connection.execute(select(followed_for.c.target).where(followed_for.c.actor == me)).scalars())
    found = [
        Wish(row.target, "accepted" if row.id else row.state or "ended", row.since, row.target in ours) for row in rows
    ]
    return tuple(sorted(found, key=lambda wish: (wish.state == "accepted", wish.target)))


def welcome(node: Node, slug: str, other: str) -> None:
    """Let somebody follow a place without being asked each time."""

    def act(connection: Connection) -> None:
        row = known_actor(connection, node, slug)
        accepted = dict.fromkeys([*json.loads(row.accept), other])
        connection.execute(update(actors).where(actors.c.id == row.id).values(accept=json.dumps(list(accepted))))

    node.store.write(act)


def block(node: Node, slug: str, other: str) -> bool:
    """Shut an actor, or a host, out of one place: it follows it no more, is granted nothing, is heard no more. False
    when it was already."""
    actor = node.config.actor(slug)

    def act(connection: Connection) -> bool:
        row = {"actor": actor, "blocked": other, "since": times.text(node.clock())}
        done = connection.execute(insert(place_blocks).values(row).on_conflict_do_nothing()).rowcount
        mine = select(followers.c.follower).where(followers.c.actor == actor, followers.c.state != "rejected")
        for follower in _among(connection.execute(mine).scalars().all(), other):
            relations.settle(connection, node, slug, follower, "rejected")
        granted = connection.execute(select(grants.c.grantee).where(grants.c.actor == actor)).scalars().all()
        for grantee in _among(granted, other):
            relations.revoke(connection, actor, grantee)
        heard = connection.execute(select(followed_for.c.target).where(followed_for.c.actor == actor)).scalars().all()
        for target in _among(heard, other):
            unwant(connection, node, actor, target)
        return bool(done)

    return node.store.write(act)


def unblock(node: Node, slug: str, other: str) -> bool:
    """Let somebody ask again; False when it was not shut out."""
    key = (place_blocks.c.actor == node.config.actor(slug)) & (place_blocks.c.blocked == other)
    return node.store.write(lambda connection: bool(connection.execute(delete(place_blocks).where(key)).rowcount))


def blocked(node: Node, slug: str) -> tuple[str, ...]:
    """The actors and hosts that a place shut out."""
    query = select(place_blocks.c.blocked).where(place_blocks.c.actor == node.config.actor(slug))
    with node.store.read() as connection:
        return tuple(connection.execute(query.order_by(place_blocks.c.blocked)).scalars())


def _among(actors_: Iterable[str], other: str) -> list[str]:
    return [actor for actor in actors_ if other in (actor, urlsplit(actor).netloc.lower())]
