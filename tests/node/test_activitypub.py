"""What a site shows to others: to anybody, to a partner, to a named aggregator, and to nobody."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.canonical import digest
from federation.httpsig import sign_cavage
from node.context import Node, utc_now
from node.places import add_place, delete_place
from node.publish import publish
from node.reports import add_report
from tests.node.net import free_ports, listening, make, place, rows, visits
from tests.node.sender import Sender

LEVELS = {"public": 1, "network": 22222, "aggregate-only": 33333, "private": 44444}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Node]:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port])
    add_place(node, "etabli", place(node, "etabli"))
    for level, value in LEVELS.items():
        add_report(node, "etabli", "2025", visits(value), level)
    publish(node)
    async with listening(node, work=False):
        yield node
    node.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def granted(site: Node, level: str, name: str) -> Sender:
    """Somebody to whom the place granted a level."""
    reader = Sender(f"https://{name}.example/actor").known_by(site)
    row = f"('{site.config.actor('etabli')}', '{reader.id}', '{level}', '')"
    site.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO grants VALUES {row}"))
    return reader


async def get(session: aiohttp.ClientSession, url: str, reader: Sender | None = None) -> tuple[int, bytes]:
    headers = {"Accept": "application/activity+json"}
    if reader is not None:
        headers |= sign_cavage("GET", url, None, reader.id + "#main-key", reader.keys.rsa, utc_now())
    async with session.get(url, headers=headers) as response:
        if reader is not None and response.status == 200 and url.endswith(("/outbox", "/documents")):
            assert "private" in response.headers["Cache-Control"]
        return response.status, await response.read()


async def everything_seen(session: aiohttp.ClientSession, site: Node, reader: Sender | None) -> bytes:
    """All that a reader gets by following every link from the actor."""
    actor, found = site.config.actor("etabli"), b""
    urls = [actor, actor + "/outbox", actor + "/outbox?before=", actor + "/documents"]
    urls += [actor + "/followers", actor + "/following", site.config.node_actor]
    urls += [str(name) for (name,) in rows(site, "SELECT id FROM documents UNION SELECT activity FROM journal")]
    for url in urls:
        status, body = await get(session, url, reader)
        found += body if status == 200 else b""
    return found


@pytest.mark.parametrize(
    ("level", "seen"),
    [("", {"public"}), ("network", {"public", "network"}), ("aggregate-only", {"public", "aggregate-only"})],
)
async def test_each_sees_what_it_was_given(
    site: Node, session: aiohttp.ClientSession, level: str, seen: set[str]
) -> None:
    reader = granted(site, level, "reader") if level else None
    publish(site)
    found = await everything_seen(session, site, reader)
    for name, value in LEVELS.items():
        assert (f'"{value}"'.encode() in found) == (name in seen), name


async def test_a_stranger_who_signs_sees_what_is_public(site: Node, session: aiohttp.ClientSession) -> None:
    stranger = Sender("https://stranger.example/actor").known_by(site)
    found = await everything_seen(session, site, stranger)
    assert [f'"{value}"'.encode() in found for value in LEVELS.values()] == [True, False, False, False]


async def test_a_wrong_signature_is_told_so(site: Node, session: aiohttp.ClientSession) -> None:
    reader = granted(site, "network", "reader")
    forger = Sender(reader.id)
    [(document,)] = rows(site, "SELECT id FROM documents WHERE sharing = 'network'")
    assert (await get(session, str(document), forger))[0] in (401, 403)
    assert (await get(session, str(document), reader))[0] == 200
    assert (await get(session, str(document)))[0] == 404


async def test_the_bytes_served_are_those_that_were_signed(site: Node, session: aiohttp.ClientSession) -> None:
    for name, expected in rows(site, "SELECT id, digest FROM documents WHERE sharing = 'public'"):
        status, body = await get(session, str(name))
        assert (status, digest(body)) == (200, expected)


async def test_a_replaced_version_is_not_shown_again(site: Node, session: aiohttp.ClientSession) -> None:
    add_report(site, "etabli", "2025", visits(5), "public")
    publish(site)
    found = await everything_seen(session, site, None)
    assert b'"5"' in found
    async with session.get(site.config.actor("etabli") + "/outbox?before=") as response:
        items = (await response.json())["orderedItems"]
    values = [item["object"]["observations"][0]["value"] for item in items if "observations" in item["object"]]
    assert values == ["5"]


async def test_an_outbox_has_pages(site: Node, session: aiohttp.ClientSession) -> None:
    for year in range(1900, 1990):
        add_report(site, "etabli", str(year), visits(year, str(year)), "public")
    publish(site)
    url, seen = site.config.actor("etabli") + "/outbox", []
    async with session.get(url) as response:
        collection = await response.json()
    link: str | None = collection["first"]
    while link:
        async with session.get(link) as response:
            page: dict[str, Any] = await response.json()
        seen += [item["object"]["id"] for item in page["orderedItems"]]
        link = page.get("next")
    assert len(seen) == len(set(seen)) == collection["totalItems"] == 92


async def test_a_deleted_place_is_gone(site: Node, session: aiohttp.ClientSession) -> None:
    delete_place(site, "etabli")
    for path in ("", "/documents/description"):
        status, body = await get(session, site.config.actor("etabli") + path)
        assert (status, b"Tombstone" in body) == (410, True)
    assert (await get(session, site.config.actor("etabli") + "/outbox"))[0] == 410
    assert (await get(session, site.config.actor("never")))[0] == 404


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("acct:etabli@HOST", 200),
        ("acct:relay@HOST", 200),
        ("acct:127.0.0.1@HOST", 200),
        ("HTTP/places/etabli", 200),
        ("HTTP/actor", 200),
        ("acct:never@HOST", 404),
        ("acct:actor@HOST", 404),
        ("acct:etabli@other.example", 404),
        ("https://other.example/places/etabli", 404),
        ("etabli", 400),
        ("", 400),
    ],
)
async def test_webfinger(site: Node, session: aiohttp.ClientSession, resource: str, status: int) -> None:
    config = site.config
    asked = resource.replace("HOST", config.authority).replace("HTTP", config.url)
    async with session.get(config.url + "/.well-known/webfinger", params={"resource": asked}) as response:
        assert response.status == status
        if status == 200:
            said = await response.json(content_type="application/jrd+json")
            assert said["aliases"] == [link["href"] for link in said["links"] if link["rel"] == "self"]


async def test_nodeinfo_and_health(site: Node, session: aiohttp.ClientSession) -> None:
    for path in ("/.well-known/nodeinfo", "/nodeinfo/2.1", "/healthz", "/readyz"):
        async with session.get(site.config.url + path) as response:
            assert response.status == 200
    async with session.get(site.config.url + "/nodeinfo/2.1") as response:
        said = await response.json(content_type=None)
        assert (said["usage"]["users"]["total"], said["usage"]["localPosts"]) == (1, 2)
