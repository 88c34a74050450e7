"""An actor of another node, whose keys ours already know: it signs whatever a test wants said."""

from dataclasses import dataclass, field
from typing import Any

import aiohttp

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.clock import timestamp
from federation.httpsig import sign_cavage
from federation.keys import ActorKeys, generate
from federation.proof import add_proof
from node.context import Node, utc_now
from node.store import peers
from tests.node.net import visits
from vocab.build import report
from vocab.contexts import CONTEXT
from vocab.model import Envelope
from vocab.terms import LICENCE_OUVERTE, PUBLIC


@dataclass
class Sender:
    """`sent`: every activity it made, by id; `acknowledged`: those that were answered 202."""

    id: str = "https://far.example/places/far"
    keys: ActorKeys = field(default_factory=generate)
    sent: dict[str, bytes] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)

    def known_by(self, node: Node) -> "Sender":
        """Make a node remember it, as after a look-up."""
        document = place_actor(Profile(self.id, "far", "Far"), self.keys, self.id + "/node", self.id + "/inbox")
        read = read_actor(document, self.id)
        assert isinstance(read, RemoteActor)
        node.store.write(lambda connection: peers.remember(connection, read, jcs(document), utc_now()))
        return self

    def report(self, name: str, value: int, version: int = 1, **changed: Any) -> dict[str, Any]:
        """A report with its proof; `changed` members are changed before it is signed."""
        now, document = timestamp(utc_now()), f"{self.id}/documents/{name}"
        envelope = Envelope(document, self.id, version, now, now, LICENCE_OUVERTE, "public", (PUBLIC,))
        plain = report(self.id + "#place", "2025", visits(value), envelope) | changed
        return add_proof(plain, self.keys.ed25519, self.id + "#ed25519-key", now)

    def say(self, number: int | str, kind: str, content: Any, **more: Any) -> str:
        """An activity about `content`; its id."""
        activity = {"@context": CONTEXT, "id": f"{self.id}/activities/{number}", "type": kind, "actor": self.id}
        self.sent[activity["id"]] = jcs(activity | {"to": [PUBLIC], "object": content} | more)  # type: ignore[index]
        return str(activity["id"])

    def headers(self, inbox: str, body: bytes, by: "Sender | None" = None) -> dict[str, str]:
        """The signed headers of a POST; `by`: signed by another."""
        signer = by or self
        return sign_cavage("POST", inbox, body, signer.id + "#main-key", signer.keys.rsa, utc_now())

    async def post(self, session: aiohttp.ClientSession, inbox: str, activity: str) -> None:
        """Post what was said; it must be answered 202."""
        body = self.sent[activity]
        async with session.post(inbox, data=body, headers=self.headers(inbox, body)) as response:
            assert response.status == 202, await response.text()
        self.acknowledged.add(activity)
