"""Whose key is that: first what we remember, then at most one bounded, shared look-up at its owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from federation.errors import Refused
from federation.fetch import Fetcher
from federation.keys import PublicKey
from federation.transport import Transport
from node import signing
from node.context import Node
from node.store import peers

_FRESH = timedelta(seconds=30)
_AGAIN = timedelta(minutes=1)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds keys and actors, and remembers them; a key is read again from the store after 30 seconds.

    Its owner is asked at most once a minute, whatever is sent to us in its name.
    """

    node: Node
    transport: Transport
    fetcher: Fetcher
    recent: dict[str, tuple[datetime, PublicKey]] = field(default_factory=dict)
    asked: dict[str, tuple[datetime, PublicKey]] = field(default_factory=dict)

    async def key(self, key_id: str) -> PublicKey | Refused:
        """The key of that id, listed by the actor that it names as its owner."""
        return self.known(key_id) or await self.fresh_key(key_id)

    def known(self, key_id: str) -> PublicKey | None:
        """The same, as far as we remember it."""
        now = self.node.clock()
        recent = self.recent.get(key_id)
        if recent is not None and now - recent[0] < _FRESH:
            return recent[1]
        known = peers.key(self.node.store.glance, key_id)
        return None if known is None else self._keep(known, now)

    def _keep(self, key: PublicKey, now: datetime) -> PublicKey:
        if len(self.recent) >= _MOST:
            self.recent.clear()
        self.recent[key.id] = (now, key)
        return key

    async def fresh_key(self, key_id: str) -> PublicKey | Refused:
        """The same, asked of its owner now."""
        before, now = self.asked.get(key_id), self.node.clock()
        if before is not None and now - before[0] < _AGAIN:
            return before[1]
        found = await self.fetcher.key(key_id)
        if isinstance(found, Refused):
            return found
        if len(self.asked) >= _MOST:
            self.asked.clear()
        self.asked[key_id] = (now, found.key)
        await self.node.store.awrite(lambda c: peers.remember(c, found.actor, found.document, now))
        return self._keep(found.key, now)


@asynccontextmanager
async def opened(node: Node) -> AsyncIterator[Lookup]:
    """The guarded client, signing as the node actor, for as long as the block runs."""
    async with Transport(node.config.loopback_peers) as transport:
        yield Lookup(node, transport, Fetcher(transport, node.clock, signing.reading(node)))
