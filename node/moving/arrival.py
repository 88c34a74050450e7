"""A place comes to live here: what it said is said again under its new address, in one transaction, and the actor that
it becomes says who it was. Nobody follows it here yet; they do once its former home has told them.

It has new keys, for those of the file were in other hands; a document keeps the day when it was first published.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, insert, select, update

from federation.canonical import digest
from federation.keys import ActorKeys
from node import wishes
from node.context import Node
from node.errors import Invalid, NodeError, SlugTaken
from node.media import files
from node.media.files import Kept
from node.media.picture import Fit, fit
from node.moving.unpacking import Luggage, Said
from node.outgoing import put_document
from node.people import quotas
from node.places import DESCRIPTION, check_slug, content_text, is_free, put_draft, put_place
from node.publish import said_in
from node.relations import Unreachable
from node.reports import draft_name
from node.rules import RULES
from node.store import documents, times
from node.store.people import entries, place_blocks, post_sources, sharing_choices
from node.store.schema import actors, drafts, grants
from vocab import build, richtext
from vocab.errors import VocabError
from vocab.jsonld import graph_digest
from vocab.model import Description, Envelope, Observation, Place
from vocab.parse import document as read_document
from vocab.terms import PUBLIC

MAX_HEARD = 300
_AT_ONCE = 8
_STRANGE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, VocabError)


class NoPlace(NodeError):
    """A file whose place was never described: there is nothing to bring."""

    code = "move_no_place"


@dataclass(frozen=True, slots=True)
class Arrived:
    """The place as it lives here; `left`: the drafts that could not be read again."""

    slug: str
    actor: str
    former: str
    name: str
    documents: int
    pictures: int
    left: tuple[str, ...]


def arrive(node: Node, luggage: Luggage, slug: str = "") -> Arrived:
    """Take a place in, under its own short name or another. Raises `BadSlug`, `SlugTaken`, `NoPlace`, `Invalid`,
    `QuotaReached`, `PictureRefused`; then nothing was written."""
    slug = slug or luggage.slug
    check_slug(slug, node.config.authority)
    if not is_free(node, slug):
        raise SlugTaken(slug)
    home = _Home(node, luggage, slug)
    place = home.place()
    for said in luggage.said:
        home.check(said)
    keys = node.keys.make(slug)
    left = node.store.write(lambda connection: _settle(connection, home, place, keys))
    return Arrived(slug, home.actor, luggage.actor, place.name, len(luggage.said), len(luggage.pictures), left)


async def hear(node: Node, luggage: Luggage, slug: str) -> tuple[str, ...]:
    """Ask to hear all that the place heard; those that could not be asked."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(target: str) -> bool:
        async with turns:
            return not isinstance(await wishes.follow(node, slug, target), Unreachable)

    targets = luggage.following[:MAX_HEARD]
    asked = await asyncio.gather(*map(ask, targets))
    missing = (target for target, done in zip(targets, asked, strict=True) if not done)
    return (*missing, *luggage.following[MAX_HEARD:])


@dataclass(frozen=True, slots=True)
class Framed:
    """A picture that was encoded anew, with the id that it has here."""

    id: str
    made: Fit
    alt: str

    def kept(self, slug: str) -> Kept:
        """As it will be kept."""
        made = self.made
        return Kept(self.id, slug, made.type, made.width, made.height, len(made.data), self.alt)


