"""WebFinger, both ways: what we answer of our own, and what we make of what others answer."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from federation import discovery
from federation.discovery import Resolved
from federation.errors import Refused
from federation.fetch import Fetcher
from federation.keys import ActorKeys
from federation.transport import Transport
from tests.corpus.attacks import attack
from tests.corpus.rig import Rig, untouched
from tests.corpus.vectors import cases
from tests.federation.web import answering

JRD = "application/jrd+json"


async def ask(rig: Rig, query: str) -> tuple[int, str, Any, bool]:
    """Status, media type, content and whether anybody's page may read it."""
    with untouched(rig.node):
        async with rig.session.get(f"{rig.node.config.url}/.well-known/webfinger{query}") as response:
            body = await response.read()
            is_open = response.headers.get("Access-Control-Allow-Origin") == "*"
            return response.status, response.content_type, json.loads(body) if response.status == 200 else body, is_open


def resource(rig: Rig, name: str = "etabli") -> str:
    return f"?resource={quote(f'acct:{name}@{rig.node.config.authority}', safe='')}"


async def resolved(rig: Rig, name: str = "a") -> Resolved | Refused:
    async with Transport(rig.node.config.loopback_peers) as transport:
        fetcher = Fetcher(transport, rig.clock)
        peers = rig.node.config.loopback_peers
        return await discovery.resolve(f"@{name}@{rig.evil.host}", transport, fetcher, peers)


def path(rig: Rig, name: str = "a") -> str:
    return "/.well-known/webfinger?resource=" + quote(f"acct:{name}@{rig.evil.host}", safe="")


def found(rig: Rig, keys: ActorKeys, **more: Any) -> dict[str, Any]:
    """What a host would answer of an actor that it shows."""
    actor = rig.shows(rig.evil, "/actor", keys)
    links = [{"rel": "self", "type": "application/activity+json", "href": actor.id}]
    return {"subject": f"acct:a@{rig.evil.host}", "links": links} | more


async def an_empty_answer(rig: Rig, keys: ActorKeys) -> None:
    for empty in (
        {},
        {"links": []},
        {"links": None},
        {"links": {}},
        {"links": [1, None, {}]},
        {"subject": 1, "aliases": 2},
    ):
        rig.evil.pages[path(rig)] = answering(body=json.dumps(empty).encode(), Content_Type=JRD)
        answer = await resolved(rig)
        assert isinstance(answer, Refused)
        assert answer.reason == "webfinger"


async def a_redirect(rig: Rig, keys: ActorKeys) -> None:
    rig.evil.pages |= {path(rig): "/moved", "/moved": found(rig, keys)}
    assert isinstance(await resolved(rig), Resolved)


async def an_example(rig: Rig, keys: ActorKeys) -> None:
    more = {"aliases": ["mailto:a@b.example"], "properties": {"http://a.example/role": None}, "unknown": [1]}
    document = found(rig, keys, **more)
    document["links"].insert(0, {"rel": "http://webfinger.net/rel/avatar", "href": "x", "titles": {"und": "x"}})
    rig.evil.pages[path(rig)] = answering(body=json.dumps(document).encode(), Content_Type=JRD)
    answer = await resolved(rig)
    assert isinstance(answer, Resolved)
    assert answer.handle == f"@a@{rig.evil.host}"


async def https_alone(rig: Rig, keys: ActorKeys) -> None:
    rig.outside.pages[path(rig)] = found(rig, keys)
    async with Transport(rig.node.config.loopback_peers) as transport:
        fetcher, peers = Fetcher(transport, rig.clock), rig.node.config.loopback_peers
        answer = await discovery.resolve(f"@a@{rig.outside.host}", transport, fetcher, peers)
    assert isinstance(answer, Refused)
    assert rig.outside.asked == []
    assert discovery._base("place.tiers-lieux.fr", peers) == "https://place.tiers-lieux.fr"


async def a_resource_is_needed(rig: Rig, keys: ActorKeys) -> None:
    for query in ("", "?", "?resource=", "?resources=acct:a@b", "?rel=self"):
        assert (await ask(rig, query))[0] == 400, query


async def the_media_type(rig: Rig, keys: ActorKeys) -> None:
    status, kind, document, is_open = await ask(rig, resource(rig))
    assert (status, kind, is_open) == (200, JRD, True)
    assert document["subject"] == f"acct:etabli@{rig.node.config.authority}"


