"""Actors of other nodes that a benchmark makes: their keys are known, their requests really signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from federation.activity import Heading, make
from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.clock import timestamp
from federation.httpsig import sign_cavage
from federation.keys import ActorKeys
from federation.proof import add_proof
from node.context import Node, utc_now
from node.store import peers
from vocab.build import report
from vocab.model import Envelope, Observation
from vocab.terms import LICENCE_OUVERTE, PUBLIC


@dataclass(frozen=True, slots=True)
class Peer:
    """One actor of another node."""

    id: str
    keys: ActorKeys

    def known_by(self, node: Node) -> None:
        """Make a node remember it, as after a look-up."""
        document = place_actor(Profile(self.id, "far", "Far"), self.keys, self.id + "/node", self.id + "/inbox")
        read = read_actor(document, self.id)
        assert isinstance(read, RemoteActor), read
        node.store.write(lambda connection: peers.remember(connection, read, jcs(document), utc_now()))

    def reports(self, count: int, signed: bool = True) -> Iterator[bytes]:
        """Activities that carry one report each, with its own proof; without, a plain note."""
        now = timestamp(utc_now())
        for number in range(count):
            name = f"{self.id}/documents/r{number}"
            envelope = Envelope(name, self.id, 1, now, now, LICENCE_OUVERTE, "public", (PUBLIC,))
            figure = Observation("visits", "2025", Decimal(number), "{visit}", "A")
            note = {"id": name + "n", "type": "Note", "attributedTo": self.id, "content": str(number)}
            said = report(self.id + "#place", "2025", (figure,), envelope) if signed else note
            proved = add_proof(said, self.keys.ed25519, self.id + "#ed25519-key", now) if signed else said
            kind = "report" if signed else "note"
            heading = Heading(f"{self.id}/activities/{kind}-{number}", self.id, (PUBLIC,), (), now)
            yield jcs(make("Create", heading, proved))

    def headers(self, inbox: str, body: bytes) -> dict[str, str]:
        """The signed headers of a POST."""
        return sign_cavage("POST", inbox, body, self.id + "#main-key", self.keys.rsa, utc_now())
