"""Times on the wire: HTTP dates and canonical timestamps, and how far from now they may be.

Reads no clock: `now` is always given.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from federation.errors import Refused, refuse

Clock = Callable[[], datetime]
WINDOW: Final = timedelta(seconds=300)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE: Final = re.compile(r"([A-Z][a-z]{2}), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def http_date(now: datetime) -> str:
    """RFC 9110 IMF-fixdate."""
    return format_datetime(now.astimezone(UTC), usegmt=True)


@lru_cache(maxsize=64)
def read_http_date(text: str) -> datetime | None:
    """The time of an IMF-fixdate; no other form is taken, and its weekday must be right."""
    found = _HTTP_DATE.fullmatch(text)
    if found is None or found[3] not in _MONTHS:
        return None
    day, year, hour, minute, second = map(int, found.group(2, 4, 5, 6, 7))
    try:
        read = datetime(year, _MONTHS.index(found[3]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return read if _DAYS[read.weekday()] == found[1] else None


def timestamp(now: datetime) -> str:
    """The canonical xsd:dateTime of our documents: UTC, whole seconds, Z."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_timestamp(text: object) -> datetime | None:
    """The time of an xsd:dateTime that says its zone."""
    if not isinstance(text, str) or not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text[:19] + text[19:].lstrip(".0123456789").replace("Z", "+00:00"))
    except ValueError:
        return None


def from_epoch(seconds: int) -> datetime | None:
    """The time that many seconds after 1970, if it has a year of four digits."""
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < 253_402_300_800 else None


def judge_time(then: datetime, now: datetime) -> Refused | None:
    """Refuses what was signed more than five minutes from now, on either side."""
    if then < now - WINDOW:
        return refuse("stale", timestamp(then))
    if then > now + WINDOW:
        return refuse("future", timestamp(then))
    return None
