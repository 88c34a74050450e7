"""What came in from the actors that this node follows: their living documents, and what they announced.

With it, what those who follow a place of ours wrote to us alone: the letters of a council to its places. For one place
of ours: what comes from those that it hears, be they its neighbours on this node, and the letters to it.

Read from the truth: an Update takes the place of what it changes, a Delete or an Undo takes it out. A stranger's
text is shown as one plain line.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
)

from node.context import Node
from node.store.people import followed_for
from node.store.schema import blobs, documents, followers, following, journal, peer_keys, peers
from vocab.errors import visible
from vocab.richtext import plain

_LONGEST, _WHOLE = 120, 4_000
_BLOCK = re.compile(r"</(?:p|li|h[1-6]|blockquote)>|<br ?/?>", re.IGNORECASE)
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
    text: str = ""  # all of a letter, in plain lines

    def to_json(self) -> dict[str, object]:
        said = asdict(self)
        more = {"object": said.pop("announced"), "key_revoked": said.pop("key_revoked"), "text": said.pop("text")}
        return said | {name: value for name, value in more.items() if value}


def timeline(node: Node, limit: int, lang: str = "", slug: str = "") -> list[Item]:
    """The newest first, at most `limit`; in `lang`, what is said in several languages; `slug`: for that place alone."""
    query = _query(_of_place(node.config.actor(slug)) if slug else _of_node())
    with node.store.read() as connection:
        return list(_items(connection, query.order_by(journal.c.seq.desc()).limit(limit), lang))


def _items(connection: Connection, query: Select[Any], lang: str) -> Iterator[Item]:
    for row in connection.execute(query):
        said = _in(lang, _embedded(row))
        if row.type == "Announce":
            yield _item(row, row.activity, "Announce", said, row.object)
        else:
            yield _item(row, row.object, row.object_type or "", said)


def _in(lang: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with the texts that it has in `lang` (ActivityStreams 2.0, section 4.7)."""
    mapped = {name: said.get(name + "Map") for name in _TITLED}
    found = {name: texts[lang] for name, texts in mapped.items() if isinstance(texts, dict) and texts.get(lang)}
    return {**said, **found}


def _query(shown: ColumnElement[bool]) -> Select[Any]:
    """The rows of the journal that hold what is shown, with what was sent."""
    return (
        select(journal, blobs.c.bytes, peers.c.handle, documents.c.published, _revoked().label("key_revoked"))
        .outerjoin(documents, documents.c.id == journal.c.object)
        .outerjoin(blobs, and_(blobs.c.seq == journal.c.seq, blobs.c.kind == "activity"))
        .outerjoin(peers, peers.c.actor == journal.c.actor)
        .where(shown)
    )


def _of_node() -> ColumnElement[bool]:
    heard = select(followers.c.follower).where(followers.c.state == "accepted")
    return and_(journal.c.direction == "in", or_(_followed() & or_(_stands(), _announced()), _letter_of(heard)))


def _of_place(actor: str) -> ColumnElement[bool]:
    wanted = journal.c.actor.in_(select(followed_for.c.target).where(followed_for.c.actor == actor))
    heard = select(followers.c.follower).where(followers.c.actor == actor, followers.c.state == "accepted")
    to = func.json_each(cast(blobs.c.bytes, Text), "$.to").table_valued("value")
    is_to_it = exists(select(1).select_from(to).where(to.c.value == actor))
    public = and_(or_(journal.c.sharing.is_(None), journal.c.sharing == "public"), or_(_stands(), _announced()))
    theirs = and_(journal.c.direction == "in", or_(_followed() & wanted & public, _letter_of(heard) & is_to_it))
    beside = and_(journal.c.direction == "out", wanted, journal.c.sharing == "public", _stands())
    return or_(theirs, beside)


def _followed() -> ColumnElement[bool]:
    return journal.c.actor.in_(select(following.c.target).where(following.c.state == "accepted"))


def _revoked() -> ScalarSelect[Any]:
    """From when the key that proved a row is revoked."""
    return select(func.max(peer_keys.c.revoked)).where(peer_keys.c.id == journal.c.key).scalar_subquery()


def _stands() -> ColumnElement[bool]:
    """The row of a document's current version."""
    return and_(documents.c.seq == journal.c.seq, documents.c.deleted.is_(None), documents.c.owner == journal.c.actor)


def _letter_of(heard: Select[Any]) -> ColumnElement[bool]:
    """A letter to us of one who follows a place of ours: it is addressed, and not to everybody."""
    return and_(_stands(), journal.c.actor.in_(heard), journal.c.sharing == "addressed")


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
        text=_lines(said) if row.sharing == "addressed" else "",
    )


def _lines(said: Mapping[str, Any]) -> str:
    """The text of a letter, a line a paragraph."""
    content = said.get("content")
    if not isinstance(content, str):
        return ""
    parts = (plain(part, _WHOLE) for part in _BLOCK.split(content[: 4 * _WHOLE]))
    return "\n".join(part for part in parts if part)[:_WHOLE]


def _title(said: Mapping[str, Any]) -> str:
    """The first thing that says what it is, in one plain line."""
    for name in _TITLED:
        value = said.get(name)
        mapped = said.get(name + "Map")
        value = next(iter(mapped.values()), "") if not value and isinstance(mapped, dict) else value
        if isinstance(value, str) and (line := plain(value, _LONGEST)):
            return line
    return ""
