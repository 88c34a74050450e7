"""The deliveries that wait: one durable row for each activity and inbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.breaker import Breaker
from federation.queue import Delivery
from node.store import peers, times
from node.store.engine import Store
from node.store.journal import activity_bytes
from node.store.schema import deliveries, hosts, journal
from node.store.statement import Statement

_ENQUEUE = Statement(
    insert(deliveries).on_conflict_do_nothing(index_elements=["seq", "inbox"]),
    ("seq", "signer", "recipient", "inbox", "host", "key", "state", "attempts", "next"),
)
_QUEUED = deliveries.c.state == "queued"
_DUE_HOSTS = Statement(
    select(deliveries.c.host, hosts.c.open_until, hosts.c.dialect)
    .outerjoin(hosts, hosts.c.host == deliveries.c.host)
    .where(_QUEUED, deliveries.c.next <= bindparam("now"))
    .distinct()
)
_EARLIER = deliveries.alias("earlier")
_WAITS = exists().where(
    _EARLIER.c.state == "queued",
    _EARLIER.c.inbox == deliveries.c.inbox,
    _EARLIER.c.key == deliveries.c.key,
    _EARLIER.c.id < deliveries.c.id,
    _EARLIER.c.next > bindparam("now"),
)
_DUE = Statement(
    select(deliveries, journal.c.time.label("queued"))
    .join(journal, journal.c.seq == deliveries.c.seq)
    .where(_QUEUED, deliveries.c.host == bindparam("at"), deliveries.c.next <= bindparam("now"), ~_WAITS)
    .order_by(deliveries.c.id)
    .limit(bindparam("most"))
)
_CHANGED = ("state", "status", "reason", "done", "attempts", "next")
_CHANGE = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values({name: bindparam(name) for name in _CHANGED})
)


def enqueue(
    connection: Connection, seq: int, signer: str, to: Sequence[tuple[str, str]], key: str, now: datetime
) -> None:
    """The deliveries of a journal row to (actor, inbox) pairs; several actors behind one inbox are one delivery."""
    same = {"seq": seq, "signer": signer, "key": key, "state": "queued", "attempts": 0, "next": times.text(now)}
    rows = [{"recipient": actor, "inbox": inbox, "host": urlsplit(inbox).netloc.lower()} for actor, inbox in to]
    _ENQUEUE.run_many(connection, [same | row for row in rows])


def sent_to(connection: Connection, document: str, version: int | None = None) -> frozenset[tuple[str, str]]:
    """The (actor, inbox) that were sent a document, one version or any; queued counts, for it will leave."""
    query = select(deliveries.c.recipient, deliveries.c.inbox).join(journal, journal.c.seq == deliveries.c.seq)
    query = query.where(journal.c.object == document, journal.c.direction == "out")
    query = query if version is None else query.where(journal.c.version == version)
    return frozenset((row.recipient, row.inbox) for row in connection.execute(query))


class StoredQueue:
    """`federation.queue.Queue` over the store: every effect is on the disk when its method returns."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def due(self, now: datetime, limit: int, busy: Collection[str]) -> Sequence[Delivery]:
        """The oldest deliveries whose time has come, for each host that is not busy or left alone."""
        moment, found = times.text(now), list[Delivery]()
        for host in _DUE_HOSTS.all(self._store.glance, {"now": moment}):
            if host.host in busy or (host.open_until or "") > moment:
                continue
            rows = _DUE.all(self._store.glance, {"now": moment, "at": host.host, "most": limit})
            found += [_delivery(row, host.dialect or "cavage") for row in rows]
        return found

    async def body(self, seq: int) -> bytes | None:
        return activity_bytes(self._store.glance, seq)

    async def settled(self, delivery: Delivery, state: str, status: int | None, reason: str, now: datetime) -> None:
        stamp = times.text(now)
        values = {"state": state, "status": status, "reason": reason, "done": stamp, "next": stamp}
        await self._change(delivery, values | {"attempts": delivery.attempts + 1})
        if status == 410:
            await self._store.awrite(lambda connection: peers.missing(connection, delivery.recipient, now))

    async def postponed(self, delivery: Delivery, until: datetime, status: int | None, reason: str) -> None:
        tried = delivery.attempts + (reason != "closed_for_now")
        values = {"state": "queued", "status": status, "reason": reason, "done": None, "next": times.text(until)}
        await self._change(delivery, values | {"attempts": tried})

    async def _change(self, delivery: Delivery, values: dict[str, Any]) -> None:
        given = values | {"delivery": delivery.id}
        await self._store.awrite(lambda connection: _CHANGE.run(connection, given))

    async def set_dialect(self, host: str, dialect: str) -> None:
        await self._keep(host, {"dialect": dialect})

    async def breaker(self, host: str) -> Breaker:
        with self._store.read() as connection:
            row = connection.execute(select(hosts).where(hosts.c.host == host)).one_or_none()
        if row is None:
            return Breaker()
        return Breaker(row.failures, times.read(row.open_until) if row.open_until else None)

    async def set_breaker(self, host: str, state: Breaker) -> None:
        until = times.text(state.open_until) if state.open_until else None
        await self._keep(host, {"failures": state.failures, "open_until": until})

    async def _keep(self, host: str, values: dict[str, Any]) -> None:
        statement = insert(hosts).values({"host": host, "failures": 0, "dialect": "cavage"} | values)
        statement = statement.on_conflict_do_update(index_elements=["host"], set_=values)
        await self._store.awrite(lambda connection: connection.execute(statement))


def _delivery(row: Any, dialect: str) -> Delivery:
    return Delivery(
        *(row.id, row.seq, row.signer, row.recipient, row.inbox, row.host, row.key, row.attempts),
        times.read(row.queued),
        dialect,
    )
