"""The inbox of a real node: what is taken, what is refused, and that a refusal changes no row."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.canonical import jcs
from federation.httpsig import sign_cavage
from node.context import Node, utc_now
from node.project import catch_up
from tests.node.net import FOLLOWING, free_ports, listening, make, projected, rows
from tests.node.sender import Sender

VERDICTS = "SELECT verdict FROM journal WHERE direction='in' ORDER BY seq"


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Node]:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port], "aggregator")
    async with listening(node, work=False):
        yield node
    node.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def far(council: Node) -> Sender:
    return Sender().known_by(council)


async def answered(
    session: aiohttp.ClientSession, council: Node, body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    """The status, and the reason of a refusal."""
    async with session.post(council.config.url + "/inbox", data=BytesIO(body), headers=headers) as response:
        said = await response.json(content_type=None) if response.status >= 400 else {}
        assert response.status == 202 or response.content_type == "application/problem+json"
        return response.status, said.get("reason", "")


def count(council: Node) -> list[Any]:
    tables = ("journal", "blobs", "documents", "followers", "following")
    return [rows(council, f"SELECT count(*) FROM {table}") for table in tables]


async def test_a_document_is_taken_once(council: Node, session: aiohttp.ClientSession, far: Sender) -> None:
    activity = far.say(1, "Create", far.report("r", 1))
    inbox = council.config.url + "/inbox"
    for _ in range(3):
        await far.post(session, inbox, activity)
    assert rows(council, VERDICTS) == [("current",)]
    [(raw,)] = rows(council, "SELECT bytes FROM blobs WHERE kind='activity'")
    assert raw == far.sent[activity]


async def test_versions_order_and_conflicts_are_kept(
    council: Node, session: aiohttp.ClientSession, far: Sender
) -> None:
    said = [
        far.say(1, "Create", far.report("r", 1, version=2)),
        far.say(2, "Update", far.report("r", 1, version=1)),
        far.say(3, "Update", far.report("r", 9, version=2)),
        far.say(4, "Update", far.report("r", 3, version=3)),
        far.say(5, "Delete", f"{far.id}/documents/r"),
        far.say(6, "Update", far.report("r", 4, version=4)),
        far.say(7, "Delete", {"id": f"{far.id}/documents/never", "type": "Tombstone"}),
        far.say(8, "Create", far.report("never", 4, version=4)),
    ]
    for activity in said:
        await far.post(session, council.config.url + "/inbox", activity)
    verdicts = [verdict for (verdict,) in rows(council, VERDICTS)]
    assert verdicts == ["current", "stale", "equivocation", "current", "tombstone", "stale", "tombstone", "stale"]
    assert rows(council, "SELECT count(*) FROM blobs WHERE kind='document' AND bytes IS NOT NULL AND seq < 5") == [(0,)]


async def test_a_byte_changed_anywhere_is_refused(council: Node, session: aiohttp.ClientSession, far: Sender) -> None:
    body = far.sent[far.say(1, "Create", far.report("r", 1))]
    headers = far.headers(council.config.url + "/inbox", body)
    before = count(council)
    for position in range(0, len(body), max(1, len(body) // 60)):
        changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
        status, _ = await answered(session, council, changed, headers)
        assert 400 <= status < 500
    assert count(council) == before


async def test_refusals(council: Node, session: aiohttp.ClientSession, far: Sender) -> None:
    other = Sender("https://other.example/places/o").known_by(council)
    inbox, document = council.config.url + "/inbox", far.report("r", 1)
    body = far.sent[far.say(1, "Create", document)]
    own = far.headers(inbox, body)
    stolen = other.sent[other.say(2, "Create", document)]
    no_proof = far.sent[far.say(3, "Create", {k: v for k, v in document.items() if k != "proof"})]
    forged = far.sent[far.say(4, "Create", document | {"period": "2024"})]
    big = b'{"a":"' + b"x" * (1 << 20) + b'"}'
    table = [
        (body, {k: v for k, v in own.items() if k != "Signature"}, (401, "unsigned")),
        (body, own | {"Content-Type": "text/plain"}, (415, "content_type")),
        (b'{"id":"a","id":"b"}', far.headers(inbox, b'{"id":"a","id":"b"}'), (400, "duplicate_key")),
        (big, far.headers(inbox, big), (413, "too_large")),
        (body, far.headers(inbox, body, by=other), (401, "key_owner")),
        (stolen, other.headers(inbox, stolen), (403, "origin")),
        (no_proof, far.headers(inbox, no_proof), (401, "proof_absent")),
        (forged, far.headers(inbox, forged), (401, "proof")),
    ]
    before = count(council)
    for sent, headers, expected in table:
        assert await answered(session, council, sent, headers) == expected
    assert count(council) == before


async def test_a_document_belongs_to_who_said_it_first(
    council: Node, session: aiohttp.ClientSession, far: Sender
) -> None:
    neighbour = Sender("https://far.example/places/next").known_by(council)
    inbox = council.config.url + "/inbox"
    await far.post(session, inbox, far.say(1, "Create", far.report("r", 1)))
    theft = far.report("r", 2, version=2, attributedTo=neighbour.id)
    body = neighbour.sent[neighbour.say(1, "Update", theft)]
    assert (await answered(session, council, body, neighbour.headers(inbox, body)))[0] in (401, 403)
    body = neighbour.sent[neighbour.say(2, "Delete", f"{far.id}/documents/r")]
    assert await answered(session, council, body, neighbour.headers(inbox, body)) == (403, "stored_owner")
    assert rows(council, "SELECT owner, version, deleted FROM documents") == [(far.id, 1, None)]


async def test_a_note_belongs_to_who_said_it_first_and_its_last_update_stands(
    council: Node, session: aiohttp.ClientSession, far: Sender
) -> None:
    inbox, name = council.config.url + "/inbox", "https://far.example/notes/1"
    neighbour = Sender("https://far.example/places/other").known_by(council)

    def note(text: str, by: Sender = far) -> dict[str, str]:
        return {"id": name, "type": "Note", "attributedTo": by.id, "content": text}

    for number, (kind, text) in enumerate((("Create", "one"), ("Update", "two"), ("Create", "one"))):
        await far.post(session, inbox, far.say(number, kind, note(text)))
    assert rows(council, VERDICTS) == [("current",), ("current",), ("stale",)]
    before = count(council)
    for kind, content in (("Update", note("theft", neighbour)), ("Delete", name)):
        body = neighbour.sent[neighbour.say(kind, kind, content)]
        assert await answered(session, council, body, neighbour.headers(inbox, body)) == (403, "stored_owner")
    assert count(council) == before
    assert rows(council, "SELECT owner, type, version, own FROM documents") == [(far.id, "Note", 0, 0)]


async def test_only_those_who_are_followed_count_and_what_is_not_valid_is_put_apart(
    council: Node, session: aiohttp.ClientSession, far: Sender
) -> None:
    inbox = council.config.url + "/inbox"
    for number, document in enumerate((far.report("a", 1), far.report("b", 2), far.report("c", 3, period="soon"))):
        await far.post(session, inbox, far.say(number, "Create", document))
    catch_up(council)
    assert projected(council, "SELECT * FROM observations") == []

    row = f"('{council.config.node_actor}', '{far.id}', 'requested', 'https://c.example/f', '')"
    council.store.write(
        lambda connection: connection.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES {row[:-1]}, NULL)")
    )
    await far.post(session, inbox, far.say(10, "Accept", "https://c.example/f"))
    catch_up(council)
    assert projected(council, "SELECT value FROM observations ORDER BY 1") == [("1",), ("2",)]
    assert projected(council, "SELECT document FROM quarantine") == [(f"{far.id}/documents/c",)]

    await far.post(session, inbox, far.say(11, "Update", far.report("c", 3, version=2)))
    catch_up(council)
    assert projected(council, "SELECT * FROM quarantine") == []
    await far.post(session, inbox, far.say(12, "Delete", far.id))
    catch_up(council)
    assert projected(council, "SELECT * FROM observations") == projected(council, "SELECT * FROM relations") == []
    assert rows(council, "SELECT count(*) FROM blobs WHERE kind='document' AND bytes IS NOT NULL") == [(0,)]


async def test_hosts_that_are_blocked(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    [port] = free_ports(1)
    (tmp_path / "n").mkdir()
    node = make(tmp_path / "n", port, [port], "aggregator")
    config = node.dir / "config.toml"
    config.write_text(config.read_text() + '[federation]\nblock = ["far.example"]\n')
    node.close()
    from node.context import open_node

    node = open_node(tmp_path / "n", {})
    far = Sender().known_by(node)
    async with listening(node, work=False):
        body = far.sent[far.say(1, "Create", far.report("r", 1))]
        answer = await answered(session, node, body, far.headers(node.config.url + "/inbox", body))
        outbox = node.config.node_actor + "/outbox"
        signed = sign_cavage("GET", outbox, None, far.id + "#main-key", far.keys.rsa, utc_now())
        async with session.get(outbox, headers=signed) as reading:
            assert (reading.status, (await reading.json(content_type=None))["reason"]) == (403, "blocked")
    assert answer == (403, "blocked")
    assert rows(node, "SELECT count(*) FROM journal") == [(0,)]
    node.close()


async def test_an_unknown_key_is_asked_for_once_and_never_on_a_private_address(
    council: Node, session: aiohttp.ClientSession
) -> None:
    hidden = Sender("http://127.0.0.1:1/places/x")
    body = jcs({"id": hidden.id + "/1", "type": "Follow", "actor": hidden.id, "object": council.config.node_actor})
    answer = await answered(session, council, body, hidden.headers(council.config.url + "/inbox", body))
    assert answer == (403, "forbidden_address")
