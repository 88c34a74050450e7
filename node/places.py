"""The places of this node as their manager enters them: drafts, until `publish` signs them.

A short name is given once: that of a deleted place is never used again, for its tombstone must keep its meaning.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from federation.canonical import digest, jcs
from federation.keys import ActorKeys
from node.context import Node
from node.errors import BadSlug, PlaceUnknown, SlugTaken
from node.store import own_keys, streams, times
from node.store.people import entries, post_sources, quotas
from node.store.schema import actors, drafts
from vocab.model import Place

DESCRIPTION = "description"
_SLUG = re.compile(r"[a-z0-9_]{1,30}")
_RESERVED = frozenset({"actor", "relay", "inbox", "host", "account"})  # the last two: pages of a manager


@dataclass(frozen=True, slots=True)
class PlaceState:
    """A place and where it stands: `draft`, `changed`, `published` or `removing`; `suspended`, or `moved` elsewhere."""

    slug: str
    place: Place
    state: str


def content_text(content: Mapping[str, Any]) -> str:
    """The one text of a draft: equal texts, equal content."""
    return jcs(content).decode()


def state_of(draft: Row[Any]) -> str:
    """Where a draft stands against what was published from it."""
    if draft.removed:
        return "removing"
    if draft.digest is None:
        return "draft"
    return "published" if draft.digest == digest(draft.content.encode()) else "changed"


def put_draft(connection: Connection, actor: str, name: str, content: str, now: str) -> str:
    """Keep what was entered: `added`, `changed`, or `same` when nothing is new."""
    key = (drafts.c.actor == actor) & (drafts.c.name == name)
    before = connection.execute(select(drafts).where(key)).one_or_none()
    if before is None:
        row = {"actor": actor, "name": name, "content": content, "updated": now, "removed": False}
        connection.execute(insert(drafts).values(row))
        return "added"
    if before.content == content and not before.removed:
        return "same"
    connection.execute(update(drafts).where(key).values(content=content, updated=now, removed=False))
    return "added" if before.removed else "changed"


def check_slug(slug: str, authority: str) -> None:
    """Raises `BadSlug` for a short name that no place of that address can have."""
    if not _SLUG.fullmatch(slug) or slug in _RESERVED or slug == authority.partition(":")[0]:
        raise BadSlug(slug)


def is_free(node: Node, slug: str) -> bool:
    """Whether no place has, or had, that short name."""
    with node.store.read() as connection:
        return connection.execute(select(actors.c.id).where(actors.c.slug == slug)).first() is None


def add_place(node: Node, slug: str, place: Place, accept: Sequence[str] = ()) -> str:
    """Enter a place or correct it; `accept` are followers taken at once. Raises `BadSlug`, `SlugTaken`."""
    check_slug(slug, node.config.authority)
    with node.store.read() as connection:
        known = _known(connection, slug)
    keys = node.keys.make(slug) if known is None else None
    return node.store.write(lambda connection: put_place(connection, node, slug, place, accept, keys))


def _known(connection: Connection, slug: str) -> Row[Any] | None:
    """The actor of that name; raises `SlugTaken` for one that was deleted."""
    known = connection.execute(select(actors).where(actors.c.slug == slug)).one_or_none()
    if known is not None and known.deleted:
        raise SlugTaken(slug)
    return known


def put_place(
    connection: Connection, node: Node, slug: str, place: Place, accept: Sequence[str], keys: ActorKeys | None
) -> str:
    """The same, inside the caller's transaction; `keys`: those of a place that is new. Raises `SlugTaken`."""
    known = _known(connection, slug)
    actor, now = node.config.actor(slug), times.text(node.clock())
    if known is not None and keys is not None:
        raise SlugTaken(slug)  # somebody was faster
    if keys is not None:
        row = {"id": actor, "kind": "place", "slug": slug, "created": now, "name": place.name}
        connection.execute(insert(actors).values(row | streams.first(connection, node.config.node_actor)))
        paper = own_keys.recovery(connection, node.config.node_actor)
        own_keys.begin(connection, actor, keys, now, paper.public if paper else "")
    accepted = dict.fromkeys([*(json.loads(known.accept) if known else ()), *accept])
    values = {"name": place.name, "accept": json.dumps(list(accepted))}
    connection.execute(update(actors).where(actors.c.id == actor).values(values))
    return put_draft(connection, actor, DESCRIPTION, content_text(place.to_json()), now)


def known_actor(connection: Connection, node: Node, slug: str) -> Row[Any]:
    """The row of a living place; raises `PlaceUnknown`."""
    query = select(actors).where(actors.c.slug == slug, actors.c.kind == "place", actors.c.deleted.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise PlaceUnknown(slug)
    return row


def list_all(node: Node) -> list[PlaceState]:
    """The living places of this node, by short name."""
    with node.store.read() as connection:
        return [_state(row) for row in connection.execute(_DESCRIBED)]


def show_place(node: Node, slug: str) -> PlaceState | None:
    """One living place of this node."""
    with node.store.read() as connection:
        row = connection.execute(_DESCRIBED.where(actors.c.slug == slug)).one_or_none()
    return None if row is None else _state(row)


_DESCRIBED = (
    select(actors.c.slug, actors.c.moved, quotas.c.suspended, drafts)
    .join(drafts, drafts.c.actor == actors.c.id)
    .outerjoin(quotas, quotas.c.place == actors.c.slug)
    .where(drafts.c.name == DESCRIPTION, actors.c.deleted.is_(None))
    .order_by(actors.c.slug)
)


def _state(row: Row[Any]) -> PlaceState:
    state = "moved" if row.moved else "suspended" if row.suspended else state_of(row)
    return PlaceState(row.slug, Place.from_json(json.loads(row.content)), state)


def delete_place(node: Node, slug: str) -> None:
    """Delete a place, its documents and its actor, what was typed about it, and queue the notices, in one transaction;
    then its pictures."""
    from node.media import files
    from node.outgoing import delete_actor

    with node.store.read() as connection:
        actor = known_actor(connection, node, slug).id
    typed = post_sources.c.document.startswith(actor + "/posts/", autoescape=True)

    def forget(connection: Connection) -> None:
        delete_actor(connection, node, slug)
        connection.execute(delete(entries).where(entries.c.place == slug))
        connection.execute(delete(post_sources).where(typed))

    node.store.write(forget)
    for kept in files.of_place(node, slug):
        files.forget(node, slug, kept.id)
