"""How things stand between a place and others, as its manager reads it: who would receive what, who did, what they say.

Read from the truth, for one place of ours at a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, select

from federation.canonical import digest
from node import audience, rejections
from node.context import Node
from node.deliveries import Delivered, last_words
from node.publish import said_in
from node.rejections import Rejection
from node.store.schema import actors, documents, drafts, peers
from node.views.publication import line_of
from vocab.errors import Mistake, beside, visible

SHARINGS = ("public", "network", "aggregate-only")
_GRAVEST = ("refused", "parked", "trying", "waiting", "delivered")
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else of the network, as a person names it; without a name, by its address."""

    actor: str
    name: str
    handle: str
    host: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is sent what a place says, and the last word that it was sent about each thing."""

    other: Other
    sent: tuple[Delivered, ...]

    @property
    def state(self) -> str:
        """The gravest of them: refused, parked, trying (in vain so far), waiting, delivered."""
        return min(map(progress, self.sent), key=_GRAVEST.index)


@dataclass(frozen=True, slots=True)
class Standing:
    """A document of a place as it stands published, what it says, as a draft would, and who did not take it;
    `changed`: something else was entered since."""

    document: str
    name: str  # of its draft; empty for one that has none any more
    sharing: str
    version: int
    updated: str
    content: Mapping[str, Any]
    changed: bool
    rejections: tuple[Rejection, ...]


def progress(sent: Delivered) -> str:
    """The state of one delivery; one that waits after a failure is `trying`."""
    return "trying" if sent.state == "waiting" and sent.attempts else sent.state


def others(connection: Connection, named: Iterable[str]) -> dict[str, Other]:
    """What is known of some actors, under their ids: an entry for each."""
    wanted = list(dict.fromkeys(named))
    rows = connection.execute(select(*peers.c["actor", "name", "handle", "host"]).where(peers.c.actor.in_(wanted)))
    known = {row.actor: _other(row.actor, row.name or "", row.handle or "", row.host) for row in rows}
    ours = connection.execute(select(actors.c.id, actors.c.name).where(actors.c.id.in_(wanted)))
    known |= {row.id: _other(row.id, row.name, "", urlsplit(row.id).netloc) for row in ours}
    return {actor: known.get(actor) or _other(actor, "", "", urlsplit(actor).netloc) for actor in wanted}


def _other(actor: str, name: str, handle: str, host: str) -> Other:
    shown = visible(name).strip()[:_LONGEST] or visible(handle or host)
    is_host = handle.startswith(f"@{host.partition(':')[0]}@")  # a site is named by its host: said once is enough
    return Other(actor, shown, "" if is_host else visible(handle), visible(host))


def audiences(node: Node, slug: str) -> dict[str, tuple[Other, ...]]:
    """Whoever is sent a document now, by its sharing."""
    actor = node.config.actor(slug)
    with node.store.read() as connection:
        found = {}
        for sharing in SHARINGS:
            reached = audience.of(connection, actor, sharing)
            names = [recipient.actor for each in reached for recipient in each.recipients]
            found[sharing] = tuple(sorted(others(connection, names).values(), key=lambda other: other.name))
    return found


def receivers(node: Node, slug: str) -> tuple[Receiver, ...]:
    """Who was sent what, those with whom something is wrong first."""
    sent: dict[str, list[Delivered]] = {}
    for each in last_words(node, node.config.actor(slug)):
        sent.setdefault(each.recipient, []).append(each)
    with node.store.read() as connection:
        known = others(connection, sent)
    found = [Receiver(known[actor], tuple(some)) for actor, some in sent.items()]
    return tuple(sorted(found, key=lambda one: (_GRAVEST.index(one.state), one.other.name)))


def is_public(node: Node, slug: str) -> bool:
    """Whether a place says who it is to everybody: without that it has no page."""
    mine = (documents.c.owner == node.config.actor(slug)) & (documents.c.type == "Description")
    living = select(documents.c.id).where(mine, documents.c.sharing == "public", documents.c.deleted.is_(None))
    with node.store.read() as connection:
        return connection.execute(living).first() is not None


def published(node: Node, slug: str) -> tuple[Standing, ...]:
    """The living documents of a place, but its posts."""
    actor = node.config.actor(slug)
    query = (
        select(documents, drafts.c.name, drafts.c.content, drafts.c.removed, drafts.c.digest.label("was"))
        .outerjoin(drafts, (drafts.c.document == documents.c.id) & (drafts.c.actor == documents.c.owner))
        .where(documents.c.owner == actor, documents.c.deleted.is_(None), documents.c.own)
        .where(documents.c.type.in_(("Description", "Report")))
        .order_by(documents.c.type, drafts.c.name.desc(), documents.c.id)
    )
    with node.store.read() as connection:
        told = rejections.told(connection, actor)
        return tuple(
            Standing(
                *(
                    row.id,
                    row.name or "",
                    row.sharing,
                    row.version,
                    row.updated,
                    said_in(connection, row),
                    _is_changed(row),
                ),
                tuple(each for each in told if each.document == row.id),
            )
            for row in connection.execute(query).all()
        )


def _is_changed(row: Row[Any]) -> bool:
    return not row.name or row.removed or row.was != digest(row.content.encode())


def objections(node: Node, slug: str, name: str) -> tuple[Mistake, ...]:
    """What others said of what a place published and did not change since, under the inputs where it is mended;
    `name`: `description`, or `report/` and a period. What has no words here is left to the page of publishing."""
    of_it = (each for each in published(node, slug) if each.name.startswith(name) and not each.changed)
    told = (
        Mistake(_input(mistake.field, each.content), mistake.code, mistake.params)
        for each in of_it
        for rejection in each.rejections
        for mistake in rejection.mistakes
    )
    return tuple(mistake for mistake in told if mistake.field and _has_words(mistake))


def _input(field: str, content: Mapping[str, Any]) -> str:
    """`visits.audience.members` for a figure; a member of a description is named as its input is."""
    if "observations" not in content:
        return field
    name, _, breakdown = line_of(field, content).partition("|")
    return ".".join(filter(None, [name, *breakdown.replace("=", "&").split("&")]))


def _has_words(mistake: Mistake) -> bool:
    try:
        beside(mistake, "fr")
    except (KeyError, IndexError, ValueError):
        return False
    return True
