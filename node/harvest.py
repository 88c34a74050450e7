"""Catching up: what the followed places publish is read again, and judged and taken exactly as if it were pushed.

Two passes an actor: its outbox, oldest first, then the set of documents that it shows us (signed GETs, so that what
was granted to us is seen). What is missing here is fetched, what is gone there is buried only once its own address
says so. Reconciling refuses to bury more than half of what an actor has at once.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from federation import backfill
from federation.activity import Heading, id_of, make
from federation.actor import RemoteActor
from federation.canonical import jcs
from federation.errors import Refused, refuse
from federation.inbox import Verified, document_type, judge_gone, judge_pulled
from node import lookup
from node.context import Node
from node.lookup import Lookup
from node.receive import facts_of, proof_key
from node.rules import RULES
from node.store import documents, journal, peers, times
from node.store.schema import following
from node.taking import take

MAX_SHARE = 0.5
PATIENCE = 900.0
MAX_DOCUMENTS = 100_000


@dataclass(frozen=True, slots=True)
class HarvestedActor:
    """What one actor's harvest did. `error` is empty, or a stable reason."""

    actor: str
    documents: int = 0
    added: int = 0
    refused: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """One entry a followed actor."""

    actors: tuple[HarvestedActor, ...]


async def harvest(node: Node, url: str | None, progress: Callable[[str], None]) -> HarvestResult:
    """Read again every place that accepted us, or the one named (IRI or handle); idempotent."""
    with node.store.read() as connection:
        query = select(following.c.target).where(following.c.state == "accepted").order_by(following.c.target)
        targets = list(connection.execute(query).scalars())
        known = peers.by_name(connection, url) if url else None
    if url:
        wanted = known.actor if known is not None else url
        targets = [target for target in targets if target == wanted]
        if not targets:
            return HarvestResult((HarvestedActor(url, error="not_followed"),))
    done = []
    async with lookup.opened(node) as look:
        for number, target in enumerate(targets, 1):
            progress(f"{number}/{len(targets)} {target}")
            done.append(await _patiently(node, look, target))
    return HarvestResult(tuple(done))


async def _patiently(node: Node, look: Lookup, target: str) -> HarvestedActor:
    """One who answers slowly, or without end, is left for another day."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _actor(node, look, target)
    except TimeoutError:
        return HarvestedActor(target, error="too_long")


async def _actor(node: Node, look: Lookup, target: str) -> HarvestedActor:
    read = await look.fetcher.actor(target)
    if isinstance(read, Refused):
        return HarvestedActor(target, error=read.reason)
    actor, raw = read
    now = node.clock()
    await node.store.awrite(lambda c: peers.remember(c, actor, raw, now))
    activities = await backfill.outbox(look.fetcher, actor.outbox) if actor.outbox else []
    if isinstance(activities, Refused):
        return HarvestedActor(target, error=activities.reason)
    added = refused = 0
    for activity in activities:
        outcome = await _take(node, look, actor, activity)
        added += outcome > 0
        refused += outcome < 0
    seen, more, bad = await _reconcile(node, look, actor)
    await node.store.awrite(
        lambda c: c.execute(
            update(following).where(following.c.target == target).values(harvested=times.text(node.clock()))
        )
    )
    return HarvestedActor(target, seen, added + more, refused + bad)


async def _take(node: Node, look: Lookup, actor: RemoteActor, activity: Mapping[str, Any]) -> int:
    """1 when it added a row, 0 when it was known or says nothing to us, -1 when it is refused."""
    with node.store.read() as connection:
        if journal.known(connection, actor.id, id_of(activity)) is not None:
            return 0
    if activity.get("actor") != actor.id:
        return -1  # only its own outbox vouches for the id of an activity
    kind, content = activity.get("type"), activity.get("object")
    if kind in ("Create", "Update") and isinstance(content, Mapping) and _is_document(content):
        verified = await _pulled(node, look, activity)
    elif kind == "Delete":
        verified = await _gone(node, look, actor, activity)
    else:
        return 0
    return -1 if isinstance(verified, Refused) else await _append(node, verified)


def _is_document(content: Mapping[str, Any]) -> bool:
    """Of a type that is nothing without its proof, or that has one: nothing else proves what is pulled."""
    return "proof" in content or bool(document_type(content, RULES))


async def _append(node: Node, verified: Verified) -> int:
    taken = await node.store.awrite(lambda connection: take(connection, node, verified))
    if isinstance(taken, Refused):
        return -1
    return 0 if taken.again else 1


async def _pulled(node: Node, look: Lookup, activity: Mapping[str, Any]) -> Verified | Refused:
    named = proof_key(activity, pulled=True)
    key = await look.key(named) if isinstance(named, str) else named
    if isinstance(key, Refused):
        return key
    return judge_pulled(activity, jcs(activity), facts_of(node, activity, None, key), node.clock())


async def _gone(node: Node, look: Lookup, actor: RemoteActor, activity: Mapping[str, Any]) -> Verified | Refused:
    """A Delete found in an outbox: believed once the document's own address says that it is gone."""
    gone = id_of(activity.get("object"))
    if not gone or not actor.keys or not await look.fetcher.gone(gone):
        return refuse("not_found", gone[:200])
    return judge_gone(activity, jcs(activity), actor.keys[0], facts_of(node, activity, None))


async def _reconcile(node: Node, look: Lookup, actor: RemoteActor) -> tuple[int, int, int]:
    """Compare the set of documents that the actor shows us with ours; how many seen, added, refused."""
    if not actor.documents:
        return 0, 0, 0
    listed: dict[str, str] = {}
    async for item in look.fetcher.items(actor.documents):
        if isinstance(item, Refused) or len(listed) >= MAX_DOCUMENTS:
            return 0, 0, 1
        if isinstance(item, Mapping) and id_of(item):
            listed[id_of(item)] = str(item.get("digest", ""))
    with node.store.read() as connection:
        ours = {row.id: row.digest for row in documents.of_owner(connection, actor.id)}
    added = refused = 0
    for document, digest in listed.items():
        if ours.get(document) != digest:
            outcome = await _fetch(node, look, actor, document)
            added += outcome > 0
            refused += outcome < 0
    vanished = [document for document in ours if document not in listed]
    if len(vanished) <= max(1, len(ours) * MAX_SHARE):
        for document in vanished:
            added += await _bury(node, look, actor, document) > 0
    return len(listed), added, refused


async def _fetch(node: Node, look: Lookup, actor: RemoteActor, document: str) -> int:
    """One document at its own address, judged by its own proof, taken as an Update."""
    page = await look.fetcher.page(document)
    if isinstance(page, Refused):
        return -1
    if id_of(page.content) != document:
        return -1
    version = page.content.get("version")
    heading = Heading(f"{document}#version-{version}", actor.id, _texts(page.content.get("to")), (), "")
    verified = await _pulled(node, look, make("Update", heading, page.content))
    return -1 if isinstance(verified, Refused) else await _append(node, verified)


async def _bury(node: Node, look: Lookup, actor: RemoteActor, document: str) -> int:
    heading = Heading(f"{document}#gone", actor.id, (), (), "")
    verified = await _gone(node, look, actor, make("Delete", heading, document))
    return -1 if isinstance(verified, Refused) else await _append(node, verified)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
