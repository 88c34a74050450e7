"""Noticing what was lost on the way: each activity says where it stands in the stream of its audience.

Beside the path of what comes in: every few seconds, the rows that are new since the last look. One that does not
follow the last of its (actor, audience) marks its actor as behind, and it is read again soon; once it was read,
its streams go on from what had come by then, so that nothing is looked for twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from node.context import Node
from node.store import times
from node.store.schema import following, journal, meta, streams

_GRACE = timedelta(seconds=2)  # what overtakes another by less than that is in order
_MOST = 5_000
_POSITION = "gaps"
_SAID = journal.c["seq", "actor", "activity", "audience", "audience_n", "audience_prev"]
_NUMBERED: Select[Any] = select(*_SAID).where(journal.c.direction == "in", journal.c.audience_n.is_not(None))
_NUMBERED = _NUMBERED.where(journal.c.audience.is_not(None))


def look(node: Node) -> None:
    """Look at what came since the last time, but for what has only just come."""
    while True:
        latest = select(journal.c.seq).where(journal.c.time <= times.text(node.clock() - _GRACE))
        with node.store.read() as connection:
            before = _position(connection)
            until = connection.execute(latest.order_by(journal.c.seq.desc()).limit(1)).scalar_one_or_none() or 0
            found = _of_followed(connection, before, until)
        if until <= before:
            return
        reached = found[-1].seq if len(found) == _MOST else until
        node.store.write(lambda connection, rows=found, seq=reached: _noted(connection, rows, seq))  # type: ignore[misc]
        if reached == until:
            return


def settle(connection: Connection, actor: str, seq: int) -> None:
    """An actor was read again after row `seq`: its streams go on from what it had said by then."""
    mine = _NUMBERED.where(journal.c.actor == actor).order_by(journal.c.seq)
    last: dict[str, Row[Any]] = {}
    for row in connection.execute(mine.where(journal.c.seq <= seq)):
        if row.audience not in last or row.audience_n > last[row.audience].audience_n:
            last[row.audience] = row
    for row in last.values():
        _put(connection, row)
    later = mine.where(journal.c.seq > seq, journal.c.seq <= _position(connection))
    _follow(connection, connection.execute(later).all())


def _position(connection: Connection) -> int:
    found = connection.execute(select(meta.c.value).where(meta.c.key == _POSITION)).scalar_one_or_none()
    return int(found or 0)


def _of_followed(connection: Connection, before: int, until: int) -> Sequence[Row[Any]]:
    is_followed = (following.c.target == journal.c.actor) & (following.c.state == "accepted")
    query = _NUMBERED.join(following, is_followed).where(journal.c.seq > before, journal.c.seq <= until)
    return connection.execute(query.order_by(journal.c.seq).limit(_MOST)).all()


def _noted(connection: Connection, rows: Sequence[Row[Any]], reached: int) -> None:
    _follow(connection, rows)
    statement = upsert(meta).values(key=_POSITION, value=str(reached))
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": str(reached)}))


def _follow(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Go on with the streams of these rows; where one is broken, its actor is behind until it was read again."""
    behind = set(connection.execute(select(following.c.target).where(following.c.behind)).scalars())
    ordered = sorted(rows, key=lambda row: (row.actor, row.audience, row.audience_n))
    for (actor, audience), stream in groupby(ordered, key=lambda row: (row.actor, row.audience)):
        if actor not in behind and not _goes_on(connection, actor, audience, list(stream)):
            connection.execute(update(following).where(following.c.target == actor).values(behind=True))
            behind.add(actor)


def _goes_on(connection: Connection, actor: str, audience: str, rows: Sequence[Row[Any]]) -> bool:
    """Whether each row follows another; those that had been passed already, as what comes twice, say nothing new."""
    query = select(streams.c.n, streams.c.prev).where(streams.c.actor == actor, streams.c.audience == audience)
    n, prev = connection.execute(query).one_or_none() or (0, None)
    last = None
    for row in rows:
        if row.audience_n > n:
            if row.audience_n > n + 1 or (prev and row.audience_prev and row.audience_prev != prev):
                return False
            n, prev, last = row.audience_n, row.activity, row
    if last is not None:
        _put(connection, last)
    return True


def _put(connection: Connection, row: Row[Any]) -> None:
    values = {"n": row.audience_n, "prev": row.activity}
    statement = upsert(streams).values(actor=row.actor, audience=row.audience, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["actor", "audience"], set_=values))
