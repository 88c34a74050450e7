"""An actor whose address answers 410 is gone after a second look, a day later; one that comes back never was."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import insert

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.delivery import Deliverer
from federation.discovery import Resolved
from federation.errors import Refused
from node import absences, lookup, relations
from node.context import Node
from node.harvest import harvest
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.reports import add_report
from node.signing import Deliveries
from node.store.queue import StoredQueue
from node.store.schema import followers
from tests.federation.web import Site, answering, listening
from tests.node.net import Clock, free_ports, make, place, projected, rows, visits
from tests.node.net import listening as node_listening
from tests.node.sender import Sender

PEER = "SELECT missing IS NOT NULL, gone IS NOT NULL FROM peers"
STATE = "SELECT state FROM following"


@dataclass
class World:
    node: Node
    site: Site
    far: Sender
    clock: Clock

    async def look(self) -> int:
        async with lookup.opened(self.node) as look:
            return await absences.second_look(self.node, look)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    [port] = free_ports(1)
    async with listening() as site:
        made, clock = make(tmp_path, port, [port, int(site.host.rpartition(":")[2])], "aggregator"), Clock()
        node = Node(made.dir, made.config, made.store, made.cache, made.keys, clock)
        far = Sender(site.url + "/far")
        document = place_actor(Profile(far.id, "far", "Far"), far.keys, far.id, far.id + "/inbox")
        read = read_actor(document, far.id)
        assert isinstance(read, RemoteActor)
        site.pages |= {"/far": answering(200, jcs(document)), "/far/inbox": 202}
        far.known_by(node)
        node.store.write(lambda c: relations.ask(c, node, Resolved(read, jcs(document), "")))
        node.store.write(lambda c: c.exec_driver_sql("UPDATE following SET state='accepted'"))
        yield World(node, site, far, clock)
        made.close()


async def test_gone_after_a_second_look_a_day_later(world: World) -> None:
    world.site.pages["/far"] = 410
    await harvest(world.node, None, lambda _: None)
    assert rows(world.node, PEER) == [(1, 0)]
    world.clock.later = timedelta(hours=23)
    assert await world.look() == 0
    assert rows(world.node, STATE) == [("accepted",)]
    world.clock.later = timedelta(hours=25)
    assert await world.look() == 1
    assert rows(world.node, PEER) == [(1, 1)]
    assert rows(world.node, STATE) == [("ended",)]
    assert rows(world.node, "SELECT type FROM journal ORDER BY seq DESC LIMIT 1") == [("Undo",)]
    assert set(rows(world.node, "SELECT state, reason FROM deliveries")) == {("parked", "gone")}
    assert await world.look() == 0


async def test_one_that_comes_back_never_was_gone(world: World) -> None:
    back = world.site.pages["/far"]
    world.site.pages["/far"] = 410
    await harvest(world.node, None, lambda _: None)
    world.site.pages["/far"] = back
    world.clock.later = timedelta(hours=25)
    assert await world.look() == 0
    assert rows(world.node, PEER) == [(0, 0)]
    world.site.pages["/far"] = 503
    world.node.store.write(lambda c: c.exec_driver_sql("UPDATE peers SET missing='2026-01-01T00:00:00.000Z'"))
    assert await world.look() == 0
    assert rows(world.node, PEER) == [(1, 0)]


async def test_a_delivery_that_is_answered_410_is_a_first_look(world: World) -> None:
    world.site.pages["/far/inbox"] = 410
    async with lookup.opened(world.node) as look:
        queue, sign = StoredQueue(world.node.store), Deliveries(world.node)
        await Deliverer(queue, look.transport, sign, world.clock, lambda: 0.5).once()
    assert rows(world.node, "SELECT state, status FROM deliveries") == [("refused", 410)]
    assert rows(world.node, PEER) == [(1, 0)]


async def test_a_key_whose_owner_answers_410_is_a_first_look(world: World) -> None:
    world.site.pages |= {"/far": 410, "/other": 410}
    async with lookup.opened(world.node) as look:
        for key_id in (world.far.id + "#main-key", world.site.url + "/other#main-key"):
            found = await look.fresh_key(key_id)
            assert isinstance(found, Refused)
            assert found.reason == "key_gone"
    assert rows(world.node, "SELECT actor FROM peers WHERE missing IS NOT NULL") == [(world.far.id,)]


async def test_a_key_that_is_gone_where_it_lived_alone_says_nothing_of_its_owner(world: World) -> None:
    world.site.pages["/far/keys/1"] = 410
    async with lookup.opened(world.node) as look:
        assert isinstance(await look.fresh_key(world.far.id + "/keys/1"), Refused)
    assert rows(world.node, PEER) == [(0, 0)]


async def test_what_it_said_leaves_the_figures_and_is_not_folded_again(world: World) -> None:
    node, far, figures = world.node, world.far, "SELECT value FROM observations"
    async with node_listening(node, work=False), aiohttp.ClientSession() as session:
        inbox, [(follow,)] = node.config.url + "/inbox", rows(node, "SELECT follow FROM following")
        await far.post(session, inbox, far.say(1, "Accept", follow))
        await far.post(session, inbox, far.say(2, "Create", far.report("r", 7)))
    catch_up(node)
    assert projected(node, figures) == [("7",)]
    world.site.pages["/far"] = 410
    await harvest(node, None, lambda _: None)
    catch_up(node)
    assert projected(node, figures) == [("7",)]
    world.clock.later = timedelta(hours=25)
    assert await world.look() == 1
    for fold in (catch_up, rebuild):
        fold(node)
        assert projected(node, figures) == projected(node, "SELECT actor FROM relations") == []


async def test_a_follower_that_is_gone_is_sent_nothing(world: World) -> None:
    """We need not follow it to notice: what we deliver to it says so."""
    node, far = world.node, world.far
    add_place(node, "etabli", place(node, "etabli"), [far.id])
    await relations.unfollow(node, far.id)
    row = {"actor": node.config.actor("etabli"), "follower": far.id, "state": "accepted", "follow": "x", "since": "x"}
    node.store.write(lambda c: c.execute(insert(followers).values(row)))
    publish(node, "etabli")
    world.site.pages |= {"/far": 410, "/far/inbox": 410}
    async with lookup.opened(node) as look:
        await Deliverer(StoredQueue(node.store), look.transport, Deliveries(node), world.clock, lambda: 0.5).once()
    world.clock.later = timedelta(hours=25)
    assert await world.look() == 1
    assert rows(node, "SELECT * FROM followers") == []
    [(before,)] = rows(node, "SELECT count(*) FROM deliveries")
    add_report(node, "etabli", "2025", visits(5), "public")
    publish(node, "etabli")
    assert rows(node, "SELECT count(*) FROM deliveries") == [(before,)]
    assert rows(node, "SELECT count(*) FROM deliveries WHERE state='queued'") == [(0,)]
