"""Where a stranger can send this node: to no special-use address, by any name, through any door, nor for long."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from federation import backfill, discovery
from federation.canonical import jcs
from federation.errors import Refused
from federation.fetch import LOOKUPS, Fetcher
from federation.keys import ActorKeys
from federation.transport import MAX_BYTES, Answer, Transport
from node.lookup import Lookup, opened
from tests.corpus.attacks import attack
from tests.corpus.forge import Forged
from tests.corpus.rig import Rig, untouched
from tests.corpus.vectors import cases
from tests.federation.web import Site, answering, dripping
from tests.node.sender import Sender
from vocab.contexts import AS2_URL

NOWHERE = ("forbidden_address", "key_form", "signature_form")


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def port_of(site: Site) -> str:
    return site.host.rpartition(":")[2]


async def by_key(rig: Rig, far: Sender, url: str) -> str:
    """What a message signed under a key at that address is answered."""
    body = jcs(rig.activity(far.id, "Follow", rig.node.config.node_actor))
    with untouched(rig.node):
        return (await rig.answer(body, Forged(rig.inbox, body, far, key_id=url + "#main-key").cavage()))[1]


@attack("F01")
@pytest.mark.parametrize("address", cases("ssrf_addresses", "deny"))
async def test_a_key_at_a_special_address(rig: Rig, far: Sender, address: str) -> None:
    for url in (f"https://{literal(address)}/actor", f"https://{literal(address)}:{port_of(rig.outside)}/actor"):
        assert await by_key(rig, far, url) in NOWHERE
        assert await by_key(rig, far, url.replace("https", "http")) in NOWHERE
    assert rig.outside.asked == []


HOSTS = [
    "127.0.0.1", "localhost", "0x7f000001", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]", "[::]", "127.1",
    "2130706433",
    "017700000001", "0", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]",
    "[::1%25lo]",
    "[fe80::1%25eth0]", "localhost.", "127.0.0.1.", "LOCALHOST", "user@127.0.0.1", "example.org@127.0.0.1",
    "127.0.0.1#@example.org", "127.0.0.1\\@example.org", "127.0.0.1%2f.example.org", "localtest", "ip6-localhost",
]  # fmt: skip


@attack("F01", "F02")
@pytest.mark.parametrize("host", [*cases("ssrf_hosts", "refuse"), *HOSTS])
async def test_a_name_that_is_none(rig: Rig, far: Sender, host: str) -> None:
    """Refused before any name is resolved, with the port that somebody listens on, and under plain http."""
    transport, named = Transport(), re.search(r":\d+$", host) is not None
    with_port = host if named else f"{host}:{port_of(rig.outside)}"
    for url in (f"https://{host}/actor", f"https://{with_port}/actor", f"http://{host}/actor"):
        assert isinstance(transport.may_ask(url), Refused), url
        if url.isascii() and not any(c in url for c in '"\\\t'):
            assert await by_key(rig, far, url) in NOWHERE, url
    assert rig.outside.asked == []


@pytest.mark.parametrize("port", [0, 1, 21, 22, 25, 53, 80, 110, 143, 389, 587, 1023, 65536, 99999])
async def test_ports_where_no_web_is(port: int) -> None:
    assert isinstance(Transport().may_ask(f"https://place.tiers-lieux.fr:{port}/actor"), Refused)
    assert isinstance(Transport().may_ask(f"http://place.tiers-lieux.fr:{port}/actor"), Refused)


@pytest.mark.parametrize(
    "scheme", ["file", "ftp", "gopher", "dict", "ws", "data", "javascript", "jar:https", "HTTPS", "http"]
)
async def test_schemes(scheme: str) -> None:
    assert isinstance(Transport().may_ask(f"{scheme}://place.tiers-lieux.fr/actor"), Refused)


@asynccontextmanager
async def looking(rig: Rig) -> AsyncIterator[Lookup]:
    async with opened(rig.node) as look:
        yield look


Door = Callable[[Rig, Lookup, ActorKeys, str], Awaitable[Any]]


async def through_a_redirect(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/actor"] = url + "/actor"
    return await look.fetcher.actor(rig.evil.url + "/actor")


async def through_a_key_redirected(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/key"] = url + "/key"
    return await look.key(rig.evil.url + "/key")


async def through_the_owner_of_a_key(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/key"] = {"id": rig.evil.url + "/key", "owner": url + "/actor", "publicKeyPem": keys.public_pem}
    return await look.key(rig.evil.url + "/key")


async def through_an_inbox(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.shows(rig.evil, "/actor", keys, inbox=url + "/inbox")
    return await look.fetcher.actor(rig.evil.url + "/actor")


async def through_a_next_page(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/outbox"] = {"orderedItems": [], "next": url + "/outbox"}
    return await backfill.outbox(look.fetcher, rig.evil.url + "/outbox")


async def through_an_item(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/outbox"] = {"orderedItems": [url + "/1"]}
    return await backfill.outbox(look.fetcher, rig.evil.url + "/outbox")


async def through_an_items_redirect(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages |= {"/outbox": {"orderedItems": [rig.evil.url + "/1"]}, "/1": url + "/1"}
    return await backfill.outbox(look.fetcher, rig.evil.url + "/outbox")


async def through_webfinger(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    links = [{"rel": "self", "type": "application/activity+json", "href": url + "/actor"}]
    rig.evil.pages["/.well-known/webfinger?resource=acct%3Aa%40" + rig.evil.host.replace(":", "%3A")] = {"links": links}
    return await discovery.resolve(f"@a@{rig.evil.host}", look.transport, look.fetcher, rig.node.config.loopback_peers)


async def through_webfinger_redirected(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    rig.evil.pages["/.well-known/webfinger?resource=acct%3Aa%40" + rig.evil.host.replace(":", "%3A")] = url + "/jrd"
    return await discovery.resolve(f"@a@{rig.evil.host}", look.transport, look.fetcher, rig.node.config.loopback_peers)


async def through_a_handle(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    name = f"@a@{url.partition('://')[2]}"
    return await discovery.resolve(name, look.transport, look.fetcher, rig.node.config.loopback_peers)


async def through_a_url(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    return await discovery.resolve(url + "/actor", look.transport, look.fetcher, rig.node.config.loopback_peers)


async def through_a_post(rig: Rig, look: Lookup, keys: ActorKeys, url: str) -> Any:
    return await look.transport.post(url + "/inbox", b"{}", {})


DOORS: list[Door] = [
    through_a_redirect, through_a_key_redirected, through_the_owner_of_a_key, through_an_inbox, through_a_next_page,
    through_an_item, through_an_items_redirect, through_webfinger, through_webfinger_redirected, through_a_handle,
    through_a_url, through_a_post,
]  # fmt: skip
CLOSED = {
    "forbidden_address", "redirected", "actor_document_id", "key_owner", "document_form", "origin", "webfinger",
    "handle",
}  # fmt: skip


@attack("F01", "F09", "S15")
@pytest.mark.parametrize("door", DOORS, ids=[door.__name__ for door in DOORS])
async def test_every_door(rig: Rig, keys: ActorKeys, door: Door) -> None:
    """Nothing that another host says leads to an address that is not to be reached, nor is signed for it."""
    port = port_of(rig.outside)
    async with looking(rig) as look:
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "0.0.0.0", "127.1"):
            for scheme in ("http", "https"):
                found = await door(rig, look, keys, f"{scheme}://{host}:{port}")
                look.fetcher._failed.clear()
                assert isinstance(found, Refused), (host, found)
                assert found.reason in CLOSED, found
    assert rig.outside.asked == []


@attack("F01")
async def test_nothing_that_is_only_named_is_asked_for(rig: Rig, far: Sender) -> None:
    """Contexts, pictures, pages, replies, tags, the parts of a message: none is fetched."""
    url = rig.outside.url
    note = {
        "id": far.id + "/notes/1", "type": "Note", "attributedTo": far.id, "@context": [AS2_URL, url + "/context"],
        "url": url + "/page", "icon": {"type": "Image", "url": url + "/icon"}, "image": url + "/image",
        "attachment": [{"type": "Document", "url": url + "/document"}], "inReplyTo": url + "/notes/1", "context": url,
        "replies": url + "/replies", "tag": [{"type": "Mention", "href": url + "/actor"}], "generator": url,
        "to": [url + "/actor", url + "/followers"], "quoteUrl": url + "/quote", "target": url, "audience": url,
    }  # fmt: skip
    more = {"@context": [AS2_URL, url + "/context"], "to": [url + "/actor"], "instrument": url, "result": url}
    await rig.takes(far, rig.activity(far.id, "Create", note) | more)
    await rig.takes(far, rig.activity(far.id, "Announce", url + "/notes/1") | more)
    await rig.takes(far, rig.activity(far.id, "Follow", url + "/actor") | more)
    await asyncio.sleep(0.05)
    assert (rig.outside.asked, rig.evil.asked, rig.victim.asked) == ([], [], [])


@attack("S15")
async def test_what_was_signed_for_one_host_is_not_shown_to_another(rig: Rig, keys: ActorKeys) -> None:
    rig.evil.pages |= {"/actor": rig.victim.url + "/actor", "/near": "/near2", "/near2": rig.victim.url + "/near"}
    rig.shows(rig.victim, "/actor", keys)
    async with looking(rig) as look:
        for path in ("/actor", "/near"):
            assert isinstance(await look.fetcher.actor(rig.evil.url + path), Refused)
            assert isinstance(await look.key(f"{rig.evil.url}{path}#main-key"), Refused)
    assert rig.victim.asked == []
    assert all("Signature" in request.headers for request in rig.evil.asked)
    assert {request.headers["Host"] for request in rig.evil.asked} == {rig.evil.host}


class Rebinding(AbstractResolver):
    """Answers a public name with a public address first, then with others."""

    def __init__(self, *then: str) -> None:
        self.asked = 0
        self._then = then

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        kind = {":" in each: socket.AF_INET6 if ":" in each else socket.AF_INET for each in self._then}
        return [
            ResolveResult(hostname=host, host=each, port=port, family=kind[":" in each], proto=0, flags=0)
            for each in self._then
        ]

    async def close(self) -> None:
        return None


@attack("F03")
@pytest.mark.parametrize(
    "answers",
    [
        ("127.0.0.1",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("10.0.0.1", "127.0.0.1"),
        ("169.254.169.254", "::1", "127.0.0.1"),
    ],
)
async def test_a_public_name_with_private_addresses(rig: Rig, answers: tuple[str, ...]) -> None:
    """What is checked is the address that is connected to, at each request."""
    async with Transport(rig.node.config.loopback_peers, resolver=Rebinding(*answers)) as client:
        for _ in range(3):
            found = await client.get(f"https://place.tiers-lieux.fr:{port_of(rig.outside)}/actor")
            assert isinstance(found, Refused)
            assert found.reason == "forbidden_address"
            posted = await client.post(f"https://place.tiers-lieux.fr:{port_of(rig.outside)}/inbox", b"{}", {})
            assert isinstance(posted, Refused)
    assert rig.outside.asked == []


@attack("F06")
async def test_slow_answers_are_cut_short(rig: Rig) -> None:
    """A byte and another, a chain of slow redirects, headers without end: one time for all of it."""

    async def late(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.3)
        return web.Response(status=302, headers={"Location": f"/late{len(rig.evil.asked)}"})

    async def fast(request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    rig.evil.pages |= {"/drip": dripping(0.05)} | {f"/late{number}": late for number in range(5)}
    rig.victim.pages["/"] = fast
    async with Transport(rig.node.config.loopback_peers, seconds=0.7) as client:
        started = time.monotonic()
        slow = [client.get(rig.evil.url + path) for path in ("/drip", "/late0", "/drip")]
        found = await asyncio.gather(*slow, client.get(rig.victim.url + "/"))
        assert time.monotonic() - started < 2
    assert [each.reason for each in found if isinstance(each, Refused)] == ["too_long"] * 3
    assert isinstance(found[3], Answer)


async def test_answers_that_are_too_much(rig: Rig) -> None:
    """Bytes beyond the cap, compressed bytes, headers beyond any use, a length that is a lie."""
    rig.evil.pages |= {
        "/big": answering(body=b" " * (MAX_BYTES + 1)),
        "/gzip": answering(body=b"\x1f\x8b\x08", Content_Encoding="gzip"),
        "/brotli": answering(body=b"\x0b", Content_Encoding="br"),
        "/twice": answering(body=b"\x1f\x8b", Content_Encoding="identity, gzip"),
        "/header": answering(X_Long="x" * 100_000),
        "/many": answering(**{f"X_{number}": "x" * 4_000 for number in range(300)}),
    }
    async with Transport(rig.node.config.loopback_peers) as client:
        found = {path: await client.get(rig.evil.url + path) for path in rig.evil.pages}
    reasons = {path: answer.reason if isinstance(answer, Refused) else "taken" for path, answer in found.items()}
    assert reasons.pop("/many") in ("unreachable", "too_large")
    assert reasons == {
        "/big": "too_large",
        "/gzip": "remote_refused",
        "/brotli": "remote_refused",
        "/twice": "remote_refused",
        "/header": "unreachable",
    }


@attack("F11")
async def test_what_strangers_make_us_ask_is_bounded(rig: Rig, far: Sender) -> None:
    """A thousand keys at one host: it hears a few a minute, and each that failed is not asked for again."""
    headers = Forged(rig.inbox, b"", far)
    for round_ in range(2):
        for number in range(0, 1000, 1 if round_ == 0 else 10):
            body = b'{"id":"x"}'
            headers.body, headers.key_id = body, f"{rig.victim.url}/{number}#main-key"
            status, reason = await rig.answer(body, headers.cavage())
            assert reason in ("not_found", "too_many")
            assert status in (404, 429)
    assert len(rig.victim.asked) <= LOOKUPS
    assert len(rig.victim.paths) == len(set(rig.victim.paths))


async def test_one_message_asks_three_times_at_most(rig: Rig, keys: ActorKeys) -> None:
    """A key elsewhere than its actor, a redirect on the way, a document under another key: at most three requests."""
    actor = Sender(rig.evil.url + "/actor", keys)
    key = {"id": actor.id + "/key", "owner": actor.id, "publicKeyPem": keys.public_pem}
    rig.shows(rig.evil, "/actor", keys, publicKey=key, assertionMethod=[])
    rig.evil.pages |= {"/actor/key": "/moved", "/moved": key}
    said = rig.activity(actor.id, "Create", actor.report("r", 1))
    body = jcs(said)
    answer = await rig.answer(body, Forged(rig.inbox, body, actor, key_id=actor.id + "/key").cavage())
    assert answer == (401, "key_owner")
    assert rig.evil.paths[:3] == ["/actor/key", "/moved", "/actor"]
    assert len(rig.evil.asked) <= 4


@attack("D05")
async def test_collections_without_end(rig: Rig) -> None:
    """Always another page, always the same page, pages that name each other: each ends, the others are read."""
    base = rig.evil.url + "/outbox"

    async def forever(request: web.Request) -> web.StreamResponse:
        page = {"orderedItems": [], "next": f"{base}?p={len(rig.evil.asked)}"}
        return web.Response(body=jcs(page), content_type="application/activity+json")

    rig.evil.pages |= {f"/outbox?p={number}": forever for number in range(3000)}
    rig.evil.pages["/outbox"] = forever
    rig.evil.pages |= {"/self": {"items": [], "next": rig.evil.url + "/self"}}
    inside = {"type": "CollectionPage", "items": ["x"], "next": rig.evil.url + "/inside"}
    rig.evil.pages["/inside"] = {"first": inside}
    rig.evil.pages |= {"/a": {"next": rig.evil.url + "/b"}, "/b": {"next": rig.evil.url + "/a"}}
    rig.victim.pages["/outbox"] = {"orderedItems": [], "first": rig.victim.url + "/outbox"}
    async with Transport(rig.node.config.loopback_peers) as client:
        fetcher = Fetcher(client, rig.clock)
        for path, most in (("/self", 2), ("/a", 3)):
            before = len(rig.evil.asked)
            assert await backfill.outbox(fetcher, rig.evil.url + path) == []
            assert len(rig.evil.asked) - before <= most
        assert [item async for item in fetcher.items(rig.evil.url + "/inside")] == ["x"]
        assert await backfill.outbox(fetcher, rig.victim.url + "/outbox") == []
        await backfill.outbox(fetcher, base)
    assert len(rig.evil.asked) <= 2_010


@attack("D06")
async def test_what_is_remembered_of_hosts_is_bounded(rig: Rig) -> None:
    """A hundred thousand hosts that exist nowhere: what the node keeps of them has a cap."""
    async with Transport() as client:
        fetcher = Fetcher(client, rig.clock)
        for number in range(100_000):
            fetcher._may_look_up(f"h{number}.example:{number}")
        for number in range(12_000):
            await fetcher.key(f"https://h{number}.invalid/actor#main-key")
        assert max(map(len, (fetcher._asked, fetcher._failed, fetcher._asking))) <= 10_000
