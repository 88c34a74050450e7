"""Deliveries that wait: what one is, when it is tried again, and what a durable queue must do.

Never dropped: after three days a delivery is *parked*, and stays in the store with its reason.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from federation.breaker import Breaker

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=6)
PATIENCE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One activity for one inbox. `key`: those of one inbox and one key are delivered in order; `queued`: since when.

    `dialect`: the signature dialect that its host took last, cavage or rfc9421.
    """

    id: int
    seq: int
    signer: str
    recipient: str
    inbox: str
    host: str
    key: str
    attempts: int
    queued: datetime
    dialect: str


class Queue(Protocol):
    """A durable queue. Every method returns once its effect is on the disk."""

    async def due(self, now: datetime, limit: int, busy: Collection[str]) -> Sequence[Delivery]:
        """What may be tried now, a host after another, each oldest first, and at most `limit` of each.

        None for a host that is busy or left alone; none behind an earlier one of its inbox and key that waits.
        """

    async def body(self, seq: int) -> bytes | None:
        """The activity's bytes; None once erased."""

    async def settled(self, delivery: Delivery, state: str, status: int | None, reason: str, now: datetime) -> None:
        """delivered, refused or parked."""

    async def postponed(self, delivery: Delivery, until: datetime, status: int | None, reason: str) -> None:
        """Tried once more, without success."""

    async def set_dialect(self, host: str, dialect: str) -> None:
        """Remember it."""

    async def breaker(self, host: str) -> Breaker:
        """The host's breaker."""

    async def set_breaker(self, host: str, state: Breaker) -> None:
        """Keep it."""


def retry_after(attempts: int, jitter: float) -> timedelta:
    """How long to wait after `attempts` tries: doubling from two seconds to six hours, jittered by `jitter` in 0…1.

    Full waits are spread over half to one and a half times the delay, so that nodes do not knock together.
    """
    wait = min(FIRST_RETRY * 2 ** min(max(attempts - 1, 0), 20), LONGEST_RETRY)
    return timedelta(seconds=wait.total_seconds() * (0.5 + jitter))


def is_patience_over(queued: datetime, now: datetime) -> bool:
    """Whether three days have passed since the first attempt was due."""
    return now - queued > PATIENCE
