"""Inbox: signed POSTs verified and on the disk, per CPU-second of the web process, beside a bare aiohttp server."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError

import aiohttp

from bench.cpu import cpu_seconds
from bench.crowd import Peer
from federation.keys import generate
from node.testrig import HOST, Rig, free_ports, get

POSTS = 1_500
AT_ONCE = 32
Request = tuple[dict[str, str], bytes]


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """Notes (HTTP signature only) and reports (a proof besides), then the baseline with the same bytes."""
    peer = Peer("https://far.example/places/far", generate())
    with Rig(folder, {"inbox": ("aggregator",)}) as rig:
        rig.init("inbox")
        with rig.node("inbox") as node:
            peer.known_by(node)
        rig.start("inbox")
        rig.ready()
        inbox, pid = rig["inbox"].url + "/inbox", rig.process("inbox").pid
        rates = {}
        for name, signed in (("notes", False), ("reports", True)):
            bodies = list(peer.reports(POSTS, signed))
            rates[name] = _rate(inbox, pid, [(peer.headers(inbox, body), body) for body in bodies])
    with bare() as (url, pid):
        baseline = _rate(url + "/inbox", pid, [(peer.headers(url + "/inbox", body), body) for body in bodies] * 4)
    for name, rate in rates.items():
        said = {"posts_per_cpu_second": round(rate), "bare_aiohttp": round(baseline)}
        yield {"measure": f"inbox.{name}", **said, "ratio": round(rate / baseline, 3), "posts": POSTS}


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


def _rate(url: str, pid: int, requests: Sequence[Request]) -> float:
    """Accepted POSTs per CPU-second of the process."""
    asyncio.run(_post(url, requests[:50]))
    before = cpu_seconds(pid)
    asyncio.run(_post(url, requests[50:]))
    return len(requests[50:]) / max(cpu_seconds(pid) - before, 0.01)


async def _post(url: str, requests: Sequence[Request]) -> None:
    waiting = list(requests)

    async def one_after_another(session: aiohttp.ClientSession) -> None:
        while waiting:
            headers, body = waiting.pop()
            async with session.post(url, data=body, headers=headers) as response:
                if response.status != 202:
                    raise RuntimeError(f"{response.status} {await response.text()}")

    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one_after_another(session) for _ in range(AT_ONCE)))
