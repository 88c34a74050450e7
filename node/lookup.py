"""Whose key is that: first what we remember, then at most one bounded, shared look-up at its owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from federation.errors import Refused
from federation.fetch import Fetcher
from federation.keys import PublicKey
from federation.transport import Transport
from node import signing
from node.context import Node
from node.store import peers


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds keys and actors, and remembers them."""

    node: Node
    transport: Transport
    fetcher: Fetcher

    async def key(self, key_id: str) -> PublicKey | Refused:
        """The key of that id, listed by the actor that it names as its owner."""
        with self.node.store.read() as connection:
            known = peers.key(connection, key_id)
        return known or await self.fresh_key(key_id)

    async def fresh_key(self, key_id: str) -> PublicKey | Refused:
        """The same, asked of its owner now."""
        found = await self.fetcher.key(key_id)
        if isinstance(found, Refused):
            return found
        now = self.node.clock()
        await self.node.store.awrite(lambda c: peers.remember(c, found.actor, found.document, now))
        return found.key


@asynccontextmanager
async def opened(node: Node) -> AsyncIterator[Lookup]:
    """The guarded client, signing as the node actor, for as long as the block runs."""
    async with Transport(node.config.loopback_peers) as transport:
        yield Lookup(node, transport, Fetcher(transport, node.clock, signing.reading(node)))
