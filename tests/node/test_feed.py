"""The feed of changes and the set of documents: each reader reads its own, page by page, while others write."""

import base64
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection

from federation.httpsig import sign_cavage
from node.context import Node, utc_now
from node.outgoing import delete_document, put_document
from node.places import add_place
from node.publish import publish
from node.reports import add_report, remove_report
from tests.node.net import free_ports, listening, make, place, rows, visits
from tests.node.sender import Sender
from vocab.build import report
from vocab.model import Envelope

JSON = {"Accept": "application/activity+json"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Node]:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port])
    add_place(node, "etabli", place(node, "etabli"))
    async with listening(node, work=False):
        yield node
    node.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def base(site: Node) -> str:
    return site.config.actor("etabli")


def grant(site: Node, reader: Sender, level: str | None) -> None:
    """As `share` and `unshare` do."""
    key = f"actor = '{base(site)}' AND grantee = '{reader.id}'"
    statement = f"DELETE FROM grants WHERE {key}"
    if level is not None:
        statement = f"""INSERT INTO grants VALUES ('{base(site)}', '{reader.id}', '{level}', '')
            ON CONFLICT DO UPDATE SET level = excluded.level"""
    site.store.write(lambda connection: connection.exec_driver_sql(statement))


def publishes(site: Node, *values: int, sharing: str = "public") -> None:
    """Reports of the years from 2001 on."""
    for number, value in enumerate(values):
        add_report(site, "etabli", str(2001 + number), visits(value, str(2001 + number)), sharing)
    publish(site)


def publishes_many(site: Node, count: int) -> None:
    """As many documents, in one transaction."""

    def act(connection: Connection) -> None:
        for number in range(count):
            name = f"{base(site)}/documents/many-{number:04}"
            put_document(connection, site, "etabli", name, "Report", "public", build)

    def build(envelope: Envelope) -> dict[str, Any]:
        return report(base(site) + "#place", "2025", visits(1), envelope)

    site.store.write(act)


async def get(session: aiohttp.ClientSession, url: str, reader: Sender | None = None) -> tuple[int, Any, str]:
    """Status, JSON, and who may keep the answer."""
    signed = sign_cavage("GET", url, None, reader.id + "#main-key", reader.keys.rsa, utc_now()) if reader else {}
    async with session.get(aiohttp.client.URL(url, encoded=True), headers=JSON | dict(signed)) as response:
        assert {"Signature", "Signature-Input"} <= set(
            response.headers.get("Vary", "Signature, Signature-Input").split(", ")
        )
        return response.status, await response.json(content_type=None), response.headers.get("Cache-Control", "")


async def read(
    session: aiohttp.ClientSession, url: str, reader: Sender | None = None
) -> tuple[dict[str, int | None], str]:
    """What a feed says from a page on: version, or None for a tombstone, by name; and where to read on."""
    found: dict[str, int | None] = {}
    for _ in range(1000):
        status, page, keep = await get(session, url, reader)
        assert (status, "private" in keep) == (200, reader is not None)
        for item in page["orderedItems"]:
            if item["type"] == "Tombstone":
                assert set(item) == {"id", "type"}
            found.pop(item["id"], None)  # the order is that of the last change
            found[item["id"]] = item.get("version")
        if page["next"] == page["id"]:
            assert page["orderedItems"] == []
            return {name.rpartition("/")[2]: version for name, version in found.items()}, url
        url = page["next"]
    raise AssertionError("it never ends")


async def test_a_feed_is_read_once_and_then_gives_what_is_new(site: Node, session: aiohttp.ClientSession) -> None:
    _, root, _ = await get(session, base(site) + "/changes")
    assert root["type"] == "OrderedCollection"
    assert await read(session, root["first"]) == ({}, base(site) + "/changes?after=")
    publishes(site, 1, 2)
    seen, cursor = await read(session, root["first"])
    assert seen == {"description": 1, "report-2001": 1, "report-2002": 1}
    assert await read(session, cursor) == ({}, cursor)
    publishes(site, 5)
    remove_report(site, "etabli", "2002", "public")
    publish(site)
    seen, later = await read(session, cursor)
    assert seen == {"report-2001": 2, "report-2002": None}
    assert await read(session, later) == ({}, later)
    assert list((await read(session, root["first"]))[0].values()) == [1, 2, None]


