"""A map of France by département, made here as SVG shapes for a template. Pure: values in, shapes and legend out.

What has no value has the class `none`, never that of zero. The same values stand in a table beside every map.
"""

import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from node.web.projection import Frame, place
from vocab.territory import name_of

VIEW = "0 0 640 705"
_SHADES = 5
_CLOSEST = 70  # the least width of a view: nearer, the outlines are too coarse
_MARGIN = 8
_NUMBERS = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A département: its outline, its shade (`none`, or 1 to 5), what it says when pointed at."""

    code: str
    path: str
    shade: str
    title: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the map."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the legend; `low` and `high` are values of the data."""

    shade: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Map:
    """A map and its legend; `scale`: how much smaller a dot is drawn, the view being nearer."""

    view: str
    shapes: tuple[Shape, ...]
    dots: tuple[Dot, ...]
    keys: tuple[Key, ...]
    scale: float = 1.0


@cache
def _outlines() -> tuple[tuple[Frame, ...], Mapping[str, Mapping[str, str]]]:
    data = json.loads(Path(__file__).with_name("outlines.json").read_text(encoding="utf-8"))
    return tuple(Frame.of(frame) for frame in data["frames"]), data["paths"]


def shades(values: Iterable[Decimal]) -> tuple[Key, ...]:
    """At most five classes with about as many areas in each; equal values are never parted."""
    ordered = sorted(values)
    distinct = sorted(set(ordered))
    if len(distinct) <= _SHADES:
        step = {1: (4,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5)}.get(len(distinct), (1, 2, 3, 4, 5))
        return tuple(Key(str(shade), value, value) for shade, value in zip(step, distinct, strict=False))
    highs = [ordered[min(len(ordered) - 1, -(-len(ordered) * n // _SHADES) - 1)] for n in range(1, _SHADES + 1)]
    keys: list[Key] = []
    for shade, high in enumerate(highs, 1):
        above = [value for value in distinct if (not keys or value > keys[-1].high) and value <= high]
        if above:
            keys.append(Key(str(shade), above[0], above[-1]))
    return tuple(keys)


def _shade(keys: Sequence[Key], value: Decimal | None) -> str:
    return next((key.shade for key in keys if value is not None and key.low <= value <= key.high), "none")


def drawn(
    values: Mapping[str, Decimal | None],
    titles: Mapping[str, str],
    dots: Iterable[tuple[Decimal, Decimal, str, str]] = (),
    around: Collection[str] = (),
) -> Map:
    """The map of `values` by département; `titles` say each in words; `dots`: lon, lat, département, name; `around`:
    the départements to be seen from near, when they are all in one part of the map."""
    frames, paths = _outlines()
    keys = shades(value for value in values.values() if value is not None)
    shapes = [
        Shape(code, path, _shade(keys, values.get(code)), titles.get(code, name_of("departement", code)))
        for frame in frames
        for code, path in paths[frame.name].items()
    ]
    view, scale = _near(around)
    return Map(view, tuple(shapes), tuple(_dots(frames, dots)), keys, scale)


def _near(around: Collection[str]) -> tuple[str, float]:
    """The view that holds some départements, square, and its width beside that of the whole map."""
    _, paths = _outlines()
    here = [some for some in paths.values() if around and set(around) <= some.keys()]
    if not here:
        return VIEW, 1.0
    points = [point for code in around for point in _points(min(here, key=len)[code])]
    (left, right), (top, bottom) = ((min(side), max(side)) for side in zip(*points, strict=True))
    width = max(right - left, bottom - top, _CLOSEST) + 2 * _MARGIN
    return f"{(left + right - width) // 2} {(top + bottom - width) // 2} {width} {width}", width / 640


def _points(path: str) -> Iterator[tuple[int, int]]:
    """The corners of an outline: each ring begins at a point and goes on by steps."""
    for ring in path.split("M")[1:]:
        numbers = [int(text) for text in _NUMBERS.findall(ring)]
        yield from zip(itertools.accumulate(numbers[::2]), itertools.accumulate(numbers[1::2]), strict=True)


def _dots(frames: Sequence[Frame], dots: Iterable[tuple[Decimal, Decimal, str, str]]) -> Iterable[Dot]:
    for lon, lat, code, title in dots:
        for frame in frames:
            if code in frame.codes:
                x, y = place(frame, float(lon), float(lat))
                yield Dot(round(x, 1), round(y, 1), title)
