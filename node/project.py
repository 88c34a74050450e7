"""From the journal to what pages and queries read: a fold, from a cursor kept in the same transaction.

Several processes may call `catch_up`; one at a time folds, and an entry folded twice changes nothing. `rebuild`
empties everything and folds again from the first row, in one transaction: readers see the old content, then the new.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from node.context import Node
from node.projections import answers, directory, graph, observations, posts, quarantine, relations, warnings
from node.projections.stores import Stores
from node.rollup.stamp import FIGURES
from node.store import documents, journal
from node.store.journal import Verdict
from node.store.schema import cursor
from vocab import parse
from vocab.errors import Mistake
from vocab.model import Description, Report

FOLD = 6  # raise it when what a fold makes of an entry changes: every node then folds again
_BATCH = 200
_NAME = "journal"


def catch_up(node: Node) -> int:
    """Fold what the journal has beyond the cursor; how many entries it moved by."""
    moved = 0
    while behind(node):
        with _opened(node) as stores:
            moved += _fold_some(node, stores, _BATCH)
    return moved


def rebuild(node: Node) -> int:
    """Empty the projections and fold the whole journal again; how many entries it holds."""
    moved = 0
    with _opened(node) as stores:
        _empty(node, stores)
        while some := _fold_some(node, stores, _BATCH):
            moved += some
    return moved


@contextmanager
def _opened(node: Node) -> Iterator[Stores]:
    """The three transactions; the public one, which holds the cursor, is committed last."""
    cache = node.cache
    with node.store.read() as truth, cache.public.write() as public, cache.restricted.write() as restricted:
        yield Stores(truth, public, restricted, node.config.is_aggregator(), relations.all_of(public))


def _version(node: Node) -> int:
    return 2 * FOLD + node.config.is_aggregator()


def _position(connection: Connection, version: int) -> int:
    """The last entry folded by this version of the fold; -1 when another version made what is there."""
    row = connection.execute(select(cursor).where(cursor.c.name == _NAME)).one_or_none()
    if row is None:
        return 0
    return row.seq if row.version == version else -1


def behind(node: Node) -> int:
    """How many entries the projections have not folded yet."""
    with node.cache.public.read() as public, node.store.read() as truth:
        return journal.head(truth) - max(_position(public, _version(node)), 0)


def _empty(node: Node, stores: Stores) -> None:
    node.cache.public.empty(stores.public)
    node.cache.restricted.empty(stores.restricted)
    stores.related.clear()


def _fold_some(node: Node, stores: Stores, limit: int) -> int:
    """Fold the next entries that matter, and move the cursor behind them; by how many entries."""
    position = _position(stores.public, _version(node))
    if position < 0:
        _empty(node, stores)
    before = max(position, 0)
    entries = journal.after(stores.truth, before, limit)
    for entry in entries:
        fold(stores, entry)
    warnings.refresh(stores.public, stores.touched)
    reached = entries[-1].seq if len(entries) == limit else journal.head(stores.truth)
    if reached > before:
        _move(node, stores, _NAME, reached)
    if stores.moved:
        _move(node, stores, FIGURES, max(stores.moved))
        stores.moved.clear()
    return reached - before


def _move(node: Node, stores: Stores, name: str, seq: int) -> None:
    stores.public.execute(delete(cursor).where(cursor.c.name == name))
    stores.public.execute(insert(cursor).values({"name": name, "version": _version(node), "seq": seq}))


def fold(stores: Stores, entry: Row[Any]) -> None:
    """What one entry of the journal changes."""
    ended, begun = relations.ended_by(entry), relations.begun_by(entry)
    if ended or begun:
        stores.moved.add(entry.seq)
    if ended:
        relations.end(stores.public, ended)
        stores.related.discard(ended)
        _forget_all(stores, ended, entry.seq)
    if begun and begun not in stores.related:
        relations.begin(stores.public, begun, entry)
        stores.related.add(begun)
        for earlier in journal.by_actor(stores.truth, begun, entry.seq - 1):
            _fold_document(stores, earlier)
    if entry.direction == "out" or entry.actor in stores.related:
        _fold_document(stores, entry)


def _fold_document(stores: Stores, entry: Row[Any]) -> None:
    if entry.verdict in (Verdict.TOMBSTONE, Verdict.WITHDRAWN):
        stores.moved.add(entry.seq)
        _forget(stores, entry.object)
    elif entry.verdict == Verdict.CURRENT and entry.has_document:
        _take(stores, entry, json.loads(documents.bytes_at(stores.truth, entry.seq) or b"{}"))


def _take(stores: Stores, entry: Row[Any], document: dict[str, Any]) -> None:
    """A document's new version, or, when it is not valid, its place in quarantine."""
    if entry.object_type in posts.TYPES:
        if entry.sharing == "public":
            posts.put(stores.public, entry, document)
        return
    stores.moved.add(entry.seq)
    said = parse.document(document)
    if isinstance(said, tuple):
        _refuse(stores, entry, said)
        return
    is_public = said.envelope.sharing == "public"
    lines = graph.lines_of(document) if stores.graphs and is_public else []
    if lines is None:
        _refuse(stores, entry, (Mistake("graphDigest", "doc.digest"),))
        return
    first = answers.first(stores.public, stores.restricted, entry)
    _forget(stores, entry.object)
    if isinstance(said, Report):
        observations.put(stores.public, stores.restricted, entry, said)
        if is_public and not said.source:
            warnings.touch(stores.touched, said.place, said.period)
        answers.put(stores.public if is_public else stores.restricted, entry, said, first)
    elif is_public:
        directory.put(stores.public, entry, said)
        if isinstance(said, Description):
            warnings.touch(stores.touched, said.place.iri)
    if lines:
        graph.put(stores.public, entry, document, lines)


def _refuse(stores: Stores, entry: Row[Any], mistakes: tuple[Mistake, ...]) -> None:
    """An authentic document that is not valid: what it said before no longer holds, and this is kept apart."""
    _forget(stores, entry.object)
    quarantine.put(stores.public, stores.restricted, entry, mistakes)


def _forget(stores: Stores, document: str) -> None:
    for place, period in (*observations.told_by(stores.public, document), *directory.told_by(stores.public, document)):
        warnings.touch(stores.touched, place, period)
    directory.drop(stores.public, document)
    observations.drop(stores.public, stores.restricted, document)
    answers.drop(stores.public, stores.restricted, document)
    graph.drop(stores.public, document)
    posts.drop(stores.public, document)
    quarantine.drop(stores.public, stores.restricted, document)


def _forget_all(stores: Stores, actor: str, until: int) -> None:
    """Everything that an actor said: all that is in a projection came from a row of the journal."""
    for document in journal.written_by(stores.truth, actor, until):
        _forget(stores, document)
