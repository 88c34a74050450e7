"""Judging: the only maker of `Verified`. Everything else is a returned `Refused`.

Pure: the caller finds the keys and the stored owner, and gives the time. Order of refusals: content type, JSON
sanity, signature present, key, signature with digest and date, authority, policy, and the document's own proof.
"""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from federation.activity import ActivityFacts, describe, id_of, is_iri, origin, types_of
from federation.canonical import NAMING, digest, jcs, read_message, refuse_keywords
from federation.errors import NotCanonical, NotJudged, Refused, Steps, first, refuse
from federation.httpsig import IncomingRequest, Signature, verify
from federation.keys import PublicKey
from federation.policy import Policy
from federation.proof import proof_steps, verify_proof
from vocab.contexts import ALIAS, acceptable, harm

_JUDGED: Final = object()
CONTENT_TYPES: Final = ("application/activity+json", "application/ld+json", "application/json")
_MAX_VERSION: Final = 2**53 - 1
_SHARED: Final = ("public", "network", "aggregate-only")
_PUBLIC: Final = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """What the node says of a type of object: whether it needs a proof of its own, and whether versions order it."""

    proof_required: bool
    ordered: bool


OF_OTHERS: Final = DocumentRule(proof_required=False, ordered=False)  # any type that the node's table does not name


@dataclass(frozen=True, slots=True)
class Facts:
    """What the caller found: the key that the request names, the key that the document's proof names, who owns the
    object's id already, who we are, the table of types, and whom we refuse."""

    key: PublicKey | None
    document_key: PublicKey | None
    owner: str | None
    authorities: frozenset[str]
    rules: Mapping[str, DocumentRule]
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Document:
    """An embedded document: its exact bytes (JCS), their digest, and what orders it.

    `version` is 0 for what has none, as the notes of other networks; `sharing` is then who it is addressed to:
    `public` or `addressed`. `proved`: it carries the proof that its type requires.
    """

    id: str
    type: str
    content: Mapping[str, Any]
    raw: bytes
    digest: str
    version: int
    sharing: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """An activity whose author is proved. `by`: cavage, rfc9421, proof, gone or withheld; `key`: what proved it."""

    facts: ActivityFacts
    raw: bytes
    document: Document | None
    by: str
    key: str
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _JUDGED:
            raise NotJudged("only federation.inbox makes a Verified")


def read(content_type: str, raw: bytes, encoding: str = "") -> dict[str, Any] | Refused:
    """The activity in a body: its media type, uncompressed, then the strict JSON gate."""
    if content_type.partition(";")[0].strip().lower() not in CONTENT_TYPES:
        return refuse("content_type", content_type[:80])
    if encoding.strip().lower() not in ("", "identity"):
        return refuse("content_type", encoding[:80])
    activity = read_message(raw)
    return activity if isinstance(activity, Refused) else _judge_contexts(activity) or activity


def judge_shape(message: Mapping[str, Any]) -> Refused | None:
    """What was pulled passes the gate that what is pushed passes."""
    return refuse_keywords(dict(message)) or _judge_contexts(message)


def _judge_contexts(node: object) -> Refused | None:
    """Refuses contexts that would make another message of this one: of the activity, its object, their proofs."""
    if isinstance(node, list):
        return next(filter(None, map(_judge_contexts, node)), None)
    if not isinstance(node, Mapping):
        return None
    found = harm(node.get("@context"))
    if found:
        return refuse("jsonld_keyword" if found == ALIAS else "context", found)
    return next(filter(None, (_judge_contexts(node[name]) for name in NAMING if name in node)), None)


def document_type(content: Mapping[str, Any], rules: Mapping[str, DocumentRule]) -> str:
    """The type of an object that the node's table knows; `""` when it knows none."""
    return next((t for t in types_of(content) if t in rules), "")


