"""Catching up: what the followed places publish is read again, and judged and taken exactly as if it were pushed.

An actor's feed of changes is read from where it was left; where it has none, its outbox. Then, unless only a gap is
to be filled, the set of documents that it shows us is compared with ours, and what differs is repaired both ways.

What is not there any more is believed only at its own address: 410 is a deletion; 404, said to us by a host that
knew who asked, withdraws what was restricted. A place that takes back what it had granted wants its figures out of
our totals, whatever we may still be able to read in our own files; should it grant them again, they come back.
More than a share of what an actor has is never dropped at once without an operator's word.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from federation import backfill
from federation.activity import id_of
from federation.actor import RemoteActor
from federation.errors import Refused, refuse
from node import gaps, lookup, pulling
from node.context import Node
from node.lookup import Lookup
from node.store import documents, journal, peers, times
from node.store.schema import following

log = logging.getLogger("maillage.harvest")
MAX_SHARE = 0.5
PATIENCE = 900.0


@dataclass(frozen=True, slots=True)
class HarvestedActor:
    """What one actor's harvest did. `error` is empty, or a stable reason.

    `documents`: how many it shows us; `vanished`: how many are gone at once, and were kept until an operator agrees.
    """

    actor: str
    documents: int = 0
    added: int = 0
    dropped: int = 0
    refused: int = 0
    vanished: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """One entry a followed actor."""

    actors: tuple[HarvestedActor, ...]


async def harvest(
    node: Node,
    url: str | None,
    progress: Callable[[str], None],
    accept_vanished: bool = False,
    thorough: bool = True,
) -> HarvestResult:
    """Read again every place that accepted us, or the one named (IRI or handle); idempotent.

    `thorough`: compare the sets too, not only read what changed.
    """
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
            done.append(await _patiently(node, look, target, accept_vanished, thorough))
    return HarvestResult(tuple(done))


async def _patiently(node: Node, look: Lookup, target: str, accept: bool, thorough: bool) -> HarvestedActor:
    """One who answers slowly, or without end, is left for another day."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _actor(node, look, target, accept, thorough)
    except TimeoutError:
        return HarvestedActor(target, error="too_long")


async def _actor(node: Node, look: Lookup, target: str, accept: bool, thorough: bool) -> HarvestedActor:
    read = await look.fetcher.actor(target)
    if isinstance(read, Refused):
        if read.reason == "gone":
            await node.store.awrite(lambda connection: peers.missing(connection, target, node.clock()))
        return HarvestedActor(target, error=read.reason)
    actor, raw = read
    now = node.clock()

    def begin(connection: Connection) -> int:
        peers.remember(connection, actor, raw, now)
        return journal.head(connection)

    position = await node.store.awrite(begin)
    reading = _Reading(node, look, actor)
    error = await reading.publications()
    if error:
        return HarvestedActor(target, error=error)
    if thorough:
        await reading.compare()
    vanished = await reading.drop(accept)
    await node.store.awrite(lambda connection: _settled(connection, node, target, vanished, position))
    return HarvestedActor(target, len(reading.listed), reading.added, reading.dropped, reading.refused, vanished)


def _settled(connection: Connection, node: Node, target: str, vanished: int, position: int) -> None:
    done = {"harvested": times.text(node.clock()), "vanished": vanished, "behind": False}
    connection.execute(update(following).where(following.c.target == target).values(done))
    gaps.settle(connection, target, position)


