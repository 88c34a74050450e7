"""A relation ends: no page, total, file, query or projection shows what the actor said, nor once all is built again."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from federation.clock import timestamp
from federation.proof import add_proof
from node import relations
from node.app import build_app
from node.context import Node, utc_now
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.timeline import timeline
from tests.node.net import make, place, projected, rows
from tests.node.sender import Sender
from tests.node.test_project import TABLES, accepted_by, push
from vocab import build
from vocab.model import Address, Envelope, Place
from vocab.terms import LICENCE_OUVERTE, PUBLIC

NAME, VALUE, SECRET = "Zanzibar", 918273, 645546
PAGES = {
    "/": {},
    "/places": {},
    "/places.json": {},
    "/places.csv": {},
    "/index.json": {},
    "/quality": {"period": "2025"},
    "/quality.json": {"period": "2025"},
    "/quality.csv": {"period": "2025"},
    "/indicators/visits": {"by": "country", "period": "2025"},
    "/totals.json": {"indicator": "visits", "by": "commune", "period": "2025"},
    "/totals.csv": {"indicator": "visits", "by": "country", "period": "2025"},
    "/sparql": {"query": "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"},
}


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Node]:
    """A council with a place of its own, which stays."""
    node = make(tmp_path, 9001, [9001], "aggregator", "site")
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    yield node
    node.close()


def documents(far: Sender) -> dict[str, dict[str, Any]]:
    """One of each: it says what it is, and of another; figures for all and for partners; one that is not valid."""
    now = timestamp(utc_now())

    def envelope(name: str, sharing: str = "public") -> Envelope:
        to = (PUBLIC,) if sharing == "public" else (far.id + "/partners",)
        return Envelope(f"{far.id}/documents/{name}", far.id, 1, now, now, LICENCE_OUVERTE, sharing, to)

    about = Place(far.id + "#place", NAME, Address("23096", "1 rue Exemple", "23000", "Guéret"), ("coworking",))
    other = replace(about, iri=f"{far.id}/documents/listing#place", name=NAME + " bis")
    empty = build.report(far.id + "#place", "2020", (), envelope("empty"))
    plain = [
        build.description(about, envelope("description")),
        build.listing(other, envelope("listing"), "https://data.example/list", "1", "0" * 64),
        empty,
    ]
    signed = [add_proof(each, far.keys.ed25519, far.id + "#ed25519-key", now) for each in plain]
    signed += [
        far.report("open", VALUE),
        far.report("kept", SECRET, sharing="network", to=[far.id + "/partners"]),
        far.report("wrong", VALUE, graphDigest="0" * 64),
    ]
    return {each["id"]: each for each in signed}


async def hears(council: Node, far: Sender) -> None:
    """All of it, before and after the relation began."""
    said = [far.say(number, "Create", each) for number, each in enumerate(documents(far).values())]
    note = {"id": far.id + "/notes/1", "type": "Note", "attributedTo": far.id, "content": NAME, "to": [PUBLIC]}
    await push(council, far, *said[:3], accepted_by(council, far), *said[3:], far.say("note", "Create", note))


async def shown(council: Node, far: Sender) -> list[str]:
    """Where something that it said still is."""
    texts = {"timeline": str([item.to_json() for item in timeline(council, 100)])}
    for file, tables in (("public", TABLES), ("restricted", ("observations", "quarantine"))):
        texts |= {f"{file} {table}": str(projected(council, f"SELECT * FROM {table}", file)) for table in tables}
    paths = PAGES | {"/network/place": {"id": far.id + "#place"}}
    async with TestServer(build_app(council)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        for path, query in paths.items():
            accept = {"Accept": "application/sparql-results+json" if path == "/sparql" else "*/*"}
            async with session.get(path, params=query, headers=accept) as answer:
                texts[path] = await answer.text() if answer.status != 404 else ""
    marks = (NAME, str(VALUE), str(SECRET), far.id)
    return [where for where, text in texts.items() if any(mark in text for mark in marks)]


async def ended(council: Node, far: Sender, how: str) -> None:
    if how == "unfollow":
        assert await relations.unfollow(council, far.id) == far.id
    elif how == "Reject":
        [(follow,)] = rows(council, f"SELECT follow FROM following WHERE target = '{far.id}'")
        await push(council, far, far.say("end", "Reject", follow))
    else:
        await push(council, far, far.say("end", "Delete", far.id))


@pytest.mark.parametrize("how", ["unfollow", "Reject", "Delete"])
async def test_what_ended_is_shown_nowhere(council: Node, how: str) -> None:
    far = Sender().known_by(council)
    await hears(council, far)
    catch_up(council)
    before = set(await shown(council, far))
    assert before >= {
        "/", "/places", "/places.json", "/places.csv", "/quality", "/quality.json", "/quality.csv",
        "/network/place", "/totals.csv", "/sparql", "timeline",
        "public directory", "public graphs", "public observations", "public quarantine", "public relations",
        "restricted observations",
    }  # fmt: skip
    await ended(council, far, how)
    catch_up(council)
    assert await shown(council, far) == []
    rebuild(council)
    assert await shown(council, far) == []
    await push(council, far, far.say("late", "Update", far.report("open", VALUE, version=2)))
    catch_up(council)
    assert await shown(council, far) == []
    assert projected(council, "SELECT count(*) FROM directory") == [(1,)]


async def test_a_deleted_actor_leaves_no_bytes(council: Node) -> None:
    """Nor in the free pages of the file; an end of the relation alone leaves the journal as it is."""
    far = Sender().known_by(council)
    await hears(council, far)
    await ended(council, far, "unfollow")
    marks = [mark.encode() for mark in (NAME, f'"{VALUE}"', f'"{SECRET}"')]
    assert all(mark in bytes_of(council) for mark in marks)
    await ended(council, far, "Delete")
    assert [mark for mark in marks if mark in bytes_of(council)] == []


def bytes_of(council: Node) -> bytes:
    """The database, its log written back."""
    connection = sqlite3.connect(council.store.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return b"".join(file.read_bytes() for file in council.dir.glob("maillage.sqlite*"))
