"""Small charts as shapes for a template: columns of a series, a histogram, a line. Pure; a table stands beside each.

What is missing has no column and no point, which is not nought: the gap stays open. The axis is written by `show`, in
the reader's own format, at round values that always hold nought.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

WIDTH, HEIGHT = 360, 200
LINE_WIDTH, LINE_HEIGHT = 120, 32
_TOP, _BOTTOM, _RIGHT, _GAP = 10, 26, 6, 6
_LETTER = 6.6  # the mean width of a figure of 12 px
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_TICKS = 4

Show = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class Tick:
    """A round value of an axis: where it is, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column from `y` down, `height` high."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What an `svg` needs: its box, its columns, both axes; `left` and `right`: where the drawing begins and ends."""

    view: str
    columns: tuple[Column, ...]
    up: tuple[Tick, ...]
    along: tuple[Tick, ...]
    zero: float
    left: float
    right: float
    foot: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line without axes, for a row of a table: `runs` of points joined, since a gap stays open; its last point."""

    view: str
    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


def ticks(low: Decimal, high: Decimal, least: Decimal = Decimal(0)) -> tuple[Decimal, ...]:
    """Round values, evenly apart, from at most the least of `low` and 0 to at least the greatest of `high` and 0.

    `least`: the least step, 1 for what is counted.
    """
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return (Decimal(0), Decimal(1))
    rough = max((high - low) / _TICKS, least)
    power = Decimal(1).scaleb(rough.adjusted())
    step = next(step * power for step in _STEPS if step * power >= rough)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return tuple(step * n for n in range(int(first), int(last) + 1))


def series(points: Sequence[tuple[str, Decimal | None]], show: Show) -> Chart:
    """One column a point, its name below it."""
    made, middles = _columns(
        [value for _, value in points], [f"{name} · " for name, _ in points], show, _GAP, Decimal(0)
    )
    return _with_feet(made, [Tick(at, name) for at, (name, _) in zip(middles, points, strict=True)])


def histogram(counts: Sequence[int], edges: Sequence[str], show: Show) -> Chart:
    """One column a class, side by side; `edges`: what is written between one class and the next."""
    made, middles = _columns([Decimal(n) for n in counts], [""] * len(counts), show, 1, Decimal(1))
    between = [round((a + b) / 2, 1) for a, b in itertools.pairwise(middles)]
    return _with_feet(made, [Tick(at, edge) for at, edge in zip(between, edges, strict=True)])


def _columns(
    values: Sequence[Decimal | None], names: Sequence[str], show: Show, gap: float, least: Decimal
) -> tuple[Chart, list[float]]:
    known = [value for value in values if value is not None]
    scale = ticks(min(known, default=Decimal(0)), max(known, default=Decimal(0)), least)
    span, room = float(scale[-1] - scale[0]), HEIGHT - _TOP - _BOTTOM
    texts = [show(tick) for tick in scale]
    left = round(max(map(len, texts)) * _LETTER + 8, 1)
    step = (WIDTH - _RIGHT - left) / max(len(values), 1)

    def down(value: Decimal) -> float:
        return round(_TOP + room * float(scale[-1] - value) / span, 1)

    zero, middles, drawn = down(Decimal(0)), [], []
    for at, (value, name) in enumerate(zip(values, names, strict=True)):
        x = left + at * step
        middles.append(round(x + step / 2, 1))
        if value is not None:
            y = down(value)
            top, height = min(y, zero), round(abs(y - zero), 1)
            drawn.append(Column(round(x + gap / 2, 1), top, round(step - gap, 1), height, name + show(value)))
    up = tuple(Tick(down(tick), text) for tick, text in zip(scale, texts, strict=True))
    return Chart(f"0 0 {WIDTH} {HEIGHT}", tuple(drawn), up, (), zero, left, WIDTH - _RIGHT, HEIGHT - 8), middles


def _with_feet(chart: Chart, feet: Sequence[Tick]) -> Chart:
    """As many of the names below as there is room for: every one, or each second, third…"""
    wide = max((len(tick.text) for tick in feet), default=0) * _LETTER + 6
    apart = feet[1].at - feet[0].at if len(feet) > 1 else WIDTH
    every = max(1, math.ceil(wide / apart))
    return replace(chart, along=tuple(feet[::every]))


def line(values: Sequence[Decimal | None]) -> Line | None:
    """The course of a few values; None when there are fewer than two. Nought is always in it."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(*known, Decimal(0)), max(*known, Decimal(0))
    span, room, step = float(high - low) or 1.0, LINE_HEIGHT - 8, (LINE_WIDTH - 8) / max(len(values) - 1, 1)
    points = [
        None if value is None else (round(4 + at * step, 1), round(4 + room * float(high - value) / span, 1))
        for at, value in enumerate(values)
    ]
    runs = [list(run) for given, run in itertools.groupby(points, key=lambda point: point is not None) if given]
    said = tuple(" ".join(f"{x},{y}" for x, y in filter(None, run)) for run in runs if len(run) > 1)
    return Line(f"0 0 {LINE_WIDTH} {LINE_HEIGHT}", said, tuple(filter(None, points)))