async def test_what_is_granted_comes_after_what_was_read(site: Node, session: aiohttp.ClientSession) -> None:
    """And what is withdrawn leaves a tombstone at that moment, whatever becomes of it later."""
    publishes(site, 1)
    publishes(site, 7, sharing="network")
    publishes(site, 8, sharing="aggregate-only")
    reader, other = (Sender(f"https://{name}.example/actor").known_by(site) for name in ("a", "b"))
    seen, cursor = await read(session, base(site) + "/changes?after=", reader)
    assert seen == {"description": 1, "report-2001": 1}
    [partners], [aggregators] = (
        [str(name).rpartition("/")[2] for (name,) in rows(site, f"SELECT id FROM documents WHERE sharing = '{level}'")]
        for level in ("network", "aggregate-only")
    )
    for level, said in [
        ("network", {partners: 1}),
        ("aggregate-only", {partners: None, aggregators: 1}),
        ("network", {aggregators: None, partners: 1}),
        (None, {partners: None}),
        ("network", {partners: 1}),
        (None, {partners: None}),
    ]:
        grant(site, reader, level)
        seen, cursor = await read(session, cursor, reader)
        assert seen == said
        assert await read(session, cursor, reader) == ({}, cursor)
    grant(site, other, "network")
    publishes(site, 9, sharing="network")
    remove_report(site, "etabli", "2001", "network")
    publish(site)
    assert await read(session, cursor, reader) == ({}, cursor)
    assert (await read(session, base(site) + "/changes?after=", other))[0][partners] is None
    stranger = Sender("https://c.example/actor").known_by(site)
    grant(site, stranger, "network")
    for late in (stranger, None):
        assert partners not in (await read(session, base(site) + "/changes?after=", late))[0]


async def test_a_page_weighs_only_so_much(site: Node, session: aiohttp.ClientSession) -> None:
    publishes_many(site, 450)
    seen, pages, url = set(), 0, base(site) + "/changes?after="
    while True:
        _, page, _ = await get(session, url)
        seen |= {item["id"] for item in page["orderedItems"]}
        assert len(page["orderedItems"]) <= 200
        if page["next"] == page["id"]:
            break
        url, pages = page["next"], pages + 1
    assert len(seen) == 450
    assert pages >= 3


async def test_a_set_has_pages_that_hold_while_others_write(site: Node, session: aiohttp.ClientSession) -> None:
    publishes_many(site, 1_100)
    last = base(site) + "/documents/many-1099"
    _, root, _ = await get(session, base(site) + "/documents")
    assert (root["totalItems"], "items" in root) == (1_100, False)
    seen, url, number = [], root["first"], 0
    while url:
        _, page, _ = await get(session, url)
        assert page["partOf"] == root["id"]
        seen += [item["id"] for item in page["items"]]
        url, number = page.get("next"), number + 1
        if number == 1:
            for name in (seen[3], last):
                site.store.write(partial(delete_document, node=site, slug="etabli", document=name))
            publishes(site, 7)
    assert number == 3
    stored = {str(name) for (name,) in rows(site, "SELECT id FROM documents WHERE deleted IS NULL")}
    assert len(seen) == len(set(seen))
    assert stored ^ set(seen) == {seen[3], base(site) + "/documents/description"}  # both before the first page's end


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("garbled", ["x", "%C3%A9", "!!!!", _cursor("{}"), _cursor("[1,2,3]"), _cursor('[-1,"a","b"]')])
async def test_a_garbled_cursor_is_told_so(site: Node, session: aiohttp.ClientSession, garbled: str) -> None:
    status, said, _ = await get(session, f"{base(site)}/changes?after={garbled}")
    assert (status, said["reason"]) == (400, "cursor")


async def test_a_cursor_that_is_not_ours_to_go_on_from_has_expired(site: Node, session: aiohttp.ClientSession) -> None:
    """Another reader's, another actor's, of another epoch, and of a future that a restored backup forgot."""
    publishes(site, 1)
    reader = Sender("https://a.example/actor").known_by(site)
    _, mine = await read(session, base(site) + "/changes?after=")
    _, theirs = await read(session, base(site) + "/changes?after=", reader)
    assert mine != theirs

    async def refused(url: str, by: Sender | None = None) -> bool:
        status, said, _ = await get(session, url, by)
        return (status, said.get("reason")) == (410, "cursor_expired")

    assert not await refused(mine)
    assert await refused(mine, reader)
    assert await refused(theirs)
    assert await refused(mine.replace("/places/etabli", "/actor"))
    site.store.write(lambda c: c.exec_driver_sql("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'journal'"))
    assert await refused(mine)
    site.store.write(lambda c: c.exec_driver_sql("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'journal'"))
    assert not await refused(mine)
    site.store.write(lambda c: c.exec_driver_sql("UPDATE actors SET epoch = 2"))
    assert await refused(mine)


@pytest.mark.parametrize("path", ["/outbox", "/outbox?before=", "/changes", "/changes?after=", "/documents"])
async def test_who_cannot_be_known_reads_what_anybody_may(
    site: Node, session: aiohttp.ClientSession, path: str
) -> None:
    """Nobody answers where its key should be; another's signature is refused, and so is whom we block."""
    publishes(site, 1)
    publishes(site, 7, sharing="network")
    known = Sender("https://known.example/actor").known_by(site)
    silent = Sender("http://127.0.0.1:9/actor")
    for reader in (known, silent):
        grant(site, reader, "network")
    anybody = await get(session, base(site) + path)
    assert await get(session, base(site) + path, silent) == anybody
    assert "public" in anybody[2]
    as_known = await get(session, base(site) + path, known)
    assert (as_known[1]["to"], "private" in as_known[2]) == ([known.id], True)
    status, said, _ = await get(session, base(site) + path, Sender(known.id))
    assert (status, said["reason"]) == (401, "signature")
