"""What a network answers when it is asked for places: read as a stranger's word, whatever it is."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from federation.actor import Profile, RemoteActor, node_actor, read_actor
from federation.canonical import jcs
from federation.keys import generate
from node import seek
from node.context import Node, utc_now
from node.places import add_place
from node.store import peers
from node.views.places import Wanted
from tests.node.net import free_ports, make, place

ROW = {"kind": "description", "name": "Le Moulin", "commune": "23096", "actor": "https://moulin.example/places/m"}


@asynccontextmanager
async def network(tmp_path: Path, answer: bytes, status: int = 200, **headers: str) -> AsyncIterator[Node]:
    """A node whose place shares with a network that answers this to whatever it is asked."""
    ports = free_ports(2)
    node = make(tmp_path, ports[0], ports)
    add_place(node, "etabli", place(node, "etabli"))
    actor = f"http://127.0.0.1:{ports[1]}/actor"
    document = node_actor(Profile(actor, "relay", "Réseau <b>"), generate(), actor + "/inbox")
    read = read_actor(document, actor)
    assert isinstance(read, RemoteActor)
    node.store.write(lambda connection: peers.remember(connection, read, jcs(document), utc_now()))
    grant = f"('{node.config.actor('etabli')}', '{actor}', 'network', '')"
    node.store.write(lambda c: c.exec_driver_sql(f"INSERT INTO grants (actor, grantee, level, since) VALUES {grant}"))

    async def places(_: web.Request) -> web.Response:
        return web.Response(body=answer, status=status, headers=headers, content_type="application/json")

    app = web.Application()
    app.router.add_get("/places.json", places)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", ports[1]).start()
    try:
        yield node
    finally:
        await runner.cleanup()
        node.close()


def said(*rows: object) -> bytes:
    return json.dumps({"places": rows}).encode()


async def test_what_a_network_lists_can_be_followed(tmp_path: Path) -> None:
    listed = {"kind": "listing", "name": "La Grange", "actor": "https://lists.example/actor"}
    async with network(tmp_path, said(ROW, listed)) as node:
        search = await seek.look(node, "etabli", Wanted(q="m"))
    moulin, grange = search.found
    assert (moulin.actor, moulin.commune, moulin.departement, moulin.source) == (
        ROW["actor"],
        "23096",
        "23",
        "Réseau <b>",
    )
    assert (grange.name, grange.actor) == ("La Grange", ""), "only a list mentions it"
    assert (search.asked, search.silent) == (("Réseau <b>",), ())


@pytest.mark.parametrize(
    "changed",
    [
        {"actor": "javascript:alert(1)"},
        {"actor": ["https://moulin.example/places/m"]},
        {"actor": None},
        {"kind": {"a": 1}},
        {"commune": "99999", "lat": "NaN", "lon": "Infinity"},
        {"commune": 23096, "lat": 91, "lon": [1]},
        {"lat": "1e999", "lon": True},
        {"name": "x" * 100_000},
    ],
)
async def test_what_cannot_be_understood_is_left(tmp_path: Path, changed: dict[str, Any]) -> None:
    async with network(tmp_path, said(ROW | changed)) as node:
        [found] = (await seek.look(node, "etabli", Wanted(q="m"))).found
    assert len(found.name) <= 120
    assert found.actor in ("", ROW["actor"])
    assert None in (found.lat, found.lon)


@pytest.mark.parametrize("row", [None, 1, "x", [], {}, {"name": 3}, {"name": ""}, {"name": "\u202e\u0000 "}])
async def test_what_has_no_name_is_no_place(tmp_path: Path, row: object) -> None:
    async with network(tmp_path, said(row)) as node:
        search = await seek.look(node, "etabli", Wanted(q="m"))
    assert (search.found, search.silent) == ((), ())


@pytest.mark.parametrize(
    ("answer", "status", "headers"),
    [
        (b"<html>", 200, {}),
        (b"[]", 200, {}),
        (b'{"places": {}}', 200, {}),
        (b"", 500, {}),
        (b"", 302, {"Location": "http://169.254.169.254/"}),
        (b"[" * 100_000, 200, {}),
        (b" " * 2_000_000, 200, {}),
    ],
)
async def test_a_network_that_answers_nothing_of_use_is_named(
    tmp_path: Path, answer: bytes, status: int, headers: dict[str, str]
) -> None:
    async with network(tmp_path, answer, status, **headers) as node:
        search = await seek.look(node, "etabli", Wanted(q="m"))
    assert (search.found, search.silent) == ((), ("Réseau <b>",))


async def test_more_than_a_page_is_not_shown(tmp_path: Path) -> None:
    rows = [ROW | {"name": f"Lieu {n}", "actor": f"https://m.example/places/p{n}"} for n in range(500)]
    async with network(tmp_path, said(*rows)) as node:
        assert len((await seek.look(node, "etabli", Wanted(q="m"))).found) == seek.MOST
