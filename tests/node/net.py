"""Real nodes in one process, each on its own loopback port, with their background work running."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import cycle
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


class Ports:
    """A thousand ports for each process, which holds the first of them as long as it lives.

    They are below those that the system lends to whoever asks for any (32768 and above on Linux): nobody takes one
    between two of its uses.
    """

    def __init__(self) -> None:
        for first in range(16_000, 32_000, 1_000):
            with suppress(OSError):
                self.held = socket.create_server(("127.0.0.1", first))
                self.turn = cycle(range(first + 1, first + 1_000))
                return
        raise OSError("too many processes try this product on this machine")

    def free(self) -> int:
        """A port that nobody listens on, and that this process did not give for a long time."""
        for port in self.turn:
            with suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return port
        raise AssertionError


@cache
def _ports() -> Ports:
    return Ports()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, nor is given before they are used."""
    return [_ports().free() for _ in range(count)]


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
