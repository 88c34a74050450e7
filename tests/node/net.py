"""Real nodes in one process, each on its own loopback port, with their background work running."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from aiohttp import web
from sqlalchemy import text

from node import jobs
from node.api.signer import LOOKUP
from node.app import build_app, runner_of
from node.context import Node, init_node, utc_now
from vocab.model import Address, Observation, Place

MODULES = ("node.api.wellknown", "node.api.health")
FOLLOWING = "following (actor, target, state, follow, since, harvested)"


@dataclass
class Clock:
    """The time, or a little later."""

    later: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.later


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def peers_of(ports: list[int]) -> dict[str, str]:
    return {"MAILLAGE_FEDERATION__LOOPBACK_PEERS": ",".join(f"127.0.0.1:{port}" for port in ports)}


def make(folder: Path, port: int, ports: list[int], *roles: str) -> Node:
    """A new node for `http://127.0.0.1:PORT`, with every other port as an allowed peer."""
    return init_node(folder, f"http://127.0.0.1:{port}", roles or ("site",), "Essai", environ=peers_of(ports))


@asynccontextmanager
async def listening(node: Node, work: bool = True) -> AsyncIterator[Node]:
    """The node answering on its port; `work`: with deliveries and projections."""
    runner = runner_of(build_app(node, MODULES))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(node.config.authority.rpartition(":")[2])).start()
    try:
        if work:
            async with jobs.running(node, runner.app[LOOKUP]):
                yield node
        else:
            yield node
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for something to become true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "it never became true"
        await asyncio.sleep(0.02)


def place(node: Node, slug: str, name: str = "L'Établi", **more: object) -> Place:
    address = Address("23096", "1 rue Exemple", "23000", "Guéret")
    return Place(node.config.place(slug), name, address, ("coworking",), **more)  # type: ignore[arg-type]


def visits(value: int, period: str = "2025") -> tuple[Observation, ...]:
    return (Observation("visits", period, Decimal(value), "{visit}", "E", method="estimate"),)


def rows(node: Node, query: str) -> list[tuple[object, ...]]:
    """Rows of the truth."""
    with node.store.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def projected(node: Node, query: str, file: str = "public") -> list[tuple[object, ...]]:
    """Rows of a projection."""
    with getattr(node.cache, file).read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
