"""Where a longitude and a latitude stand on the map: Lambert's conic for France, a flat one for islands. Pure."""

import math
from dataclasses import asdict, dataclass
from typing import Any

_N = math.sin(math.radians(46.5))  # one standard parallel, that of Lambert-93's middle


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of the map: which départements, seen how (`conic` | `flat`), from where, how large, put where."""

    name: str
    codes: tuple[str, ...]
    kind: str
    lon: float
    lat: float
    scale: float
    x: float
    y: float

    def to_json(self) -> dict[str, Any]:
        """The inverse of `of`."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Frame":
        return cls(**{**data, "codes": tuple(data["codes"])})


def _radius(lat: float) -> float:
    return float(math.tan(math.pi / 4 + math.radians(lat) / 2) ** -_N)


def place(frame: Frame, lon: float, lat: float) -> tuple[float, float]:
    """The point of the SVG for degrees of longitude and latitude."""
    if frame.kind == "flat":
        across = math.cos(math.radians(lat))
        return frame.x + frame.scale * (lon - frame.lon) * across, frame.y - frame.scale * (lat - frame.lat)
    turn = _N * math.radians(lon - frame.lon)
    here, middle = _radius(lat), _radius(frame.lat)
    return frame.x + frame.scale * here * math.sin(turn), frame.y + frame.scale * (here * math.cos(turn) - middle)
