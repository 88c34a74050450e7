"""Delivering what waits in the queue: several hosts at once, in order within one, each attempt signed anew.

2xx is delivered; 404 and 410 are final; 401 and 403 are tried once in the other dialect; anything else is retried.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from federation.breaker import step
from federation.clock import read_http_date
from federation.errors import Refused
from federation.httpsig import Dialect
from federation.queue import Delivery, Queue, is_patience_over, retry_after
from federation.transport import Answer, Transport

BATCH = 200
_MAX_WAIT = timedelta(hours=24)


class Signer(Protocol):
    """Signs a POST for one of our actors, in a dialect."""

    def __call__(self, actor: str, url: str, body: bytes, dialect: str) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What delivering needs: the queue, the guarded client, a signer, a clock, and jitter in 0…1."""

    queue: Queue
    transport: Transport
    sign: Signer
    clock: Callable[[], datetime]
    jitter: Callable[[], float]

    async def once(self) -> int:
        """Try everything that is due; how many were tried. Hosts in parallel, one host in order."""
        due = await self.queue.due(self.clock(), BATCH)
        hosts: dict[str, list[Delivery]] = {}
        for delivery in due:
            hosts.setdefault(delivery.host, []).append(delivery)
        await asyncio.gather(*(self._host(waiting) for waiting in hosts.values()))
        return len(due)

    async def _host(self, waiting: list[Delivery]) -> None:
        """One host's deliveries in order; the first failure leaves the rest for later."""
        host = waiting[0].host
        state = await self.queue.breaker(host)
        if not state.lets_pass(self.clock()):
            for delivery in waiting:
                await self.queue.postponed(delivery, state.open_until or self.clock(), None, "closed_for_now")
            return
        for delivery in waiting:
            reached = await self._deliver(delivery)
            after = step(state, reached, self.clock())
            if after != state:
                await self.queue.set_breaker(host, after)
                state = after
            if not reached:
                return

    async def _deliver(self, delivery: Delivery) -> bool:
        """One attempt; whether the host answered something sensible."""
        body = await self.queue.body(delivery.seq)
        if body is None:
            await self.queue.settled(delivery, "refused", None, "erased", self.clock())
            return True
        dialect = await self.queue.dialect(delivery.host)
        answer = await self._post(delivery, body, dialect)
        if isinstance(answer, Answer) and answer.status in (401, 403):
            other = Dialect.RFC9421 if dialect == Dialect.CAVAGE else Dialect.CAVAGE
            second = await self._post(delivery, body, other)
            if isinstance(second, Answer) and 200 <= second.status < 300:
                await self.queue.set_dialect(delivery.host, other)
                answer = second
        return await self._settle(delivery, answer)

    def _post(self, delivery: Delivery, body: bytes, dialect: str) -> Awaitable[Answer | Refused]:
        headers = self.sign(delivery.signer, delivery.inbox, body, dialect)
        return self.transport.post(delivery.inbox, body, headers)

    async def _settle(self, delivery: Delivery, answer: Answer | Refused) -> bool:
        now = self.clock()
        if isinstance(answer, Refused):
            final = answer.reason == "forbidden_address"
            if final:
                await self.queue.settled(delivery, "refused", None, answer.reason, now)
            else:
                await self._later(delivery, None, answer.reason, None)
            return final
        status, reason = answer.status, answer.body[:200].decode("utf-8", "replace")
        if 200 <= status < 300:
            await self.queue.settled(delivery, "delivered", status, "", now)
            return True
        if status in (404, 410):
            await self.queue.settled(delivery, "refused", status, reason, now)
            return True
        await self._later(delivery, status, reason, answer.headers.get("retry-after"))
        return 400 <= status < 500 and status != 429

    async def _later(self, delivery: Delivery, status: int | None, reason: str, asked: str | None) -> None:
        now = self.clock()
        if is_patience_over(delivery.queued, now):
            await self.queue.settled(delivery, "parked", status, reason, now)
            return
        wait = retry_after(delivery.attempts + 1, self.jitter())
        until = max(now + wait, _asked_for(asked, now) or now)
        await self.queue.postponed(delivery, until, status, reason)


def _asked_for(header: str | None, now: datetime) -> datetime | None:
    """`Retry-After` (RFC 9110 §10.2.3), at most a day."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return now + min(timedelta(seconds=int(text)), _MAX_WAIT)
    date = read_http_date(text)
    return min(date, now + _MAX_WAIT) if date else None
