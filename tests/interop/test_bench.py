"""What the benchmark measures of Fedify is the real thing: it verifies, keeps on the disk, and sends what it counts."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bench.crowd import Peer
from bench.fedify import fedify_fanout, fedify_inbox, is_installed, kept, stored
from bench.inbox import bare
from federation.keys import generate
from tests.node.sender import Sender

pytestmark = pytest.mark.skipif(not is_installed(), reason="Fedify is not installed (npm)")


@pytest.fixture(scope="module")
def sender() -> Sender:
    return Sender()


@pytest.mark.parametrize("queued", [False, True])
async def test_its_inbox_keeps_what_it_verified_and_nothing_else(sender: Sender, tmp_path: Path, queued: bool) -> None:
    note = {"id": sender.id + "/notes/1", "type": "Note", "attributedTo": sender.id, "content": "Bonjour"}
    with fedify_inbox(tmp_path, [Peer(sender.id, sender.keys)], queued) as (inbox, _):
        async with aiohttp.ClientSession() as session:
            for number in range(3):
                await sender.post(session, inbox, sender.say(number, "Create", note))
            body = sender.sent[sender.say(4, "Create", note)]
            stranger = Sender(keys=generate())
            for headers, sent in (
                (sender.headers(inbox, body), body.replace(b"Bonjour", b"Bonsoir")),
                (stranger.headers(inbox, body), body),
            ):
                async with session.post(inbox, data=sent, headers=headers) as answer:
                    assert answer.status == 401
        await asyncio.to_thread(stored, tmp_path, 3)
    assert kept(tmp_path) == 3


@pytest.mark.parametrize("durable", [True, False])
def test_its_fan_out_sends_all_that_it_counts(sender: Sender, tmp_path: Path, durable: bool) -> None:
    with bare() as (url, _):
        inboxes = [f"{url}/{number}/inbox" for number in range(5)]
        assert fedify_fanout(tmp_path, Peer(sender.id, sender.keys), inboxes, 3, durable) > 0
