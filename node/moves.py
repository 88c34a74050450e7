"""An actor that we follow says that it moved: believed once both ends say so, and never in the path of a message.

OLD's verified `Move` leaves a row. A job reads NEW afresh; only if NEW lists OLD in `alsoKnownAs` is NEW asked to be
followed. OLD is left, and its figures with it, when NEW has accepted, so that no day is without the place.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.activity import is_iri
from federation.actor import RemoteActor
from federation.discovery import Resolved
from federation.errors import Refused
from federation.inbox import Verified
from node import relations
from node.context import Node
from node.lookup import Lookup
from node.store import journal, peers, times
from node.store.schema import following, moves
from node.store.schema import peers as rows

log = logging.getLogger("maillage.moves")
PATIENCE = timedelta(days=3)
_LATER = ("unreachable", "too_long", "remote_refused", "too_many")


def on_move(connection: Connection, node: Node, verified: Verified) -> bool:
    """Note that an actor that we follow says where it went; False for anybody else's, and for another's object."""
    facts = verified.facts
    if facts.object_id != facts.actor or not is_iri(facts.target) or facts.target == facts.actor:
        return False
    if not _is_followed(connection, facts.actor):
        return False
    earlier = (moves.c.actor == facts.actor) & (moves.c.state == "asked")  # the last word counts
    connection.execute(update(moves).where(earlier).values(state="refused"))
    seq = journal.known(connection, facts.actor, facts.id)
    since = times.text(node.clock())
    row = {"actor": facts.actor, "target": facts.target, "state": "asked", "since": since, "seq": seq}
    statement = insert(moves).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["actor", "target"], set_=row))
    return True


def on_accept(connection: Connection, node: Node, verified: Verified) -> bool:
    """An actor accepts us; those that live there now are left where they were."""
    if not relations.on_accept(connection, node, verified):
        return False
    query = select(rows.c.actor).where(rows.c.moved == verified.facts.actor)
    for old in connection.execute(query).scalars().all():
        relations.leave(connection, node, old)
    return True


async def settle(node: Node, look: Lookup) -> int:
    """Look at what the new actors say of the moves that wait; how many were confirmed."""
    with node.store.read() as connection:
        waiting = connection.execute(select(moves).where(moves.c.state == "asked")).all()
    confirmed = 0
    for move in waiting:
        read = await look.fetcher.actor(move.target)
        if isinstance(read, Refused) and read.reason in _LATER and not _is_over(node, move):
            continue
        if isinstance(read, Refused):
            reason = read.reason
            await node.store.awrite(partial(_state, move=move, state="refused"))
        else:
            reason = await node.store.awrite(partial(_conclude, node=node, move=move, found=Resolved(*read, "")))
        if reason:
            log.warning("move refused actor=%s target=%s reason=%s", move.actor, move.target, reason)
        else:
            log.info("move confirmed actor=%s target=%s", move.actor, move.target)
        confirmed += not reason
    return confirmed


def _is_followed(connection: Connection, actor: str) -> bool:
    query = select(following.c.state).where(following.c.target == actor, following.c.state == "accepted")
    return connection.execute(query).first() is not None


def _is_over(node: Node, move: Row[Any]) -> bool:
    return node.clock() - times.read(move.since) > PATIENCE


def _judge(connection: Connection, move: Row[Any], new: RemoteActor) -> str:
    """Why a move is not believed; empty when it is. Whoever was left meanwhile is followed nowhere else."""
    if move.actor not in new.also_known_as:
        return "also_known_as"
    return "" if _is_followed(connection, move.actor) else "not_followed"


def _state(connection: Connection, move: Row[Any], state: str) -> bool:
    """False when it waits no more: another was named while this one was looked at."""
    key = (moves.c.actor == move.actor) & (moves.c.target == move.target) & (moves.c.state == "asked")
    return bool(connection.execute(update(moves).where(key).values(state=state)).rowcount)


def _conclude(connection: Connection, node: Node, move: Row[Any], found: Resolved) -> str:
    """Confirm or refuse a move whose new actor was just read, and why it is refused."""
    reason = _judge(connection, move, found.actor)
    if not _state(connection, move, "refused" if reason else "confirmed"):
        return "overtaken"
    if not reason:
        asked = relations.ask(connection, node, found, relations.wanted_by(connection, move.actor))
        peers.moved(connection, move.actor, found.actor.id)
        if asked.state == "accepted":
            relations.leave(connection, node, move.actor)
    return reason
