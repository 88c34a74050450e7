"""Times as the tables keep them: UTC, RFC 3339, always milliseconds, so that text order is time order.

What goes on the wire is written by `federation.clock.timestamp`, in whole seconds.
"""

from datetime import UTC, datetime


def text(moment: datetime) -> str:
    """`2026-11-23T09:30:00.000Z`, the only form kept in tables."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read(stored: str) -> datetime:
    """The moment that `text` or `timestamp` wrote."""
    return datetime.fromisoformat(stored)
