"""Whose key is that: first what we remember, then at most one bounded, shared look-up at its owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from federation.errors import Refused
from federation.fetch import Fetcher
from federation.keys import PublicKey
from federation.transport import Transport
from node import signing
from node.context import Node
from node.policy import Rates, policy
from node.store import peer_keys, peers
from node.store.engine import Store

_AGAIN = timedelta(minutes=1)
_MOST = 10_000
_LOOK = 0.01  # seconds between two looks at whether a key has ended


class _AtHand:
    """Keys that were read from the log, until any key ends there: noticed in a hundredth of a second at most."""

    __slots__ = ("_changes", "_keys", "_looked", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, PublicKey] = {}
        self._changes, self._looked = "", -1.0

    def find(self, key_id: str) -> PublicKey | None:
        if monotonic() - self._looked > _LOOK:
            self.look()
        if key_id not in self._keys:
            found = peer_keys.find(self._store.glance, key_id)
            if found is None:
                return None
            self._keys[key_id] = found
        return self._keys[key_id]

    def look(self) -> None:
        """Forget them if one has ended."""
        changes = peer_keys.changes(self._store.glance)
        if changes != self._changes or len(self._keys) >= _MOST:
            self._keys.clear()
        self._changes, self._looked = changes, monotonic()


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds keys and actors, and remembers them.

    The owner of a key is asked at most once a minute, whatever is sent to us in its name.
    """

    node: Node
    transport: Transport
    fetcher: Fetcher
    at_hand: _AtHand
    rates: Rates
    asked: dict[str, datetime] = field(default_factory=dict)

    async def key(self, key_id: str) -> PublicKey | Refused:
        """The key of that id, listed by the actor that it names as its owner; it may be one that no longer signs."""
        return self.known(key_id) or await self.fresh_key(key_id)

    def known(self, key_id: str) -> PublicKey | None:
        """The same, as far as we remember it."""
        return self.at_hand.find(key_id)

    def limit(self, actor: str) -> Refused | None:
        """`too_many` when the origin of a proved actor has said more than it may."""
        return self.rates.judge(actor)

    def foresee(self, claimed: str) -> Refused | None:
        """The same of the origin that a message claims, before its key is looked for; nothing is counted."""
        return self.rates.foresee(claimed)

    async def fresh_key(self, key_id: str) -> PublicKey | Refused:
        """The same, asked of its owner now; what the log says against it holds all the same."""
        now, known = self.node.clock(), peer_keys.find(self.node.store.glance, key_id)
        if known is not None and key_id in self.asked and now - self.asked[key_id] < _AGAIN:
            return known
        found = await self.fetcher.key(key_id)
        if isinstance(found, Refused):
            if found.reason == "key_gone":
                await self.node.store.awrite(lambda c: peers.missing(c, key_id.partition("#")[0], now))
            return found
        if len(self.asked) >= _MOST:
            self.asked.clear()
        self.asked[key_id] = now
        await self.node.store.awrite(lambda c: peers.remember(c, found.actor, found.document, now))
        self.at_hand.look()
        return peer_keys.find(self.node.store.glance, key_id) or found.key


@asynccontextmanager
async def opened(node: Node) -> AsyncIterator[Lookup]:
    """The guarded client, signing as the node actor, for as long as the block runs."""
    async with Transport(node.config.loopback_peers, judge=lambda url: policy(node).judge(url)) as transport:
        fetcher = Fetcher(transport, node.clock, signing.reading(node))
        yield Lookup(node, transport, fetcher, _AtHand(node.store), Rates(node.config))
