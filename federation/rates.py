"""How much one origin may say: a token bucket, moved by a pure step. Time is given, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`a_second` messages go on for ever; `burst` may come at once."""

    a_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left of a burst at a moment."""

    left: float
    at: float


def spend(bucket: Bucket | None, rate: Rate, now: float) -> tuple[Bucket, float]:
    """The bucket after one more message, and how many seconds too early it came: 0 when it may pass."""
    left = float(rate.burst)
    if bucket is not None:
        left = min(left, bucket.left + max(0.0, now - bucket.at) * rate.a_second)
    if left >= 1:
        return Bucket(left - 1, now), 0.0
    return Bucket(left, now), (1 - left) / rate.a_second
