"""One node is made for the whole folder, and copied for each test; every test has it listening on its own port."""

import shutil
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import aiohttp
import pytest

from federation.keys import ActorKeys, generate
from node.context import open_node
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from tests.corpus.rig import Clock, Rig
from tests.federation.web import listening as site_listening
from tests.node.net import free_ports, listening, make, peers_of, place, visits
from tests.node.sender import Sender


@cache
def _keys(name: str) -> ActorKeys:
    return generate()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A site and aggregator with one place, which publishes something at every level; its port."""
    folder, [port] = tmp_path_factory.mktemp("corpus") / "house", free_ports(1)
    node = make(folder, port, [port], "site", "aggregator")
    add_place(node, "etabli", place(node, "etabli"))
    for level, value in {"public": 1, "network": 22222, "aggregate-only": 33333, "private": 44444}.items():
        add_report(node, "etabli", "2025", visits(value), level)
    publish(node)
    node.close()
    return folder, port


@pytest.fixture
async def rig(house: tuple[Path, int], tmp_path: Path) -> AsyncIterator[Rig]:
    folder, _ = house
    shutil.copytree(folder, tmp_path / "node")
    clock = Clock()
    async with (
        site_listening() as evil,
        site_listening() as victim,
        site_listening() as outside,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        known = [int(site.host.rpartition(":")[2]) for site in (evil, victim)]
        node = open_node(tmp_path / "node", peers_of(known), clock)
        async with listening(node, work=False):
            yield Rig(node, clock, evil, victim, outside, session)
        node.close()


@pytest.fixture
def far(rig: Rig) -> Sender:
    """Somebody whose keys the node knows."""
    return Sender("https://far.example/places/far", _keys("far")).known_by(rig.node)


@pytest.fixture
def neighbour(rig: Rig) -> Sender:
    """Another, at the same origin."""
    return Sender("https://far.example/places/next", _keys("next")).known_by(rig.node)


@pytest.fixture
def thief(rig: Rig) -> Sender:
    """Another, elsewhere."""
    return Sender("https://thief.example/places/thief", _keys("thief")).known_by(rig.node)


@pytest.fixture
def keys() -> ActorKeys:
    """Keys of an actor that a site shows."""
    return _keys("shown")
