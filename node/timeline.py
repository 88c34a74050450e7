"""What came in from the actors that this node follows: their living documents, and what they announced.

Read from the truth: an Update takes the place of what it changes, a Delete or an Undo takes it out. A stranger's
text is shown as one plain line.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, and_, exists, func, or_, select

from node.context import Node
from node.store.schema import blobs, documents, following, journal, peer_keys, peers
from vocab.errors import visible
from vocab.richtext import plain

_LONGEST = 120
_TITLED = ("name", "summary", "content", "period")


@dataclass(frozen=True, slots=True)
class Item:
    """One document as it now is, or one Announce: then `id` is the activity's, and `announced` what it names.

    `verified`: how its author was proved (cavage, rfc9421, proof); `key_revoked`: from when the key that did so is
    revoked, if it is by now; `published` is what it says of itself.
    """

    id: str
    actor: str
    handle: str
    type: str
    title: str
    received: str
    verified: str
    activity: str
    version: int
    published: str
    announced: str = ""
    key_revoked: str = ""

    def to_json(self) -> dict[str, object]:
        said = asdict(self)
        more = {"object": said.pop("announced"), "key_revoked": said.pop("key_revoked")}
        return said | {name: value for name, value in more.items() if value}


def timeline(node: Node, limit: int) -> list[Item]:
    """The newest first, at most `limit`."""
    with node.store.read() as connection:
        return list(_items(connection, limit))


def _items(connection: Connection, limit: int) -> Iterator[Item]:
    for row in connection.execute(_query().order_by(journal.c.seq.desc()).limit(limit)):
        said = _embedded(row)
        if row.type == "Announce":
            yield _item(row, row.activity, "Announce", said, row.object)
        else:
            yield _item(row, row.object, row.object_type or "", said)


def _query() -> Select[Any]:
    """The rows of the journal that hold what is shown, with what was sent."""
    followed = select(following.c.target).where(following.c.state == "accepted")
    return (
        select(journal, blobs.c.bytes, peers.c.handle, documents.c.published, _revoked().label("key_revoked"))
        .outerjoin(documents, documents.c.id == journal.c.object)
        .outerjoin(blobs, and_(blobs.c.seq == journal.c.seq, blobs.c.kind == "activity"))
        .outerjoin(peers, peers.c.actor == journal.c.actor)
        .where(journal.c.direction == "in", journal.c.actor.in_(followed))
        .where(or_(_stands(), _announced()))
    )


def _revoked() -> ScalarSelect[Any]:
    """From when the key that proved a row is revoked."""
    return select(func.max(peer_keys.c.revoked)).where(peer_keys.c.id == journal.c.key).scalar_subquery()


def _stands() -> ColumnElement[bool]:
    """The row of a document's current version."""
    return and_(documents.c.seq == journal.c.seq, documents.c.deleted.is_(None), documents.c.owner == journal.c.actor)


def _announced() -> ColumnElement[bool]:
    """An Announce that was not undone, of something that was not deleted."""
    undo = journal.alias("undo")
    undone = exists().where(undo.c.type == "Undo", undo.c.actor == journal.c.actor, undo.c.object == journal.c.activity)
    return and_(journal.c.type == "Announce", documents.c.deleted.is_(None), ~undone)


def _embedded(row: Row[Any]) -> Mapping[str, Any]:
    said = json.loads(row.bytes).get("object") if row.bytes else None
    return said if isinstance(said, dict) else {}


def _item(row: Row[Any], iri: str, kind: str, said: Mapping[str, Any], announced: str = "") -> Item:
    return Item(
        id=iri,
        actor=row.actor,
        handle=visible(row.handle or ""),
        type=visible(kind)[:40],
        title=_title(said),
        received=row.time,
        verified=row.verified,
        activity=row.activity,
        version=row.version or 0,
        published=visible(row.published or "") if not announced else "",
        announced=announced,
        key_revoked=row.key_revoked or "",
    )


def _title(said: Mapping[str, Any]) -> str:
    """The first thing that says what it is, in one plain line."""
    for name in _TITLED:
        value = said.get(name)
        mapped = said.get(name + "Map")
        value = next(iter(mapped.values()), "") if not value and isinstance(mapped, dict) else value
        if isinstance(value, str) and (line := plain(value, _LONGEST)):
            return line
    return ""
