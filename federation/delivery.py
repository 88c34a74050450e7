"""Delivering what waits in the queue: several hosts at once, a few inboxes of each, each attempt signed anew.

2xx is delivered; 404 and 410 are final; 401 and 403 are tried once in the other dialect; anything else is retried.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Protocol

from federation.breaker import Breaker, step
from federation.clock import read_http_date
from federation.errors import Refused
from federation.httpsig import Dialect
from federation.queue import Delivery, Queue, is_patience_over, retry_after
from federation.transport import Answer, Transport

log = logging.getLogger("maillage.delivery")
A_HOST = 200
HOSTS = 48
INBOXES = 4
_MAX_WAIT = timedelta(hours=24)


class Signer(Protocol):
    """Signs a POST for one of our actors, in a dialect."""

    def __call__(self, actor: str, url: str, body: bytes, dialect: str) -> Mapping[str, str]: ...


class Outcome(StrEnum):
    """What became of an attempt."""

    DONE = "done"  # delivered, or refused for good
    LATER = "later"  # the host answers, but does not take this one yet
    FAILED = "failed"  # the host does not answer as it should


@dataclass(slots=True)
class _Visit:
    """A host that is being delivered to: what waits for each of its inboxes, and how it does."""

    state: Breaker
    lanes: deque[list[Delivery]]
    left: list[Delivery] = field(default_factory=list)
    failed: bool = False

    def fail(self) -> bool:
        """The host did not answer as it should; whether for the first time in this visit."""
        first, self.failed = not self.failed, True
        return first


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What delivering needs: the queue, the guarded client, a signer, a clock, and jitter in 0…1.

    `busy`: the hosts where a delivery is under way. A slow host holds up nobody but itself.
    """

    queue: Queue
    transport: Transport
    sign: Signer
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self) -> int:
        """Begin with what is due at hosts that are not busy; how many deliveries were begun."""
        hosts: dict[str, list[Delivery]] = {}
        if len(self.busy) < HOSTS:
            for delivery in await self.queue.due(self.clock(), A_HOST, frozenset(self.busy)):
                if delivery.host in hosts or len(self.busy) + len(hosts) < HOSTS:
                    hosts.setdefault(delivery.host, []).append(delivery)
        for host, waiting in hosts.items():
            self.busy[host] = asyncio.create_task(self._host(waiting))
            self.busy[host].add_done_callback(partial(self._ended, host))
        return sum(map(len, hosts.values()))

    async def once(self) -> int:
        """The same, and wait until all that is under way has ended."""
        begun = await self.start()
        await asyncio.gather(*self.busy.values(), return_exceptions=True)
        return begun

    async def stop(self) -> None:
        """Leave what is under way; it is still in the queue."""
        for task in self.busy.values():
            task.cancel()
        await asyncio.gather(*self.busy.values(), return_exceptions=True)

    def _ended(self, host: str, task: asyncio.Task[None]) -> None:
        self.busy.pop(host, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("delivery to host=%s ended", host, exc_info=task.exception())

    async def _host(self, waiting: list[Delivery]) -> None:
        """One host: a few inboxes at once, in order within one; a failure leaves the rest for later."""
        state = await self.queue.breaker(waiting[0].host)
        if not state.lets_pass(self.clock()):
            for delivery in waiting:
                await self.queue.postponed(delivery, state.open_until or self.clock(), None, "closed_for_now")
            return
        lanes: dict[str, list[Delivery]] = {}
        for delivery in waiting:
            lanes.setdefault(delivery.inbox, []).append(delivery)
        visit = _Visit(state, deque(lanes.values()))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(INBOXES, len(lanes)) if state.failures == 0 else 1):
                group.create_task(self._some(visit, group))
        await self._park(visit.left + [each for lane in visit.lanes for each in lane])

    async def _some(self, visit: _Visit, group: asyncio.TaskGroup) -> None:
        while visit.lanes and not visit.failed:
            await self._lane(visit, visit.lanes.popleft(), group)

    async def _lane(self, visit: _Visit, lane: list[Delivery], group: asyncio.TaskGroup) -> None:
        """One inbox: what was not taken holds up what has the same key, and nothing else."""
        held: set[str] = set()
        for delivery in lane:
            if visit.failed or delivery.key in held:
                visit.left.append(delivery)
                continue
            outcome = await self._attempt(delivery, group)
            if outcome is not Outcome.DONE:
                held.add(delivery.key)
            if outcome is Outcome.FAILED and not visit.fail():
                continue  # of attempts that were under way at once, one failure counts: the host was away once
            after = step(visit.state, outcome is not Outcome.FAILED, self.clock())
            if after != visit.state:
                visit.state = after
                await self.queue.set_breaker(delivery.host, after)

    async def _park(self, waiting: list[Delivery]) -> None:
        now = self.clock()
        for delivery in waiting:
            if is_patience_over(delivery.queued, now):
                await self.queue.settled(delivery, "parked", None, "unreachable", now)

    async def _attempt(self, delivery: Delivery, group: asyncio.TaskGroup) -> Outcome:
        """One attempt; a fault of our own is one that failed, so that it can neither stop nor empty the queue."""
        try:
            return await self._deliver(delivery, group)
        except Exception:
            log.exception("delivery=%s", delivery.id)
            await self._later(delivery, None, "internal_error", None)
            return Outcome.FAILED

    async def _deliver(self, delivery: Delivery, group: asyncio.TaskGroup) -> Outcome:
        body = await self.queue.body(delivery.seq)
        if body is None:
            await self.queue.settled(delivery, "refused", None, "erased", self.clock())
            return Outcome.DONE
        answer = await self._post(delivery, body, delivery.dialect)
        if isinstance(answer, Answer) and answer.status in (401, 403):
            other = Dialect.RFC9421 if delivery.dialect == Dialect.CAVAGE else Dialect.CAVAGE
            second = await self._post(delivery, body, other)
            if isinstance(second, Answer) and 200 <= second.status < 300:
                await self.queue.set_dialect(delivery.host, other)
                answer = second
        return await self._settle(delivery, answer, group)

    def _post(self, delivery: Delivery, body: bytes, dialect: str) -> Awaitable[Answer | Refused]:
        headers = self.sign(delivery.signer, delivery.inbox, body, dialect)
        return self.transport.post(delivery.inbox, body, headers)

    async def _settle(self, delivery: Delivery, answer: Answer | Refused, group: asyncio.TaskGroup) -> Outcome:
        now = self.clock()
        if isinstance(answer, Refused):
            state = {"forbidden_address": "refused", "blocked": "parked"}.get(answer.reason)
            if state is not None:
                await self.queue.settled(delivery, state, None, answer.reason, now)
                return Outcome.DONE
            await self._later(delivery, None, answer.reason, None)
            return Outcome.FAILED
        status, reason = answer.status, answer.body[:200].decode("utf-8", "replace")
        if 200 <= status < 300:
            # Written while the next one leaves: were it lost, the peer would be told again, and know it already.
            group.create_task(self.queue.settled(delivery, "delivered", status, "", now))
            return Outcome.DONE
        if status in (404, 410):
            await self.queue.settled(delivery, "refused", status, reason, now)
            return Outcome.DONE
        await self._later(delivery, status, reason, answer.headers.get("retry-after"))
        return Outcome.LATER if 400 <= status < 500 and status != 429 else Outcome.FAILED

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
