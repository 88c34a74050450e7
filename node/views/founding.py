"""The founding question: are supported places where they were meant to be, against the people who live there?

For each division of the territory, how many of the known places of a programme stand in each of its classes, and what
share of the population does. A place whose commune is not known is counted apart and is in no share.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import select

from node.context import Node
from node.store.layers import Layer
from node.store.schema import directory
from node.views.areas import UNSTATED, Classes, Divisions, divisions, size_of, sizes
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
    known, communes = divisions(node), _communes(node)
    rows = [
        row
        for name, classes in _classifications(known).items()
        for row in _rows(name, classes, communes)
    ]  # fmt: skip
    unplaced = {group: sum(not code for code in codes) for group, codes in communes.items()}
    missing = tuple(name for name in (QPV, ACV, PVD) if name not in known.layers)
    return Founding(tuple(rows), tuple(c.layer for c in known.layers.values()), unplaced, missing)


def _communes(node: Node) -> dict[str, list[str]]:
    """The commune of each known place of a group; a place that has closed is no longer one of them."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    seen = set()
    with node.cache.public.read() as public:
        query = select(directory.c.place, directory.c.content, directory.c.commune, directory.c.status)
        for row in public.execute(query.where(directory.c.status != "closed")):
            if row.place in seen:
                continue
            seen.add(row.place)
            for group in (*json.loads(row.content)["programme"], "all"):
                if group in found:
                    found[group].append(row.commune or "")
    return found


Classification = tuple[Mapping[str, str], str, tuple[str, ...]]  # commune → class, the class of the others, the order


def _classifications(known: Divisions) -> dict[str, Classification]:
    found: dict[str, Classification] = {}
    if QPV in known.layers and ACV in known.layers:
        found[BOTH] = (_crossed(known.layers[QPV], known.layers[ACV]), "neither", (QPV, ACV, "both", "neither"))
    for name, classes in known.layers.items():
        order = ("yes", "no") if classes.is_membership else tuple(sorted({*classes.by_commune.values(), UNSTATED}))
        found[name] = (classes.by_commune, "no" if classes.is_membership else UNSTATED, order)
    found["townsize"] = (_sizes(), UNSTATED, sizes())
    return found


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
        for group, found in placed.items():
            n, of = found[area], found.total()
            share = canonical(divide(Decimal(n), Decimal(of))) if of else None
            if people[area] or n:
                of_people = canonical(divide(Decimal(people[area]), whole))
                yield Row(name, area, group, n, of, share, people[area], of_people)


@cache
def _sizes() -> Mapping[str, str]:
    return {code: size_of(people) for code, people in territory.inhabitants().items()}