def authority_steps(key_owner: str, actor: str, content: Mapping[str, Any] | None, owner: str | None) -> Steps:
    """Key controller = actor = attributedTo = stored owner, as equal ids; same origin is necessary, not sufficient."""
    yield "key_owner", None if key_owner == actor else refuse("key_owner", key_owner[:200])
    if content is not None:
        name, author = id_of(content), content.get("attributedTo")
        yield "origin", None if name and origin(name) == origin(actor) else refuse("origin", name[:200])
        yield "attributed_to", None if author == actor else refuse("attributed_to", str(author)[:200])
    yield "stored_owner", None if owner is None or owner == actor else refuse("stored_owner", owner[:200])


def judge_authority(key_owner: str, actor: str, content: Mapping[str, Any] | None, owner: str | None) -> Refused | None:
    """The one function for inbox, fetch, backfill and reconcile alike."""
    return first(authority_steps(key_owner, actor, content, owner))


def judge(
    request: IncomingRequest, signature: Signature, activity: Mapping[str, Any], facts: Facts, now: datetime
) -> Verified | Refused:
    """An activity that was pushed to us: its HTTP signature proves it, the proof inside proves the document."""
    if facts.key is None:
        return refuse("key_unknown", signature.key_id[:200])
    wrong = verify(request, signature, facts.key, now, facts.authorities)
    if wrong is not None:
        return wrong
    described = describe(activity)
    if isinstance(described, Refused):
        return described
    wrong = _judge_author(described, facts.key.owner, facts)
    if wrong is not None:
        return wrong
    document = _judge_object(described, facts, now)
    if isinstance(document, Refused):
        return document
    return Verified(described, request.body, document, str(signature.dialect), facts.key.id, _JUDGED)


def judge_pulled(activity: Mapping[str, Any], raw: bytes, facts: Facts, now: datetime) -> Verified | Refused:
    """An activity read in its actor's outbox: only the proof of its document proves it.

    What embeds no document with a proof has no effect when pulled, and is refused.
    """
    described = judge_shape(activity) or describe(activity)
    if isinstance(described, Refused):
        return described
    if facts.document_key is None:
        return refuse("key_unknown" if described.object and "proof" in described.object else "proof_absent")
    wrong = _judge_author(described, facts.document_key.owner, facts)
    if wrong is not None:
        return wrong
    document = _judge_object(described, facts, now, pulled=True)
    if document is None:
        return refuse("proof_absent")
    if isinstance(document, Refused):
        return document
    return Verified(described, raw, document, "proof", facts.document_key.id, _JUDGED)


def judge_gone(
    activity: Mapping[str, Any],
    raw: bytes,
    actor_key: PublicKey,
    facts: Facts,
    by: Literal["gone", "withheld"] = "gone",
) -> Verified | Refused:
    """A Delete that was found by reading, once the object's own address answered over the guarded client: `gone`
    for 410, `withheld` for 404 to us, whom it used to be shown to and is no longer."""
    described = judge_shape(activity) or describe(activity)
    if isinstance(described, Refused):
        return described
    if described.type != "Delete":
        return refuse("activity_type", described.type)
    wrong = _judge_author(described, actor_key.owner, facts)
    return wrong or Verified(described, raw, None, by, actor_key.id, _JUDGED)


def _judge_author(described: ActivityFacts, key_owner: str, facts: Facts) -> Refused | None:
    """Who may say this, before what it says is looked at."""
    if origin(described.id) != origin(described.actor):
        return refuse("origin", described.id[:200])
    speaks_of = _written(described)
    if described.type in ("Create", "Update") and described.object is None:
        return refuse("activity_form", "object is not embedded")
    if described.type == "Undo" and described.object is not None and described.object.get("actor") != described.actor:
        return refuse("attributed_to", str(described.object.get("actor"))[:200])
    if described.type == "Delete":  # who deletes something says that it is its own
        speaks_of = {"id": described.object_id, "attributedTo": described.actor}
    owner = facts.owner if described.type in ("Create", "Update", "Delete") else None
    wrong = judge_authority(key_owner, described.actor, speaks_of, owner)
    return wrong or facts.policy.judge(described.actor)


