"""What the council's pages show: the headline totals of a year, and the known places: sought, listed page by page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from node.context import Node
from node.store.schema import directory, relations
from node.views import totals
from node.views.totals import Row as Total
from vocab import territory
from vocab.model import Place
from vocab.reference import scheme

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
class Filter:
    """What is sought: areas by their INSEE code (an EPCI by its SIREN), codes of the vocabulary, words of the name of
    the place or of its town; `kind`: description | listing. Empty: any."""

    words: str = ""
    kind: str = ""
    region: str = ""
    departement: str = ""
    epci: str = ""
    commune: str = ""
    typology: str = ""
    programme: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """One page of the list: the entries, how many in all, which page of how many, how many describe themselves."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int
    described: int


@dataclass(frozen=True, slots=True)
class Headline:
    """The totals of a year for the whole country, and the known places by département."""

    period: str
    totals: tuple[Total, ...]
    places: Total | None
    by_departement: tuple[Total, ...]


def headline(node: Node, period: str) -> Headline:
    """The first totals of a year from one reading. Raises `BadPeriod`."""
    ground = totals.read(node, (*FIRST, "placesCount"), period)
    found = [row for name in FIRST for row in totals.rows(ground, name, "country")]
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


def _conditions(asked: Filter) -> Iterator[ColumnElement[bool]]:
    for name in ("region", "departement", "epci", "commune", "kind"):
        if value := getattr(asked, name):
            yield directory.c[name] == value
    for name in ("typology", "programme"):
        if code := getattr(asked, name):
            held = func.json_each(directory.c.content, f"$.{name}").table_valued("value")
            yield exists().where(held.c.value.in_(_narrower(name, code)))


def _narrower(name: str, code: str) -> list[str]:
    """A code and those below it."""
    known = scheme(name)
    return [code, *(each for each in known.codes if known.family(each) == code and each != code)]


def sought(public: Connection, asked: Filter) -> list[Any]:
    """The document and kind of the places sought, in the order of the list: those that describe themselves first, then
    by name. Words are compared without case or accents."""
    query = select(directory.c.document, directory.c.kind, directory.c.name, directory.c.commune).where(
        *_conditions(asked)
    )
    found = public.execute(query.order_by(directory.c.kind, directory.c.name, directory.c.document)).all()
    wanted = territory.fold(asked.words).split()
    return [row for row in found if _has(row, wanted)] if asked.words.strip() else list(found)


def _has(row: Any, wanted: Sequence[str]) -> bool:
    """Whether each word is in the name of the place or in that of its town."""
    town = territory.name_of("commune", row.commune) if row.commune else ""
    said = territory.fold(f"{row.name} {town}")
    return bool(wanted) and all(word in said for word in wanted)


def listed(node: Node, asked: Filter, page: int = 1, size: int = PAGE) -> Entries:
    """One page of the known places that are sought."""
    with node.cache.public.read() as public:
        found = sought(public, asked)
        pages = max(1, -(-len(found) // size))
        page = min(max(page, 1), pages)
        here = [row.document for row in found[(page - 1) * size : page * size]]
        rows = public.execute(select(directory).where(directory.c.document.in_(here)))
        by_document = {row.document: row for row in rows}
        connected = _connected(public)
        entries = tuple(_entry(by_document[document], connected) for document in here)
    described = sum(row.kind == "description" for row in found)
    return Entries(entries, len(found), page, pages, described)


def records(node: Node, asked: Filter) -> list[dict[str, Any]]:
    """Every place that is sought, in the order of the list, as files give it: codes, IRIs and decimal strings."""
    with node.cache.public.read() as public:
        order = {row.document: at for at, row in enumerate(sought(public, asked))}
        connected = _connected(public)
        rows = [row for row in public.execute(select(directory).where(*_conditions(asked))) if row.document in order]
    return [_record(row, connected) for row in sorted(rows, key=lambda row: order[row.document])]


def _record(row: Row[Any], connected: frozenset[str]) -> dict[str, Any]:
    said = json.loads(row.content)
    address = said["address"]
    return {
        "id": row.place,
        "name": row.name,
        "kind": row.kind,
        "connected": row.kind == "description" and row.actor in connected,
        "status": row.status,
        "typology": said["typology"],
        "programme": said["programme"],
        "commune": row.commune,
        "epci": row.epci or None,
        "departement": row.departement,
        "region": row.region,
        "street": address["street"] or None,
        "postcode": address["postcode"] or None,
        "locality": address["locality"] or None,
        "lat": said["lat"],
        "lon": said["lon"],
        "website": said["website"] or None,
        "actor": row.actor,
        "document": row.document,
        "version": row.version,
        "updated": row.updated,
        "license": row.license,
    }


def count(node: Node, kind: str) -> int:
    """How many documents of a kind the directory holds."""
    with node.cache.public.read() as public:
        query = select(func.count()).select_from(directory).where(directory.c.kind == kind)
        return int(public.execute(query).scalar_one())
