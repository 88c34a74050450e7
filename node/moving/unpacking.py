"""What is believed of a file that arrives: it holds the private keys of the place that it says it is, and every
document in it was signed with keys of that place. All the rest is only what somebody wrote, and is read as such.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.activity import id_of, is_iri
from federation.actor import RemoteActor, read_actor
from federation.canonical import jcs, read_json
from federation.clock import read_timestamp
from federation.errors import KeyUnreadable, NotCanonical, Refused
from federation.keys import ActorKeys, KeyKind, PublicKey
from federation.proof import method_of, verify_proof
from node.moving.archive import Archive, Unfit
from node.rules import RULES
from vocab.parse import document as read_document
from vocab.parse import kind_of
from vocab.post import TYPES

MAX_DOCUMENT = 1_048_576
MAX_NEEDS = 16_000_000
MAX_NAMES = 10_000
_ACTOR = re.compile(r"(?P<url>https?://[^/?#\s]{1,255})/places/(?P<slug>[a-z0-9_]{1,30})")
_DRAFT = re.compile(r"description|report/[0-9A-Za-z_-]{4,40}/(?:public|network|aggregate-only|private)")
_SHARING = ("public", "network", "aggregate-only")


@dataclass(frozen=True, slots=True)
class Said:
    """A document of the place, as it was signed there; `kind`: Description, Report, Note, Article or Event."""

    id: str
    kind: str
    sharing: str
    published: str
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was kept, and the text beside it; what its bytes are is not known."""

    id: str
    alt: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Luggage:
    """What a place brings. `actor`, `slug` and `url` are those of the home that it leaves."""

    actor: str
    slug: str
    url: str
    name: str
    key: str
    also_known_as: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    blocks: tuple[str, ...] = ()
    sharing: tuple[tuple[str, str], ...] = ()
    said: tuple[Said, ...] = ()
    drafts: tuple[tuple[str, Mapping[str, Any], bool], ...] = ()  # name, content, whether it is what is published
    entries: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    pictures: tuple[Picture, ...] = ()
    sources: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # posts as they were typed, by document


class _Wrong(Exception):
    """Carries what is wrong out of a reading; never leaves this module."""

    def __init__(self, code: str, part: str = "") -> None:
        self.unfit = Unfit(code, part)


def judge(archive: Archive) -> Luggage | Unfit:
    """What a file brings, or why it is not taken."""
    try:
        return _luggage(archive)
    except _Wrong as wrong:
        return wrong.unfit


def _luggage(archive: Archive) -> Luggage:
    actor = _actor(archive)
    home = _ACTOR.fullmatch(actor.id)
    if home is None or archive.about.get("actor") != actor.id:
        raise _Wrong("actor", "actor.json")
    keys = {key.id: key for key in actor.keys if key.kind is KeyKind.ED25519}
    needs = _json(archive, "place.json", MAX_NEEDS)
    said = tuple(_said(archive, part, actor.id, keys) for part in archive.named("documents"))
    if len({each.id for each in said}) != len(said):
        raise _Wrong("twice")
    return Luggage(
        actor=actor.id,
        slug=home["slug"],
        url=home["url"],
        name=actor.name or home["slug"],
        key=_private(archive, keys.values()),
        also_known_as=_names(needs, "also_known_as", is_iri)[:15],
        accept=_names(needs, "accept", _is_name),
        followers=tuple(_text(each, "follower", is_iri) for each in _list(needs, "followers") if _is_accepted(each)),
        following=_names(needs, "following", is_iri),
        grants=tuple(
            (_text(each, "grantee", is_iri), _one(each, "level", _SHARING[1:])) for each in _list(needs, "grants")
        ),
        blocks=_names(needs, "blocks", _is_name),
        sharing=tuple(
            (_text(each, "theme", _is_name), _one(each, "sharing", (*_SHARING, "private")))
            for each in _list(needs, "sharing")
        ),
        said=said,
        drafts=tuple(map(_draft, _list(needs, "drafts"))),
        entries=tuple(map(_entry, _list(needs, "entries"))),
        pictures=tuple(_picture(archive, each) for each in _list(needs, "media")),
        sources=tuple(map(_source, _list(needs, "sources"))),
    )


def _json(archive: Archive, part: str, most: int) -> dict[str, Any]:
    read = read_json(archive.read(part), most)
    if isinstance(read, Refused):
        raise _Wrong("json", part)
    return read


def _actor(archive: Archive) -> RemoteActor:
    document = _json(archive, "actor.json", MAX_DOCUMENT)
    name = document.get("id")
    read = read_actor(document, name) if isinstance(name, str) else None
    if not isinstance(read, RemoteActor):
        raise _Wrong("actor", "actor.json")
    return read


