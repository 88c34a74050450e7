"""The guarded client against real servers: what it follows, what it never reaches, how much and how long it reads."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from federation.errors import Refused
from federation.transport import MAX_BYTES, REDIRECTS, Answer, Transport
from tests.federation.web import Site, answering, dripping, listening


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with listening() as site:
        yield site


@pytest.fixture
async def other() -> AsyncIterator[Site]:
    async with listening() as site:
        yield site


@pytest.fixture
async def client(site: Site, other: Site) -> AsyncIterator[Transport]:
    async with Transport(frozenset({site.host, other.host})) as client:
        yield client


def reason(found: Answer | Refused) -> str:
    return found.reason if isinstance(found, Refused) else str(found.status)


def signing(method: str, url: str, body: bytes | None) -> Mapping[str, str]:
    return {"Signature": f"{method} {url}"}


async def test_a_page_is_read(site: Site, client: Transport) -> None:
    site.pages["/a"] = {"id": "x"}
    answer = await client.get(site.url + "/a", sign=signing)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.url) == (200, b'{"id": "x"}', site.url + "/a")
    [request] = site.asked
    assert request.headers["Signature"] == f"GET {site.url}/a"
    assert "Cookie" not in request.headers


async def test_an_address_is_asked_for_as_it_is_written(site: Site, client: Transport) -> None:
    targets = ["/a%3Ab?c=%40d%2Fe", "/%C3%A9?x=%E9", "/a//b/../c", "/a?b=c+d&e=%20"]
    for target in targets:
        await client.get(site.url + target, sign=signing)
    assert site.paths == targets
    assert [request.headers["Signature"] for request in site.asked] == [f"GET {site.url}{each}" for each in targets]


async def test_redirects_within_the_origin_are_signed_again(site: Site, client: Transport) -> None:
    site.pages |= {"/a": "/b", "/b": site.url + "/c", "/c": {}}
    assert reason(await client.get(site.url + "/a", sign=signing)) == "200"
    assert [request.headers["Signature"] for request in site.asked] == [f"GET {site.url}/{name}" for name in "abc"]


async def test_redirects_end(site: Site, client: Transport) -> None:
    site.pages |= {"/a": "/a", "/b": "http://[", "/c": "javascript:alert(1)", "/d": ""}
    for name in "abcd":
        assert reason(await client.get(f"{site.url}/{name}")) == "redirected"
    assert site.paths.count("/a") == REDIRECTS + 1


async def test_another_origin_is_neither_asked_nor_signed_for(site: Site, other: Site, client: Transport) -> None:
    site.pages["/a"] = other.url + "/a"
    other.pages["/a"] = {}
    assert reason(await client.get(site.url + "/a", sign=signing)) == "redirected"
    assert other.asked == []
    assert reason(await client.get(site.url + "/a", sign=signing, elsewhere=True)) == "200"
    assert "Signature" not in other.asked[0].headers


async def test_what_is_not_listed_is_never_reached(site: Site, other: Site) -> None:
    site.pages["/a"] = other.url + "/a"
    async with Transport(frozenset({site.host})) as client:
        assert reason(await client.get(other.url + "/a")) == "forbidden_address"
        assert reason(await client.post(other.url + "/a", b"{}", {})) == "forbidden_address"
        assert reason(await client.get(site.url + "/a", elsewhere=True)) == "forbidden_address"
    assert other.asked == []


class _Hostile(AbstractResolver):
    """Answers a public name with a private address."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return None


async def test_a_public_name_that_leads_to_a_private_address(site: Site) -> None:
    async with Transport(resolver=_Hostile()) as client:
        port = site.host.rpartition(":")[2]
        assert reason(await client.get(f"https://place.tiers-lieux.fr:{port}/a")) == "forbidden_address"
    assert site.asked == []


async def test_bytes_and_time_are_bounded(site: Site, client: Transport) -> None:
    site.pages |= {"/big": answering(body=b" " * (MAX_BYTES + 1)), "/drip": dripping(0.05)}
    assert reason(await client.get(site.url + "/big")) == "too_large"
    async with Transport(frozenset({site.host}), seconds=0.5) as hasty:
        started = time.monotonic()
        assert reason(await hasty.get(site.url + "/drip")) == "too_long"
        assert time.monotonic() - started < 3


async def test_compressed_answers_are_refused(site: Site, client: Transport) -> None:
    site.pages["/gz"] = answering(body=b"\x1f\x8b", Content_Encoding="gzip")
    assert reason(await client.get(site.url + "/gz")) == "remote_refused"


async def test_the_status_of_a_post_counts_whatever_follows_it(site: Site, client: Transport) -> None:
    site.pages |= {
        "/gz": answering(202, b"\x1f\x8b", Content_Encoding="gzip"),
        "/big": answering(202, b" " * (2 * MAX_BYTES)),
        "/moved": "/gz",
    }
    answers = [reason(await client.post(f"{site.url}/{name}", b"{}", {})) for name in ("gz", "big", "moved")]
    assert answers == ["202", "202", "302"]


async def test_nobody_listening_is_a_refusal(client: Transport, site: Site) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    async with Transport(frozenset({f"127.0.0.1:{port}"})) as alone:
        assert reason(await alone.get(f"http://127.0.0.1:{port}/a")) == "unreachable"


async def test_what_is_not_http_is_a_refusal() -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-nonsense\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Transport(frozenset({host})) as client:
        assert reason(await client.get(f"http://{host}/a")) == "unreachable"
        assert reason(await client.post(f"http://{host}/a", b"{}", {})) == "unreachable"
