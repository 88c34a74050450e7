"""What the council's pages show: the headline totals of a year, and the list of known places, page by page."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from node.context import Node
from node.store.schema import directory, relations
from node.views import totals
from node.views.totals import Row as Total
from vocab import territory
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


def _sought(public: Connection, departement: str, words: str, kind: str) -> list[str]:
    """The documents of the places sought, in the order of the list; words are compared without case or accents."""
    query = select(directory.c.document, directory.c.name)
    if departement:
        query = query.where(directory.c.departement == departement)
    if kind:
        query = query.where(directory.c.kind == kind)
    query = query.order_by(directory.c.kind, directory.c.name, directory.c.document)
    wanted = territory.fold(words).split()
    return [
        row.document
        for row in public.execute(query)
        if not words.strip() or (wanted and all(word in territory.fold(row.name) for word in wanted))
    ]


def listed(node: Node, departement: str = "", words: str = "", kind: str = "", page: int = 1) -> Entries:
    """One page of all known places: those that describe themselves first, then by name."""
    with node.cache.public.read() as public:
        found = _sought(public, departement, words, kind)
        pages = max(1, -(-len(found) // PAGE))
        page = min(max(page, 1), pages)
        here = found[(page - 1) * PAGE : page * PAGE]
        rows = public.execute(select(directory).where(directory.c.document.in_(here)))
        by_document = {row.document: row for row in rows}
        connected = _connected(public)
        entries = tuple(_entry(by_document[document], connected) for document in here)
    return Entries(entries, len(found), page, pages)


def count(node: Node, kind: str) -> int:
    """How many documents of a kind the directory holds."""
    with node.cache.public.read() as public:
        query = select(func.count()).select_from(directory).where(directory.c.kind == kind)
        return int(public.execute(query).scalar_one())
