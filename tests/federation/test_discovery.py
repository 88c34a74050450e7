"""From a handle to an actor, over real servers: both directions must agree."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from federation.actor import Profile, place_actor
from federation.discovery import SELF_TYPES, Handle, Resolved, nodeinfo, nodeinfo_links, read_handle, resolve, webfinger
from federation.errors import Refused
from federation.fetch import Fetcher
from federation.transport import Transport
from tests.federation.signing import NOW, actor_keys
from tests.federation.web import Site, answering, listening


@dataclass
class Net:
    """Two hosts: the actor lives at the first."""

    home: Site
    other: Site
    transport: Transport

    @property
    def actor(self) -> str:
        return self.home.url + "/places/etabli"

    async def find(self, target: str) -> Resolved | Refused:
        fetcher = Fetcher(self.transport, lambda: NOW)
        return await resolve(target, self.transport, fetcher, frozenset({self.home.host, self.other.host}))


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with listening() as home, listening() as other, Transport(frozenset({home.host, other.host})) as transport:
        found = Net(home, other, transport)
        profile = Profile(found.actor, "etabli", "L'Établi")
        home.pages["/places/etabli"] = place_actor(profile, actor_keys(), home.url + "/actor", home.url + "/inbox")
        says(home, f"etabli@{home.host}", found.actor)
        yield found


def says(site: Site, account: str, actor: str) -> None:
    asked = f"/.well-known/webfinger?resource={quote('acct:' + account, safe='')}"
    site.pages[asked] = webfinger("acct:" + account, actor, actor)


def reason(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@etabli@place.fr", Handle("etabli", "place.fr")),
        ("etabli@place.fr", Handle("etabli", "place.fr")),
        ("acct:etabli@Place.FR", Handle("etabli", "place.fr")),
        (" @etabli@127.0.0.1:9001 ", Handle("etabli", "127.0.0.1:9001")),
        ("@place.fr@place.fr", Handle("place.fr", "place.fr")),
        ("etabli", None),
        ("@etabli", None),
        ("@etabli@", None),
        ("@etabli@place.fr/x", None),
        ("@eta bli@place.fr", None),
        ("@etabli@user@place.fr", None),
        ("@etabli@place.fr?x=y", None),
    ],
)
def test_handles(text: str, expected: Handle | None) -> None:
    assert read_handle(text) == expected


async def test_a_handle_and_a_url_lead_to_the_same_actor(net: Net) -> None:
    by_handle, by_url = await net.find(f"@etabli@{net.home.host}"), await net.find(net.actor)
    assert isinstance(by_handle, Resolved)
    assert isinstance(by_url, Resolved)
    assert by_handle.actor == by_url.actor
    assert by_handle.handle == by_url.handle == f"@etabli@{net.home.host}"


async def test_a_url_whose_handle_leads_elsewhere_has_no_handle(net: Net) -> None:
    says(net.home, f"etabli@{net.home.host}", net.home.url + "/places/other")
    found = await net.find(net.actor)
    assert isinstance(found, Resolved)
    assert found.handle == ""


async def test_a_host_may_delegate_to_another_that_agrees(net: Net) -> None:
    says(net.other, f"etabli@{net.other.host}", net.actor)
    found = await net.find(f"@etabli@{net.other.host}")
    assert isinstance(found, Resolved)
    assert found.handle == f"@etabli@{net.home.host}"  # its own name, not the one that was claimed for it


async def test_a_host_that_claims_somebody_who_does_not_agree(net: Net) -> None:
    says(net.other, f"etabli@{net.other.host}", net.actor)
    says(net.home, f"etabli@{net.home.host}", net.home.url + "/places/other")
    assert reason(await net.find(f"@etabli@{net.other.host}")) == "webfinger"


async def test_another_name_at_the_same_host(net: Net) -> None:
    says(net.home, f"mairie@{net.home.host}", net.actor)
    assert reason(await net.find(f"@mairie@{net.home.host}")) == "webfinger"


async def test_the_actor_must_exist_where_it_is_said_to(net: Net) -> None:
    says(net.home, f"nobody@{net.home.host}", net.home.url + "/places/nobody")
    assert reason(await net.find(f"@nobody@{net.home.host}")) == "not_found"
    says(net.home, f"evil@{net.home.host}", "http://127.0.0.1:1/actor")
    assert reason(await net.find(f"@evil@{net.home.host}")) == "forbidden_address"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (404, "webfinger"),
        (500, "webfinger"),
        (answering(body=b"<html>"), "not_json"),
        ({}, "webfinger"),
        ({"links": "x"}, "webfinger"),
        (
            {"links": [None, {"rel": "self"}, {"rel": "self", "type": "text/html", "href": "https://a.fr/"}]},
            "webfinger",
        ),
        ({"links": [{"rel": "self", "type": SELF_TYPES[0], "href": "javascript:x"}]}, "webfinger"),
    ],
)
async def test_answers_that_name_nobody(net: Net, page: Any, expected: str) -> None:
    net.home.pages[f"/.well-known/webfinger?resource={quote(f'acct:x@{net.home.host}', safe='')}"] = page
    assert reason(await net.find(f"@x@{net.home.host}")) == expected


async def test_what_is_no_handle(net: Net) -> None:
    assert reason(await net.find("nobody")) == "handle"
    assert net.home.asked == net.other.asked == []


async def test_webfinger_follows_redirects_to_another_host(net: Net) -> None:
    asked = f"/.well-known/webfinger?resource={quote(f'acct:etabli@{net.other.host}', safe='')}"
    net.other.pages[asked] = net.home.url + asked
    says(net.home, f"etabli@{net.other.host}", net.actor)
    assert isinstance(await net.find(f"@etabli@{net.other.host}"), Resolved)


def test_what_we_answer() -> None:
    said = webfinger("acct:a@b.fr", "https://b.fr/places/a", "https://b.fr/places/a")
    assert said["subject"] == "acct:a@b.fr"
    assert [link["rel"] for link in said["links"]] == ["self", "http://webfinger.net/rel/profile-page"]
    only = webfinger("acct:a@b.fr", "https://b.fr/places/a", "https://b.fr/places/a", ("self",))
    assert [link["rel"] for link in only["links"]] == ["self"]
    assert webfinger("acct:a@b.fr", "https://b.fr/a", "https://b.fr/a", ("unknown",))["links"] == []
    rels = {link["rel"]: link["href"] for link in nodeinfo_links("https://b.fr")["links"]}
    assert rels["https://www.w3.org/ns/activitystreams#Application"] == "https://b.fr/actor"
    assert nodeinfo("1", "B", 2, 3)["usage"] == {"users": {"total": 2}, "localPosts": 3}