def _framed(node: Node, luggage: Luggage) -> dict[str, Framed]:
    """The pictures, encoded anew. Raises `PictureRefused`, and `QuotaReached` before they fill the memory."""
    framed, room = {}, quotas.usual(node).media
    for each in luggage.pictures:
        made = fit(each.data)
        room -= len(made.data)
        if room < 0:
            raise quotas.QuotaReached("media", quotas.usual(node).media // 1_000_000)
        framed[each.id] = Framed(token_hex(16), made, each.alt)
    return framed


class _Home:
    """The new address, and how what was written for the old one is read there."""

    __slots__ = ("_former", "_pictures", "actor", "luggage", "node", "pictures", "slug")

    def __init__(self, node: Node, luggage: Luggage, slug: str) -> None:
        self.node, self.luggage, self.slug = node, luggage, slug
        self.actor = node.config.actor(slug)
        self._former = re.compile(re.escape(luggage.actor) + r"(?![A-Za-z0-9_])")
        self.pictures = _framed(node, luggage)
        self._pictures = re.compile(re.escape(luggage.url + "/media/") + r"([0-9a-f]{32})\.(?:jpg|png)\b")

    def text(self, text: str) -> str:
        """A text with the new address wherever it names the old one."""
        if text in self.pictures:
            return self.pictures[text].id
        return self._pictures.sub(self._picture, self._former.sub(lambda _: self.actor, text))

    def _picture(self, found: re.Match[str]) -> str:
        framed = self.pictures.get(found[1])
        return found[0] if framed is None else files.address(self.node, framed.kept(self.slug))

    def moved(self, value: Any) -> Any:
        """The same, of all that a JSON value holds."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.moved(each) for each in value]
        return {name: self.moved(each) for name, each in value.items()} if isinstance(value, dict) else value

    def place(self) -> Place:
        """The place, as its description says it; else as its draft does."""
        described = (
            read_document(self.moved(each.content)) for each in self.luggage.said if each.kind == "Description"
        )
        for said in described:
            if isinstance(said, Description):
                return said.place
        for name, content, _ in self.luggage.drafts:
            if name == DESCRIPTION and (found := self.draft(name, content)) is not None:
                return Place.from_json(json.loads(found))
        raise NoPlace(slug=self.slug)

    def draft(self, name: str, content: Mapping[str, Any]) -> str | None:
        """A draft as it is kept here; None for one that says nothing that our documents could."""
        try:
            made = self._draft(name, self.moved(dict(content)))
        except _STRANGE:
            return None
        return made

    def _draft(self, name: str, content: Mapping[str, Any]) -> str | None:
        now = "2000-01-01T00:00:00Z"
        iri, place = f"{self.actor}/documents/x", f"{self.actor}#place"
        envelope = Envelope(iri, self.actor, 1, now, now, self.node.config.license, "public", (PUBLIC,))
        if name == DESCRIPTION:
            described = Place.from_json({**content, "iri": place})
            made, kept = build.description(described, envelope), described.to_json()
        else:
            sharing = name.rpartition("/")[2]
            figures = tuple(map(Observation.from_json, content["observations"]))
            made = build.report(place, content["period"], figures, envelope)
            kept = {"period": content["period"], "sharing": sharing, "observations": [f.to_json() for f in figures]}
            if draft_name(content["period"], sharing) != name:
                return None
        return None if isinstance(read_document(made), tuple) else content_text(kept)

    def iri(self, said: Said) -> str:
        """The new address of a document."""
        return self.actor + said.id.removeprefix(self.luggage.actor)

    def check(self, said: Said) -> None:
        """Raises `Invalid` for a document that nobody would take from us."""
        from vocab.validate import shacl

        if said.kind in RULES:
            made = self.builder(said)(_envelope(self, said))
            read = read_document(made)
            mistakes = read if isinstance(read, tuple) else shacl(made)
            if mistakes:
                raise Invalid(said.id, mistakes)

    def builder(self, said: Said) -> Callable[[Envelope], dict[str, Any]]:
        """The document under its new address, with the day when it was first published."""
        plain = self.moved({k: v for k, v in said.content.items() if k not in ("proof", "graphDigest")})
        if said.kind not in RULES:
            plain["content"] = richtext.clean(plain["content"])
            plain["contentMap"] = {lang: richtext.clean(each) for lang, each in plain.get("contentMap", {}).items()}

        def made(envelope: Envelope) -> dict[str, Any]:
            told: dict[str, Any] = plain | {"version": envelope.version, "updated": envelope.updated}
            return told | {"graphDigest": graph_digest(told)} if "graphDigest" in said.content else told

        return made


def _envelope(home: _Home, said: Said) -> Envelope:
    made = home.node.config.license
    return Envelope(home.iri(said), home.actor, 1, said.published, said.published, made, said.sharing, ())


def _settle(connection: Connection, home: _Home, place: Place, keys: ActorKeys) -> tuple[str, ...]:
    """Everything, in the caller's transaction; the drafts that were left aside."""
    luggage, node = home.luggage, home.node
    now = times.text(node.clock())
    known = (*luggage.accept, *luggage.followers, luggage.url + "/actor")  # its former home may hear it at once
    put_place(connection, node, home.slug, place, known, keys)
    names = json.dumps(list(dict.fromkeys([luggage.actor, *luggage.also_known_as])))
    connection.execute(update(actors).where(actors.c.id == home.actor).values(also_known_as=names))
    for each in home.pictures.values():
        files.put(connection, node, home.slug, each.made, files.alt_text(each.alt), name=each.id)
    left = _put_drafts(connection, home, now)
    for said in luggage.said:
        _say(connection, home, said, now)
    for grantee, level in dict(luggage.grants).items():
        row = {"actor": home.actor, "grantee": grantee, "level": level, "since": now}
        connection.execute(insert(grants).values(row))
    for blocked in dict.fromkeys(luggage.blocks):
        connection.execute(insert(place_blocks).values(actor=home.actor, blocked=blocked, since=now))
    for theme, sharing in dict(luggage.sharing).items():
        connection.execute(insert(sharing_choices).values(place=home.slug, theme=theme, sharing=sharing, since=now))
    for form, pairs in dict(luggage.entries).items():
        row = {
            "place": home.slug,
            "form": form,
            "content": json.dumps(home.moved(list(map(list, pairs)))),
            "account": "",
            "saved": now,
        }
        connection.execute(insert(entries).values(row))
    told = {said.id: home.iri(said) for said in luggage.said}
    for document, content in dict(luggage.sources).items():
        if document in told:
            row = {"document": told[document], "content": json.dumps(home.moved(dict(content)), ensure_ascii=False)}
            connection.execute(insert(post_sources).values(row))
    return left


def _say(connection: Connection, home: _Home, said: Said, now: str) -> None:
    """One document, and the draft that it is made from."""
    iri = home.iri(said)
    put_document(connection, home.node, home.slug, iri, said.kind, said.sharing, home.builder(said))
    documents.change(connection, iri, {"published": said.published})
    if said.kind not in RULES:
        return
    content = said_in(connection, documents.stored(connection, iri))
    name = DESCRIPTION if said.kind == "Description" else draft_name(content["period"], said.sharing)
    kept = content_text(content)
    key = (drafts.c.actor == home.actor) & (drafts.c.name == name)
    if connection.execute(select(drafts.c.name).where(key)).first() is None:
        put_draft(connection, home.actor, name, kept, now)
    published = {"document": iri, "digest": digest(kept.encode())}
    connection.execute(update(drafts).where(key).values(published))


def _put_drafts(connection: Connection, home: _Home, now: str) -> tuple[str, ...]:
    """What was entered and not published, or kept for oneself; the names of what says nothing that could be."""
    left = []
    for name, content, is_published in home.luggage.drafts:
        is_private = name.endswith("/private")
        if is_published and not is_private:
            continue
        kept = home.draft(name, content)
        if kept is None:
            left.append(name)
            continue
        put_draft(connection, home.actor, name, kept, now)
        if is_published:
            key = (drafts.c.actor == home.actor) & (drafts.c.name == name)
            connection.execute(update(drafts).where(key).values(digest=digest(kept.encode())))
    return tuple(left)
