"""The same damage over real sockets: a node never answers 5xx, whatever is posted, asked or written in a header.

And nothing is appended to its journal but what a stranger whose keys it knows has signed.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from hypothesis import event, example, given
from hypothesis import strategies as st

from federation.canonical import jcs
from federation.errors import STATUS
from node.app import build_app, runner_of
from node.context import Node
from node.places import add_place
from node.publish import publish
from tests.fuzz.shapes import SOME, damaged, twisted, values
from tests.fuzz.test_names import handles, iris
from tests.fuzz.test_signatures import tokens
from tests.node.net import free_ports, make, place, rows
from tests.node.sender import Sender
from vocab.contexts import CONTEXT

Answer = tuple[int, bytes]


@dataclass
class World:
    """A node that answers on its port, and a stranger it knows."""

    loop: asyncio.Runner
    node: Node
    sender: Sender
    port: int

    def exchange(self, raw: bytes, patience: float = 10) -> Answer:
        """What is answered to these bytes: a status and a body; 0 when nothing is, or more is waited for."""
        return self.loop.run(self._exchange(raw, patience))

    async def _exchange(self, raw: bytes, patience: float) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            writer.write(raw)
            async with asyncio.timeout(patience):
                while part := await reader.read(65_536):
                    answer += part
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        head, _, body = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        return (int(head.split(b" ", 2)[1]) if head else 0), body

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        head = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return self.exchange("\r\n".join([*head, length]).encode("latin-1") + body)

    def get(self, path: str) -> Answer:
        return self.exchange(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n".encode()
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    [port] = free_ports(1)
    node = make(tmp_path_factory.mktemp("http") / "node", port, [port])
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    with asyncio.Runner() as loop:
        runner = runner_of(build_app(node))
        loop.run(runner.setup())
        loop.run(web.TCPSite(runner, "127.0.0.1", port).start())
        yield World(loop, node, Sender().known_by(node), port)
        loop.run(runner.cleanup())
    node.close()


def refused(answer: Answer) -> None:
    """A refusal of the table, or what the HTTP server itself says of a broken request."""
    status, body = answer
    event(str(status))
    assert status in (0, 202) or 400 <= status < 500, body
    if body.startswith(b"{"):
        said = json.loads(body)
        assert STATUS[said["reason"]] == status


@SOME
@given(
    st.sampled_from(["Signature", "Signature-Input", "Digest", "Content-Digest", "Date", "Host", "Content-Type"]),
    tokens.filter(lambda value: not set(value) & set("\r\n\x00")),
    st.sampled_from(["Content-Encoding: gzip", "Transfer-Encoding: chunked", "Expect: 100-continue", "X-Other: é"]),
)
@example("Signature", 'keyId="https://[",signature="AAAA"', "X-Other: é")
def test_any_header_is_refused(world: World, name: str, value: str, more: str) -> None:
    body = world.sender.sent[world.sender.say("h", "Announce", "https://far.example/notes/1")]
    headers = world.sender.headers(world.node.config.url + "/inbox", body) | {name: value}
    key, _, text = more.partition(": ")
    headers.setdefault(key, text)
    before = rows(world.node, "SELECT count(*) FROM journal")
    answer = world.post("/inbox", headers, body)
    refused(answer)
    assert answer[0] == 202 or rows(world.node, "SELECT count(*) FROM journal") == before


@SOME
@given(twisted({"@context": CONTEXT, "type": "Create", "object": {"type": "Note"}}, values), st.booleans())
def test_any_body_is_answered(world: World, said: dict[str, Any], is_inner: bool) -> None:
    own = {"id": f"{world.sender.id}/activities/{abs(hash(jcs(said)))}", "actor": world.sender.id}
    content = {"id": f"{world.sender.id}/notes/{len(jcs(said))}", "attributedTo": world.sender.id} if is_inner else {}
    inner = said.get("object")
    body = jcs(said | own | ({"object": {**inner, **content}} if isinstance(inner, dict) else {}))
    refused(world.post("/inbox", world.sender.headers(world.node.config.url + "/inbox", body), body))


@SOME
@given(
    damaged(b"POST /inbox HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}", most=5)
)
def test_any_bytes_are_answered(world: World, raw: bytes) -> None:
    status, body = world.exchange(raw, 0.03)
    event(str(status))
    assert status < 500 or status in (501, 505), body


_ASKED = ("/.well-known/webfinger?resource={}", "/.well-known/webfinger?resource=acct:{}@127.0.0.1&rel={}",
          "/places/etabli/outbox?before={}", "/places/etabli/documents?after={}", "/places/{}", "/places/{}/outbox",
          "/places/etabli/documents/{}", "/actor/activities/{}", "/listings/{}/1", "/?lang={}", "/totals.json?by={}",
          "/ns/{}", "/places/etabli.jsonld?{}", "/network/place?id={}", "/actor?{}={}")  # fmt: skip
asked = (
    iris | handles | tokens | st.integers().map(str) | st.sampled_from(["\ud800", "\x00", "%00", "../../etc/passwd"])
)


@SOME
@given(st.sampled_from(_ASKED), asked)
@example("/.well-known/webfinger?resource={}", "http://[")
def test_any_address_is_answered(world: World, path: str, name: str) -> None:
    url = path.replace("{}", quote(name.encode("utf-8", "surrogatepass"), safe=""))
    status, body = world.get(url)
    event(str(status))
    assert 200 <= status < 500, (url, body)


def test_the_address_under_test_is_this_one(world: World) -> None:
    """What is asked well is found: the fuzzers above do not knock at a wall."""
    host = world.node.config.authority
    assert world.get(f"/.well-known/webfinger?resource=acct:etabli@{host}")[0] == 200
    body = world.sender.sent[world.sender.say("well", "Announce", "https://far.example/notes/1")]
    assert world.post("/inbox", world.sender.headers(world.node.config.url + "/inbox", body), body)[0] == 202
