"""The examples of FEDERATION.md about relations, documents and refusals are what a node sends and answers."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.discovery import Resolved
from federation.httpsig import IncomingRequest, sign_cavage
from node import lookup, relations
from node.api.signer import problem
from node.context import Node, init_node, utc_now
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.receive import receive
from node.rejections import Rejections
from node.reports import add_report, remove_report
from tests.node.net import place, visits
from tests.node.sender import Sender
from tests.shape import ROOT

COUNCIL = "https://council.example/actor"
LEFT_OUT = ("@context", "proof", "commitment", "graphDigest")
SHORT = {"publicKeyPem": "…", "publicKeyMultibase": "z…"}


def examples() -> dict[str, Any]:
    """The JSON under `### NAME`, by name."""
    text = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    return {
        name: json.loads(said)
        for name, said in re.findall(r"^### (.+?)\n+```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    }


def bare(said: Any) -> Any:
    """Without contexts, proofs and salts; random names and keys as the document writes them."""
    if isinstance(said, list):
        return [bare(each) for each in said]
    if not isinstance(said, dict):
        return _steady(said) if isinstance(said, str) else said
    return {name: SHORT.get(name) or bare(value) for name, value in said.items() if name not in LEFT_OUT}


def _steady(text: str) -> str:
    """A text whose chance and time are those of the document."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-05-04T08:00:00Z", text)
    text = re.sub(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "Mon, 04 May 2026 08:00:00 GMT", text)
    return re.sub(r"(/activities/)[\w-]{22}$", r"\1RANDOM", text)


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """What leaves in the life of a relation, by name."""
    node = init_node(tmp_path, "https://etabli.example", ("site",), "L'Établi", {})
    other = Sender("https://autre.example/places/autre").known_by(node)
    add_place(node, "etabli", place(node, "etabli"))
    known = read_actor(
        place_actor(Profile(other.id, "autre", "Autre"), other.keys, COUNCIL, other.id + "/inbox"), other.id
    )
    assert isinstance(known, RemoteActor)
    node.store.write(lambda c: relations.ask(c, node, Resolved(known, b"{}", "")))
    await said(node, other, "accept", "Accept", last(node, "Follow")["id"])
    await said(node, other, "follow", "Follow", node.config.actor("etabli"))
    node.store.write(lambda c: relations.settle(c, node, "etabli", other.id, "accepted"))
    add_report(node, "etabli", "2025", visits(4210), "public")
    publish(node)
    await said(node, other, "r1", "Create", other.report("report-2025", 1, observations=[]))
    catch_up(node)
    assert await Rejections(node).answer() == 1
    found = {kind: last(node, kind) for kind in ("Follow", "Accept", "Reject")}
    found["Create of a Report"] = last(node, "Create", "Report")
    found["Update of an actor"] = last(node, "Update", "Actor")
    remove_report(node, "etabli", "2025", "public")
    publish(node)
    found["Delete"] = last(node, "Delete")
    node.store.write(lambda c: relations.leave(c, node, other.id))
    found["Undo of a Follow"] = last(node, "Undo")
    found["Move"] = json.loads(other.sent[other.say("move", "Move", other.id)]) | {
        "target": "https://ici.example/places/autre"
    }
    del found["Move"]["to"]
    yield {name: bare(each) for name, each in found.items()}
    node.close()


def last(node: Node, kind: str, about: str = "%") -> dict[str, Any]:
    """The last activity of ours of a type."""
    query = (
        "SELECT bytes FROM blobs JOIN journal USING (seq) WHERE blobs.kind='activity' AND direction='out' AND type=? "
        "AND object_type LIKE ? ORDER BY seq DESC LIMIT 1"
    )
    with node.store.read() as connection:
        return dict(json.loads(connection.exec_driver_sql(query, (kind, about)).scalar_one()))


async def said(node: Node, sender: Sender, name: str, kind: str, content: Any) -> None:
    """The other says something, and it is taken."""
    body, url = sender.sent[sender.say(name, kind, content)], "https://etabli.example/inbox"
    headers = sign_cavage("POST", url, body, sender.id + "#main-key", sender.keys.rsa, utc_now())
    async with lookup.opened(node) as look:
        taken = await receive(
            node, IncomingRequest("POST", "/inbox", tuple(headers.items()), body, "etabli.example"), look
        )
    assert getattr(taken, "seq", 0), taken


NAMES = ("Follow", "Accept", "Reject", "Create of a Report", "Update of an actor", "Delete", "Undo of a Follow", "Move")


async def test_what_the_document_shows_is_what_is_sent(sent: dict[str, Any]) -> None:
    shown = examples()
    assert {name: shown.get(name) for name in NAMES} == sent


async def test_the_refusal_that_the_document_shows(tmp_path: Path) -> None:
    node = init_node(tmp_path, "https://etabli.example", ("site",), "L'Établi", {})
    other = Sender("https://autre.example/places/autre").known_by(node)
    body = b'{"id":"https://autre.example/1","type":"Follow","actor":"https://autre.example/places/autre"}'
    key_id, another = other.id + "#main-key", Sender().keys.rsa
    headers = sign_cavage("POST", "https://etabli.example/inbox", body, key_id, another, utc_now())
    async with lookup.opened(node) as look:
        look.asked[key_id] = utc_now()
        refused = await receive(
            node, IncomingRequest("POST", "/inbox", tuple(headers.items()), body, "etabli.example"), look
        )
    answer = problem(refused)  # type: ignore[arg-type]
    assert bare(json.loads(answer.text or "")) == examples()["A refusal"]
    node.close()
