"""The documents of this node's own actors, as others read them."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from federation import keylist
from federation.actor import Profile, node_actor, place_actor
from federation.clock import timestamp
from node.context import Node
from node.places import DESCRIPTION
from node.store import documents, own_keys, times
from node.store.schema import actors
from vocab import territory
from vocab.contexts import CONTEXT
from vocab.model import Description, Place
from vocab.parse import document as read_document

SHARED_INBOX = "/inbox"


def row_of(connection: Connection, slug: str) -> Row[Any] | None:
    """The row of one of our actors, living or deleted; the node's own slug is `actor`."""
    return connection.execute(select(actors).where(actors.c.slug == slug)).one_or_none()


def actor_document(connection: Connection, node: Node, slug: str) -> dict[str, Any]:
    """The actor's document; for a place, what its published description says: name, summary, location, fields."""
    row = row_of(connection, slug)
    assert row is not None, slug
    inbox, keys = node.config.url + SHARED_INBOX, own_keys.listed(connection, row.id)
    published = timestamp(times.read(row.created))
    if row.kind == "node":
        name = node.config.authority.partition(":")[0]
        profile = Profile(row.id, name, row.name, url=node.config.url + "/", published=published, approves=False)
        return node_actor(profile, keys, inbox)
    said = _description(connection, row.id)
    profile = Profile(
        id=row.id,
        username=slug,
        name=said.place.name if said else row.name,
        summary=_summary(said.place.summary) if said else "",
        published=published,
        fields=_fields(said) if said else (),
        location=_location(said) if said else None,
        also_known_as=json.loads(row.also_known_as),
        moved_to=row.moved or "",
    )
    return place_actor(profile, keys, node.config.node_actor, inbox)


def actor_tombstone(connection: Connection, node: Node, slug: str) -> dict[str, Any]:
    """What is left of a deleted place: the keys by which all that it said, last words too, can still be verified."""
    row = row_of(connection, slug)
    assert row is not None, slug
    told = {"@context": CONTEXT, "id": row.id, "type": "Tombstone", "formerType": "Organization"}
    return told | {"deleted": timestamp(times.read(row.deleted))} | keylist.written(own_keys.listed(connection, row.id))


def _description(connection: Connection, actor: str) -> Description | None:
    stored = documents.stored(connection, f"{actor}/documents/{DESCRIPTION}")
    raw = None if stored is None or stored.deleted else documents.bytes_at(connection, stored.seq)
    said = read_document(json.loads(raw)) if raw else None
    return said if isinstance(said, Description) else None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _summary(summary: Mapping[str, str]) -> str:
    """HTML, as other networks expect: French first, then English."""
    texts = [summary[lang] for lang in ("fr", "en") if summary.get(lang)]
    return "".join(f"<p>{_escaped(text)}</p>" for text in texts)


def _fields(said: Description) -> tuple[tuple[str, str], ...]:
    """Names and HTML: other networks link nothing by themselves."""
    place, web = said.place, _escaped(said.place.website)
    site = f'<a href="{web}" rel="me nofollow noopener noreferrer">{web}</a>' if web else ""
    pairs = [("Site", site), ("Commune", _escaped(_town(place))), ("Depuis · Since", _escaped(place.opened))]
    return tuple((name, value) for name, value in pairs if value)


def _town(place: Place) -> str:
    return place.address.locality or territory.name_of("commune", place.address.commune)


def _location(said: Description) -> dict[str, Any]:
    place = said.place
    known: dict[str, Any] = {"id": place.iri + "-location", "type": "Place", "name": _town(place) or place.name}
    if place.lat is None or place.lon is None:
        return known
    return known | {"latitude": float(place.lat), "longitude": float(place.lon)}
