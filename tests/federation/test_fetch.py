"""Looking up actors, keys and collections on real servers, some of them lying."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from federation import backfill
from federation.actor import Profile, place_actor
from federation.errors import Refused, refuse
from federation.fetch import LOOKUPS, Fetcher, Found
from federation.transport import Transport
from tests.federation.signing import NOW, actor_keys, other_keys
from tests.federation.web import Site, answering, listening


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Net:
    """Two hosts, one of them hostile, and the fetcher that reads them."""

    good: Site
    evil: Site
    fetcher: Fetcher
    clock: Clock = field(default_factory=Clock)

    @property
    def actor(self) -> str:
        return self.good.url + "/places/a"

    @property
    def key(self) -> str:
        return self.actor + "#main-key"


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    clock = Clock()
    async with listening() as good, listening() as evil, Transport(frozenset({good.host, evil.host})) as transport:
        found = Net(good, evil, Fetcher(transport, clock), clock)
        good.pages["/places/a"] = actor_of(found.actor)
        yield found


def actor_of(actor: str, **changed: Any) -> dict[str, Any]:
    return place_actor(Profile(actor, "a", "A"), actor_keys(), actor + "/node", actor + "/inbox") | changed


def reason(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.reason


async def test_a_key_and_who_lists_it(net: Net) -> None:
    found = await net.fetcher.key(net.key)
    assert isinstance(found, Found)
    assert (found.key.id, found.key.owner, found.actor.id) == (net.key, net.actor, net.actor)
    assert len(net.good.asked) == 1


async def test_a_key_at_an_address_of_its_own(net: Net) -> None:
    key = net.actor + "/main-key"
    entry = {"id": key, "owner": net.actor, "publicKeyPem": other_keys().public_pem}
    net.good.pages["/places/a/main-key"] = entry
    assert reason(await net.fetcher.key(key)) == "key_owner"  # the owner does not list it
    net.clock.now += timedelta(minutes=11)
    net.good.pages["/places/a"] = actor_of(net.actor, publicKey=entry)
    assert isinstance(await net.fetcher.key(key), Found)
    assert net.good.paths == ["/places/a/main-key", "/places/a"] * 2


async def test_a_key_that_names_an_owner_elsewhere(net: Net) -> None:
    key = net.evil.url + "/keys/1"
    net.evil.pages["/keys/1"] = {"id": key, "owner": net.actor, "publicKeyPem": other_keys().public_pem}
    assert reason(await net.fetcher.key(key)) == "key_owner"
    assert net.good.asked == []


@pytest.mark.parametrize("how", ["redirect", "document"])
async def test_an_actor_that_is_another(net: Net, how: str) -> None:
    """Who serves, or redirects to, somebody else's document is not that actor."""
    theirs = net.evil.url + "/actor"
    net.evil.pages["/actor"] = actor_of(theirs)
    net.good.pages["/places/a"] = theirs if how == "redirect" else actor_of(theirs)
    assert reason(await net.fetcher.key(net.key)) == "actor_document_id"
    assert reason(await net.fetcher.actor(net.actor)) == "actor_document_id"
    assert net.evil.asked == []


async def test_a_neighbours_document(net: Net) -> None:
    net.good.pages["/places/a"] = actor_of(net.good.url + "/places/b")
    assert reason(await net.fetcher.actor(net.actor)) == "actor_document_id"
    assert reason(await net.fetcher.key(net.key)) in ("key_owner", "not_found")


async def test_a_key_that_the_actor_does_not_list(net: Net) -> None:
    assert reason(await net.fetcher.key(net.actor + "#other-key")) == "key_owner"


async def test_a_look_up_is_three_requests_at_most(net: Net) -> None:
    net.good.pages |= {"/k": "/k2", "/k2": "/k3", "/k3": {"id": net.good.url + "/k", "owner": net.actor}}
    assert reason(await net.fetcher.key(net.good.url + "/k")) == "actor_document_id"
    assert len(net.good.asked) == 2
    net.good.pages |= {"/l": "/l2", "/l2": {"owner": net.actor}, "/places/a": "/places/a2"}
    await net.fetcher.key(net.good.url + "/l")
    assert len(net.good.asked) == 5


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (404, "not_found"),
        (410, "key_gone"),
        (500, "remote_refused"),
        (answering(body=b"{"), "not_json"),
        (answering(body=b'{"id":1,"id":2}'), "duplicate_key"),
        (answering(Content_Type="text/html"), "content_type"),
        ({}, "key_owner"),
    ],
)
async def test_answers_that_are_no_actor(net: Net, page: Any, expected: str) -> None:
    net.good.pages["/places/a"] = page
    found = reason(await net.fetcher.key(net.key))
    assert found == expected or (found, expected) == ("actor_document_id", "key_owner")


async def test_a_failure_is_remembered_for_ten_minutes(net: Net) -> None:
    net.good.pages["/places/a"] = 500
    for _ in range(5):
        assert reason(await net.fetcher.key(net.key)) == "remote_refused"
    assert len(net.good.asked) == 1
    net.good.pages["/places/a"] = actor_of(net.actor)
    net.clock.now += timedelta(minutes=10)
    assert isinstance(await net.fetcher.key(net.key), Found)


