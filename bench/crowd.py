"""Actors of other nodes that a benchmark makes: each with keys of its own, known to the node, its requests signed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import orjson

from bench.keys import keys
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

ACTORS = 1_000
Request = tuple[dict[str, str], bytes]
_TEXT = "Atelier ouvert samedi : réparation, couture et café, entrée libre, sans inscription. Numéro %d de la saison."


@dataclass(frozen=True, slots=True)
class Peer:
    """One actor of another node."""

    id: str
    keys: ActorKeys

    def actor(self) -> RemoteActor:
        """What others read at its address."""
        read = read_actor(place_actor(Profile(self.id, "far", "Far"), self.keys, self.id, self.id + "/inbox"), self.id)
        assert isinstance(read, RemoteActor), read
        return read

    def note(self, number: int) -> bytes:
        """A Create of a Note, as general servers write it (about 0.9 KB)."""
        name, now, to = f"{self.id}/notes/{number}", timestamp(utc_now()), [PUBLIC]
        note = {
            "id": name,
            "type": "Note",
            "attributedTo": self.id,
            "published": now,
            "url": name,
            "to": to,
            "cc": [self.id + "/followers"],
            "content": f"<p>{_TEXT % number}</p>",
            "contentMap": {"fr": f"<p>{_TEXT % number}</p>"},
        }
        said = {"id": name + "/activity", "type": "Create", "actor": self.id, "published": now, "to": to}
        return orjson.dumps({"@context": "https://www.w3.org/ns/activitystreams"} | said | {"object": note})

    def report(self, number: int) -> bytes:
        """A Create of a Report with its own proof, as our nodes write it (about 8 KB)."""
        name, now = f"{self.id}/documents/r{number}", timestamp(utc_now())
        envelope = Envelope(name, self.id, 1, now, now, LICENCE_OUVERTE, "public", (PUBLIC,))
        figure = Observation("visits", "2025", Decimal(number), "{visit}", "A")
        said = report(self.id + "#place", "2025", (figure,), envelope)
        proved = add_proof(said, self.keys.ed25519, self.id + "#ed25519-key", now)
        return jcs(make("Create", Heading(f"{self.id}/activities/{number}", self.id, (PUBLIC,), (), now), proved))

    def signed(self, inbox: str, body: bytes) -> Request:
        """A POST of it."""
        return sign_cavage("POST", inbox, body, self.id + "#main-key", self.keys.rsa, utc_now()), body


def crowd(count: int = ACTORS) -> list[Peer]:
    """Actors with different keys, on as many hosts."""
    return [Peer(f"https://far{n}.example/places/far", pair) for n, pair in enumerate(keys(count))]


def introduce(node: Node, peers_: Sequence[Peer]) -> None:
    """Make a node remember them all, as after look-ups."""
    known, now = [peer.actor() for peer in peers_], utc_now()
    node.store.write(lambda connection: [peers.remember(connection, each, b"{}", now) for each in known])


def requests(peers_: Sequence[Peer], inbox: str, kind: str, count: int) -> Iterator[Request]:
    """`count` signed POSTs, each by another actor in turn; every body and id is distinct."""
    for number in range(count):
        peer = peers_[number % len(peers_)]
        yield peer.signed(inbox, peer.note(number) if kind == "notes" else peer.report(number))
