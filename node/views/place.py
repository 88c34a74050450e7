"""One place as its page shows it: who says what, its public figures year by year, and how each document was proved."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from node.context import Node
from node.store.schema import (
    directory,
    graphs,
    listed_observations,
    observations,
    peers,
    relations,
    restricted_observations,
)
from vocab.indicators import Universe, aggregate
from vocab.model import Place
from vocab.periods import Period
from vocab.reference import Indicator, indicators
from vocab.resolve import Fact
from vocab.terms import SCHEMA, TL


@dataclass(frozen=True, slots=True)
class Document:
    """A signed document that the page is made from; key, digest and receipt are known where a graph is kept."""

    id: str
    period: str
    version: int
    key: str = ""
    digest: str = ""
    received: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one period, as it was said; no status where nothing public was."""

    period: str
    value: Decimal | None
    status: str
    method: str = ""
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator, or one part of it (`breakdown`), over the periods of the page."""

    indicator: Indicator
    breakdown: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Everything on a place's page."""

    place: Place
    kind: str
    actor: str
    handle: str
    document: Document
    updated: str
    license: str
    connected: bool
    periods: tuple[str, ...]
    lines: tuple[Line, ...]
    documents: tuple[Document, ...]
    restricted: int


def of_actor(node: Node, actor: str) -> PlacePage | None:
    """The page of the place that an actor describes."""
    return _page(node, (directory.c.actor == actor) & (directory.c.kind == "description"))


def of_place(node: Node, place: str) -> PlacePage | None:
    """The page of a place by its IRI, described or listed."""
    return _page(node, directory.c.place == place)


def of_document(node: Node, document: str) -> PlacePage | None:
    """The page of a place by the document that speaks of it."""
    return _page(node, directory.c.document == document)


def _page(node: Node, which: ColumnElement[bool]) -> PlacePage | None:
    with node.cache.public.read() as public:
        row = public.execute(select(directory).where(which).order_by(directory.c.kind)).first()
        if row is None:
            return None
        table = listed_observations if row.kind == "listing" else observations
        said = public.execute(select(table).where(table.c.place == row.place)).all()
        said = [figure for figure in said if figure.indicator in indicators()]
        connected = public.execute(select(relations.c.actor).where(relations.c.actor == row.actor)).first()
        periods = tuple(sorted({figure.period for figure in said}, key=_in_order, reverse=True))
        documents = _documents(public, said)
        described = _document(public, row.document, "", row.version)
    return PlacePage(
        place=Place.from_json(json.loads(row.content)),
        kind=row.kind,
        actor=row.actor,
        handle=_handle(node, row.actor) if row.kind == "description" else "",
        document=described,
        updated=row.updated,
        license=row.license,
        connected=connected is not None and row.kind == "description",
        periods=periods,
        lines=_lines(row, said, periods),
        documents=documents,
        restricted=_restricted(node, row.place),
    )


def _in_order(period: str) -> tuple[str, str]:
    return Period.parse(period).end.isoformat(), period


def _restricted(node: Node, place: str) -> int:
    """How many figures of the place are not public; none of them is read."""
    query = select(func.count()).select_from(restricted_observations).where(restricted_observations.c.place == place)
    with node.cache.restricted.read() as restricted:
        return int(restricted.execute(query).scalar_one())


def _handle(node: Node, actor: str) -> str:
    if actor.startswith(node.config.url + "/places/"):
        return f"@{actor.rpartition('/')[2]}@{node.config.authority}"
    with node.store.read() as truth:
        found = truth.execute(select(peers.c.handle).where(peers.c.actor == actor)).scalar_one_or_none()
    return found or ""


def _documents(public: Connection, said: Iterable[Row[Any]]) -> tuple[Document, ...]:
    found = {(figure.period, figure.document): figure for figure in said}
    ordered = sorted(found.items(), key=lambda item: (_in_order(item[0][0]), item[0][1]), reverse=True)
    return tuple(
        replace(_document(public, document, period, figure.version), source=getattr(figure, "source", ""))
        for (period, document), figure in ordered
    )


def _document(public: Connection, document: str, period: str, version: int) -> Document:
    """A document with what its provenance graph says of its proof, and the source that a listing names."""
    text = public.execute(select(graphs.c.nquads).where(graphs.c.document == document)).scalar_one_or_none()
    if text is None:
        return Document(document, period, version)
    proof = _said(text, document, document + "#provenance")
    key, digest, received = (proof.get(TL + name, "") for name in ("proofKey", "digest", "received"))
    source = _said(text, document, document).get(SCHEMA + "isBasedOn", "")
    return Document(document, period, version, key, digest, received, source)


def _said(nquads: str, subject: str, graph: str) -> dict[str, str]:
    """What one graph says of one subject: each predicate with its last value."""
    start, end = f"<{subject}> <", f" <{graph}> ."
    found = {}
    for line in nquads.split("\n"):
        if line.startswith(start) and line.endswith(end):
            predicate, _, value = line[len(start) : -len(end)].partition("> ")
            literal = value.startswith('"')
            found[predicate] = json.loads(value[: value.rindex('"') + 1]) if literal else value[1:-1]
    return found


def _lines(row: Row[Any], said: Iterable[Row[Any]], periods: tuple[str, ...]) -> tuple[Line, ...]:
    """Totals and their parts as they were said, in the vocabulary's order, then the ratios that follow from them."""
    found: dict[tuple[str, str], dict[str, Row[Any]]] = {}
    for figure in sorted(said, key=lambda figure: figure.version):
        found.setdefault((figure.indicator, figure.breakdown), {})[figure.period] = figure
    order = {name: place for place, name in enumerate(indicators())}
    keys = sorted(found, key=lambda key: (order[key[0]], key[1]))
    lines = [Line(indicators()[name], part, _cells(found[name, part], periods)) for name, part in keys]
    return tuple(lines) + tuple(_computed(row, [*found.items()], periods))


def _cells(by_period: Mapping[str, Row[Any]], periods: tuple[str, ...]) -> tuple[Cell, ...]:
    cells = []
    for period in periods:
        figure = by_period.get(period)
        if figure is None:
            cells.append(Cell(period, None, ""))
        else:
            value = None if figure.value is None else Decimal(figure.value)
            cells.append(Cell(period, value, figure.status, figure.method))
    return tuple(cells)


def _computed(
    row: Row[Any], found: list[tuple[tuple[str, str], dict[str, Row[Any]]]], periods: tuple[str, ...]
) -> Iterable[Line]:
    facts = [
        Fact(row.place, name, period, None if f.value is None else Decimal(f.value), f.status, f.method, part, f.seq)
        for (name, part), by_period in found
        for period, f in by_period.items()
    ]
    given = {fact.indicator for fact in facts}
    here = frozenset({row.place})
    universe = Universe({row.place: row.operator}, here, here)
    for rule in indicators().values():
        if rule.kind != "ratio" or rule.id in given or not {rule.numerator, rule.denominator} <= given:
            continue
        some = [fact for fact in facts if fact.indicator in (rule.numerator, rule.denominator)]
        each = [aggregate(rule.id, period, some, universe) for period in periods]
        cells = (Cell(p, a.value, a.obs_status, "", True) for p, a in zip(periods, each, strict=True))
        yield Line(rule, "", tuple(cells))
