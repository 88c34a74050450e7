"""What a stranger can make this node ask of others: one key, at its owner's own host, a few times a minute."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from federation.actor import Profile, place_actor
from federation.canonical import jcs
from federation.keys import generate
from federation.proof import add_proof
from node.context import Node
from tests.federation.web import Site
from tests.federation.web import listening as site_listening
from tests.node.net import Clock, free_ports, listening, make, rows
from tests.node.sender import Sender


@dataclass
class Net:
    council: Node
    clock: Clock
    site: Site
    victim: Site
    far: Sender
    session: aiohttp.ClientSession

    async def post(self, activity: str, by: Sender | None = None) -> tuple[int, str]:
        body, inbox = self.far.sent[activity], self.council.config.url + "/inbox"
        async with self.session.post(inbox, data=body, headers=self.far.headers(inbox, body, by)) as response:
            said = await response.json(content_type=None) if response.status >= 400 else {}
            return response.status, said.get("reason", "")

    def shows(self, sender: Sender) -> None:
        profile = Profile(sender.id, "far", "Far")
        document = place_actor(profile, sender.keys, self.site.url + "/actor", self.site.url + "/inbox")
        self.site.pages["/places/far"] = document


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    async with site_listening() as site, site_listening() as victim, aiohttp.ClientSession() as session:
        ports = [*free_ports(1), *(int(each.host.rpartition(":")[2]) for each in (site, victim))]
        made, clock = make(tmp_path, ports[0], ports), Clock()
        council = replace(made, clock=clock)
        net = Net(council, clock, site, victim, Sender(f"{site.url}/places/far"), session)
        net.shows(net.far)
        async with listening(council, work=False):
            yield net
        council.close()


async def test_a_stranger_is_looked_up_once(net: Net) -> None:
    for number in range(5):
        assert await net.post(net.far.say(number, "Create", net.far.report(f"r{number}", 1))) == (202, "")
    assert net.site.paths == ["/places/far"]  # all that it lists is remembered at once
    assert rows(net.council, "SELECT count(*) FROM documents") == [(5,)]


async def test_a_key_elsewhere_is_not_asked_for(net: Net) -> None:
    """A proof may name any key in the world; only one at its author's host can prove anything."""
    plain = {name: value for name, value in net.far.report("r", 1).items() if name != "proof"}
    content = add_proof(plain, net.far.keys.ed25519, net.victim.url + "/x#key", "2026-11-20T12:00:00Z")
    assert await net.post(net.far.say(1, "Create", content)) == (401, "key_unknown")
    stolen = Sender(net.victim.url + "/places/v").report("r", 1)
    assert await net.post(net.far.say(2, "Create", stolen)) == (403, "origin")
    assert net.victim.asked == []


async def test_only_the_key_that_signs_is_asked_for_before_anything_is_proved(net: Net) -> None:
    """Who signs for nobody, or as somebody else, cannot send us to the host that the proof inside names."""
    victim = Sender(net.victim.url + "/places/v")
    forged = net.far.sent[net.far.say(1, "Create", victim.report("r", 1))] = jcs(
        {"id": victim.id + "/1", "type": "Create", "actor": victim.id, "object": victim.report("r", 1)}
    )
    assert await net.post(f"{net.far.id}/activities/1") == (401, "key_owner")
    changed = net.far.headers(net.council.config.url + "/inbox", forged + b" ")
    async with net.session.post(net.council.config.url + "/inbox", data=forged, headers=changed) as response:
        assert response.status == 401
    assert (net.victim.asked, net.site.paths) == ([], ["/places/far"])


async def test_wrong_signatures_do_not_make_us_knock_again_and_again(net: Net) -> None:
    liar = Sender(net.far.id, generate())
    assert await net.post(net.far.say(0, "Create", net.far.report("r", 1))) == (202, "")
    before = len(net.site.asked)
    for number in range(1, 20):
        assert await net.post(net.far.say(number, "Create", net.far.report("r", 1)), by=liar) == (401, "signature")
    assert len(net.site.asked) - before <= 1
    assert rows(net.council, "SELECT count(*) FROM journal") == [(1,)]


async def test_a_key_that_was_changed_is_read_again(net: Net) -> None:
    assert await net.post(net.far.say(0, "Create", net.far.report("r", 1))) == (202, "")
    renewed = Sender(net.far.id, generate())
    net.shows(renewed)
    net.far.keys = renewed.keys
    follow = net.far.say(1, "Follow", net.council.config.node_actor)
    assert await net.post(follow) == (401, "signature")
    net.clock.later = timedelta(minutes=1, seconds=1)
    assert await net.post(follow) == (202, "")
    assert rows(net.council, "SELECT count(*) FROM peer_keys WHERE kind='rsa'") == [(2,)]


async def test_many_keys_of_one_host(net: Net) -> None:
    for number in range(100):
        nobody = Sender(f"{net.victim.url}/{number}", net.far.keys)
        status, _ = await net.post(net.far.say(number, "Follow", net.council.config.node_actor), by=nobody)
        assert status in (404, 429)
    assert len(net.victim.asked) == 60
    assert await net.post(net.far.say("last", "Follow", net.council.config.node_actor)) == (202, "")