@dataclass(slots=True)
class _Reading:
    """One actor being read: what was counted, and what seems to be gone (True: it says so itself)."""

    node: Node
    look: Lookup
    actor: RemoteActor
    added: int = 0
    dropped: int = 0
    refused: int = 0
    listed: dict[str, str] = field(default_factory=dict)
    gone: dict[str, bool] = field(default_factory=dict)
    is_known: bool = False  # whether its host knew who asked

    def _count(self, outcome: int) -> None:
        self.added += outcome > 0
        self.refused += outcome < 0

    async def publications(self) -> str:
        """What it published: by its feed of changes, or by its outbox; empty, or why they could not be read."""
        refused = await self._changes() if self.actor.changes else refuse("not_found")
        if refused is not None and refused.reason in ("not_found", "gone"):
            refused = await self._outbox() if self.actor.outbox else None
        return refused.reason if refused is not None else ""

    async def _changes(self) -> Refused | None:
        """From where it was left; from the beginning when that has expired, or is not understood any more."""
        with self.node.store.read() as connection:
            query = select(following.c.cursor).where(following.c.target == self.actor.id)
            left = connection.execute(query).scalars().first()
        if left:
            refused = await self._feed(left)
            if refused is None or refused.reason not in ("gone", "remote_refused"):
                return refused
        return await self._feed(self.actor.changes)

    async def _feed(self, start: str) -> Refused | None:
        async for page in backfill.changes(self.look.fetcher, start):
            if isinstance(page, Refused):
                return page
            self.is_known = self.node.config.node_actor in page.to
            for item in page.items:
                name = id_of(item)
                if item.get("type") == "Tombstone":
                    self.gone[name] = True
                else:
                    self.gone.pop(name, None)
                    self._count(await pulling.take_document(self.node, self.look, self.actor, item))
            reached = update(following).where(following.c.target == self.actor.id).values(cursor=page.next)
            await self.node.store.awrite(partial(Connection.execute, statement=reached))
        return None

    async def _outbox(self) -> Refused | None:
        activities = await backfill.outbox(self.look.fetcher, self.actor.outbox)
        if isinstance(activities, Refused):
            return activities
        for activity in activities:
            if activity.get("type") == "Delete" and activity.get("actor") == self.actor.id:
                self.gone[id_of(activity.get("object"))] = True
            else:
                self._count(await pulling.take_activity(self.node, self.look, self.actor, activity))
        return None

    async def compare(self) -> None:
        """The set of documents that it shows us, beside ours: what is missing here or stale is fetched."""
        if not self.actor.documents:
            return
        shown = await backfill.documents(self.look.fetcher, self.actor.documents)
        if isinstance(shown, Refused):
            self.refused += 1
            return
        self.listed, self.is_known = dict(shown.digests), self.node.config.node_actor in shown.to
        ours = self._ours()
        for document, digest in self.listed.items():
            if document not in ours or ours[document].digest != digest:
                self._count(await pulling.fetch(self.node, self.look, self.actor, document))
        for document in ours.keys() - self.listed.keys():
            if ours[document].sharing != "addressed":  # what was written to one of ours alone is in no collection
                self.gone.setdefault(document, False)

    def _ours(self) -> dict[str, Row[Any]]:
        with self.node.store.read() as connection:
            return {row.id: row for row in documents.of_owner(connection, self.actor.id)}

    async def drop(self, accept: bool) -> int:
        """Bury what is gone; how many were kept because they are too many to be believed at once.

        What was said with a key that is revoked since (it has no digest any more) is not counted, nor kept.
        """
        ours = self._ours()
        gone = {document: said for document, said in self.gone.items() if document in ours}
        lasting = [document for document in gone if ours[document].digest]
        vanished = len(lasting) if len(lasting) > max(1, len(ours) * MAX_SHARE) and not accept else 0
        if vanished:
            log.warning("vanished actor=%s documents=%d of=%d kept", self.actor.id, vanished, len(ours))
        for document, said in gone.items():
            if not vanished or not ours[document].digest:
                await self._drop(ours[document], said)
        return vanished

    async def _drop(self, row: Row[Any], said: bool) -> None:
        absence = await self.look.fetcher.absence(row.id)
        was_granted = self.is_known and (said or row.sharing != "public")
        if absence == "gone" or (absence == "not_found" and (was_granted or not row.digest)):
            by: Literal["gone", "withheld"] = "gone" if absence == "gone" else "withheld"
            self.dropped += await pulling.bury(self.node, self.actor, row, by) > 0
        else:
            self.refused += said
