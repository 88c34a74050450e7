"""Verified activities of two neighbours about the same few documents, and what a journal must make of them.

`Model` is told the rows in the order of the journal, and says what each must have done: the oracle of the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from federation.activity import ActivityFacts
from federation.canonical import digest, jcs
from federation.clock import timestamp
from federation.httpsig import IncomingRequest, Signature, sign_cavage, signature_of
from federation.inbox import Facts, Verified, judge
from federation.keys import ActorKeys, KeyKind, PublicKey
from federation.proof import add_proof
from node.rules import RULES
from tests.federation.signing import NOW, OURS, URL, actor_keys, other_keys
from vocab.contexts import CONTEXT

HOST = "https://place.example/places/"
DOCUMENTS = tuple(f"{HOST}documents/{name}" for name in ("a", "b"))
NOTE = f"{HOST}notes/1"


def _document(actor: str, keys: ActorKeys, name: str, version: int, text: str) -> dict[str, Any]:
    plain = {"@context": CONTEXT, "id": name, "attributedTo": actor, "published": timestamp(NOW)}
    if name == NOTE:
        return plain | {"type": "Note", "content": text}
    plain |= {"type": ["Document", "Report"], "version": version, "sharing": "public", "updated": text}
    return add_proof(plain, keys.ed25519, actor + "#ed25519-key", timestamp(NOW))


def _judged(actor: str, keys: ActorKeys, number: int, kind: str, content: Any) -> Verified:
    said = {"@context": CONTEXT, "id": f"{actor}/activities/{number}", "type": kind, "actor": actor, "object": content}
    body, main = jcs(said), PublicKey(actor + "#main-key", actor, KeyKind.RSA, keys.rsa.public_key())
    headers = sign_cavage("POST", URL, body, main.id, keys.rsa, NOW)
    proof_key = PublicKey(actor + "#ed25519-key", actor, KeyKind.ED25519, keys.ed25519.public_key())
    request = IncomingRequest("POST", "/inbox", tuple(headers.items()), body, headers["Host"])
    signature = signature_of(request)
    assert isinstance(signature, Signature)
    judged = judge(request, signature, said, Facts(main, proof_key, None, OURS, RULES), NOW)
    assert isinstance(judged, Verified), judged
    return judged


def _said(actor: str, keys: ActorKeys) -> Iterator[tuple[str, Any]]:
    for name in (*DOCUMENTS, NOTE):
        for version in (1, 2, 3):
            yield "Update" if version % 2 else "Create", _document(actor, keys, name, version, f"{version}")
        yield "Update", _document(actor, keys, name, 2, "two")
        yield "Delete", name
    yield "Delete", actor
    yield "Announce", NOTE


@cache
def crowd() -> tuple[Verified, ...]:
    """Everything that the two neighbours ever say."""
    actors = ((HOST + "atelier", actor_keys()), (HOST + "voisin", other_keys()))
    return tuple(
        _judged(actor, keys, number, kind, content)
        for actor, keys in actors
        for number, (kind, content) in enumerate(_said(actor, keys))
    )


@dataclass
class Stored:
    """What is known of a document."""

    owner: str
    version: int
    digest: str
    is_deleted: bool = False


@dataclass
class Model:
    """The state after a journal, told row by row; `rows` are those whose bytes are still kept, by document."""

    documents: dict[str, Stored] = field(default_factory=dict)
    rows: dict[str, set[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def refuses(self, verified: Verified) -> bool:
        """Whether this can only be refused now: its object belongs to somebody else."""
        before = self.documents.get(verified.facts.object_id)
        return before is not None and before.owner != verified.facts.actor

    def takes(self, verified: Verified) -> str:
        """The verdict of the next row."""
        said, document = verified.facts, verified.document
        if said.actor in self.gone:
            return "stale"
        assert said.type == "Announce" or not self.refuses(verified)
        before = self.documents.get(said.object_id)
        if said.type == "Delete":
            return self._buries(said)
        if before is not None and before.is_deleted and document is not None:
            return "stale"
        self.rows.setdefault(said.object_id, set()).add(said.id)
        if said.type == "Announce":
            return "none"
        assert document is not None
        verdict = _of(before, said.type, document.version, document.digest)
        if verdict == "current":
            self.documents[document.id] = Stored(said.actor, document.version, document.digest)
        return verdict

    def _buries(self, said: ActivityFacts) -> str:
        name, actor = said.object_id, said.actor
        before = self.documents.get(name)
        is_new = before is None or not before.is_deleted
        if name == actor:
            self.gone.add(actor)
            for said_of in self.rows.values():
                said_of -= {activity for activity in said_of if activity.startswith(actor + "/")}
            for owned in [n for n, each in self.documents.items() if each.owner == actor and not each.is_deleted]:
                self._forget(owned, actor)
            for ids in self.rows.values():
                ids -= {each for each in ids if each.startswith(actor + "/")}
        elif is_new:
            self._forget(name, actor)
        self.rows.setdefault(name, set()).add(said.id)
        return "tombstone" if is_new or name == actor else "none"

    def _forget(self, name: str, actor: str) -> None:
        before = self.documents.get(name)
        self.documents[name] = Stored(actor, before.version if before else 0, before.digest if before else "", True)
        self.rows.pop(name, None)


def _of(before: Stored | None, kind: str, version: int, found: str) -> str:
    if before is None:
        return "current"
    if version < before.version:
        return "stale"
    if found == before.digest:
        return "none"
    if version > before.version or (version == 0 and kind == "Update"):
        return "current"
    return "equivocation" if version else "stale"


def same_bytes(verified: Verified, kept: Mapping[str, bytes | None], is_erased: bool) -> bool:
    """Whether the kept bytes are those that came; none is left of what was erased."""
    document = verified.document
    raw = document.raw if document is not None and document.proved else None
    assert document is None or digest(document.raw) == document.digest
    if is_erased:
        return not any(kept.values())
    return kept.get("activity") == verified.raw and kept.get("document") == raw
