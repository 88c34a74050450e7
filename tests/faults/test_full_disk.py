"""A full disk: what cannot be kept is not acknowledged, nothing is spoilt, and all is well once there is room again."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from node.context import Node, open_node
from node.places import add_place
from node.project import catch_up, rebuild
from tests.faults import peers
from tests.faults.disk import Disk
from tests.faults.process import ROOT, Load, Process
from tests.faults.test_slow_peers import sending
from tests.node.net import free_ports, make, peers_of, place, projected, rows
from tests.node.sender import Sender

Fill = Callable[[Process, bool], None]
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def limited(folder: Path) -> Fill:
    """No file of the process may grow beyond what its largest has now (EFBIG): needs no right to mount."""

    def fill(process: Process, is_full: bool) -> None:
        largest = max(file.stat().st_size for file in folder.glob("maillage.sqlite*"))
        limit = (largest, resource.RLIM_INFINITY) if is_full else _UNLIMITED
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, limit)

    return fill


@contextmanager
def kept_in(kind: str, tmp_path: Path) -> Iterator[tuple[Path, Fill]]:
    """A folder to make a node in, and what fills its disk, or makes room."""
    if kind == "file size":
        yield tmp_path / "site", limited(tmp_path / "site")
        return
    with Disk(tmp_path) as disk:
        yield disk.point / "site", lambda _, is_full: disk.room(0 if is_full else 1 << 40)


@pytest.mark.parametrize("kind", ["file size", "no space"])
async def test_what_cannot_be_kept_is_not_acknowledged(tmp_path: Path, kind: str) -> None:
    with kept_in(kind, tmp_path) as (folder, fill):
        [port] = free_ports(1)
        node = make(folder, port, [port])
        load = Load(Sender().known_by(node), node.config.url + "/inbox")
        node.close()
        await exercise(folder, port, load, fill)
        node = open_node(folder, peers_of([port]))
        try:
            check(node, load)
        finally:
            node.close()


async def exercise(folder: Path, port: int, load: Load, fill: Fill) -> None:
    """Post while there is room, while there is none, and again, twice."""
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        process = Process(folder, f"127.0.0.1:{port}", [port])
        try:
            await process.ready(session)
            for _ in range(2):
                assert set(await posted(load, session, [load.say() for _ in range(20)])) == {202}
                fill(process, True)
                said = [load.say() for _ in range(60)]
                first = await posted(load, session, said)
                assert set(first) <= {202, 500, 503, 507}
                assert first.count(202) < len(said)  # some may still fit in what the log had reserved
                assert set(await posted(load, session, [load.say() for _ in range(20)])) <= {500, 503, 507}
                async with session.get(f"http://127.0.0.1:{port}/actor") as answer:
                    assert answer.status == 200
                fill(process, False)
                assert set(await posted(load, session, said)) == {202}
        finally:
            process.stop()


async def posted(load: Load, session: aiohttp.ClientSession, said: list[str]) -> list[int]:
    return await asyncio.gather(*(load.post(session, activity) for activity in said))


def check(node: Node, load: Load) -> None:
    load.check(node)
    assert rows(node, "SELECT count(*) FROM journal") == [(len(load.sender.acknowledged),)]
    catch_up(node)
    folded = projected(node, "SELECT * FROM cursor")
    rebuild(node)
    assert projected(node, "SELECT * FROM cursor") == folded


async def test_what_was_delivered_and_could_not_be_noted_is_delivered_again(tmp_path: Path) -> None:
    """Nobody is told less for want of room here; who is told twice knows it already."""
    with Disk(tmp_path) as disk:
        async with sending(disk.point, peers.answers) as world:
            [site] = world.sites
            world.queue(site)
            disk.room(0)
            await world.deliverer.once()
            assert world.states() == [("queued", 0, None, None)]
            disk.room(1 << 40)
            await world.deliverer.once()
            assert world.states() == [("delivered", 1, 202, "")]
            bodies = {request.partition(b"\r\n\r\n")[2] for request in site.requests}
            assert (len(site.requests), len(bodies)) == (2, 1)


def test_a_publication_that_does_not_fit_is_not_made(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        [port] = free_ports(1)
        node = make(disk.point / "site", port, [port])
        add_place(node, "etabli", place(node, "etabli"))
        node.close()
        disk.room(20_000)
        failed = publish(disk.point / "site", port)
        assert failed.returncode not in (0, 2)
        assert "Traceback" not in failed.stderr
        disk.room(1 << 40)
        node = open_node(disk.point / "site", peers_of([port]))
        assert rows(node, "SELECT count(*) FROM journal") == [(0,)]
        node.close()
        assert publish(disk.point / "site", port).returncode == 0


def publish(folder: Path, port: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "node", "--dir", str(folder), "publish", "etabli"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | peers_of([port]), capture_output=True, text=True, check=False
    )
