"""What a peer serves at an address, with every check that taking it would make, one by one.

The checks are those of the inbox and of harvesting, as the steps that `federation` gives them; nothing is journalled.
"""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from federation import discovery, keylist
from federation.activity import TYPES, Heading, describe, id_of, is_iri, make, origin, types_of
from federation.actor import IMPLEMENTS, RemoteActor, actor_steps, actor_type, read_actor
from federation.canonical import digest, jcs, read_json
from federation.discovery import Handle
from federation.errors import NotCanonical, Refused, Steps, refuse
from federation.fetch import items_of, page_steps
from federation.inbox import document_steps, document_type, judge_shape
from federation.keys import KeyKind, PublicKey
from federation.transport import ACCEPT, MAX_BYTES, Answer
from node import lookup
from node.context import Node
from node.lookup import Lookup
from node.receive import facts_of, proof_key
from node.rules import RULES
from node.signing import reading
from node.store import documents
from vocab import parse
from vocab.errors import Mistake, VocabError
from vocab.jsonld import graph_digest

_COLLECTIONS = ("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")
_PAGES = 20
_FIRST = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `refused`: None where it holds; `is_told`: a fact, which nothing could refuse."""

    name: str
    detail: str = ""
    refused: Refused | None = None
    mistakes: tuple[Mistake, ...] = ()
    is_told: bool = False


@dataclass(slots=True)
class Examination:
    """What was found. `kind`: actor, document, activity, collection, or nothing where it could not be read."""

    target: str
    url: str = ""
    kind: str = ""
    checks: list[Check] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return all(check.refused is None for check in self.checks)

    def note(self, name: str, detail: object = "", refused: Refused | None = None) -> bool:
        """Add a check; whether it holds."""
        self.checks.append(Check(name, str(detail)[:300], refused))
        return refused is None

    def tell(self, name: str, detail: object) -> None:
        self.checks.append(Check(name, str(detail)[:300], is_told=True))

    def take(self, steps: Steps) -> bool:
        """Add all the steps, whatever they say; whether all hold."""
        holds = [self.note(name, refused.detail if refused else "", refused) for name, refused in steps]
        return all(holds)


@dataclass(frozen=True, slots=True)
class _Looking:
    """What the examination of one address needs."""

    node: Node
    look: Lookup
    found: Examination
    asked: Handle | None

    async def run(self) -> None:
        if not self.found.url and not await self._find():
            return
        answer = await self._get()
        if answer is None:
            return
        content = read_json(answer.body)
        if isinstance(content, Refused):
            self.found.note("json", content.detail, content)
            return
        self.found.note("json")
        self.found.take([("shape", judge_shape(content))])
        types = types_of(content)
        if actor_type(content) and "inbox" in content:
            self.found.kind = "actor"
            await self._actor(content)
        elif any(kind in _COLLECTIONS for kind in types):
            self.found.kind = "collection"
            await self._collection(content)
        elif "actor" in content and any(kind in TYPES for kind in types):
            self.found.kind = "activity"
            await self._activity(content)
        else:
            self.found.kind = "document"
            await self._document(content)

    async def _find(self) -> bool:
        """From a handle to an address."""
        if self.asked is None:
            return self.found.note("webfinger", self.found.target, refuse("handle"))
        named = await discovery.named(self.asked, self.look.transport, self.node.config.loopback_peers)
        if isinstance(named, Refused):
            return self.found.note("webfinger", self.asked, named)
        self.found.url = named
        return self.found.note("webfinger", f"{self.asked} → {named}")

    async def _get(self) -> Answer | None:
        """The answer, when it is one that can be read."""
        url = self.found.url
        forbidden = self.look.transport.may_ask(url)
        if not self.found.note("address", url, forbidden):
            return None
        answer = await self.look.transport.get(url, ACCEPT, reading(self.node))
        if isinstance(answer, Refused):
            names = {"forbidden_address": "address", "too_large": "size"}
            self.found.note(names.get(answer.reason, "answer"), answer.detail, answer)
            return None
        self.found.note("size", f"{len(answer.body)} / {MAX_BYTES}")
        details = {"status": answer.status, "media_type": answer.content_type}
        is_page = all(self.found.note(name, details.get(name, ""), refused) for name, refused in page_steps(answer))
        return answer if is_page else None

    async def _actor(self, content: Mapping[str, Any]) -> None:
        found = self.found
        holds = found.take(actor_steps(content, found.url))
        for key_id, key in keylist.examined(content, found.url):
            if isinstance(key, Refused) and key.reason == "key_kind":
                found.tell("key_other", key_id)
                continue
            wrong = key if isinstance(key, Refused) else None
            found.note("key", key_id if isinstance(key, Refused) else _described(key), wrong)
        read = read_actor(content, found.url)
        if not holds or isinstance(read, Refused):
            return
        if not any(key.kind is KeyKind.RSA for key in read.keys):
            found.note("key", "", refuse("key_unknown", "publicKey"))
        found.tell("actor", f"{read.name} ({read.type})")
        found.tell("implements" if IMPLEMENTS in read.implements else "implements_not", "")
        await self._agreement(read)

    async def _agreement(self, actor: RemoteActor) -> None:
        """That the actor's own name leads back to it; one that has no name, and was not asked by one, needs none."""
        agreed = await discovery.agree(self.asked, actor, self.look.transport, self.node.config.loopback_peers)
        if isinstance(agreed, str) or self.asked is not None:
            wrong = agreed if isinstance(agreed, Refused) else None
            self.found.note("webfinger_back", self.asked if wrong else agreed, wrong)
        else:
            self.found.tell("webfinger_none", discovery.own_handle(actor))

    async def _document(self, content: Mapping[str, Any]) -> None:
        found, name = self.found, id_of(content)
        if not found.note("id", name, None if name == found.url else refuse("actor_document_id", name)):
            return
        found.tell("type", ", ".join(types_of(content)))
        await self._judged(content)

    async def _judged(self, content: Mapping[str, Any]) -> None:
        """A document, wherever it was found: its author's authority, its proof, what we hold, what it says."""
        author = id_of(content.get("attributedTo"))
        activity = make("Update", Heading(id_of(content), author, (), (), ""), content)
        named, key = proof_key(activity, pulled=True), None
        if isinstance(named, str):
            found = await self.look.fresh_key(named)
            wrong = found if isinstance(found, Refused) else None
            self.found.note("key_found", named if isinstance(found, Refused) else _described(found), wrong)
            key = None if isinstance(found, Refused) else found
        facts = facts_of(self.node, activity, None, key)
        steps = document_steps(content, key, facts, self.node.clock())
        self.found.take((name, refused) for name, refused in steps if name != "shape")
        if "proof" not in content and not document_type(content, RULES):
            self.found.tell("no_proof", author)
        self._held(content)
        if document_type(content, RULES):
            self._said(content)

    def _held(self, content: Mapping[str, Any]) -> None:
        """Its version, beside the one that we have."""
        stored = documents.stored(self.node.store.glance, id_of(content))
        version, wrong = content.get("version"), None
        number = version if type(version) is int else 0
        if stored is not None and not stored.deleted and number < stored.version:
            wrong = Refused("older_version", 409)
        elif stored is not None and number and number == stored.version and _digest(content) != stored.digest:
            wrong = Refused("equivocation", 409)
        ours = "" if stored is None else f"{stored.version}" + (" †" if stored.deleted else "")
        self.found.note("held", f"{version or '–'} / {ours or '–'}", wrong)

    def _said(self, content: Mapping[str, Any]) -> None:
        """What it says, against the vocabulary."""
        from vocab.validate import shacl

        if "graphDigest" in content:
            self.found.note("graph", content["graphDigest"], _graph(content))
        said = parse.document(dict(content))
        mistakes = said if isinstance(said, tuple) else shacl(content)
        wrong = Refused("invalid", 422) if mistakes else None
        self.found.checks.append(Check("valid", "", wrong, tuple(mistakes)))

    async def _activity(self, content: Mapping[str, Any]) -> None:
        """An activity at its own address: its host vouches for it, its document has a proof of its own."""
        found, name, described = self.found, id_of(content), describe(content)
        if isinstance(described, Refused):
            found.note("activity", described.detail, described)
            return
        found.note("activity", f"{described.type} {described.object_id}")
        found.note("id", name, None if name == found.url else refuse("actor_document_id", name))
        wrong = None if origin(described.actor) == origin(described.id) else refuse("origin", described.actor)
        found.note("origin", described.actor, wrong)
        written = described.object if described.type in ("Create", "Update") else None
        if written is not None and described.object_id != described.actor:
            author = written.get("attributedTo")
            found.note("author", author, None if author == described.actor else refuse("attributed_to", str(author)))
            await self._judged(written)
        elif described.type == "Delete":
            absence = await self.look.fetcher.absence(described.object_id)
            found.note("absence", described.object_id, None if absence == "gone" else refuse("remote_refused"))
        else:
            found.tell("no_proof", described.actor)

    async def _collection(self, content: Mapping[str, Any]) -> None:
        found, items, pages = self.found, list[Any](), 0
        found.tell("total", content.get("totalItems", "–"))
        async with aclosing(self.look.fetcher.pages(found.url)) as read:
            async for page in read:
                if isinstance(page, Refused):
                    found.note("pages", page.detail, page)
                    return
                items += items_of(page.content)
                pages += 1
                if pages == _PAGES:
                    break
        found.note("pages", pages)
        found.tell("items", len(items))
        for item in items[:_FIRST]:
            found.tell("item", item if isinstance(item, str) else f"{' '.join(types_of(item))} {id_of(item)}".strip())


async def examine(node: Node, target: str) -> Examination:
    """Look at a URL, or at the actor of a handle, signing as the node actor does."""
    is_address = is_iri(target)
    found = Examination(target, target.partition("#")[0] if is_address else "")
    async with lookup.opened(node) as look:
        await _Looking(node, look, found, None if is_address else discovery.read_handle(target)).run()
    return found


def _described(key: PublicKey) -> str:
    """A key's id, kind and size."""
    size = getattr(key.key, "key_size", 256)
    return f"{key.id} {key.kind} {size}"


def _graph(content: Mapping[str, Any]) -> Refused | None:
    """Whether its graph is the one whose digest it says."""
    try:
        return None if graph_digest(content) == content["graphDigest"] else Refused("graph_digest", 409)
    except VocabError as error:
        return Refused("graph_digest", 409, str(error)[:200])


def _digest(content: Mapping[str, Any]) -> str:
    try:
        return digest(jcs(content))
    except NotCanonical:
        return ""
