"""A place has gone to live elsewhere: its former home says so, once its new one says the same (FEP-7628).

All that follow it are told with a `Move`; here, it says nothing new, counts no more, and its page leads to the other.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from federation.discovery import Resolved
from node import audience, outgoing, relations, wishes
from node.context import Node
from node.errors import NodeError
from node.outgoing import Letter, post
from node.people.quotas import Closed
from node.places import known_actor
from node.relations import Unreachable
from node.store.people import followed_for
from node.store.schema import actors


class NotThere(NodeError):
    """The other home does not say that it is the same place: `code` is move_not_there, or move_same."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class Departed:
    """Where the place lives now, and how many are being told."""

    target: str
    name: str
    told: int


async def depart(node: Node, slug: str, target: str) -> Departed | Unreachable:
    """Tell everybody that a place of ours is now the one of a handle or address.

    Raises `PlaceUnknown`, `Closed` for one that moved before, `NotThere`; then nothing was written.
    """
    with node.store.read() as connection:
        _still_here(connection, node, slug)
    found = await relations.resolve(node, target)
    if isinstance(found, Unreachable):
        return found
    return await relations.written(node, lambda connection: _depart(connection, node, slug, found))


def _still_here(connection: Connection, node: Node, slug: str) -> None:
    actor = known_actor(connection, node, slug)
    if actor.moved:
        raise Closed("place_moved", slug, target=actor.moved)


def _depart(connection: Connection, node: Node, slug: str, found: Resolved) -> Departed:
    actor, new = node.config.actor(slug), found.actor
    _still_here(connection, node, slug)
    if new.id == actor:
        raise NotThere("move_same", slug=slug)
    if actor not in new.also_known_as:
        raise NotThere("move_not_there", slug=slug, target=new.id)
    connection.execute(update(actors).where(actors.c.id == actor).values(moved=new.id))
    to = audience.followed_by(connection, actor, documents=False)
    letter = Letter("Move", actor, actor, "Actor", verdict="effect", more={"target": new.id})
    told = post(connection, node, slug, letter, to).queued
    outgoing.update_actor(connection, node, slug)
    _hear_there(connection, node, actor, found)
    _forget_wishes(connection, node, actor)
    return Departed(new.id, new.name or new.id, told)


def _hear_there(connection: Connection, node: Node, actor: str, found: Resolved) -> None:
    """Those here who heard it hear it there: places of this node, and the node itself where it gathers figures."""
    wanting = list(relations.wanted_by(connection, actor))
    if node.config.is_aggregator():
        wanting.append(node.config.node_actor)
    connection.execute(delete(followed_for).where(followed_for.c.target == actor))
    if wanting:
        relations.ask(connection, node, found, tuple(dict.fromkeys(wanting)))


def _forget_wishes(connection: Connection, node: Node, actor: str) -> None:
    """It hears nobody from here any more."""
    heard = select(followed_for.c.target).where(followed_for.c.actor == actor)
    for target in connection.execute(heard).scalars().all():
        wishes.unwant(connection, node, actor, target)
