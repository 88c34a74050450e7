"""Inbox: signed POSTs verified and on the disk, per CPU-second of the process, beside Fedify and a bare server.

A thousand actors with different keys; every body and id is distinct. At the end the process is killed with SIGKILL,
and its journal must hold every activity that was answered 202.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError

import aiohttp
from sqlalchemy import func, select

from bench import fedify
from bench.cpu import cpu_seconds, rss_megabytes
from bench.crowd import Peer, Request, crowd, introduce, requests
from node.store.schema import journal
from node.testrig import HOST, Rig, free_ports, get

POSTS = {"notes": 12_000, "reports": 6_000}
FEDIFY_POSTS = 4_000
WANTED = {"notes": 3_000, "reports": 1_200}
WARM = 1_000
AT_ONCE = 64


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """Notes (HTTP signature only) and reports (a proof besides), then the baseline with the same bytes."""
    peers = crowd()
    with Rig(folder, {"inbox": ("site",)}) as rig:
        rig.init("inbox")
        with rig.node("inbox") as node:
            introduce(node, peers)
        rig.start("inbox")
        rig.ready()
        inbox, pid = rig["inbox"].url + "/inbox", rig.process("inbox").pid
        rates, lengths = {}, {}
        for kind, count in POSTS.items():
            signed = list(requests(peers, inbox, kind, count))
            rates[kind], lengths[kind] = rate(inbox, pid, signed), len(signed[0][1])
        memory = rss_megabytes(pid)
        rig.process("inbox").kill()
        with rig.node("inbox") as node, node.store.read() as connection:
            kept = connection.execute(select(func.count()).select_from(journal)).scalar_one()
    with bare() as (url, pid):
        baseline = rate(url + "/inbox", pid, signed * 2)
    for kind, found in rates.items():
        said = {"posts_per_cpu_second": round(found), "wanted": WANTED[kind], "bytes": lengths[kind]}
        yield {"measure": f"inbox.{kind}", **said, "bare_aiohttp": round(baseline), "ratio": round(found / baseline, 3)}
    yield {"measure": "inbox.after_sigkill", "answered_202": sum(POSTS.values()), "in_the_journal": kept}
    yield {"measure": "memory.site_under_load", "rss_mb": round(memory, 1), "limit_mb": 110}
    if fedify.is_installed():
        yield from _fedify(folder, peers, rates["notes"])


def _fedify(folder: Path, peers: Sequence[Peer], ours: float) -> Iterator[dict[str, object]]:
    """The same notes to a Fedify server that knows the same keys and writes as durably, without and with its queue."""
    for name, queued in (("inbox.fedify", False), ("inbox.fedify_queued", True)):
        with fedify.fedify_inbox(folder, peers, queued) as (url, pid):
            signed = list(requests(peers, url, "notes", FEDIFY_POSTS))
            found = rate(url, pid, signed, lambda count: fedify.stored(folder, count))
        said = {"posts_per_cpu_second": round(found), "answered_202": FEDIFY_POSTS, "kept": fedify.kept(folder)}
        yield {"measure": name, **said, "ours_is_times": round(ours / found, 1), "wanted_times": 10}


@contextmanager
def bare() -> Iterator[tuple[str, int]]:
    """The bare server in a process of its own: its URL and process id."""
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)])
    url = f"http://{HOST}:{port}"
    try:
        for _ in range(200):
            with suppress(URLError, ConnectionError):
                get(url + "/", timeout=1)
                break
            time.sleep(0.02)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def rate(url: str, pid: int, signed: Sequence[Request], settle: Callable[[int], None] = lambda _: None) -> float:
    """Accepted POSTs per CPU-second of the process, once it is warm; `settle` waits until it has done with so many."""
    asyncio.run(_post(url, signed[:WARM]))
    settle(WARM)
    before = cpu_seconds(pid)
    asyncio.run(_post(url, signed[WARM:]))
    settle(len(signed))
    return len(signed[WARM:]) / max(cpu_seconds(pid) - before, 0.01)


async def _post(url: str, signed: Sequence[Request]) -> None:
    waiting = iter(signed)

    async def one_after_another(session: aiohttp.ClientSession) -> None:
        for headers, body in waiting:
            async with session.post(url, data=body, headers=headers) as response:
                if response.status != 202:
                    raise RuntimeError(f"{response.status} {await response.text()}")

    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one_after_another(session) for _ in range(AT_ONCE)))
