"""Small charts as shapes for a template: columns of a series or of a histogram. Pure; a table stands beside each.

What is missing has no column, which is not a column of nought: the gap is said in words below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 640, 220
_TOP, _BOTTOM, _GAP = 26, 30, 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column from `y` down, `height` high; `value` is written above it and `name` below. No height: nothing known."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    name: str
    value: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """What an `svg` needs: its box, its columns, where the line of nought is."""

    view: str
    columns: tuple[Column, ...]
    zero: float
    foot: float


def columns(points: Sequence[tuple[str, Decimal | None, str]]) -> Chart:
    """One column a point (name below, value, text above). Negative values hang below the line of nought."""
    values = [value for _, value, _ in points if value is not None]
    top, bottom = max([*values, Decimal(0)]), min([*values, Decimal(0)])
    span = float(top - bottom) or 1.0
    room = HEIGHT - _TOP - _BOTTOM
    zero = _TOP + room * float(top) / span
    step = WIDTH / max(len(points), 1)
    made = []
    for at, (name, value, shown) in enumerate(points):
        high = 0.0 if value is None else room * abs(float(value)) / span
        y = zero if value is not None and value < 0 else zero - high
        x = at * step + _GAP / 2
        width = step - _GAP
        middle = round(x + width / 2, 1)
        made.append(
            Column(round(x, 1), round(y, 1), round(width, 1), round(high, 1), middle, name, shown, value is None)
        )
    return Chart(f"0 0 {WIDTH} {HEIGHT}", tuple(made), round(zero, 1), HEIGHT - 10)
