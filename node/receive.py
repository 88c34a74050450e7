"""From a request to a journal row: read, judge, append; 202 only once the disk has it.

Nothing is converted to RDF here, nothing is validated against shapes, and no other host is asked, save for one
bounded look-up of a key that we have never seen.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from federation import inbox
from federation.activity import id_of, is_iri, origin
from federation.errors import Refused
from federation.httpsig import IncomingRequest, Signature, signature_of
from federation.inbox import Facts, Verified
from federation.keys import PublicKey
from federation.proof import method_of
from node.context import Node
from node.policy import policy
from node.rules import RULES
from node.store import documents, peers
from node.store.journal import Verdict
from node.taking import Taken, take


class Keys(Protocol):
    """Finds public keys by their id; `known` asks nobody. `limit` counts what an actor's origin says; `foresee` tells
    whether it would be too much."""

    def known(self, key_id: str) -> PublicKey | None: ...

    async def key(self, key_id: str) -> PublicKey | Refused: ...

    async def fresh_key(self, key_id: str) -> PublicKey | Refused: ...

    def limit(self, actor: str) -> Refused | None: ...

    def foresee(self, claimed: str) -> Refused | None: ...


async def receive(node: Node, incoming: IncomingRequest, keys: Keys) -> Taken | Refused:
    """Take one activity that was POSTed to an inbox of ours, or say why not."""
    activity = inbox.read(_header(incoming, "content-type"), incoming.body, _header(incoming, "content-encoding"))
    if isinstance(activity, Refused):
        return activity
    signature = signature_of(incoming)
    if isinstance(signature, Refused):
        return signature
    unheard = policy(node).judge(signature.key_id) or keys.foresee(signature.key_id)
    if unheard is not None:
        return unheard
    key = await keys.key(signature.key_id)
    if isinstance(key, Refused):
        return Taken(0, Verdict.NONE) if _is_farewell(activity, key) else key
    verified = await _judge(node, incoming, signature, activity, key, keys)
    if isinstance(verified, Refused) and verified.reason in ("signature", "key_expired"):
        verified = await _judge_anew(node, incoming, signature, activity, key, keys) or verified
    if isinstance(verified, Refused):
        return verified
    too_many = keys.limit(verified.facts.actor)
    if too_many is not None:
        return too_many
    return await node.store.awrite(lambda connection: take(connection, node, verified))


def _header(incoming: IncomingRequest, name: str) -> str:
    return next((value for key, value in incoming.headers if key.lower() == name), "")


def _is_farewell(activity: Mapping[str, Any], refused: Refused) -> bool:
    """The Delete of an actor that is gone, and whose key is gone with it: taken, without effect."""
    is_gone = refused.reason in ("key_gone", "gone", "not_found")
    return is_gone and activity.get("type") == "Delete" and id_of(activity.get("object")) == activity.get("actor")


async def _judge(
    node: Node,
    incoming: IncomingRequest,
    signature: Signature,
    activity: Mapping[str, Any],
    key: PublicKey,
    keys: Keys,
) -> Verified | Refused:
    """The key of the document inside is asked for only once all that comes before it is proved: nobody else can make
    us ask a host for anything but the key that signs the request."""
    named = proof_key(activity)
    known = keys.known(named) if isinstance(named, str) else None
    facts = facts_of(node, activity, key, known)
    verified = inbox.judge(incoming, signature, activity, facts, node.clock())
    if not isinstance(verified, Refused) or verified.reason != "key_unknown" or named is None:
        return verified
    found = named if isinstance(named, Refused) else await keys.key(named)
    if isinstance(found, Refused):
        return found
    return inbox.judge(incoming, signature, activity, replace(facts, document_key=found), node.clock())


async def _judge_anew(
    node: Node,
    incoming: IncomingRequest,
    signature: Signature,
    activity: Mapping[str, Any],
    key: PublicKey,
    keys: Keys,
) -> Verified | Refused | None:
    """The owner may have another key by now, or list this one again: it is asked, and believed if it does."""
    fresh = await keys.fresh_key(signature.key_id)
    if isinstance(fresh, Refused) or (fresh.text, fresh.expires) == (key.text, key.expires):
        return None
    return await _judge(node, incoming, signature, activity, fresh, keys)


def proof_key(activity: Mapping[str, Any], pulled: bool = False) -> str | Refused | None:
    """The key that the proof of the document inside names; a refusal for a proof without form.

    None where no proof is needed (`pulled`: nothing else proves it, whatever its type), and for a key of another
    origin than the actor's: it can prove nothing.
    """
    content, actor = activity.get("object"), id_of(activity.get("actor"))
    if not isinstance(content, dict) or "proof" not in content:
        return None
    if not pulled and not inbox.document_type(content, RULES):
        return None
    named = method_of(content)
    if isinstance(named, Refused):
        return named
    return named if actor and is_iri(named) and origin(named) == origin(actor) else None


def facts_of(
    node: Node, activity: Mapping[str, Any], key: PublicKey | None, document_key: PublicKey | None = None
) -> Facts:
    """What judging needs to know beside the keys: who owns the object's id already, who we are, whom we refuse."""
    object_id = id_of(activity.get("object"))
    owner = _owner(node, object_id, id_of(activity.get("actor"))) if object_id else None
    ours = frozenset({node.config.authority})
    return Facts(key, document_key, owner, ours, RULES, policy(node))


def _owner(node: Node, object_id: str, actor: str) -> str | None:
    """Whose an id is: of who said it first, else of the actor that we know under whose own id it lies."""
    stored = documents.stored(node.store.glance, object_id)
    if stored is not None:
        return str(stored.owner)
    return None if object_id.startswith(actor + "/") else peers.above(node.store.glance, object_id)
