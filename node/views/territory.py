"""One territory: what contains it, what it contains, its places, its totals. EPCI are a hierarchy of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from node.context import Node
from node.store.layers import Layer
from node.store.schema import directory
from node.views import network, places, totals
from node.views.areas import divisions
from node.views.places import Entries, Known, Wanted
from node.views.totals import Row
from vocab import territory

_LEVELS = ("country", "departement", "region", "epci", "commune")  # a code that several levels know is the first's
_CHILD = {"country": "region", "region": "departement", "departement": "commune", "epci": "commune"}


@dataclass(frozen=True, slots=True)
class Area:
    """An INSEE code (an EPCI: its SIREN) at a level: country | region | departement | epci | commune."""

    level: str
    code: str


@dataclass(frozen=True, slots=True)
class Child:
    """A territory below, with its places: how many describe themselves, how many are only listed."""

    area: Area
    described: int
    listed: int


@dataclass(frozen=True, slots=True)
class TerritoryPage:
    """Everything on a territory's page. `classes`: of a commune, its class in each layer and its size.

    `across` is the other hierarchy: the EPCI of a commune or of a département, the départements that an EPCI lies in.
    """

    area: Area
    others: tuple[Area, ...]
    population: int
    parents: tuple[Area, ...]
    across: tuple[Area, ...]
    children: tuple[Child, ...]
    classes: Mapping[str, str]
    layers: tuple[Layer, ...]
    period: str
    totals: tuple[Row, ...]
    entries: Entries


def areas_of(code: str) -> tuple[Area, ...]:
    """Every territory that a code names today: the département before the region of the same number."""
    found = [level for level in _LEVELS if level != "commune" and code in territory.area_codes(level)]
    now = territory.resolve(code).commune if len(code) == 5 else None
    return (*(Area(level, code) for level in found), *((Area("commune", now.code),) if now else ()))


def territory_page(node: Node, area: Area, period: str = "") -> TerritoryPage:
    """The page of a territory for a year; the latest that has a figure when none is said."""
    period = period or totals.default_period(node, *network.HEADLINES)
    found = totals.table(node, ("placesCount", *network.HEADLINES), area.level, (period,), area.code)
    rows = [row for some in found.values() for row in some]
    known = divisions(node)
    classes = known.of(area.code) if area.level == "commune" else {}
    return TerritoryPage(
        area=area,
        others=tuple(other for other in areas_of(area.code) if other != area),
        population=territory.population(area.level, area.code),
        parents=tuple(_parents(area)),
        across=tuple(_across(area)),
        children=tuple(_children(node, area)),
        classes=classes,
        layers=tuple(each.layer for each in known.layers.values()),
        period=period,
        totals=tuple(rows),
        entries=places.page_of(node, known_in(node, area), size=24),
    )


def known_in(node: Node, area: Area) -> tuple[Known, ...]:
    """The known places of a territory, in the order of the list."""
    return places.found(node, Wanted() if area.level == "country" else Wanted(**{area.level: area.code}))


def _parents(area: Area) -> Iterator[Area]:
    """What contains it, the nearest first. An EPCI may cross a département and a region: it is in the country only."""
    if area.level == "commune":
        yield from (Area(level, code) for level, code in territory.parents(area.code) if level != "epci")
        return
    if area.level == "departement" and (region := territory.above("departement", area.code)):
        yield Area("region", region)
    if area.level != "country":
        yield Area("country", territory.COUNTRY)


def _across(area: Area) -> list[Area]:
    """Of a commune or a département, its EPCI; of an EPCI, the départements that it has communes in; by name."""
    level = {"commune": "epci", "departement": "epci", "epci": "departement"}.get(area.level)
    if level is None:
        return []
    above = {code for commune in territory.communes_of(area.level, area.code) for code in territory.parents(commune)}
    return [Area(level, code) for code in _by_name(level, [code for each, code in above if each == level])]


def _children(node: Node, area: Area) -> Iterator[Child]:
    """The territories below that have a known place; of a country or a region, all."""
    below = _CHILD.get(area.level)
    if below is None:
        return
    column = directory.c[below]
    query = select(column, directory.c.kind, func.count()).where(column.is_not(None)).group_by(column, directory.c.kind)
    if area.level != "country":
        query = query.where(directory.c[area.level] == area.code)
    counts: dict[str, dict[str, int]] = {code: {} for code in _all_below(area, below)}
    with node.cache.public.read() as public:
        for code, kind, n in public.execute(query):
            counts.setdefault(code, {})[kind] = n
    for code in _by_name(below, list(counts)):
        yield Child(Area(below, code), counts[code].get("description", 0), counts[code].get("listing", 0))


def _all_below(area: Area, below: str) -> Sequence[str]:
    if below == "commune":
        return ()
    codes = territory.area_codes(below)
    return [code for code in codes if area.level == "country" or territory.above(below, code) == area.code]


def _by_name(level: str, codes: Sequence[str]) -> list[str]:
    return sorted(codes, key=lambda code: (territory.fold(territory.name_of(level, code)), code))
