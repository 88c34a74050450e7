"""The places of the directory and their public figures, each with its source, licence and date: what is exported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from node.context import Node
from node.importers.drawing import address_id
from node.store import documents
from node.store.schema import directory, listed_observations, observations
from vocab.model import Observation, Place, breakdown_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One place. `id` is made of its IRI, and stays; `source`: its own list for a listing, else the place itself."""

    id: str
    kind: str
    place: Place
    source: str
    updated: str
    licence: str
    figures: tuple[Observation, ...] = ()


def entries(node: Node) -> tuple[Entry, ...]:
    """Every known place in the order of their IRIs, with its figures: its own, or those found elsewhere if listed."""
    with node.cache.public.read() as public, node.store.read() as truth:
        own, found = _figures(public, observations), _figures(public, listed_observations)
        rows = public.execute(select(directory).order_by(directory.c.place, directory.c.seq)).all()
        return tuple(_entry(truth, row, found if row.kind == "listing" else own) for row in rows)


def _entry(truth: Connection, row: Row[Any], figures: Mapping[str, list[Observation]]) -> Entry:
    iri = row.place.removesuffix("#place")
    source = _source(truth, row) if row.kind == "listing" else ""
    updated = row.updated[:10]
    return Entry(
        id=address_id(iri.removeprefix("https://").removeprefix("http://")),
        kind=row.kind,
        place=Place.from_json(json.loads(row.content)),
        source=source or f"{iri}, {updated}",
        updated=updated,
        licence=row.license,
        figures=tuple(figures.get(row.place, ())),
    )


def _source(truth: Connection, row: Row[Any]) -> str:
    document = json.loads(documents.bytes_at(truth, row.seq) or b"{}")
    return str(document.get("schema:isBasedOn", ""))


def _figures(public: Connection, table: Table) -> dict[str, list[Observation]]:
    o = table.c
    query = select(table).order_by(o.place, o.indicator, o.period, o.breakdown, o.version, o.seq)
    found: dict[str, dict[tuple[str, str, str], Observation]] = {}
    for row in public.execute(query):
        value = None if row.value is None else Decimal(row.value)
        figure = Observation(
            row.indicator, row.period, value, row.unit, row.status, row.conf, row.method, breakdown_of(row.breakdown)
        )
        found.setdefault(row.place, {})[row.indicator, row.period, row.breakdown] = figure
    return {place: list(some.values()) for place, some in found.items()}
