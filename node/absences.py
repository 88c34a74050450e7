"""Actors whose own address answers 410: gone for us after a second look, a day later, and not before.

A server that is being mended, or was taken over for an hour, does not make a place disappear. What ends then is what
ends when we leave: an `Undo` of our Follow is journalled, and the fold forgets what the actor said.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, select, update

from federation.errors import Refused
from node import relations
from node.context import Node
from node.lookup import Lookup
from node.store import peers, times
from node.store.schema import deliveries
from node.store.schema import peers as rows

PATIENCE = timedelta(hours=24)


async def second_look(node: Node, look: Lookup) -> int:
    """Look again at those who were missing a day ago; how many are gone."""
    before = times.text(node.clock() - PATIENCE)
    with node.store.read() as connection:
        query = select(rows.c.actor).where(rows.c.missing <= before, rows.c.gone.is_(None))
        names = connection.execute(query).scalars().all()
    gone = 0
    for name in names:
        read = await look.fetcher.actor(name)
        if not isinstance(read, Refused):
            actor, raw = read
            await node.store.awrite(partial(peers.remember, actor=actor, document=raw, now=node.clock()))
        elif read.reason == "gone":
            await node.store.awrite(partial(_part, node=node, actor=name))
            gone += 1
    return gone


def _part(connection: Connection, node: Node, actor: str) -> None:
    relations.leave(connection, node, actor)
    peers.gone(connection, actor, node.clock())
    relations.drop(connection, actor)
    waiting = update(deliveries).where(deliveries.c.recipient == actor, deliveries.c.state == "queued")
    connection.execute(waiting.values(state="parked", reason="gone"))
