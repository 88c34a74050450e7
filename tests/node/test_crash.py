"""SIGKILL of real processes at random moments, while they receive, publish and deliver.

Whatever was acknowledged is found once, and only once, after the restart; a publication is whole or not at all; what
waited to leave leaves, and has no effect twice. Twelve rounds by default, 200 with MAILLAGE_FULL=1.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from federation.canonical import digest
from node import relations
from node.context import Node, open_node
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import plan
from node.reports import add_report
from tests.node.net import free_ports, listening, make, peers_of, place, projected, rows, visits
from tests.node.sender import Sender

ROOT = Path(__file__).parents[2]
PUBLISH = (
    "import sys; from node.context import open_node; from node.publish import publish; publish(open_node(sys.argv[1]))"
)
ACTIVITIES = """SELECT j.activity, b.bytes FROM blobs b JOIN journal j USING (seq)
    WHERE b.kind = 'activity' AND j.actor = '{}'"""
ORPHANS = """SELECT count(*) FROM journal j WHERE j.digest IS NOT NULL AND j.actor = '{}'
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.seq = j.seq)"""
PUBLIC_CHAIN = """SELECT j.activity, j.audience_n, j.audience_prev, j.digest, b.bytes
    FROM journal j LEFT JOIN blobs b ON b.seq = j.seq AND b.kind = 'document'
    WHERE j.direction = 'out' AND j.audience = 'public' AND j.actor = '{}' ORDER BY j.seq"""
UNSENT = """SELECT count(*) FROM journal j WHERE j.object_type = 'Report'
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = j.seq)"""
REPORTS = """SELECT b.bytes FROM documents d JOIN blobs b ON b.seq = d.seq AND b.kind = 'document'
    WHERE d.type = 'Report'"""


def publishing(node: Node) -> subprocess.Popen[bytes]:
    """`publish` in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", PUBLISH, str(node.dir)], cwd=ROOT)


