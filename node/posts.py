"""Notes, articles and events of a place: each is signed and queued at once, in one transaction, for every follower.

An event is also announced by the node actor, which other networks can follow as a whole. The name of a post is made
from its title when it is created; it never changes, and never serves again.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from node.context import Node
from node.errors import DocumentGone, PlaceUnknown, PostAmbiguous, PostUnknown
from node.outgoing import announce, delete_document, put_document
from node.places import known_actor, show_place
from node.store import documents
from node.store.schema import actors
from node.store.schema import documents as table
from vocab import richtext, territory
from vocab.errors import Mistake
from vocab.intake.post import Habits, post_fields, post_file
from vocab.model import Place
from vocab.post import TYPES, Post, Venue, document, headed, zone_of

_LONGEST = 60
_FORMS = frozenset({"new", *(f"new-{kind}" for kind in TYPES)})  # names of the forms of new posts
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss"})
_KINDS = {kind: name for name, kind in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """A living post of this node: its id is its address. `title`: its name, else how its text begins."""

    id: str
    slug: str
    kind: str
    title: str
    version: int
    published: str
    updated: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was done with a post, and how many deliveries wait: of the post, and of its announcement."""

    id: str
    version: int
    queued: int
    announced: int = 0


def read(node: Node, slug: str, kind: str, text: str, is_toml: bool) -> Post | tuple[Mistake, ...]:
    """The post that a file of a place says, or what to mend. Raises `PlaceUnknown`."""
    state = show_place(node, slug)
    if state is None:
        raise PlaceUnknown(slug)
    return _not_future(node, post_file(text, kind, is_toml, _habits(node, state.place)))


def from_fields(node: Node, slug: str, kind: str, fields: Mapping[str, str], text: str) -> Post | tuple[Mistake, ...]:
    """The same from the fields of a page. Raises `PlaceUnknown`."""
    state = show_place(node, slug)
    if state is None:
        raise PlaceUnknown(slug)
    return _not_future(node, post_fields(fields, text, kind, _habits(node, state.place)))


def _not_future(node: Node, post: Post | tuple[Mistake, ...]) -> Post | tuple[Mistake, ...]:
    if isinstance(post, tuple) or post.day is None:
        return post
    today = node.clock().astimezone(ZoneInfo(post.zone)).date()
    return (Mistake("date", "post.future"),) if post.day.date() > today else post


def _habits(node: Node, place: Place) -> Habits:
    address = place.address
    town = address.locality or territory.name_of("commune", address.commune)
    venue = Venue(place.name, address.street, address.postcode, town, place.lat, place.lon)
    return Habits(node.config.license, zone_of(address.commune), venue=venue)


def add(node: Node, slug: str, post: Post) -> Said:
    """Sign, journal and queue a new post. Raises `PlaceUnknown`."""

    def act(connection: Connection) -> Said:
        iri = _new_id(connection, known_actor(connection, node, slug).id, post)
        sent = put_document(connection, node, slug, iri, TYPES[post.kind], "public", lambda e: document(post, e))
        assert sent is not None
        announced = announce(connection, node, iri, TYPES[post.kind]) if post.kind == "event" else 0
        return Said(iri, sent.version, sent.queued, announced)

    return node.store.write(act)


def edit(node: Node, stored: Stored, post: Post) -> Said | None:
    """A new version, to all who have an earlier one; None when nothing in it is new."""

    def act(connection: Connection) -> Said | None:
        kind = TYPES[stored.kind]
        sent = put_document(connection, node, stored.slug, stored.id, kind, "public", lambda e: document(post, e))
        return None if sent is None else Said(stored.id, sent.version, sent.queued)

    return node.store.write(act)


def delete(node: Node, stored: Stored) -> int:
    """Leave a tombstone and tell all who had it, or its announcement; how many deliveries wait."""
    return node.store.write(lambda connection: delete_document(connection, node, stored.slug, stored.id))


def list_all(node: Node, slug: str | None = None) -> list[Stored]:
    """The living posts of one place or of all, the newest first."""
    with node.store.read() as connection:
        return [_stored(connection, row) for row in _rows(connection, slug)]


def find(node: Node, name: str) -> Stored:
    """The post of an id, of `PLACE/NAME` or of a name; raises `PostUnknown`, `PostAmbiguous`, `DocumentGone`."""
    with node.store.read() as connection:
        rows = _rows(connection, None)
        place, _, last = name.rpartition("/")
        wanted = (name, f"{node.config.actor(place)}/posts/{last}") if place else (name,)
        found = [row for row in rows if row.id in wanted or row.id.rpartition("/")[2] == name]
        if len(found) == 1:
            return _stored(connection, found[0])
        known = documents.stored(connection, name)
    if len(found) > 1:
        raise PostAmbiguous(name, [row.id for row in found])
    if known is not None and known.deleted and known.own:
        raise DocumentGone(name)
    raise PostUnknown(name)


def _rows(connection: Connection, slug: str | None) -> Sequence[Row[Any]]:
    query = select(table, actors.c.slug).join(actors, actors.c.id == table.c.owner)
    query = query.where(table.c.type.in_(_KINDS), table.c.deleted.is_(None), table.c.own, table.c.sharing == "public")
    query = query if slug is None else query.where(actors.c.slug == slug)
    return connection.execute(query.order_by(table.c.published.desc(), table.c.seq.desc())).all()


def _stored(connection: Connection, row: Row[Any]) -> Stored:
    said = json.loads(documents.bytes_at(connection, row.seq) or b"{}")
    content = said.get("content", "")
    title = said.get("name") or headed(content)[0] or richtext.plain(content, 80)
    return Stored(row.id, row.slug, _KINDS[row.type], title, row.version, row.published, row.updated)


def _new_id(connection: Connection, actor: str, post: Post) -> str:
    base = f"{actor}/posts/{_name(post)}"
    ids = (base if number == 1 else f"{base}-{number}" for number in range(1, 100_000))
    free = (each for each in ids if each.rpartition("/")[2] not in _FORMS)
    return next(each for each in free if documents.stored(connection, each) is None)


def _name(post: Post) -> str:
    """The title, or how the text begins, in what every address can hold: `atelier-velo`."""
    words = post.title or re.sub(r"https?://\S+", "", richtext.plain(post.content))
    plain = unicodedata.normalize("NFKD", words.translate(_LIGATURES)).encode("ascii", "ignore").decode().lower()
    whole = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    short = whole if len(whole) <= _LONGEST else whole[:_LONGEST].rpartition("-")[0] or whole[:_LONGEST]
    return short or post.kind
