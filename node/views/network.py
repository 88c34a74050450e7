"""What the council's pages show: the headline totals of a year, and the places that describe themselves."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from node.context import Node
from node.store.schema import directory, relations
from node.views import panel, totals
from node.views.panel import Row as Change
from node.views.totals import Row as Total
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
FIRST = ("visits", "eventAttendance", "directJobsFte", "hoursGiven", "floorArea", "useValueScore")
"""What a council is asked first: how many come, to what, what work and what gifts it makes, on what ground, and what
those who use it say of it: a flow of each kind, a stock and a score. All the others are one page away."""


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
class Headline:
    """The totals of a year for the whole country, their changes on the constant panel since an earlier year, and the
    known places by département."""

    period: str
    totals: tuple[Total, ...]
    changes: tuple[Change, ...]
    places: Total | None
    by_departement: tuple[Total, ...]


def headline(node: Node, period: str, earlier: str = "") -> Headline:
    """The first totals of a year, and their changes since `earlier` if it is given. Raises `BadPeriod`."""
    found = totals.table(node, FIRST, "country", (period,))
    ground = totals.read(node, ("placesCount",), period)
    count = totals.rows(ground, "placesCount", "country")
    by_departement = tuple(totals.rows(ground, "placesCount", "departement"))
    changes = panel.changes(node, FIRST, "country", earlier, period) if earlier else []
    rows = tuple(row for some in found.values() for row in some)
    return Headline(period, rows, tuple(changes), next(iter(count), None), by_departement)


def entry(row: Row[Any], connected: frozenset[str]) -> Entry:
    return Entry(
        place=Place.from_json(json.loads(row.content)),
        kind=row.kind,
        actor=row.actor,
        document=row.document,
        departement=row.departement or "",
        answers=row.kind == "description" and row.actor in connected,
    )


def connected_actors(public: Connection) -> frozenset[str]:
    return frozenset(public.execute(select(relations.c.actor)).scalars())


def described(node: Node, most: int | None = None) -> tuple[Entry, ...]:
    """The places that describe themselves here, by name: all, or the first ones."""
    query = select(directory).where(directory.c.kind == "description").order_by(directory.c.name, directory.c.place)
    with node.cache.public.read() as public:
        connected = connected_actors(public)
        return tuple(entry(row, connected) for row in public.execute(query.limit(most)))


def own(node: Node) -> tuple[Entry, ...]:
    """The places of this node that have published."""
    return tuple(entry for entry in described(node) if entry.actor.startswith(node.config.url + "/places/"))


def count(node: Node, kind: str) -> int:
    """How many documents of a kind the directory holds."""
    with node.cache.public.read() as public:
        query = select(func.count()).select_from(directory).where(directory.c.kind == kind)
        return int(public.execute(query).scalar_one())
