"""Hosts that were blocked or allowed here, as rows; whoever asks for them sees a change within a tenth of a second."""

from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Connection, Integer, Row, Text, cast, delete, select
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import host_rules, meta
from node.store.statement import Statement

BLOCK, ALLOW = "block", "allow"
_LOOK = 0.1
_VERSION = "host_rules"
_CHANGED = Statement(select(meta.c.value).where(meta.c.key == _VERSION))
_ALL = Statement(select(host_rules.c.host, host_rules.c.rule))


class Glancing(Protocol):
    """What gives a connection for one statement."""

    @property
    def glance(self) -> Connection: ...


class HostRules:
    """The two lists, read again only when they changed."""

    __slots__ = ("_lists", "_looked", "_store", "_version")

    def __init__(self, store: Glancing) -> None:
        self._store = store
        self._lists: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()
        self._version, self._looked = "", -1.0

    def now(self) -> tuple[frozenset[str], frozenset[str]]:
        """The hosts blocked and the hosts allowed."""
        if monotonic() - self._looked > _LOOK:
            row = _CHANGED.one(self._store.glance, {})
            version = row.value if row else ""
            if version != self._version:
                rows = _ALL.all(self._store.glance, {})
                lists = (frozenset(r.host for r in rows if r.rule == rule) for rule in (BLOCK, ALLOW))
                self._lists = next(lists), next(lists)
            self._version, self._looked = version, monotonic()
        return self._lists


def put(connection: Connection, host: str, rule: str, since: str, comment: str) -> None:
    """One host's rule, in place of any that it had."""
    row = {"host": host, "rule": rule, "since": since, "comment": comment}
    statement = insert(host_rules).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["host"], set_=row))
    _touch(connection)


def drop(connection: Connection, host: str, rule: str) -> bool:
    """Whether the host had that rule, which it has no longer."""
    dropped = connection.execute(delete(host_rules).where(host_rules.c.host == host, host_rules.c.rule == rule))
    _touch(connection)
    return bool(dropped.rowcount)


def listed(connection: Connection, rule: str) -> list[Row[Any]]:
    """The hosts of one rule, by name."""
    query = select(host_rules).where(host_rules.c.rule == rule).order_by(host_rules.c.host)
    return list(connection.execute(query).all())


def _touch(connection: Connection) -> None:
    statement = insert(meta).values(key=_VERSION, value="1")
    more = cast(cast(meta.c.value, Integer) + 1, Text)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": more}))
