"""What waits in the queue of a real store reaches real servers, or is tried again, or is parked; nothing is dropped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from federation.delivery import Deliverer
from federation.transport import Transport
from node.audience import Audience, Recipient
from node.context import Node
from node.outgoing import Letter, post
from node.signing import Deliveries
from node.store.queue import StoredQueue
from tests.federation.web import Site, answering, listening
from tests.node.net import free_ports, make, rows, until

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Sending:
    """A node with a queue, a clock that a test moves, and three hosts."""

    node: Node
    clock: Clock
    deliverer: Deliverer
    sites: list[Site]

    def queue(self, *sites: Site, about: str = "") -> None:
        """One more activity for each of these hosts, about something new or something named."""
        to = tuple(Recipient(site.url + "/actor", site.url + "/inbox") for site in sites)
        [(before,)] = rows(self.node, "SELECT count(*) FROM journal")
        name = f"http://127.0.0.1/{about or before}"
        letter = Letter("Delete", name, name, "Report")
        self.node.store.write(lambda c: post(c, self.node, "actor", letter, Audience("public", (), (), to)))

    def states(self) -> list[tuple[object, ...]]:
        return rows(self.node, "SELECT state, attempts, status, reason FROM deliveries ORDER BY id")


@pytest.fixture
async def sending(tmp_path: Path) -> AsyncIterator[Sending]:
    [port] = free_ports(1)
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(listening()) for _ in range(3)]
        clock, made = Clock(), make(tmp_path, port, [port])
        node = Node(made.dir, made.config, made.store, made.cache, made.keys, clock)
        transport = await stack.enter_async_context(Transport(frozenset(site.host for site in sites), seconds=3))
        deliverer = Deliverer(StoredQueue(node.store), transport, Deliveries(node), clock, lambda: 0.5)
        yield Sending(node, clock, deliverer, sites)
        made.close()


async def test_each_is_delivered_once_in_order_and_signed(sending: Sending) -> None:
    site = sending.sites[0]
    site.pages["/inbox"] = 202
    for _ in range(3):
        sending.queue(site)
    assert await sending.deliverer.once() == 3
    assert await sending.deliverer.once() == 0
    assert sending.states() == [("delivered", 1, 202, "")] * 3
    assert len(site.asked) == 3
    assert all('keyId="' in request.headers["Signature"] for request in site.asked)


async def test_what_is_about_the_same_thing_leaves_in_order_and_holds_up_nothing_else(sending: Sending) -> None:
    site, came = sending.sites[0], list[str]()

    async def choosy(request: web.Request) -> web.Response:
        said = await request.json()
        came.append(said["object"].rpartition("/")[2])
        return web.Response(status=422 if came == ["a"] else 202)

    site.pages["/inbox"] = choosy
    for about in ("a", "a", "b"):
        sending.queue(site, about=about)
    assert await sending.deliverer.once() == 3
    assert came == ["a", "b"]
    assert await sending.deliverer.once() == 0
    sending.clock.now += timedelta(seconds=2)
    assert await sending.deliverer.once() == 2
    assert came == ["a", "b", "a", "a"]


async def test_inboxes_of_one_host_are_served_side_by_side(sending: Sending) -> None:
    site, release = sending.sites[0], asyncio.Event()

    async def waiting(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(status=202)

    names = [f"/inbox{number}" for number in range(6)]
    site.pages |= dict.fromkeys(names, waiting)
    to = tuple(Recipient(site.url + name, site.url + name) for name in names)
    letter = Letter("Delete", "http://127.0.0.1/x", "http://127.0.0.1/x", "Report")
    sending.node.store.write(lambda c: post(c, sending.node, "actor", letter, Audience("public", (), (), to)))
    assert await sending.deliverer.start() == 6
    await until(lambda: len(site.asked) == 4)
    release.set()
    await until(lambda: {row[0] for row in sending.states()} == {"delivered"})


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "delivered"), (404, "refused"), (410, "refused"), (400, "queued"), (429, "queued"), (503, "queued")],
)
async def test_answers(sending: Sending, status: int, state: str) -> None:
    sending.sites[0].pages["/inbox"] = status
    sending.queue(sending.sites[0])
    await sending.deliverer.once()
    assert [row[:3] for row in sending.states()] == [(state, 1, status)]


async def test_a_retry_comes_two_seconds_later_and_is_signed_anew(sending: Sending) -> None:
    site = sending.sites[0]
    site.pages["/inbox"] = 500
    sending.queue(site)
    await sending.deliverer.once()
    site.pages["/inbox"] = 202
    sending.clock.now += timedelta(seconds=1)
    assert await sending.deliverer.once() == 0
    sending.clock.now += timedelta(seconds=1)
    assert await sending.deliverer.once() == 1
    assert [row[:2] for row in sending.states()] == [("delivered", 2)]
    first, second = (request.headers for request in site.asked)
    assert first["Date"] != second["Date"]
    assert first["Signature"] != second["Signature"]


async def test_retry_after_is_kept(sending: Sending) -> None:
    site = sending.sites[0]
    site.pages["/inbox"] = answering(429, Retry_After="3600")
    sending.queue(site)
    await sending.deliverer.once()
    [(until,)] = rows(sending.node, "SELECT next FROM deliveries")
    assert until == "2026-11-20T13:00:00.000Z"


async def test_a_peer_that_takes_the_other_dialect_is_remembered(sending: Sending) -> None:
    site = sending.sites[0]

    async def modern(request: web.Request) -> web.Response:
        return web.Response(status=202 if "Signature-Input" in request.headers else 401)

    site.pages["/inbox"] = modern
    sending.queue(site)
    await sending.deliverer.once()
    sending.queue(site)
    await sending.deliverer.once()
    assert [row[0] for row in sending.states()] == ["delivered", "delivered"]
    assert ["Signature-Input" in request.headers for request in site.asked] == [False, True, True]
    assert rows(sending.node, "SELECT dialect FROM hosts") == [("rfc9421",)]


async def test_after_three_days_it_is_parked_not_dropped(sending: Sending) -> None:
    site = sending.sites[0]
    site.pages["/inbox"] = 503
    for _ in range(3):
        sending.queue(site)
    await sending.deliverer.once()
    sending.clock.now += timedelta(days=3, minutes=1)
    await sending.deliverer.once()
    assert [row[0] for row in sending.states()] == ["parked"] * 3
    assert rows(sending.node, "SELECT count(*) FROM blobs WHERE bytes IS NULL") == [(0,)]


async def test_a_dead_host_is_left_alone_and_the_others_are_not(sending: Sending) -> None:
    dead, alive, _ = sending.sites
    dead.pages["/inbox"], alive.pages["/inbox"] = 503, 202
    for _ in range(30):
        sending.queue(dead, alive)
    for _ in range(8):
        await sending.deliverer.once()
    assert len(dead.asked) == 5
    assert len(alive.asked) == 30
    dead.pages["/inbox"] = 202
    sending.clock.now += timedelta(minutes=1, seconds=1)
    while await sending.deliverer.once():
        pass
    assert len(dead.asked) == 35
    assert {row[0] for row in sending.states()} == {"delivered"}
    assert rows(sending.node, "SELECT failures, open_until FROM hosts") == [(0, None)]


async def test_a_slow_host_holds_up_nobody(sending: Sending) -> None:
    slow, quick, other = sending.sites
    release = asyncio.Event()

    async def waiting(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(status=202)

    slow.pages["/inbox"] = waiting
    quick.pages["/inbox"] = other.pages["/inbox"] = 202
    for round_ in range(1, 4):
        sending.queue(slow, quick, other)
        await sending.deliverer.start()
        await until(lambda: set(sending.deliverer.busy) == {slow.host} and slow.asked)
        assert (len(slow.asked), len(quick.asked), len(other.asked)) == (1, round_, round_)
    release.set()
    for _ in range(3):
        await sending.deliverer.once()
    assert len(slow.asked) == 3
    assert sending.deliverer.busy == {}


async def test_what_is_stopped_is_still_in_the_queue(sending: Sending) -> None:
    site = sending.sites[0]

    async def never(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response(status=202)

    site.pages["/inbox"] = never
    sending.queue(site)
    await sending.deliverer.start()
    await until(lambda: site.asked)
    await sending.deliverer.stop()
    assert sending.states() == [("queued", 0, None, None)]
    site.pages["/inbox"] = 202
    await sending.deliverer.once()
    assert [row[0] for row in sending.states()] == ["delivered"]


async def test_a_fault_of_our_own_stops_nothing(sending: Sending) -> None:
    broken, alive, _ = sending.sites
    broken.pages["/inbox"] = alive.pages["/inbox"] = 202
    sending.queue(broken)
    sending.node.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET signer = 'https://nobody.fr/x'"))
    sending.queue(broken, alive)
    await sending.deliverer.once()
    assert [row[0] for row in sending.states()] == ["queued", "queued", "delivered"]
    assert sending.states()[0][3] == "internal_error"
    await sending.deliverer.once()
    assert [row[0] for row in sending.states()] == ["queued", "delivered", "delivered"]


async def test_an_address_that_must_not_be_reached_is_refused_once(sending: Sending) -> None:
    sending.queue(Site("127.0.0.1:1"))
    await sending.deliverer.once()
    assert sending.states() == [("refused", 1, None, "forbidden_address")]