class Process:
    """A node as its operator runs it."""

    def __init__(self, node: Node, ports: list[int]) -> None:
        bind = node.config.authority
        command = [sys.executable, "-m", "node", "--dir", str(node.dir), "serve", "--bind", bind]
        environment = os.environ | peers_of(ports)
        self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self._url = node.config.url

    async def ready(self, session: aiohttp.ClientSession) -> None:
        for _ in range(400):
            assert self.popen.poll() is None, "it ended by itself"
            try:
                async with session.get(self._url + "/healthz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.03)
        raise AssertionError("it never answered")

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()


@dataclass
class World:
    """A site, a council that follows it, and a stranger that posts to the council."""

    site: Node
    council: Node
    ports: list[int]
    sender: Sender
    random: random.Random
    numbers: int = 0

    def pause(self, longest: float) -> float:
        return self.random.random() * longest

    async def receive(self, session: aiohttp.ClientSession) -> None:
        """Post as fast as it goes, and kill the council meanwhile."""
        process = Process(self.council, self.ports)
        await process.ready(session)
        tasks = [asyncio.create_task(self._post_on(session)) for _ in range(4)]
        await asyncio.sleep(self.pause(0.25))
        process.kill()
        await asyncio.gather(*tasks)
        self.check_received()

    async def _post_on(self, session: aiohttp.ClientSession) -> None:
        while True:
            self.numbers += 1
            activity = self.sender.say(self.numbers, "Create", self.sender.report(f"r{self.numbers}", self.numbers))
            try:
                await self.sender.post(session, self.council.config.url + "/inbox", activity)
            except aiohttp.ClientError:
                return

    def check_received(self) -> None:
        found = rows(self.council, f"SELECT activity, count(*) FROM journal WHERE actor='{self.sender.id}' GROUP BY 1")
        kept = dict(found)
        assert all(kept.get(activity) == 1 for activity in self.sender.acknowledged)
        assert set(kept.values()) <= {1}
        for activity, raw in rows(self.council, ACTIVITIES.format(self.sender.id)):
            assert self.sender.sent[str(activity)] == raw
        assert rows(self.council, ORPHANS.format(self.sender.id)) == [(0,)]

    async def publish(self, _session: aiohttp.ClientSession) -> None:
        """Change three drafts, publish them in a process, and kill it."""
        self.numbers += 1
        for period in ("2023", "2024", "2025"):
            add_report(self.site, "etabli", period, visits(self.numbers, period), "public")
        process = publishing(self.site)
        await asyncio.sleep(0.2 + self.pause(1.0))
        process.send_signal(signal.SIGKILL)
        done = process.wait() == 0
        waiting = [change for change in plan(self.site).changes if change.name.startswith("report")]
        assert len(waiting) in ((0,) if done else (0, 3))
        self.check_published(0 if waiting else self.numbers)

    def check_published(self, value: int) -> None:
        """Numbers without a gap, a chain without a break, bytes that are what the digests say."""
        actor = self.site.config.actor("etabli")
        own = rows(self.site, PUBLIC_CHAIN.format(actor))
        before = None
        for number, (activity, n, prev, expected, raw) in enumerate(own, 1):
            assert (n, prev) == (number, before)
            assert expected is None or digest(bytes(raw)) == expected  # type: ignore[arg-type]
            before = activity
        everything = rows(self.site, f"SELECT actor_seq FROM journal WHERE actor='{actor}' ORDER BY 1")
        assert [seq for (seq,) in everything] == list(range(1, len(everything) + 1))
        assert rows(self.site, UNSENT) == [(0,)]
        if value:
            current = [json.loads(str(raw, "utf-8")) for (raw,) in rows(self.site, REPORTS)]  # type: ignore[call-overload]
            assert {document["observations"][0]["value"] for document in current} == {str(value)}

    async def deliver(self, session: aiohttp.ClientSession) -> None:
        """Both run; one of them is killed while what waited leaves."""
        both = [Process(self.site, self.ports), Process(self.council, self.ports)]
        await asyncio.gather(*(process.ready(session) for process in both))
        await asyncio.sleep(self.pause(0.4))
        self.random.shuffle(both)
        both[0].kill()
        both[1].kill()

    async def settle(self, session: aiohttp.ClientSession) -> None:
        """Nothing is killed any more: everything arrives, once."""
        assert publishing(self.site).wait() == 0
        both = [Process(self.site, self.ports), Process(self.council, self.ports)]
        await asyncio.gather(*(process.ready(session) for process in both))
        inbox = self.council.config.url + "/inbox"
        await asyncio.gather(*(self.sender.post(session, inbox, activity) for activity in list(self.sender.sent)[:50]))
        deadline = time.monotonic() + 90
        while rows(self.site, "SELECT 1 FROM deliveries WHERE state='queued'"):
            assert time.monotonic() < deadline, rows(self.site, "SELECT * FROM deliveries WHERE state='queued' LIMIT 3")
            await asyncio.sleep(0.1)
        for process in both:
            process.popen.terminate()
            assert process.popen.wait(20) == 0
        self.check_received()

    def check_arrived(self) -> None:
        """The council has what the site says, each activity once, and the same after a rebuild."""
        mine = "SELECT id, version, digest, deleted FROM documents WHERE owner='{}' ORDER BY id"
        actor = self.site.config.actor("etabli")
        assert rows(self.council, mine.format(actor)) == rows(self.site, mine.format(actor))
        assert rows(self.council, "SELECT 1 FROM journal GROUP BY actor, activity HAVING count(*) > 1") == []
        sent = rows(
            self.site, f"SELECT activity FROM journal WHERE actor='{actor}' AND object_type='Report' ORDER BY 1"
        )
        came = rows(
            self.council, f"SELECT activity FROM journal WHERE actor='{actor}' AND object_type='Report' ORDER BY 1"
        )
        assert came == sent
        catch_up(self.council)
        figures = "SELECT id, value, version FROM observations ORDER BY id"
        folded = projected(self.council, figures)
        rebuild(self.council)
        assert projected(self.council, figures) == folded != []


@pytest.fixture
async def world(tmp_path: Path) -> World:
    ports = free_ports(2)
    site, council = make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site), listening(council):
        await relations.follow(council, site.config.actor("etabli"))
        for _ in range(500):
            if rows(council, "SELECT 1 FROM following WHERE state='accepted'"):
                break
            await asyncio.sleep(0.02)
    sender = Sender().known_by(council)
    nodes = [open_node(node.dir, peers_of(ports)) for node in (site, council)]
    site.close()
    council.close()
    return World(nodes[0], nodes[1], ports, sender, random.Random(2026))


async def test_nothing_acknowledged_is_lost(world: World, full: bool) -> None:
    async with aiohttp.ClientSession() as session:
        for number in range(200 if full else 12):
            await (world.receive, world.publish, world.deliver)[number % 3](session)
        await world.settle(session)
    world.check_arrived()
    assert world.sender.acknowledged
    world.site.close()
    world.council.close()
