"""SIGKILL at random moments of who sends, who receives and who publishes, under load, each in a process of its own.

Whatever was acknowledged is found once, and only once, after the restart; a publication is whole or not at all; what
waited to leave leaves, and has no effect twice. A round for each who may be killed, a hundred with MAILLAGE_FULL=1.
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
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
from tests.faults.process import ROOT, Load, Process
from tests.node.net import free_ports, listening, make, peers_of, place, projected, rows, visits
from tests.node.sender import Sender

PUBLISH = (
    "import sys; from node.context import open_node; from node.publish import publish; publish(open_node(sys.argv[1]))"
)
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


WAITED = (
    "UPDATE deliveries SET next = '2026' WHERE state = 'queued'",
    "UPDATE hosts SET failures = 0, open_until = NULL",
)
VICTIMS = (("council",), ("site",), ("publisher",), ("council", "publisher"), ("site", "council"))


@dataclass
class World:
    """A site, a council that follows it, and a stranger that posts to the council."""

    site: Node
    council: Node
    ports: list[int]
    load: Load
    random: random.Random
    up: dict[str, Process] = field(default_factory=dict)
    numbers: int = 0

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Have both run, as if what waits to be tried again had waited long enough."""
        down = {name: node for name, node in (("site", self.site), ("council", self.council)) if name not in self.up}
        self.up |= {name: Process.of(node, self.ports) for name, node in down.items()}
        await asyncio.gather(*(self.up[name].ready(session) for name in down))
        for sql in WAITED:
            self.site.store.write(lambda connection, sql=sql: connection.exec_driver_sql(sql))

    async def once(self, session: aiohttp.ClientSession, victims: tuple[str, ...]) -> None:
        """Publish three new figures while the stranger posts as fast as it goes, and kill somebody meanwhile."""
        await self.start(session)
        self.numbers += 1
        for period in ("2023", "2024", "2025"):
            add_report(self.site, "etabli", period, visits(self.numbers, period), "public")
        publisher = publishing(self.site)
        tasks = [asyncio.create_task(self.load.until_it_dies(session)) for _ in range(4)]
        await asyncio.sleep(0.2 + self.random.random() * (1.0 if "publisher" in victims else 0.6))
        for name in victims:
            if name == "publisher":
                publisher.send_signal(signal.SIGKILL)
            else:
                self.up.pop(name).kill()
        done = await asyncio.to_thread(publisher.wait) == 0
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.load.check(self.council)
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

    async def settle(self, session: aiohttp.ClientSession) -> None:
        """Nothing is killed any more: everything arrives, once."""
        assert publishing(self.site).wait() == 0
        await self.start(session)
        again = [self.load.post(session, activity) for activity in list(self.load.sender.sent)[:50]]
        assert set(await asyncio.gather(*again)) <= {202}
        deadline = time.monotonic() + 90
        while rows(self.site, "SELECT 1 FROM deliveries WHERE state='queued'"):
            assert time.monotonic() < deadline, rows(self.site, "SELECT * FROM deliveries WHERE state='queued' LIMIT 3")
            await asyncio.sleep(0.1)
        for process in self.up.values():
            process.stop()
        self.load.check(self.council)

    def check_arrived(self) -> None:
        """The council has what the site says, each activity once, and the same after a rebuild."""
        mine = "SELECT id, version, digest, deleted FROM documents WHERE owner='{}' ORDER BY id"
        actor = self.site.config.actor("etabli")
        assert rows(self.council, mine.format(actor)) == rows(self.site, mine.format(actor))
        assert rows(self.council, "SELECT 1 FROM journal GROUP BY actor, activity HAVING count(*) > 1") == []
        said = f"""SELECT activity FROM journal WHERE actor='{actor}' AND object_type='Report'
            AND activity NOT LIKE '%#version-%' ORDER BY 1"""  # such are not posted, but read again after a gap
        assert rows(self.council, said) == rows(self.site, said)
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
    load = Load(Sender().known_by(council), council.config.url + "/inbox")
    nodes = [open_node(node.dir, peers_of(ports)) for node in (site, council)]
    site.close()
    council.close()
    return World(nodes[0], nodes[1], ports, load, random.Random(2026))


async def test_nothing_acknowledged_is_lost(world: World, full: bool) -> None:
    async with aiohttp.ClientSession() as session:
        for number in range(100 if full else len(VICTIMS)):
            await world.once(session, VICTIMS[number % len(VICTIMS)])
        await world.settle(session)
    world.check_arrived()
    assert world.load.sender.acknowledged
    assert world.load.refused == []
    world.site.close()
    world.council.close()
