"""Peers that drip, are silent or hang up hold up nobody: they are tried again, then parked, and nothing is dropped."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from federation.delivery import HOSTS, INBOXES, Deliverer
from federation.errors import Refused
from federation.fetch import AT_ONCE, Fetcher
from federation.queue import PATIENCE
from federation.transport import Transport
from node.audience import Audience, Recipient
from node.context import Node
from node.outgoing import Letter, post
from node.signing import Deliveries
from node.store.queue import StoredQueue
from tests.corpus.attacks import attack
from tests.faults import peers
from tests.faults.peers import Conduct, Peer, peer
from tests.node.net import free_ports, make, rows
from tests.node.test_delivery import START, Clock, Sending

BAD: tuple[Conduct, ...] = (peers.drips, peers.is_silent, peers.hangs_up, peers.breaks_off)
STATES = "SELECT inbox, state, count(*) FROM deliveries GROUP BY 1, 2"


@asynccontextmanager
async def sending(tmp_path: Path, *conducts: Conduct, seconds: float = 1.0) -> AsyncIterator[Sending]:
    """A node with its queue and clock, which waits so long for an answer, and a peer for each conduct."""
    [port] = free_ports(1)
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(peer(conduct, pause=seconds / 10)) for conduct in conducts]
        clock, made = Clock(), make(tmp_path, port, [port])
        node = Node(made.dir, made.config, made.store, made.cache, made.keys, clock)
        transport = await stack.enter_async_context(Transport(frozenset(s.host for s in sites), seconds=seconds))
        deliverer = Deliverer(StoredQueue(node.store), transport, Deliveries(node), clock, lambda: 0.5)
        try:
            yield Sending(node, clock, deliverer, list(sites))
        finally:
            await deliverer.stop()
            made.close()


def states(world: Sending, site: Peer) -> dict[str, int]:
    return {str(state): n for inbox, state, n in rows(world.node, STATES) if str(inbox).startswith(site.url)}  # type: ignore[misc]


async def work(world: Sending, done: Callable[[], bool], seconds: float = 5.0) -> None:
    """Deliver as a running node does, looking often at what is due, until so much is done."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it was held up"
        await world.deliverer.start()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("conduct", BAD)
async def test_one_bad_peer_is_tried_again_then_parked(tmp_path: Path, conduct: Conduct) -> None:
    async with sending(tmp_path, conduct, peers.answers) as world:
        bad, good = (each for each in world.sites if isinstance(each, Peer))
        for _ in range(3):
            world.queue(bad, good)
        await work(world, lambda: states(world, good) == {"delivered": 3})
        assert states(world, bad) == {"queued": 3}
        await world.deliverer.once()
        for hours in (1, 71):
            world.clock.now = START + timedelta(hours=hours)
            world.queue(good)
            await world.deliverer.once()
        assert (states(world, good), states(world, bad)) == ({"delivered": 5}, {"queued": 3})
        world.clock.now = START + PATIENCE + timedelta(hours=6)
        await world.deliverer.once()
        assert states(world, bad) == {"parked": 3}
        assert len(good.requests) == 5
        assert rows(world.node, "SELECT count(*) FROM blobs WHERE bytes IS NULL") == [(0,)]
        reasons = {reason for (reason,) in rows(world.node, "SELECT reason FROM deliveries WHERE state = 'parked'")}
        assert reasons <= {"too_long", "unreachable"}


async def test_a_status_is_enough(tmp_path: Path) -> None:
    """A peer that said 202 and then drips has taken it."""
    async with sending(tmp_path, peers.says_no_more) as world:
        world.queue(world.sites[0])
        await world.deliverer.once()
        assert world.states() == [("delivered", 1, 202, "")]


@attack("D09")
async def test_as_many_silent_peers_as_there_can_be_hold_up_nobody(tmp_path: Path) -> None:
    """Fewer than all places are taken, each by a host with several inboxes; who answers is told at once."""
    conducts = [peers.is_silent] * (HOSTS - 1)
    async with sending(tmp_path, *conducts, peers.answers, seconds=20) as world:
        good, silent = world.sites[-1], [each for each in world.sites[:-1] if isinstance(each, Peer)]
        assert isinstance(good, Peer)
        for _ in range(2):
            queue_all(world, silent)
        await work(world, lambda: sum(len(each.requests) for each in silent) == INBOXES * len(silent))
        world.queue(good)
        await work(world, lambda: bool(good.requests))


async def test_a_host_that_is_away_once_counts_once(tmp_path: Path) -> None:
    """However many inboxes of it were being told: it is not left alone for a minute because it started again."""
    async with sending(tmp_path, peers.hangs_up) as world:
        queue_all(world, world.sites)
        await world.deliverer.once()
        assert rows(world.node, "SELECT failures, open_until FROM hosts") == [(1, None)]
        assert rows(world.node, "SELECT DISTINCT state, attempts FROM deliveries") == [("queued", 1)]


def queue_all(world: Sending, sites: list[Peer]) -> None:
    """One activity for several inboxes of each of these hosts."""

    def inboxes() -> Iterator[Recipient]:
        for site in sites:
            for number in range(INBOXES):
                yield Recipient(f"{site.url}/{number}", f"{site.url}/{number}/inbox")

    [(before,)] = rows(world.node, "SELECT count(*) FROM journal")
    letter = Letter("Delete", f"http://127.0.0.1/all-{before}", f"http://127.0.0.1/all-{before}", "Report")
    to = Audience("public", (), (), tuple(inboxes()))
    world.node.store.write(lambda c: post(c, world.node, "actor", letter, to))


async def test_keys_at_silent_hosts_are_asked_for_so_many_at_once(tmp_path: Path) -> None:
    """Whoever names them makes us wait for a few; deliveries go on, and look-ups too once these have ended."""
    async with sending(tmp_path, peers.is_silent, peers.is_silent, peers.answers, seconds=2) as world:
        silent, other, good = world.sites
        fetcher = Fetcher(world.deliverer.transport, world.clock)
        named = [f"{(silent, other)[n % 2].url}/{n}#main-key" for n in range(AT_ONCE)]
        asked = [asyncio.create_task(fetcher.key(name)) for name in named]
        await asyncio.sleep(0.1)
        name = f"{good.url}/places/a#main-key"
        assert await fetcher.key(name) == Refused("too_many", 429, name)
        world.queue(good)
        await world.deliverer.once()
        assert world.states() == [("delivered", 1, 202, "")]
        assert {getattr(each, "reason", "") for each in await asyncio.gather(*asked)} == {"too_long"}
        found = await fetcher.key(name)
        assert isinstance(found, Refused)
        assert found.reason != "too_many"
