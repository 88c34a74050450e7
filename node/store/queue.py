"""The deliveries that wait: one durable row for each activity and inbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.breaker import Breaker
from federation.queue import Delivery
from node.store import times
from node.store.engine import Store
from node.store.journal import activity_bytes
from node.store.schema import deliveries, hosts, journal

_A_HOST = 20
_ENQUEUE = insert(deliveries).on_conflict_do_nothing(index_elements=["seq", "inbox"])


def enqueue(connection: Connection, seq: int, signer: str, recipient: str, inbox: str, now: datetime) -> None:
    """One delivery of the activity of a journal row; several actors behind one inbox are one delivery."""
    row = {
        "seq": seq,
        "signer": signer,
        "recipient": recipient,
        "inbox": inbox,
        "host": urlsplit(inbox).netloc.lower(),
        "state": "queued",
        "attempts": 0,
        "next": times.text(now),
    }
    connection.execute(_ENQUEUE, row)


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
        """The oldest deliveries whose time has come, at most a few a host, but for hosts busy or left alone."""
        alone = select(hosts.c.host).where(hosts.c.open_until > times.text(now))
        rank = func.row_number().over(partition_by=deliveries.c.host, order_by=deliveries.c.id).label("rank")
        ready = select(deliveries, rank).where(deliveries.c.state == "queued", deliveries.c.next <= times.text(now))
        ready = ready.where(deliveries.c.host.not_in(busy), deliveries.c.host.not_in(alone))
        ranked = ready.subquery()
        query = select(ranked, journal.c.time.label("queued")).join(journal, journal.c.seq == ranked.c.seq)
        query = query.where(ranked.c.rank <= _A_HOST).order_by(ranked.c.id).limit(limit)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            Delivery(r.id, r.seq, r.signer, r.recipient, r.inbox, r.host, r.attempts, times.read(r.queued))
            for r in rows
        ]

    async def body(self, seq: int) -> bytes | None:
        with self._store.read() as connection:
            return activity_bytes(connection, seq)

    async def settled(self, delivery: Delivery, state: str, status: int | None, reason: str, now: datetime) -> None:
        values = {"state": state, "status": status, "reason": reason, "done": times.text(now)}
        await self._change(delivery, values | {"attempts": delivery.attempts + 1})

    async def postponed(self, delivery: Delivery, until: datetime, status: int | None, reason: str) -> None:
        tried = delivery.attempts + (reason != "closed_for_now")
        await self._change(delivery, {"next": times.text(until), "status": status, "reason": reason, "attempts": tried})

    async def _change(self, delivery: Delivery, values: dict[str, Any]) -> None:
        query = update(deliveries).where(deliveries.c.id == delivery.id).values(values)
        await self._store.awrite(lambda connection: connection.execute(query))

    async def dialect(self, host: str) -> str:
        with self._store.read() as connection:
            found = connection.execute(select(hosts.c.dialect).where(hosts.c.host == host)).scalar_one_or_none()
        return found or "cavage"

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
