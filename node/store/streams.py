"""The numbers that let others notice what they missed: one sequence an actor, one counter an audience."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import actors, streams


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where an activity stands: `seq` among all of its actor's, `n` after `prev` among those of its audience."""

    seq: int
    epoch: int
    n: int
    prev: str | None


def next_place(connection: Connection, actor: str, audience: str) -> StreamPlace:
    """The next numbers of one of our actors; `moved` must follow in the same transaction."""
    query = update(actors).where(actors.c.id == actor).values(seq=actors.c.seq + 1)
    seq, epoch = connection.execute(query.returning(actors.c.seq, actors.c.epoch)).one()
    stream = select(streams.c.n, streams.c.prev).where(streams.c.actor == actor, streams.c.audience == audience)
    n, prev = connection.execute(stream).one_or_none() or (0, None)
    return StreamPlace(seq, epoch, n + 1, prev)


def moved(connection: Connection, actor: str, audience: str, place: StreamPlace, activity: str) -> None:
    """Remember that `activity` stands at `place`."""
    statement = insert(streams).values(actor=actor, audience=audience, n=place.n, prev=activity)
    statement = statement.on_conflict_do_update(
        index_elements=["actor", "audience"], set_={"n": place.n, "prev": activity}
    )
    connection.execute(statement)
