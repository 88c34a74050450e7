"""What this node signs: documents and deliveries for the actor whose word they are, reading for the node actor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from federation.errors import KeyUnreadable
from federation.httpsig import Dialect, sign_cavage, sign_rfc9421
from federation.keys import ActorKeys
from federation.proof import add_proof
from federation.transport import Sign
from node.context import Node
from node.store import own_keys
from node.store.own_keys import Pair
from node.store.schema import actors


@dataclass(frozen=True, slots=True)
class Signer:
    """One of our actors, with the keys that it signs with now."""

    node: Node
    pair: Pair
    keys: ActorKeys

    def proved(self, document: Mapping[str, Any], created: str) -> dict[str, Any]:
        """A document with this actor's proof."""
        return add_proof(document, self.keys.ed25519, self.pair.ed25519, created)

    def headers(self, method: str, url: str, body: bytes | None, dialect: str = Dialect.CAVAGE) -> dict[str, str]:
        """The headers of a request that this actor signs now."""
        sign = sign_rfc9421 if dialect == Dialect.RFC9421 else sign_cavage
        return sign(method, url, body, self.pair.rsa, self.keys.rsa, self.node.clock())


def signer(connection: Connection, node: Node, slug: str) -> Signer:
    """An actor of ours as what `connection` sees says that it signs."""
    actor = node.config.actor(slug)
    pair = own_keys.current(connection, actor)
    try:
        return Signer(node, pair, node.keys.of(slug, pair.multibase))
    except KeyUnreadable:
        after = own_keys.current(connection, actor)  # another process may have changed them just now
        if after == pair:
            raise
        return Signer(node, after, node.keys.of(slug, after.multibase))


def reading(node: Node) -> Sign:
    """Signs a GET as the node actor, so that peers show what was granted to it."""

    def sign(method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        return signer(node.store.glance, node, "actor").headers(method, url, body)

    return sign


class Deliveries:
    """Signs a POST for one of our actors, in the dialect that the peer takes."""

    __slots__ = ("_node", "_slugs")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._slugs: dict[str, str] = {}

    def __call__(self, actor: str, url: str, body: bytes, dialect: str) -> Mapping[str, str]:
        return signer(self._node.store.glance, self._node, self._slug(actor)).headers("POST", url, body, dialect)

    def _slug(self, actor: str) -> str:
        if actor not in self._slugs:
            with self._node.store.read() as connection:
                query = select(actors.c.slug).where(actors.c.id == actor)
                self._slugs[actor] = connection.execute(query).scalar_one()
        return self._slugs[actor]
