"""The known places that answer a question: those that describe themselves, then those that lists mention, by name."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, exists, func, select

from node.context import Node
from node.store.schema import directory
from node.views.network import Entry, connected_actors, entry
from vocab import territory
from vocab.reference import scheme

PAGE = 40
KINDS = ("description", "listing")
LEVELS = ("region", "departement", "epci", "commune")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the list; an empty member asks nothing. Codes are those of the vocabulary and of INSEE."""

    q: str = ""
    kind: str = ""
    typology: str = ""
    programme: str = ""
    region: str = ""
    departement: str = ""
    epci: str = ""
    commune: str = ""

    def to_json(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Known:
    """What a list, a map and a menu of territories need of a place."""

    document: str
    kind: str
    name: str
    region: str
    departement: str
    epci: str
    commune: str
    lat: Decimal | None
    lon: Decimal | None


@dataclass(frozen=True, slots=True)
class Entries:
    """One page of the list: the entries, how many in all, which page of how many."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int


COLUMNS = (
    "id", "name", "kind", "connected", "status", "typology", "building_origin", "programme", "opened", "closed",
    "commune", "epci", "departement", "region", "street", "postcode", "locality", "lat", "lon", "website",
    "operator", "actor", "document", "version", "updated", "license",
)  # fmt: skip
"""What files say of a place: codes, IRIs, decimal strings, no words of one language; no e-mail, no telephone."""


def _query(wanted: Wanted, *columns: Any) -> Select[Any]:
    """What SQL can answer of the question; words are compared after."""
    d = directory.c
    query = select(*columns)
    for name in ("kind", *LEVELS):
        if value := getattr(wanted, name):
            query = query.where(d[name] == value)
    if wanted.typology:
        query = query.where(_holds(d.typology, scheme("typology").within(wanted.typology)))
    if wanted.programme:
        query = query.where(_holds(func.json_extract(d.content, "$.programme"), (wanted.programme,)))
    return query


def _holds(column: Any, codes: Sequence[str]) -> Any:
    each = func.json_each(column).table_valued("value")
    return exists(select(1).select_from(each).where(each.c.value.in_(codes)))


@lru_cache(maxsize=16_384)
def _folded(text: str) -> str:
    return territory.fold(text)


def _speaks(name: str, commune: str, words: Sequence[str]) -> bool:
    """Every word is in the name of the place or of its town, without case or accents."""
    said = f"{_folded(name)} {_folded(territory.name_of('commune', commune)) if commune else ''}"
    return all(word in said for word in words)


def found(node: Node, wanted: Wanted) -> tuple[Known, ...]:
    """Every place that answers, in the order of the list."""
    d = directory.c
    columns = [d.document, d.kind, d.name, d.region, d.departement, d.epci, d.commune]
    position = [func.json_extract(d.content, f"$.{name}") for name in ("lat", "lon")]
    words = territory.fold(wanted.q).split()
    if wanted.q.strip() and not words:
        return ()
    with node.cache.public.read() as public:
        rows = public.execute(_query(wanted, *columns, *position)).all()
    places = [_known(row) for row in rows if _speaks(row.name, row.commune or "", words)]
    return tuple(sorted(places, key=lambda place: (place.kind, _folded(place.name), place.document)))


def _known(row: Any) -> Known:
    document, kind, name, *areas = (value or "" for value in row[:7])
    region, departement, epci, commune = areas
    lat, lon = (None if value is None else Decimal(value) for value in row[7:])
    return Known(document, kind, name, region, departement, epci, commune, lat, lon)


def page_of(node: Node, places: Sequence[Known], page: int = 1, size: int = PAGE) -> Entries:
    """One page of some places, in their order; a page beyond the last one is the last one."""
    pages = max(1, -(-len(places) // size))
    page = min(max(page, 1), pages)
    here = [place.document for place in places[(page - 1) * size : page * size]]
    with node.cache.public.read() as public:
        rows = public.execute(select(directory).where(directory.c.document.in_(here)))
        by_document = {row.document: row for row in rows}
        connected = connected_actors(public)
    shown = tuple(entry(by_document[document], connected) for document in here if document in by_document)
    return Entries(shown, len(places), page, pages)


def records(node: Node, places: Sequence[Known]) -> list[dict[str, Any]]:
    """Some places as files give them, in their order."""
    with node.cache.public.read() as public:
        connected = connected_actors(public)
        by_document = {row.document: row for row in public.execute(select(directory))}
    return [_record(by_document[place.document], connected) for place in places if place.document in by_document]


def _record(row: Any, connected: frozenset[str]) -> dict[str, Any]:
    said = json.loads(row.content)
    said |= {name: said["address"][name] for name in ("street", "postcode", "locality")}
    said["id"] = row.place
    said["connected"] = row.kind == "description" and row.actor in connected
    said["website"] = said["website"] if said["website"].startswith(("https://", "http://")) else ""
    kept = {name: said[name] if name in said else getattr(row, name) for name in COLUMNS}
    return {name: None if value == "" else value for name, value in kept.items()} | {"operator": row.operator}


def areas_of(node: Node, wanted: Wanted, level: str) -> tuple[str, ...]:
    """The areas of a level that have a place answering the rest of the question."""
    column = directory.c[level]
    with node.cache.public.read() as public:
        return tuple(public.execute(_query(wanted, column).where(column.is_not(None)).distinct()).scalars())


def by_departement(places: Sequence[Known]) -> dict[str, Decimal]:
    """How many of the places each département has."""
    return {code: Decimal(n) for code, n in Counter(place.departement for place in places if place.departement).items()}
