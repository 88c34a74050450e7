"""Who is slow, large or many: nobody waits for them, and what they may take has an end."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import pytest

from federation.canonical import MAX_BYTES, jcs
from tests.corpus.attacks import attack
from tests.corpus.forge import Forged
from tests.corpus.rig import Rig, untouched
from tests.federation.web import dripping
from tests.node.sender import Sender

LONGEST = 16.0  # seconds


async def held(rig: Rig, start: bytes, drip: bytes) -> float:
    """How long a connection lives that begins so and goes on a little at a time."""
    host, _, port = rig.node.config.authority.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    began = time.monotonic()
    writer.write(start)
    try:
        while time.monotonic() - began < 2 * LONGEST:
            writer.write(drip)
            try:
                if not await asyncio.wait_for(reader.read(100), 0.5):
                    break
            except TimeoutError:
                continue
    except ConnectionError:
        pass
    writer.close()
    return time.monotonic() - began


@attack("D02", "F06")
async def test_who_is_slow_waits_alone(rig: Rig, far: Sender) -> None:
    """Half a header, a header in drops, half a body, a body in drops; and a peer that answers a look-up in drops."""
    post = b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/activity+json\r\nContent-Length: 1000\r\n\r\n"
    starts: list[tuple[bytes, bytes]] = [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHo", b""),
        (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
        (b"GET /" + b"a" * 100, b"a"),
        (post + b"{", b""),
        (post, b" "),
        (post.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked"), b"1\r\n \r\n"),
    ]
    rig.evil.pages["/actor"] = dripping(0.2)
    lives = [asyncio.create_task(held(rig, start, drip)) for start, drip in starts for _ in range(20)]
    body = jcs(rig.activity(far.id, "Follow", rig.node.config.node_actor))
    looked = asyncio.create_task(
        rig.answer(body, Forged(rig.inbox, body, far, key_id=rig.evil.url + "/actor#k").cavage())
    )
    await asyncio.sleep(0.2)
    began = time.monotonic()
    for _ in range(5):
        await rig.takes(far, rig.activity(far.id, "Follow", rig.node.config.node_actor))
        async with rig.session.get(rig.node.config.node_actor) as response:
            assert response.status == 200
    assert time.monotonic() - began < 5
    assert await looked == (504, "too_long")
    assert time.monotonic() - began < LONGEST
    assert (
        max(await asyncio.gather(*lives)) < LONGEST + 12
    )  # 10 s for a body, then what is left of it is read for as long


@attack("D12")
@pytest.mark.parametrize(
    "lines",
    [
        lambda: "".join(f"X-{number}: {'x' * 8_180}\r\n" for number in range(1000)),
        lambda: f"X: {'x' * 100_000}\r\n",
        lambda: f"{'x' * 100_000}: x\r\n",
        lambda: "".join(f"X-{number}: y\r\n" for number in range(100_000)),
    ],
)
async def test_headers_beyond_any_use(rig: Rig, lines: Callable[[], str]) -> None:
    await refused_at_once(rig, f"GET / HTTP/1.1\r\nHost: x\r\n{lines()}\r\n".encode())


@attack("D12")
@pytest.mark.parametrize("target", [b"/" + b"a" * 100_000, b"/?" + b"a=b&" * 50_000])
async def test_addresses_beyond_any_use(rig: Rig, target: bytes) -> None:
    await refused_at_once(rig, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")


async def refused_at_once(rig: Rig, request: bytes) -> None:
    """Answered 400, or hung up on, and soon."""
    host, _, port = rig.node.config.authority.rpartition(":")
    began = time.monotonic()
    with untouched(rig.node):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 20)
        try:
            writer.write(request)
            await writer.drain()
            line = await asyncio.wait_for(reader.readline(), 10)
        except ConnectionError:
            line = b""
        writer.close()
    assert line == b"" or line.split()[1] in (b"400", b"414", b"431"), line
    assert time.monotonic() - began < 5


async def test_bodies_beyond_what_is_read(rig: Rig, far: Sender) -> None:
    """A length that nobody sends, chunks without end: refused once it is too much, whatever was announced."""

    async def endless() -> object:
        for _ in range(200):
            yield b" " * 65_536

    headers = far.headers(rig.inbox, b"")
    for size in (MAX_BYTES + 1, 10 * MAX_BYTES):
        await rig.refuses("too_large", b" " * size, headers)
    with untouched(rig.node):
        try:
            async with rig.session.post(rig.inbox, data=endless(), headers=headers) as response:
                assert response.status == 413
        except aiohttp.ClientError:
            pass  # hung up on, in the middle of it


async def test_a_bomb_stays_closed(rig: Rig, far: Sender) -> None:
    """A body that would be a gigabyte once opened: nobody opens it."""
    import gzip

    bomb = gzip.compress(b" " * 50_000_000)
    for encoding in ("gzip", "deflate", "br", "gzip, gzip"):
        headers = far.headers(rig.inbox, bomb) | {"Content-Encoding": encoding}
        await rig.refuses("content_type", bomb, headers)
    plain = far.headers(rig.inbox, bomb)
    await rig.refuses("not_utf8", bomb, plain)


async def test_many_at_once_are_all_answered(rig: Rig, far: Sender) -> None:
    """Hundreds of refusals together, each for its own reason, and a good message among them."""
    bad = [far.sent[far.say(number, "Like", "https://x.example/1")] for number in range(300)]
    good = jcs(rig.activity(far.id, "Follow", rig.node.config.actor("etabli")))
    answers = [rig.answer(body, far.headers(rig.inbox, body)) for body in bad]
    found = await asyncio.gather(*answers, rig.answer(good, far.headers(rig.inbox, good)))
    assert set(found[:-1]) == {(400, "activity_type")}
    assert found[-1] == (202, "")
