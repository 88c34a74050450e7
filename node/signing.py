"""Requests that this node signs: deliveries for the actor whose word they carry, reading for the node actor."""

from collections.abc import Mapping

from sqlalchemy import select

from federation.httpsig import Dialect, sign_cavage, sign_rfc9421
from federation.transport import Sign
from node.context import Node
from node.store.schema import actors


def reading(node: Node) -> Sign:
    """Signs a GET as the node actor, so that peers show what was granted to it."""
    key = node.keys.of("actor").rsa
    key_id = node.config.node_actor + "#main-key"

    def sign(method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        return sign_cavage(method, url, body, key_id, key, node.clock())

    return sign


class Deliveries:
    """Signs a POST for one of our actors, in the dialect that the peer takes."""

    __slots__ = ("_node", "_slugs")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._slugs: dict[str, str] = {}

    def __call__(self, actor: str, url: str, body: bytes, dialect: str) -> Mapping[str, str]:
        key = self._node.keys.of(self._slug(actor)).rsa
        sign = sign_rfc9421 if dialect == Dialect.RFC9421 else sign_cavage
        return sign("POST", url, body, actor + "#main-key", key, self._node.clock())

    def _slug(self, actor: str) -> str:
        if actor not in self._slugs:
            with self._node.store.read() as connection:
                query = select(actors.c.slug).where(actors.c.id == actor)
                self._slugs[actor] = connection.execute(query).scalar_one()
        return self._slugs[actor]
