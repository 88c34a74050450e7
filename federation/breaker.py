"""When to stop knocking: a state per host, moved by a pure step.

closed ── 5 failures in a row ──▶ open (until a time) ── the time comes ──▶ half-open: one attempt decides
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

THRESHOLD = 5
FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and until when nothing is tried."""

    failures: int = 0
    open_until: datetime | None = None

    def lets_pass(self, now: datetime) -> bool:
        return self.open_until is None or now >= self.open_until


def step(state: Breaker, success: bool, now: datetime) -> Breaker:
    """The state after an attempt."""
    if success:
        return Breaker()
    failures = state.failures + 1
    if failures < THRESHOLD:
        return Breaker(failures)
    wait = min(FIRST * 2 ** min(failures - THRESHOLD, 10), LONGEST)
    return Breaker(failures, now + wait)
