"""What the council's pages show: the headline totals of a year, and the list of known places, page by page."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from node.context import Node
from node.store.schema import directory, relations
from node.views import totals
from node.views.totals import Row as Total
from node.views.totals import exclusive_family
from vocab.model import Place

HEADLINES = (
    "visits",
    "events",
    "eventAttendance",
    "directJobsFte",
    "volunteerHours",
    "hoursGiven",
    "reciprocityAttainment",
    "floorArea",
    "buildingReuseRate",
    "useValueScore",
    "publicServiceHosted",
    "energyUse",
)
PAGE = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A known place as a list shows it; `answers`: it describes itself and is connected."""

    place: Place
    kind: str
    actor: str
    document: str
    departement: str
    family: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Entries:
    """One page of the list: the entries, how many in all, which page of how many."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Headline:
    """The totals of a year for the whole country, and the known places by département."""

    period: str
    totals: tuple[Total, ...]
    places: Total | None
    by_departement: tuple[Total, ...]


def headline(node: Node, period: str) -> Headline:
    """Every headline total of a year from one reading. Raises `BadPeriod`."""
    ground = totals.read(node, (*HEADLINES, "placesCount"), period)
    found = [row for name in HEADLINES for row in totals.rows(ground, name, "country")]
    count = totals.rows(ground, "placesCount", "country")
    by_departement = tuple(totals.rows(ground, "placesCount", "departement"))
    return Headline(period, tuple(found), next(iter(count), None), by_departement)


def _entry(row: Row[Any], connected: frozenset[str]) -> Entry:
    return Entry(
        place=Place.from_json(json.loads(row.content)),
        kind=row.kind,
        actor=row.actor,
        document=row.document,
        departement=row.departement or "",
        family=exclusive_family(json.loads(row.typology)),
        answers=row.kind == "description" and row.actor in connected,
    )


def _connected(public: Connection) -> frozenset[str]:
    return frozenset(public.execute(select(relations.c.actor)).scalars())


def described(node: Node) -> tuple[Entry, ...]:
    """The places that describe themselves here, by name."""
    query = select(directory).where(directory.c.kind == "description").order_by(directory.c.name, directory.c.place)
    with node.cache.public.read() as public:
        connected = _connected(public)
        return tuple(_entry(row, connected) for row in public.execute(query))


def own(node: Node) -> tuple[Entry, ...]:
    """The places of this node that have published."""
    return tuple(entry for entry in described(node) if entry.actor.startswith(node.config.url + "/places/"))


def _sought(query: Select[Any], departement: str, words: str, kind: str) -> Select[Any]:
    if departement:
        query = query.where(directory.c.departement == departement)
    if kind:
        query = query.where(directory.c.kind == kind)
    for word in words.split()[:6]:
        query = query.where(directory.c.name.icontains(word, autoescape=True))
    return query


def listed(node: Node, departement: str = "", words: str = "", kind: str = "", page: int = 1) -> Entries:
    """One page of all known places: those that describe themselves first, then by name."""
    count = _sought(select(func.count()).select_from(directory), departement, words, kind)
    query = _sought(select(directory), departement, words, kind)
    query = query.order_by(directory.c.kind, directory.c.name, directory.c.document)
    with node.cache.public.read() as public:
        total = int(public.execute(count).scalar_one())
        pages = max(1, -(-total // PAGE))
        page = min(max(page, 1), pages)
        connected = _connected(public)
        rows = public.execute(query.limit(PAGE).offset((page - 1) * PAGE))
        return Entries(tuple(_entry(row, connected) for row in rows), total, page, pages)