async def any_rel(rig: Rig, keys: ActorKeys) -> None:
    for rel, kept in (("self", 1), ("http://webfinger.net/rel/profile-page", 1), ("http://a.example/never", 0)):
        status, _, document, _ = await ask(rig, f"{resource(rig)}&rel={quote(rel, safe='')}")
        assert (status, len(document["links"])) == (200, kept)
    _, _, both, _ = await ask(rig, f"{resource(rig)}&rel=self&rel=x&rel=http://webfinger.net/rel/profile-page")
    assert len(both["links"]) == 2


REALISED: dict[str, Callable[[Rig, ActorKeys], Awaitable[None]]] = {
    "feditest:4_2__10_must_accept_non_existing_empty_elements": an_empty_answer,
    "feditest:4_2__12_follow_redirects": a_redirect,
    "feditest:4_3__6_accept_example_response": an_example,
    "feditest:4__2_only_https_requests": https_alone,
    "feditest:4_2__3_requires_resource_uri": a_resource_is_needed,
    "feditest:4_2__9_content_type": the_media_type,
    "feditest:4__1_accepts_all_link_rels_in_query": any_rel,
}


@attack("W12")
@pytest.mark.parametrize("vector", cases("webfinger"))
async def test_requirements(rig: Rig, keys: ActorKeys, vector: dict[str, Any]) -> None:
    await REALISED[vector["id"]](rig, keys)


@attack("W12")
@pytest.mark.parametrize(
    "name",
    [
        "acct:x@thief.example", "acct:etabli@thief.example", "acct:nobody@HOST", "acct:@HOST",
        "acct:etabli@HOST@thief.example", "acct:etabli", "acct:etabli@", "acct:actor@HOST", "acct:ETABLI@HOST",
        "acct:etabli%00@HOST", "acct:../actor@HOST", "acct:etabli@HOST.", "acct:etabli@HOST:443",
        "acct:etabli' OR 1=1--@HOST", "https://thief.example/places/etabli", "URL/places/nobody", "URL/places/",
        "URL/places/etabli/", "URL.thief.example/places/etabli", "URL@thief.example/",
        "URL/places/etabli/../../actor", "file:///etc/passwd", "javascript:alert(1)", "<script>alert(1)</script>",
        "x", "acct:<script>@HOST", "http://[", "acct:" + "a" * 5_000 + "@HOST",
    ],
)  # fmt: skip
async def test_resources_that_are_not_ours(rig: Rig, name: str) -> None:
    """400 or 404, nothing of what was asked in the answer."""
    asked = name.replace("HOST", rig.node.config.authority).replace("URL", rig.node.config.url)
    status, _, body, _ = await ask(rig, f"?resource={quote(asked, safe='')}")
    assert status in (400, 404)
    assert asked.encode() not in body or asked == "x"
    assert b"<script" not in body


@attack("W12")
async def test_both_directions_agree(rig: Rig, keys: ActorKeys) -> None:
    """A handle that leads to an actor of another name, or to one whose own host does not know that handle."""
    rig.evil.pages[path(rig, "victim")] = found(rig, keys)
    answer = await resolved(rig, "victim")
    assert isinstance(answer, Refused)
    assert answer.reason == "webfinger"
    victim = rig.shows(rig.victim, "/actor", keys)
    links = [{"rel": "self", "type": "application/activity+json", "href": victim.id}]
    rig.evil.pages[path(rig, "a")] = {"links": links}
    answer = await resolved(rig, "a")
    assert isinstance(answer, Refused)
    assert answer.reason == "webfinger"


@pytest.mark.parametrize(
    "link",
    [
        {"type": "text/html"}, {"type": "application/json"}, {"rel": "alternate"}, {"href": None}, {"href": ["x"]},
        {"href": "javascript:alert(1)"}, {"href": "/actor"}, {"href": "acct:a@b"}, {"type": None}, {"rel": ["self"]},
    ],
)  # fmt: skip
async def test_links_that_lead_to_no_actor(rig: Rig, keys: ActorKeys, link: dict[str, Any]) -> None:
    document = found(rig, keys)
    document["links"][0] |= link
    rig.evil.pages[path(rig)] = document
    answer = await resolved(rig)
    assert isinstance(answer, Refused)
    assert answer.reason == "webfinger"
