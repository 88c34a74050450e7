"""A real Fedify server and a real node: following, saying and taking back, both ways, in both dialects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from node.places import add_place
from node.publish import publish
from node.testrig import Member, Rig
from tests.interop.peer import Peer, fedify, until
from tests.node.net import place

DIALECTS = {"cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}
SLUG = "etabli"


@dataclass(frozen=True, slots=True)
class Met:
    """A node and a peer that may speak to each other."""

    rig: Rig
    peer: Peer
    dialect: str

    @property
    def member(self) -> Member:
        return self.rig["site"]

    @property
    def alice(self) -> str:
        return self.peer.url + "/users/alice"

    @property
    def place(self) -> str:
        return f"{self.member.url}/places/{SLUG}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.rig.node("site") as node, node.store.read() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def journal(self, kind: str) -> list[tuple[Any, ...]]:
        """What came in of one type: object, verdict, how it was verified."""
        return self.rows(
            f"SELECT object, verdict, verified FROM journal WHERE direction = 'in' AND type = '{kind}' ORDER BY seq"
        )

    def received(self, kind: str) -> list[dict[str, Any]]:
        return [said for said in self.peer.ask("state")["received"] if said["type"] == kind]


@pytest.fixture(scope="module", params=list(DIALECTS))
def met(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    rig = Rig(tmp_path_factory.mktemp("fedify"), {"site": ("site",)})
    with rig, fedify(rig, DIALECTS[request.param]) as peer:
        rig.init("site")
        with rig.node("site") as node:
            add_place(node, SLUG, place(node, SLUG), accept=[peer.url + "/users/alice"])
            publish(node)
        rig.start()
        rig.ready()
        yield Met(rig, peer, request.param)


def test_it_follows_us_and_hears_what_we_say(met: Met) -> None:
    met.peer.ask("follow", actor=met.place)
    until(lambda: met.received("Accept"))
    assert met.rows("SELECT follower, state FROM followers") == [(met.alice, "accepted")]
    assert [how for _, _, how in met.journal("Follow")] == [met.dialect]
