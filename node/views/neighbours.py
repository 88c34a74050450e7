"""Which of some places is how far. Pure: kilometres as the crow flies, from coordinates in WGS 84 degrees."""

from collections.abc import Iterable
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import TypeVar

_EARTH = 6371.0  # mean radius, km
T = TypeVar("T")
Point = tuple[Decimal | None, Decimal | None]  # latitude, longitude


def distance(here: Point, there: Point) -> Decimal | None:
    """Whole kilometres between two points; None when either is not known."""
    if None in here or None in there:
        return None
    (lat, lon), (lat2, lon2) = ([radians(float(degrees or 0)) for degrees in point] for point in (here, there))
    chord = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return Decimal(round(2 * _EARTH * asin(sqrt(min(1.0, chord)))))


def nearest(here: Point, places: Iterable[tuple[Point, T]]) -> list[tuple[Decimal | None, T]]:
    """Each with its distance, the nearest first, those without one last in the order that they came."""
    found = [(distance(here, point), place) for point, place in places]
    return sorted(found, key=lambda pair: (pair[0] is None, pair[0] or Decimal(0)))
