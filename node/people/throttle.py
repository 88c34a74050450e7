"""How often somebody may be wrong: by e-mail address and by network address, kept over a restart.

After five failures a subject waits, each time twice as long, up to a quarter of an hour (OWASP ASVS 5.0, 6.3.1). A
success forgets the failures of the e-mail address, never those of the network address: a thief may own one account.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from node.context import Node
from node.store import times
from node.store.people import attempts

_FREE = {"email": 5, "address": 20}
_FIRST = timedelta(seconds=15)
_LONGEST = timedelta(minutes=15)
_FORGOTTEN = timedelta(hours=24)


def _subject(kind: str, value: str) -> str:
    return kind + ":" + hashlib.sha256(value.strip().lower().encode()).hexdigest()


def _wait(kind: str, failures: int) -> timedelta:
    over = failures - _FREE[kind]
    return timedelta() if over < 0 else min(_LONGEST, _FIRST * 2 ** min(over, 10))


def seconds_to_wait(node: Node, **subjects: str) -> int:
    """0 when one more try is allowed now; `subjects` are `email=` and `address=`."""
    with node.store.read() as connection:
        return _seconds(connection, node.clock(), subjects)


def _seconds(connection: Connection, now: datetime, subjects: Mapping[str, str]) -> int:
    longest = timedelta()
    for kind, value in subjects.items():
        row = connection.execute(select(attempts).where(attempts.c.subject == _subject(kind, value))).one_or_none()
        if row is not None:
            longest = max(longest, _wait(kind, row.failures) - (now - times.read(row.last)))
    return max(0, ceil(longest.total_seconds()))


def begin(node: Node, **subjects: str) -> int:
    """Count a try before it is judged, so that many at once are as many: 0, or the seconds to wait, uncounted."""
    now = node.clock()

    def act(connection: Connection) -> int:
        seconds = _seconds(connection, now, subjects)
        if not seconds:
            _count(connection, now, subjects)
        return seconds

    return node.store.write(act)


def failed(node: Node, **subjects: str) -> None:
    """Count one failure of each."""
    now = node.clock()
    node.store.write(lambda connection: _count(connection, now, subjects))


def _count(connection: Connection, now: datetime, subjects: Mapping[str, str]) -> None:
    connection.execute(delete(attempts).where(attempts.c.last < times.text(now - _FORGOTTEN)))
    for kind, value in subjects.items():
        row = {"subject": _subject(kind, value), "failures": 1, "last": times.text(now)}
        more = {"failures": attempts.c.failures + 1, "last": times.text(now)}
        statement = insert(attempts).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=more))


def succeeded(node: Node, email: str, address: str) -> None:
    """A try that had begun was right: forget the failures of the e-mail address, and count this one to nobody."""

    def act(connection: Connection) -> None:
        connection.execute(delete(attempts).where(attempts.c.subject == _subject("email", email)))
        mine = (attempts.c.subject == _subject("address", address)) & (attempts.c.failures > 0)
        connection.execute(update(attempts).where(mine).values(failures=attempts.c.failures - 1))

    node.store.write(act)
