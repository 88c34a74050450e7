"""A power cut under load: what was answered 202 is on the platter, whatever else the disk forgot or kept.

Rehearsed on a file system of ours that forgets what was not synced; where none can be mounted, skipped, saying so.
"""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from node.context import Node, open_node
from node.places import add_place
from node.project import catch_up, rebuild
from node.reports import add_report
from tests.faults.disk import Disk
from tests.faults.process import ROOT, Load, Process
from tests.node.net import free_ports, make, peers_of, place, projected, rows, visits
from tests.node.sender import Sender

INSERT = "INSERT INTO said VALUES (?, ?)"


@pytest.mark.parametrize(("synchronous", "loses"), [("FULL", False), ("NORMAL", True), ("OFF", True)])
def test_the_disk_forgets_what_was_not_synced(tmp_path: Path, synchronous: str, loses: bool) -> None:
    """What a commit is worth, by SQLite's own settings: the rehearsal loses rows where a real cut would."""
    with Disk(tmp_path) as disk:
        writer = sqlite3.connect(disk.point / "x.sqlite", isolation_level=None)
        writer.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        writer.execute("CREATE TABLE said (n INTEGER, bytes BLOB)")
        writer.execute(f"PRAGMA synchronous={synchronous}")
        for number in range(50):
            writer.execute(INSERT, (number, os.urandom(700)))
        disk.cut(seed=2)  # of this seed, every unsynced sector is lost
        with pytest.raises(sqlite3.OperationalError):
            writer.execute(INSERT, (50, b""))
        writer.close()
        disk.mount()
        reader = sqlite3.connect(disk.point / "x.sqlite")
        (count,) = reader.execute("SELECT count(*) FROM said").fetchone()
        reader.close()
        assert (count < 50) == loses, count


class World:
    """A site on a disk whose power is cut, and a stranger that posts to it."""

    def __init__(self, disk: Disk, folder: Path, port: int) -> None:
        self.disk, self.port, self.value = disk, port, 0
        node = make(folder, port, [port])
        add_place(node, "etabli", place(node, "etabli"))
        self.load = Load(Sender().known_by(node), node.config.url + "/inbox")
        node.close()

    def opened(self) -> Node:
        return open_node(self.disk.point / "site", peers_of([self.port]))

    def publish(self) -> None:
        """Publish another figure; it is said to be done before the power is cut."""
        self.value += 1
        node = self.opened()
        add_report(node, "etabli", "2025", visits(self.value), "public")
        node.close()
        command = [sys.executable, "-m", "node", "--dir", str(self.disk.point / "site"), "publish", "etabli"]
        subprocess.run(command, cwd=ROOT, env=os.environ | peers_of([self.port]), check=True, capture_output=True)

    async def cut(self, session: aiohttp.ClientSession, seconds: float, seed: int) -> None:
        """Post as fast as it goes, and cut the power meanwhile; then look at what there is."""
        process = Process(self.disk.point / "site", f"127.0.0.1:{self.port}", [self.port])
        await process.ready(session)
        tasks = [asyncio.create_task(self.load.until_it_dies(session)) for _ in range(6)]
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.disk.cut, seed)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        process.kill()
        self.disk.mount()
        self.check()

    def check(self) -> None:
        node = self.opened()
        try:
            self.load.check(node)
            published = rows(node, "SELECT version FROM documents WHERE own AND type = 'Report'")
            assert published == ([(self.value,)] if self.value else [])
            catch_up(node)
            figures = "SELECT id, value, version FROM observations ORDER BY id"
            folded = projected(node, figures)
            rebuild(node)
            assert projected(node, figures) == folded
        finally:
            node.close()


async def test_nothing_acknowledged_is_lost_when_the_power_is_cut(tmp_path: Path, full: bool) -> None:
    [port] = free_ports(1)
    chance = random.Random(2026)
    disk = Disk(tmp_path)
    world = World(disk, disk.platter / "site", port)
    with disk:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            for number in range(40 if full else 3):
                before = len(world.load.sender.acknowledged)
                if number % 2:
                    world.publish()
                await world.cut(session, 0.1 + chance.random(), seed=chance.randrange(10**6))
                assert len(world.load.sender.acknowledged) > before
