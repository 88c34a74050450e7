"""The numbers that let others notice what they missed: one sequence an actor, one counter an audience."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import actors, streams
from node.store.statement import Statement

_COUNT = Statement(update(actors).where(actors.c.id == bindparam("of")).values(seq=actors.c.seq + 1))
_COUNTED = Statement(select(actors.c.seq, actors.c.epoch).where(actors.c.id == bindparam("of")))
_HERE = (streams.c.actor == bindparam("of")) & (streams.c.audience == bindparam("to"))
_LAST = Statement(select(streams.c.n, streams.c.prev).where(_HERE))
_NEW = insert(streams)
_CHANGED = {name: _NEW.excluded[name] for name in ("n", "prev")}
_MOVED = Statement(_NEW.on_conflict_do_update(index_elements=["actor", "audience"], set_=_CHANGED), streams.c.keys())
EPOCH = 1_000_000  # numbers of one epoch: more than any actor gives between two copies of the node


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where an activity stands: `seq` among all of its actor's, `n` after `prev` among those of its audience."""

    seq: int
    epoch: int
    n: int
    prev: str | None


def next_place(connection: Connection, actor: str, audience: str) -> StreamPlace:
    """The next numbers of one of our actors; `moved` must follow in the same transaction."""
    _COUNT.run(connection, {"of": actor})
    counted = _COUNTED.one(connection, {"of": actor})
    n, prev = _LAST.one(connection, {"of": actor, "to": audience}) or (before(counted.epoch), None)
    return StreamPlace(counted.seq, counted.epoch, n + 1, prev)


def before(epoch: int) -> int:
    """The number before the first of an epoch: what earlier ones may have given is less."""
    return EPOCH * (epoch - 1)


def first(connection: Connection, of: str) -> dict[str, int]:
    """The columns of a new actor: it begins in the epoch of the node's own, `of`, for it may have been before."""
    epoch = int(connection.execute(select(actors.c.epoch).where(actors.c.id == of)).scalar_one())
    return {"epoch": epoch, "seq": before(epoch)}


def moved(connection: Connection, actor: str, audience: str, place: StreamPlace, activity: str) -> None:
    """Remember that `activity` stands at `place`."""
    _MOVED.run(connection, {"actor": actor, "audience": audience, "n": place.n, "prev": activity})
