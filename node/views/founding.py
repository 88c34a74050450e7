"""The founding question: are supported places where they were meant to be, against the people who live there?

For each division of the territory, how many of the known places of a programme stand in each of its classes, and what
share of the population does. A place whose commune is not known is counted apart and is in no share.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any

from sqlalchemy import select

from node.context import Node
from node.store.layers import Layer
from node.store.schema import directory
from node.views.areas import DENSITIES, UNSTATED, Classes, Divisions, divisions, size_of, sizes
from node.views.areas import order as ordered
from node.views.kept import kept
from vocab import territory
from vocab.units import canonical, divide

GROUPS = ("fabrique-de-territoire", "manufacture-de-proximite", "all")
QPV, ACV, PVD = "qpv", "acv", "pvd"
BOTH = f"{QPV}+{ACV}"


@dataclass(frozen=True, slots=True)
class Row:
    """One class of one division and one group of places. Shares from 0 to 1, six decimals, decimal strings; `of` are
    the places of the group whose commune is known. `area` of `qpv+acv`: qpv | acv | both | neither."""

    division: str
    area: str
    group: str
    n: int
    of: int
    share: str | None
    population: int
    population_share: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Founding:
    """The rows, the layers that they rest on, how many places have no known commune, and what is not loaded."""

    rows: tuple[Row, ...]
    layers: tuple[Layer, ...]
    unplaced: Mapping[str, int]
    missing: tuple[str, ...]


def founding(node: Node) -> Founding:
    """The answer of the places known here."""
    return kept(node, ("founding",), lambda: _founding(node))


def _founding(node: Node) -> Founding:
    known, communes = divisions(node), _communes(node)
    rows = [
        row
        for name, classes in _classifications(known).items()
        for row in _rows(name, classes, communes)
    ]  # fmt: skip
    unplaced = {group: sum(not code for code in codes) for group, codes in communes.items()}
    missing = [name for name in (QPV, ACV, PVD) if not _is_list(known, name)]
    missing += [] if any(name in known.layers for name in DENSITIES) else DENSITIES[:1]
    return Founding(tuple(rows), tuple(c.layer for c in known.layers.values()), unplaced, tuple(missing))


def _communes(node: Node) -> dict[str, list[str]]:
    """The commune of each known place of a group; a place that has closed is no longer one of them."""
    c = directory.c
    with node.cache.public.read() as public:
        query = select(c.place, c.content, c.commune, c.status).order_by(c.seq)
        latest = {row.place: row for row in public.execute(query)}
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for row in latest.values():
        for group in (*json.loads(row.content)["programme"], "all") if row.status != "closed" else ():
            if group in found:
                found[group].append(row.commune or "")
    return found


def _is_list(known: Divisions, name: str) -> bool:
    """Whether a list of members is loaded under this name: classes do not tell who is in."""
    return name in known.layers and known.layers[name].is_membership


Classification = tuple[Mapping[str, str], str, tuple[str, ...]]  # commune → class, the class of the others, the order


def _classifications(known: Divisions) -> dict[str, Classification]:
    """The programmes first, then the size, then the other layers by name."""
    found: dict[str, Classification] = {}
    if _is_list(known, QPV) and _is_list(known, ACV):
        found[BOTH] = (_crossed(known.layers[QPV], known.layers[ACV]), "neither", (QPV, ACV, "both", "neither"))
    first = [name for name in (QPV, ACV, PVD) if name in known.layers]
    found |= {name: _classification(known.layers[name]) for name in first}
    found["townsize"] = (_sizes(), UNSTATED, sizes())
    return found | {name: _classification(each) for name, each in known.layers.items() if name not in first}


def _classification(classes: Classes) -> Classification:
    if classes.is_membership:
        return classes.by_commune, "no", ("yes", "no")
    order = partial(ordered, classes.layer.name)
    return classes.by_commune, UNSTATED, tuple(sorted({*classes.by_commune.values(), UNSTATED}, key=order))


def _crossed(one: Classes, other: Classes) -> dict[str, str]:
    """The exclusive partition of two lists of members: in one, in the other, in both."""
    names = {(True, False): QPV, (False, True): ACV, (True, True): "both"}
    codes = {code for classes in (one, other) for code, value in classes.by_commune.items() if value == "yes"}
    return {code: names[one.of(code) == "yes", other.of(code) == "yes"] for code in codes}


def _rows(name: str, classes: Classification, communes: Mapping[str, list[str]]) -> Iterable[Row]:
    by_commune, other, order = classes
    people = Counter(dict.fromkeys(order, 0))
    for code, inhabitants in territory.inhabitants().items():
        people[by_commune.get(code, other)] += inhabitants
    whole = Decimal(people.total())
    placed = {
        group: Counter(by_commune.get(code, other) for code in codes if code) for group, codes in communes.items()
    }
    for area in order:
        if not people[area] and not any(found[area] for found in placed.values()):
            continue
        of_people = canonical(divide(Decimal(people[area]), whole))
        for group, found in placed.items():
            n, of = found[area], found.total()
            share = canonical(divide(Decimal(n), Decimal(of))) if of else None
            yield Row(name, area, group, n, of, share, people[area], of_people)


@cache
def _sizes() -> Mapping[str, str]:
    return {code: size_of(people) for code, people in territory.inhabitants().items()}
