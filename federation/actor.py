"""Actors: how ours are written, and what is read of another's.

A place is an `Organization`, a node an `Application` (FEP-2677) that says what it `implements` (FEP-844e). Their
keys are listed and read by `federation.keylist`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from federation import keylist
from federation.activity import id_of, is_iri, origin, types_of
from federation.errors import Refused, Steps, first, refuse
from federation.keylist import Listed
from federation.keys import ActorKeys, PublicKey
from vocab.contexts import ACTOR_CONTEXT

IMPLEMENTS = "https://w3id.org/tierslieux/ns#"
MAX_NAMES = 16
ACTOR_TYPES = ("Person", "Organization", "Group", "Service", "Application")


@dataclass(frozen=True, slots=True)
class Profile:
    """What one of our actors says of itself; `fields` are name and value pairs, shown by Mastodon."""

    id: str
    username: str
    name: str
    summary: str = ""
    url: str = ""
    published: str = ""
    fields: Sequence[tuple[str, str]] = field(default_factory=tuple)
    location: Mapping[str, Any] | None = None
    approves: bool = True
    also_known_as: Sequence[str] = ()
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """What another actor says of itself, once its document was read at its own id.

    `keys` sign for it, or did until they expired; `recovery` and `revoked` are what it says of keys beside these.
    """

    id: str
    type: str
    username: str
    name: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    documents: str
    keys: tuple[PublicKey, ...]
    implements: tuple[str, ...]
    recovery: tuple[Listed, ...] = ()
    revoked: tuple[Listed, ...] = ()
    also_known_as: tuple[str, ...] = ()

    @property
    def changes(self) -> str:
        """Its feed of changes; `""` for an actor of another network."""
        return self.id + "/changes" if self.documents else ""

    def key(self, key_id: str) -> PublicKey | None:
        """The key of that id that this actor lists as its own, revoked or not."""
        listed = (*self.keys, *(each.key for each in self.revoked))
        return next((key for key in listed if key.id == key_id), None)


def application(actor: str) -> dict[str, Any]:
    """The node that speaks for a place, with what it implements."""
    implemented = [{"type": "Link", "href": IMPLEMENTS, "name": "Maillage"}]
    return {"id": actor, "type": "Application", "implements": implemented}


Keys = ActorKeys | Sequence[Listed]


def _keys(actor: str, keys: Keys) -> dict[str, Any]:
    """The members that list the keys; those of an actor that never changed them need no list."""
    if isinstance(keys, ActorKeys):
        keys = [Listed(key, keylist.entry_of(key)) for key in keylist.first(actor, keys)]
    return keylist.written(keys)


def place_actor(profile: Profile, keys: Keys, node_actor: str, shared_inbox: str) -> dict[str, Any]:
    """The actor of a place: what Mastodon, GoToSocial, Mobilizon and Fedify read."""
    actor = profile.id
    document: dict[str, Any] = {
        "@context": ACTOR_CONTEXT,
        "id": actor,
        "type": "Organization",
        "preferredUsername": profile.username,
        "name": profile.name,
        "summary": profile.summary,
        "url": profile.url or actor,
        "inbox": actor + "/inbox",
        "outbox": actor + "/outbox",
        "followers": actor + "/followers",
        "following": actor + "/following",
        "manuallyApprovesFollowers": profile.approves,
        "discoverable": True,
        "endpoints": {"sharedInbox": shared_inbox},
        "generator": application(node_actor),
        "attachment": [{"type": "PropertyValue", "name": name, "value": value} for name, value in profile.fields],
    }
    if profile.published:
        document["published"] = profile.published
    if profile.location is not None:
        document["location"] = dict(profile.location)
    return document | _moves(profile) | _keys(actor, keys)


_MOVED = {"movedTo": {"@id": "as:movedTo", "@type": "@id"}}


def _moves(profile: Profile) -> dict[str, Any]:
    """Who it was, and who it is now (FEP-7628); the second ActivityStreams has no term for."""
    said: dict[str, Any] = {"alsoKnownAs": list(profile.also_known_as)} if profile.also_known_as else {}
    if profile.moved_to:
        said |= {"@context": [*ACTOR_CONTEXT, _MOVED], "movedTo": profile.moved_to}
    return said


def node_actor(profile: Profile, keys: Keys, shared_inbox: str) -> dict[str, Any]:
    """The actor of the node itself: it signs GETs and follows, and never acts for a place."""
    document = place_actor(profile, keys, profile.id, shared_inbox)
    document |= {"type": "Application", "implements": application(profile.id)["implements"]}
    del document["generator"]
    return document


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _implements(document: Mapping[str, Any]) -> tuple[str, ...]:
    application_ = document.get("generator") if isinstance(document.get("generator"), Mapping) else {}
    entries = [*_listed(document.get("implements")), *_listed(dict(application_ or {}).get("implements"))]
    found = (e.get("href") or e.get("id") if isinstance(e, Mapping) else e for e in entries)
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))[:32]


def _same_origin(document: Mapping[str, Any], name: str, actor: str) -> str:
    iri = id_of(document.get(name))
    return iri if iri and origin(iri) == origin(actor) else ""


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value[:500] if isinstance(value, str) else ""


def actor_steps(document: Mapping[str, Any], fetched_from: str) -> Steps:
    """What makes a document, read at `fetched_from`, an actor.

    `actor_document_id` when it names another id than where it was read (an id that serves, or redirects to,
    somebody else's document is not that actor); `document_form` without an inbox of its own origin.
    """
    actor = document.get("id")
    if not isinstance(actor, str) or not is_iri(actor) or actor != fetched_from.partition("#")[0]:
        yield "actor_id", refuse("actor_document_id", str(actor)[:200])
        return
    yield "actor_id", None
    yield "actor_type", None if actor_type(document) else refuse("document_form", "not an actor")
    yield "inbox", None if _same_origin(document, "inbox", actor) else refuse("document_form", "not an actor")


def actor_type(document: Mapping[str, Any]) -> str:
    """The type of actor that a document says it is; `""` for none."""
    return next((t for t in types_of(document) if t in ACTOR_TYPES), "")


def read_actor(document: Mapping[str, Any], fetched_from: str) -> RemoteActor | Refused:
    """The actor of a document, if every step holds."""
    wrong = first(actor_steps(document, fetched_from))
    if wrong is not None:
        return wrong
    actor = str(document["id"])
    endpoints = document.get("endpoints")
    shared = _same_origin(endpoints, "sharedInbox", actor) if isinstance(endpoints, Mapping) else ""
    listed = keylist.read(document, actor)
    outbox = _same_origin(document, "outbox", actor)
    return RemoteActor(
        id=actor,
        type=actor_type(document),
        username=_text(document, "preferredUsername"),
        name=_text(document, "name"),
        inbox=_same_origin(document, "inbox", actor),
        shared_inbox=shared,
        outbox=outbox,
        followers=_same_origin(document, "followers", actor),
        documents=actor + "/documents" if IMPLEMENTS in _implements(document) else "",
        keys=listed.signing,
        implements=_implements(document),
        recovery=listed.recovery,
        revoked=listed.revoked,
        also_known_as=tuple(filter(is_iri, _listed(document.get("alsoKnownAs"))))[:MAX_NAMES],
    )
