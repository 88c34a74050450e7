"""The other actors that this node knows, and how things stand with each."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from node.context import Node
from node.policy import policy
from node.store.schema import deliveries, followers, following, hosts, journal, peer_keys, peers


@dataclass(frozen=True, slots=True)
class PeerState:
    """One actor. `follows_us` and `followed`: the state of each relation, empty for none; `received`: its last word.

    `behind`: something it said was lost and is to be read again; `vanished`: how many of its documents are gone at
    once, and were kept until an operator agrees.
    """

    actor: str
    host: str
    handle: str
    name: str
    followed: str
    follows_us: tuple[str, ...]
    implements: bool
    received: str
    waiting: int
    parked: int
    dialect: str
    keys: int
    blocked: bool
    missing: str
    gone: str
    moved: str
    behind: bool
    vanished: int


def list_peers(node: Node) -> list[PeerState]:
    """Every actor that was ever read, by host."""
    refuses = policy(node)
    with node.store.read() as connection:
        by = _by_actor(connection)
        rows = connection.execute(
            select(peers, hosts.c.dialect)
            .outerjoin(hosts, hosts.c.host == peers.c.host)
            .order_by(peers.c.host, peers.c.actor)
        ).all()
        theirs = connection.execute(select(followers.c.follower, followers.c.state).distinct()).all()
    follows_us: dict[str, list[str]] = {}
    for follower, state in theirs:
        follows_us.setdefault(follower, []).append(state)
    return [
        PeerState(
            actor=row.actor,
            host=row.host,
            handle=row.handle or "",
            name=row.name or "",
            followed=by["followed"].get(row.actor, ""),
            follows_us=tuple(sorted(follows_us.get(row.actor, ()))),
            implements=bool(row.implements),
            received=by["received"].get(row.actor, ""),
            waiting=by["queued"].get(row.actor, 0),
            parked=by["parked"].get(row.actor, 0),
            dialect=row.dialect or "",
            keys=by["keys"].get(row.actor, 0),
            blocked=refuses.judge(row.actor) is not None,
            missing=row.missing or "",
            gone=row.gone or "",
            moved=row.moved or "",
            behind=bool(by["behind"].get(row.actor)),
            vanished=by["vanished"].get(row.actor, 0),
        )
        for row in rows
    ]


def _by_actor(connection: Connection) -> dict[str, dict[str, Any]]:
    """What is counted or looked up for each actor, in one query each."""
    last = select(journal.c.actor, func.max(journal.c.seq).label("seq")).where(journal.c.direction == "in")
    came = last.group_by(journal.c.actor).subquery()  # read in the index alone, however long the journal
    keys = select(peer_keys.c.owner, func.count()).where(peer_keys.c.revoked.is_(None))
    found = {
        "followed": select(following.c.target, following.c.state),
        "behind": select(following.c.target, following.c.behind),
        "vanished": select(following.c.target, following.c.vanished),
        "received": select(came.c.actor, journal.c.time).join(journal, journal.c.seq == came.c.seq),
        "keys": keys.group_by(peer_keys.c.owner),
    }
    for state in ("queued", "parked"):
        count = func.sum(case((deliveries.c.state == state, 1), else_=0))
        found[state] = select(deliveries.c.recipient, count).group_by(deliveries.c.recipient)
    return {name: dict(map(tuple, connection.execute(query))) for name, query in found.items()}
