"""One thing read at a peer: judged by its own proof, or by its own address, and taken as if it had been pushed.

Each function answers 1 when it added a row, 0 when there was nothing to add, -1 when it was refused.
"""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Row

from federation.activity import Heading, id_of, make, origin
from federation.actor import RemoteActor
from federation.canonical import digest, jcs
from federation.errors import NotCanonical, Refused
from federation.inbox import Verified, document_type, judge_gone, judge_pulled
from node.context import Node
from node.lookup import Lookup
from node.receive import facts_of, proof_key
from node.rules import RULES
from node.store import documents, journal
from node.taking import take


async def take_activity(node: Node, look: Lookup, actor: RemoteActor, activity: Mapping[str, Any]) -> int:
    """A Create or Update found in an outbox, which vouches for the ids of its own actor's activities only."""
    with node.store.read() as connection:
        if journal.known(connection, actor.id, id_of(activity)) is not None:
            return 0
    content = activity.get("object")
    if activity.get("actor") != actor.id:
        return -1
    if activity.get("type") not in ("Create", "Update") or not isinstance(content, Mapping) or not _proves(content):
        return 0
    return await _append(node, await _judged(node, look, activity))


async def take_document(node: Node, look: Lookup, actor: RemoteActor, content: Mapping[str, Any]) -> int:
    """A document as it was read, taken as an Update of its version; what was withdrawn once comes back like that."""
    name = id_of(content)
    if not name or not _proves(content):
        return 0
    with node.store.read() as connection:
        before = documents.stored(connection, name)
    if before is not None and not before.deleted and before.digest == _digest(content):
        return 0
    again = f"-after-{before.seq}" if before is not None and before.deleted else ""
    heading = Heading(f"{name}#version-{content.get('version')}{again}", actor.id, _texts(content.get("to")), (), "")
    return await _append(node, await _judged(node, look, make("Update", heading, content)))


async def fetch(node: Node, look: Lookup, actor: RemoteActor, document: str) -> int:
    """A document at its own address, which must be at its author's origin: nobody sends us to ask others for theirs."""
    if origin(document) != origin(actor.id):
        return -1
    page = await look.fetcher.page(document)
    if isinstance(page, Refused) or id_of(page.content) != document:
        return -1
    return await take_document(node, look, actor, page.content) if _proves(page.content) else -1


def _proves(content: Mapping[str, Any]) -> bool:
    """Of a type that is nothing without its proof, or that has one: nothing else proves what is pulled."""
    return "proof" in content or bool(document_type(content, RULES))


async def bury(node: Node, actor: RemoteActor, row: Row[Any], by: Literal["gone", "withheld"]) -> int:
    """A document of ours whose own address says that it is gone, or that it is not for us any more."""
    if not actor.keys:
        return -1
    name = f"{row.id}#gone" if by == "gone" else f"{row.id}#withheld-{row.seq}"
    activity = make("Delete", Heading(name, actor.id, (), (), ""), row.id)
    return await _append(node, judge_gone(activity, jcs(activity), actor.keys[0], facts_of(node, activity, None), by))


async def _judged(node: Node, look: Lookup, activity: Mapping[str, Any]) -> Verified | Refused:
    named = proof_key(activity, pulled=True)
    key = await look.key(named) if isinstance(named, str) else named
    if isinstance(key, Refused):
        return key
    return judge_pulled(activity, jcs(activity), facts_of(node, activity, None, key), node.clock())


async def _append(node: Node, verified: Verified | Refused) -> int:
    if isinstance(verified, Refused):
        return -1
    taken = await node.store.awrite(lambda connection: take(connection, node, verified))
    if isinstance(taken, Refused):
        return -1
    return 0 if taken.again else 1


def _digest(content: Mapping[str, Any]) -> str:
    try:
        return digest(jcs(content))
    except NotCanonical:
        return ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
