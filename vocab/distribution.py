"""How the answers of many units spread: quantiles and a histogram, never the least or the greatest of them.

Below ten answers nothing is said: a quantile of a few is a figure of one. Quantiles interpolate linearly between the
two nearest answers (Hyndman and Fan, type 7).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from vocab.units import ARITHMETIC

FEWEST = 10
QUANTILES = (Decimal("0.1"), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal("0.9"))
_BINS = 10
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Bin:
    """`low` included, `high` not; the first and the last bin have no outer bound (None)."""

    low: Decimal | None
    high: Decimal | None
    n: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """`quantiles` in the order of `QUANTILES`, six decimals."""

    n: int
    quantiles: tuple[Decimal, ...]
    bins: tuple[Bin, ...]


def quantile(ordered: Sequence[Decimal], share: Decimal) -> Decimal:
    """The quantile of values in ascending order, at least one."""
    at = ARITHMETIC.multiply(share, Decimal(len(ordered) - 1))
    low = int(at.to_integral_value(ROUND_FLOOR))
    high = min(low + 1, len(ordered) - 1)
    step = ARITHMETIC.multiply(ARITHMETIC.subtract(ordered[high], ordered[low]), at - low)
    return ARITHMETIC.add(ordered[low], step).quantize(Decimal("0.000001"), context=ARITHMETIC)


def distribution(values: Sequence[Decimal]) -> Distribution | None:
    """The spread of these answers; None when there are fewer than ten."""
    if len(values) < FEWEST:
        return None
    ordered = sorted(values)
    quantiles = tuple(quantile(ordered, share) for share in QUANTILES)
    return Distribution(len(ordered), quantiles, _bins(ordered, quantiles[0], quantiles[-1]))


def _bins(ordered: Sequence[Decimal], low: Decimal, high: Decimal) -> tuple[Bin, ...]:
    """Bins of a round width between the first and the last decile; what lies beyond is in two open bins."""
    if low == high:
        return (Bin(None, None, len(ordered)),)
    width = _round_width(ARITHMETIC.divide(high - low, Decimal(_BINS)))
    first = (low / width).to_integral_value(ROUND_CEILING) * width
    last = (high / width).to_integral_value(ROUND_FLOOR) * width
    edges = [first]
    while edges[-1] < last:
        edges.append(edges[-1] + width)
    bounds = [None, *edges, None]
    return tuple(Bin(a, b, sum(_within(value, a, b) for value in ordered)) for a, b in itertools.pairwise(bounds))


def _within(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)


def _round_width(width: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10 × a power of ten."""
    power = Decimal(1).scaleb(width.adjusted())
    return next(step * power for step in _STEPS if step * power >= width)