def _private(archive: Archive, keys: Iterable[PublicKey]) -> str:
    """The public half of the key that proves whose file this is."""
    try:
        pair = ActorKeys.from_pems(archive.read("keys/rsa.pem"), archive.read("keys/ed25519.pem"))
    except KeyUnreadable:
        raise _Wrong("keys", "keys") from None
    mine = pair.ed25519.public_key().public_bytes_raw()
    living = (key for key in keys if key.expires is None and key.revoked is None)
    if all(key.key.public_bytes_raw() != mine for key in living):  # type: ignore[union-attr]
        raise _Wrong("keys", "keys")
    return pair.multibase


def _said(archive: Archive, part: str, actor: str, keys: Mapping[str, PublicKey]) -> Said:
    raw = archive.read(part)
    content = _json(archive, part, MAX_DOCUMENT)
    iri = id_of(content)
    try:
        is_same = jcs(content) == raw
    except NotCanonical:
        is_same = False
    if not is_same or not iri.startswith((f"{actor}/documents/", f"{actor}/posts/")):
        raise _Wrong("document", part)
    method = method_of(content)
    key = None if isinstance(method, Refused) else keys.get(method)
    if content.get("attributedTo") != actor or key is None or verify_proof(content, key) is not None:
        raise _Wrong("proof", part)
    kind = kind_of(content) or str(content.get("type"))
    sharing, published = content.get("sharing"), content.get("published")
    if kind in RULES:
        if isinstance(read_document(content), tuple) or kind == "Listing":
            raise _Wrong("document", part)
    elif kind not in TYPES.values() or sharing != "public" or not _is_readable(content):
        raise _Wrong("document", part)
    if not isinstance(published, str) or read_timestamp(published) is None:
        raise _Wrong("document", part)
    return Said(iri, kind, _one({"sharing": sharing}, "sharing", _SHARING), published, content)


def _is_readable(post: Mapping[str, Any]) -> bool:
    """Whether the words of a post are words."""
    said = (post.get("content"), post.get("name", ""), post.get("summary", ""), *_values(post, "contentMap"))
    return all(isinstance(each, str) for each in (*said, *_values(post, "nameMap")))


def _values(post: Mapping[str, Any], name: str) -> list[Any]:
    value = post.get(name, {})
    return list(value.values()) if isinstance(value, dict) else [None]


def _list(needs: Mapping[str, Any], name: str) -> list[Any]:
    value = needs.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_NAMES:
        raise _Wrong("needs", name)
    return value


def _text(value: object, name: str, is_good: Callable[[str], bool]) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str) or not is_good(found):
        raise _Wrong("needs", name)
    return found


def _one(value: object, name: str, of: Iterable[str]) -> str:
    return _text(value, name, lambda found: found in tuple(of))


def _names(needs: Mapping[str, Any], name: str, is_good: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(_text({name: each}, name, is_good) for each in _list(needs, name))


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 2_048 and text.isprintable()


def _is_accepted(value: object) -> bool:
    return isinstance(value, dict) and value.get("state") == "accepted"


def _draft(value: object) -> tuple[str, Mapping[str, Any], bool]:
    name = _text(value, "name", lambda found: bool(_DRAFT.fullmatch(found)))
    assert isinstance(value, dict)
    if not isinstance(value.get("content"), dict):
        raise _Wrong("needs", name)
    return name, value["content"], value.get("state") == "published"


def _entry(value: object) -> tuple[str, tuple[tuple[str, str], ...]]:
    form = _text(value, "form", _is_name)
    pairs = value.get("content") if isinstance(value, dict) else None
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair) for pair in pairs
    ):
        raise _Wrong("needs", "entries")
    return form, tuple((name, typed) for name, typed in pairs)


def _picture(archive: Archive, value: object) -> Picture:
    name = _text(value, "id", lambda found: f"media/{found}" in archive.parts)
    return Picture(name, _text(value, "alt", _is_name), archive.read(f"media/{name}"))


def _source(value: object) -> tuple[str, Mapping[str, Any]]:
    document = _text(value, "document", is_iri)
    content = value.get("content") if isinstance(value, dict) else None
    if not isinstance(content, dict) or content.keys() != {"kind", "fields", "text", "pictures"}:
        raise _Wrong("needs", "sources")
    fields, pictures = content["fields"], content["pictures"]
    words = [*fields.values(), *fields] if isinstance(fields, dict) else [None]
    words += [content["text"], *(pictures if isinstance(pictures, list) else [None])]
    if content["kind"] not in TYPES or not all(isinstance(each, str) for each in words):
        raise _Wrong("needs", "sources")
    return document, content
