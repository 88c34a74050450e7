"""Finding a place or a network: by its address, or by name or town among those known here and by the networks we know.

What another answers is hostile until read: bounded, plain lines, and only what can be followed has an address.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import or_, select

from federation import discovery
from federation.activity import is_iri
from federation.canonical import read_json
from federation.errors import Refused
from federation.transport import Transport
from node import lookup, relations
from node.context import Node
from node.relations import Unreachable
from node.store.people import followed_for
from node.store.schema import followers, following, grants, peers
from node.views import places as directory
from node.views.places import Wanted
from vocab import territory
from vocab.errors import visible
from vocab.model import Place

MOST = 60
_NETWORKS = 3
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place or a network that was found. Without `actor` it cannot be followed: only a list mentions it.

    `commune` and `departement` are INSEE codes or empty; `source`: who told, empty for what is known here.
    """

    actor: str
    name: str
    commune: str = ""
    departement: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None
    source: str = ""
    is_network: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, which networks were asked, and which of them did not answer."""

    found: tuple[Sighting, ...]
    asked: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    problem: Unreachable | None = None


def is_address(text: str) -> bool:
    """Whether somebody is named, rather than words to look for."""
    address = relations.named_address(text)
    return discovery.read_handle(address) is not None or address.startswith(("https://", "http://"))


async def at(node: Node, address: str) -> Search:
    """The one at an address that was pasted, or why it cannot be read."""
    found = await relations.resolve(node, address)
    if isinstance(found, Unreachable):
        return Search((), problem=found)
    actor = found.actor
    name = visible(actor.name or actor.username).strip()[:_LONGEST] or urlsplit(actor.id).netloc
    return Search((Sighting(actor.id, name, is_network=actor.type == "Application"),))


async def look(node: Node, slug: str, wanted: Wanted) -> Search:
    """The places that answer a question, here and at the networks that a place is connected with."""
    networks = await asyncio.to_thread(_networks, node, slug)
    query = "&".join(f"{name}={quote(value)}" for name, value in wanted.to_json().items())
    async with lookup.opened(node) as opened:
        asked = [_ask(opened.transport, actor, name, query) for actor, name in networks]
        here, *answers = await asyncio.gather(asyncio.to_thread(known, node, wanted), *asked)
    found = {each.actor or each.name + each.commune: each for part in (*answers[::-1], here) for each in part or ()}
    names = [name for _, name in networks]
    silent = tuple(name for name, answer in zip(names, answers, strict=True) if answer is None)
    ordered = sorted(found.values(), key=lambda each: (not each.actor, territory.fold(each.name)))
    return Search(tuple(ordered[:MOST]), tuple(names), silent)


def known(node: Node, wanted: Wanted) -> list[Sighting]:
    """Those that this node knows by itself."""
    page = directory.page_of(node, directory.found(node, wanted), size=MOST)
    return [
        _sighting(entry.place, entry.actor if entry.kind == "description" else "", entry.departement)
        for entry in page.entries
    ]


def _sighting(place: Place, actor: str, departement: str) -> Sighting:
    return Sighting(actor, place.name, place.address.commune, departement, place.lat, place.lon)


def _networks(node: Node, slug: str) -> list[tuple[str, str]]:
    """The sites of our software that a place follows, is followed by or shares with: id and name."""
    actor, me = node.config.actor(slug), node.config.node_actor
    ours = (
        select(followers.c.follower).where(followers.c.actor == actor, followers.c.state == "accepted"),
        select(grants.c.grantee).where(grants.c.actor == actor),
        select(followed_for.c.target)
        .join(following, following.c.target == followed_for.c.target)
        .where(followed_for.c.actor.in_((actor, me)), following.c.state == "accepted"),
    )
    query = select(peers.c.actor, peers.c.name, peers.c.host).where(peers.c.implements, peers.c.gone.is_(None))
    query = query.where(peers.c.actor.endswith("/actor"), or_(*(peers.c.actor.in_(each) for each in ours)))
    with node.store.read() as connection:
        rows = connection.execute(query.order_by(peers.c.actor).limit(_NETWORKS)).all()
    return [(row.actor, visible(row.name or row.host)[:_LONGEST]) for row in rows]


async def _ask(transport: Transport, actor: str, name: str, query: str) -> list[Sighting] | None:
    """What a network lists; None when it does not answer as it should."""
    answer = await transport.get(f"{actor.removesuffix('/actor')}/places.json?{query}", "application/json")
    if isinstance(answer, Refused) or answer.status != 200:
        return None
    read = read_json(answer.body)
    rows = None if isinstance(read, Refused) else read.get("places")
    return list(_read(rows[:MOST], name)) if isinstance(rows, list) else None


def _read(rows: list[Any], source: str) -> Iterator[Sighting]:
    """What can be understood of the rows of another's list; the rest is left."""
    for row in rows:
        name = _line(row, "name") if isinstance(row, Mapping) else ""
        if not name:
            continue
        commune = territory.commune(_line(row, "commune"))
        actor = _line(row, "actor", 500) if row.get("kind") == "description" else ""
        codes = (commune.code, commune.departement) if commune else ("", "")
        lat, lon = _degrees(row.get("lat"), 90), _degrees(row.get("lon"), 180)
        yield Sighting(actor if is_iri(actor) else "", name, *codes, lat, lon, source)


def _line(row: Mapping[str, Any], name: str, longest: int = _LONGEST) -> str:
    value = row.get(name)
    return visible(value).strip()[:longest] if isinstance(value, str) else ""


def _degrees(value: object, limit: int) -> Decimal | None:
    try:
        found = Decimal(str(value)[:20]) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found) <= limit else None
