"""The places that ask a network to be part of it: the request of their site to follow it names them (`instrument`).

Asking decides nothing: a place is part of the network once the network follows it, and it has accepted.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from federation.activity import id_of, is_iri, origin
from node import relations
from node.context import Node
from node.policy import policy
from node.relations import Asked, Unreachable
from node.store.schema import blobs, followers, following, journal, peers
from vocab.errors import visible

MOST = 1_000  # places that one request may name
_AT_ONCE = 8
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that asks; `state`: of our own request to it, empty when there is none."""

    actor: str
    site: str
    since: str
    state: str

    @property
    def handle(self) -> str:
        """What its address says: nothing of it was read yet."""
        return visible(f"@{self.actor.rpartition('/')[2]}@{urlsplit(self.actor).netloc}")[:_LONGEST]


def asking(node: Node) -> tuple[Candidate, ...]:
    """Those that ask, and that this node does not follow yet; the latest first."""
    refuses = policy(node)
    with node.store.read() as connection:
        found = {each.actor: each for each in _named(connection, node.config.node_actor)}
    waiting = (each for each in found.values() if each.state not in ("accepted", "rejected"))
    return tuple(each for each in waiting if refuses.judge(each.actor) is None)


def _named(connection: Connection, me: str) -> Iterator[Candidate]:
    states = dict(map(tuple, connection.execute(select(following.c.target, following.c.state))))
    query = (
        select(followers.c.follower, followers.c.since, peers.c.name, peers.c.host, blobs.c.bytes)
        .join(journal, (journal.c.actor == followers.c.follower) & (journal.c.activity == followers.c.follow))
        .join(blobs, (blobs.c.seq == journal.c.seq) & (blobs.c.kind == "activity"))
        .outerjoin(peers, peers.c.actor == followers.c.follower)
        .where(followers.c.actor == me, followers.c.state == "accepted", blobs.c.bytes.is_not(None))
        .order_by(followers.c.since.desc(), followers.c.follower)
    )
    for row in connection.execute(query):
        site = visible(row.name or row.host or row.follower).strip()[:_LONGEST]
        for place in _places(row):
            yield Candidate(place, site, row.since, states.get(place, ""))


def _places(row: Any) -> Iterator[str]:
    """The places of its own origin that a request names."""
    said = json.loads(row.bytes).get("instrument")
    for each in (said if isinstance(said, list) else [said])[:MOST]:
        place = id_of(each)
        if is_iri(place) and place != row.follower and origin(place) == origin(row.follower):
            yield place


async def welcome(node: Node, places: list[str]) -> list[Asked | Unreachable]:
    """Ask places that ask to be followed, a few at once; those that did not ask are left alone."""
    known = {each.actor for each in await asyncio.to_thread(asking, node)}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(place: str) -> Asked | Unreachable:
        async with turn:
            return await relations.follow(node, place)

    return await asyncio.gather(*(one(place) for place in dict.fromkeys(places) if place in known))