def _written(described: ActivityFacts) -> Mapping[str, Any] | None:
    """What a Create or an Update embeds; None for an actor, which speaks of itself and is attributed to nobody."""
    is_self = described.object_id == described.actor
    return described.object if described.type in ("Create", "Update") and not is_self else None


def _judge_object(
    described: ActivityFacts, facts: Facts, now: datetime, pulled: bool = False
) -> Document | Refused | None:
    """The document inside, with its own proof where its type requires one, or where nothing else proves it.

    None where nothing is written.
    """
    content = _written(described)
    if content is None:
        return None
    kind = document_type(content, facts.rules)
    rule = facts.rules.get(kind, OF_OTHERS)
    if rule.proof_required or pulled:
        if facts.document_key is None:
            return refuse("key_unknown", "document") if "proof" in content else refuse("proof_absent")
        wrong = judge_authority(facts.document_key.owner, described.actor, content, facts.owner)
        wrong = wrong or verify_proof(content, facts.document_key, now)
        if wrong is not None:
            return wrong
    return _document(content, kind or next(iter(described.object_types), ""), rule)


def _document(content: Mapping[str, Any], kind: str, rule: DocumentRule) -> Document | Refused:
    version = content.get("version", 0)
    number = version if type(version) is int and 1 <= version <= _MAX_VERSION else 0
    if rule.ordered and not number:
        return refuse("document_form", "version")
    if rule.proof_required and not acceptable(content.get("@context")):
        return refuse("context")
    sharing = content.get("sharing", "public") if rule.proof_required else _addressed(content)
    if rule.proof_required and sharing not in _SHARED:
        return refuse("document_form", "sharing")
    try:
        raw = jcs(content)
    except (NotCanonical, ValueError):
        return refuse("document_form", "no canonical form")
    return Document(id_of(content), kind, content, raw, digest(raw), number, str(sharing), rule.proof_required)


def _addressed(content: Mapping[str, Any]) -> str:
    """`public` when it is addressed to everybody (ActivityPub §5.6, in its three spellings)."""
    named = (content.get(name) for name in ("to", "cc"))
    to = [each for value in named for each in (value if isinstance(value, list) else [value])]
    return "public" if any(each in _PUBLIC for each in to if isinstance(each, str)) else "addressed"


def document_steps(content: Mapping[str, Any], key: PublicKey | None, facts: Facts, now: datetime) -> Steps:
    """A document read at its own address: its author has the same authority, and its proof, as if it had been sent.

    `key`: the one that its proof names. What needs no proof, as the notes of other networks, may have none, and then
    only its address vouches for it.
    """
    author = content.get("attributedTo")
    if not isinstance(author, str) or not is_iri(author):
        yield "attributed_to", refuse("attributed_to", str(author)[:200])
        return
    kind = document_type(content, facts.rules)
    rule = facts.rules.get(kind, OF_OTHERS)
    yield "shape", judge_shape(content)
    yield from authority_steps(author if key is None else key.owner, author, content, facts.owner)
    if key is not None:
        yield from proof_steps(content, key, now)
    elif rule.proof_required or "proof" in content:
        yield "proof", refuse("key_unknown" if "proof" in content else "proof_absent")
    yield "policy", facts.policy.judge(author)
    document = _document(content, kind or next(iter(types_of(content)), ""), rule)
    yield "form", document if isinstance(document, Refused) else None


def judge_document(content: Mapping[str, Any], key: PublicKey, facts: Facts, now: datetime) -> Document | Refused:
    """The same, of a type that the node's table knows."""
    kind = document_type(content, facts.rules)
    if not kind:
        return refuse("document_form", "type")
    return first(document_steps(content, key, facts, now)) or _document(content, kind, facts.rules[kind])
