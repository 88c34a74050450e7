"""An actor whose address answers 410 is gone after a second look, a day later; one that comes back never was."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.delivery import Deliverer
from federation.discovery import Resolved
from node import absences, lookup, relations
from node.context import Node, utc_now
from node.harvest import harvest
from node.signing import Deliveries
from node.store.queue import StoredQueue
from tests.federation.web import Site, answering, listening
from tests.node.net import free_ports, make, rows
from tests.node.sender import Sender

PEER = "SELECT missing IS NOT NULL, gone IS NOT NULL FROM peers"
STATE = "SELECT state FROM following"


@dataclass
class Clock:
    later: timedelta = timedelta()

    def __call__(self):  # type: ignore[no-untyped-def]
        return utc_now() + self.later


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