async def test_a_host_that_is_unblocked_is_asked_at_once(net: Net) -> None:
    blocked = {net.good.url}
    peers = frozenset({net.good.host})

    def judge(url: str) -> Refused | None:
        return refuse("blocked") if any(url.startswith(each) for each in blocked) else None

    async with Transport(peers, judge=judge) as transport:
        fetcher = Fetcher(transport, net.clock)
        assert reason(await fetcher.key(net.key)) == "blocked"
        assert net.good.asked == []
        blocked.clear()
        assert isinstance(await fetcher.key(net.key), Found)


async def test_those_who_ask_together_share_one_request(net: Net) -> None:
    found = await asyncio.gather(*(net.fetcher.key(net.key) for _ in range(20)))
    assert all(isinstance(each, Found) for each in found)
    assert len(net.good.asked) == 1


async def test_one_host_is_not_flooded_with_look_ups(net: Net) -> None:
    names = [f"{net.evil.url}/{number}#main-key" for number in range(LOOKUPS * 2)]
    found = [reason(await net.fetcher.key(name)) for name in names]
    assert len(net.evil.asked) == LOOKUPS == found.count("not_found")
    assert found.count("too_many") == LOOKUPS
    assert isinstance(await net.fetcher.key(net.key), Found)
    net.clock.now += timedelta(minutes=1)
    assert reason(await net.fetcher.key(names[-1])) == "not_found"


async def test_gone_is_what_says_so_itself(net: Net) -> None:
    document = net.good.url + "/d"
    tombstone = {"id": document, "type": "Tombstone"}
    table: list[tuple[Any, bool]] = [
        (410, True), (tombstone, True), (404, False), (500, False), ({"id": document, "type": "Note"}, False),
        ({"id": net.good.url + "/e", "type": "Tombstone"}, False), (net.evil.url + "/d", False),
    ]  # fmt: skip
    net.evil.pages["/d"] = 410
    for page, expected in table:
        net.good.pages["/d"] = page
        assert await net.fetcher.gone(document) is expected, page


def activity(net: Net, number: int) -> dict[str, Any]:
    return {"id": f"{net.actor}/activities/{number}", "type": "Create", "actor": net.actor, "object": net.actor}


async def outbox(net: Net) -> list[Mapping[str, Any]] | Refused:
    return await backfill.outbox(net.fetcher, net.actor + "/outbox")


async def test_an_outbox_is_read_page_after_page_oldest_first(net: Net) -> None:
    base = net.actor + "/outbox"
    net.good.pages |= {
        "/places/a/outbox": {"id": base, "first": base + "?p=1", "totalItems": 3},
        "/places/a/outbox?p=1": {"orderedItems": [activity(net, 3), activity(net, 2)], "next": base + "?p=2"},
        "/places/a/outbox?p=2": {"orderedItems": [f"{net.actor}/activities/1"], "next": base + "?p=2"},
        "/places/a/activities/1": activity(net, 1),
    }
    found = await outbox(net)
    assert [each["id"][-1] for each in found] == ["1", "2", "3"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("EVIL/activities/1", "origin"),
        ("GOOD/places/a/activities/9", "activity_form"),
        ("GOOD/places/a/activities/404", "not_found"),
        ("GOOD/places/a/away", "redirected"),
        ("nonsense", "origin"),
    ],
)
async def test_an_outbox_that_names_what_it_cannot_vouch_for(net: Net, item: str, expected: str) -> None:
    named = item.replace("GOOD", net.good.url).replace("EVIL", net.evil.url)
    net.good.pages |= {
        "/places/a/outbox": {"orderedItems": [named]},
        "/places/a/activities/9": activity(net, 8),
        "/places/a/away": net.evil.url + "/activities/1",
    }
    net.evil.pages["/activities/1"] = activity(net, 1)
    assert reason(await outbox(net)) == expected
    assert net.evil.asked == []


async def test_a_gap_is_never_silent(net: Net) -> None:
    base = net.actor + "/outbox"
    net.good.pages["/places/a/outbox"] = {"orderedItems": [activity(net, 1)], "next": base + "?p=2"}
    assert reason(await outbox(net)) == "not_found"
    net.good.pages["/places/a/outbox"] = {"orderedItems": [], "next": net.evil.url + "/outbox"}
    assert reason(await outbox(net)) == "origin"


async def test_an_outbox_without_end(net: Net) -> None:
    base = net.actor + "/outbox"
    for number in range(40):
        page = {"orderedItems": [activity(net, number)] * 10, "next": f"{base}?p={number + 1}"}
        net.good.pages[f"/places/a/outbox?p={number}"] = page
    net.good.pages["/places/a/outbox"] = {"first": base + "?p=0"}
    assert reason(await backfill.outbox(net.fetcher, base, most=100)) == "too_large"
    assert len(net.good.asked) < 15
