"""Words that would run in a page, in every text that a stranger signs and in all that an address asks: none does."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, insert, update

from federation.actor import Profile, place_actor
from federation.clock import timestamp
from federation.errors import NotCanonical
from federation.keys import ActorKeys, generate
from federation.proof import add_proof
from node.context import Node, utc_now
from node.project import catch_up
from node.store.people import followed_for
from node.store.schema import following, peers, relations
from tests.e2e.samples import sampled
from tests.node.desk import SLUG, Site, served
from tests.node.net import rows
from tests.node.sender import Sender
from tests.vocab.test_richtext import Seen
from vocab.errors import VocabError
from vocab.jsonld import graph_digest
from vocab.terms import PUBLIC

HERE = "https://etabli.example/places/etabli"
GOLDEN = Path(__file__).parents[1] / "vocab" / "golden"
RUNS = "</script></textarea></title>--><evil onload=alert(1)>\"'><evil onfocus=alert(2) autofocus x=`"
HOSTILE = (RUNS, "javascript:alert(1)//" + RUNS, "https://x.example/?a=" + RUNS)
POSTS: tuple[dict[str, Any], ...] = (
    {"type": "Note", "content": "<p>x</p>", "name": "x", "summary": "x", "url": "https://x.example/1"},
    {"type": "Article", "content": "<p>x</p>", "name": "x", "summary": "x", "nameMap": {"fr": "x"}},
    {
        "type": "Event", "content": "<p>x</p>", "name": "x", "startTime": "2099-05-01T18:00:00Z", "timezone": "x",
        "location": {"type": "Place", "name": "x", "address": {"type": "PostalAddress", "streetAddress": "x"}},
        "externalParticipationUrl": "https://x.example/", "eventStatus": "EventScheduled",
        "attachment": [{"type": "Image", "url": "https://x.example/a.png", "name": "x", "mediaType": "image/png"}],
    },
)  # fmt: skip
FIXED = ("@context", "id", "type", "attributedTo", "to", "sharing", "graphDigest")


def twisted(said: Any, fixed: tuple[str, ...] = ()) -> Iterator[Any]:
    """The same with one of its texts made hostile, for each of them and in each way."""
    for key, value in list(said.items() if isinstance(said, dict) else enumerate(said)):
        if key in fixed:
            continue
        if isinstance(value, (dict, list)):
            others: Iterator[Any] = twisted(value)
        else:
            others = iter(HOSTILE if isinstance(value, str) else ())
        for other in others:
            changed = deepcopy(said)
            changed[key] = other
            yield changed


def documents() -> Iterator[dict[str, Any]]:
    for kind in ("description", "report", "listing"):
        yield from twisted(json.loads((GOLDEN / f"{kind}.jsonld").read_bytes()), FIXED)


def actors(keys: ActorKeys) -> Iterator[dict[str, Any]]:
    """A place that says again who it is: what its actor says of people, not of machines, is hostile in turn."""
    here = {"type": "Place", "name": "x", "latitude": 47.2, "longitude": 0.5, "address": {"addressLocality": "x"}}
    profile = Profile(HERE, "etabli", "x", HERE, HERE + "/inbox", "x", fields=(("x", "x"),), location=here)
    said = place_actor(profile, keys, HERE + "/node", HERE + "/inbox")
    said |= {"nameMap": {"fr": "x"}, "icon": {"type": "Image", "url": "https://x.example/a.png", "name": "x"}}
    for name in ("name", "nameMap", "summary", "preferredUsername", "url", "attachment", "location", "icon"):
        yield from (said | {name: one[name]} for one in twisted({name: said[name]}))


class Stranger(Sender):
    """One of many who share their keys; what it says is as it likes, under ids of its own."""

    def speak(self, said: dict[str, Any]) -> str:
        mine = json.loads(json.dumps(said).replace(HERE, self.id))
        if mine["type"] == "Organization":
            return self.say(1, "Update", mine)
        if "graphDigest" in mine:
            with suppress(VocabError):  # what no digest can be made of keeps its own
                mine |= {"graphDigest": graph_digest(mine)}
            mine = add_proof(mine, self.keys.ed25519, self.id + "#ed25519-key", timestamp(utc_now()))
        else:
            mine |= {
                "id": self.id + "/posts/1",
                "attributedTo": self.id,
                "to": [PUBLIC],
                "published": "2026-01-01T00:00:00Z",
            }
        return self.say(1, "Create", mine)


async def told(site: Site) -> list[str]:
    """Everything hostile is sent, each by a place of its own that the node follows; the ids of what was taken."""
    node, keys, taken = site.node, generate(), []
    posted = (one for post in POSTS for one in twisted(post, ("type",)))
    saying = [*documents(), *actors(keys), *posted]
    for number, said in enumerate(saying):
        far = Stranger(f"https://far.example/places/p{number}", keys).known_by(node)
        try:
            body = far.sent[far.speak(said)]
        except (NotCanonical, ValueError):
            continue
        follow(node, far.id, RUNS if said["type"] != "Organization" else None)
        inbox = node.config.url + "/inbox"
        async with site.client.post(inbox, data=body, headers=far.headers(inbox, body)) as answer:
            assert answer.status < 500, said
            if answer.status == 202:
                taken.append(far.id)
    return taken


def follow(node: Node, target: str, name: str | None) -> None:
    """The node and its place follow somebody, whose name is as hostile as the rest if it does not say another."""
    wish = {
        "actor": node.config.node_actor,
        "target": target,
        "state": "accepted",
        "follow": target + "/f",
        "since": "",
    }
    mine = {"actor": node.config.actor(SLUG), "target": target, "since": ""}

    def act(connection: Connection) -> None:
        connection.execute(insert(following).values(wish))
        connection.execute(insert(followed_for).values(mine))
        if name is not None:
            connection.execute(update(peers).where(peers.c.actor == target).values(name=name))

    node.store.write(act)


class Forms(HTMLParser):
    """The forms of a page that change something: where each is sent, and the names of its fields."""

    def __init__(self, html: str, here: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self._here, self._inside = here, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = said.get("method", "").lower() == "post"
            if self._inside:
                self.found.append((said.get("action") or self._here, []))
        elif self._inside and said.get("name"):
            self.found[-1][1].append(said["name"])

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def assert_quiet(html: str, where: str) -> None:
    """Nothing of what strangers wrote is a tag, an attribute that runs, or an address that does."""
    seen = Seen(html)
    assert "evil" not in seen.tags, where
    for tag, name, value in seen.attributes:
        assert not name.startswith("on"), (where, tag, name, value)
        if name in ("href", "src", "action", "formaction", "content", "data"):
            assert not value.strip().lower().startswith(("javascript:", "data:", "vbscript:")), (
                where,
                tag,
                name,
                value,
            )


async def test_no_text_of_a_stranger_runs_on_any_page(tmp_path: Path) -> None:
    sample = sampled(tmp_path / "node")
    node = sample.node
    async with served(node) as site:
        taken = await told(site)
        assert len(taken) > 100
        assert rows(node, "SELECT actor FROM peers WHERE name LIKE 'javascript:%'"), "an actor says its own name"
        with node.cache.public.write() as public:
            for actor in taken:
                public.execute(insert(relations).values(actor=actor, since="", seq=0).prefix_with("OR IGNORE"))
        catch_up(node)
        shown = [f"/network/place?id={quote(f'{actor}#place', safe='')}" for actor in taken]
        whole = ""
        for path in (*sample.paths, *shown):
            for kind in ("host", ""):
                site.cookie = ""
                if kind:
                    site.come_in(kind)
                answer = await site.get(path)
                assert answer.status < 500, path
                if answer.content_type == "text/html":
                    html = await answer.text()
                    assert_quiet(html, path)
                    whole += html
        assert whole.count("&lt;evil onload=alert(1)") > 100, "what they wrote is shown, as they wrote it"


async def test_no_address_makes_a_page_say_what_runs(tmp_path: Path) -> None:
    sample = sampled(tmp_path / "node")
    words = quote(RUNS + "{{7*7919}}\r\nX-Bad: 1\r\n\r\n\x00\u202e")
    asked = (
        "lang", "period", "q", "next", "theme", "by", "page", "kind", "id", "region", "departement", "typology", "sort",
        "from", "to", "query", "near", "place", "commune", "token",
    )  # fmt: skip
    async with served(sample.node) as site:
        site.come_in("host")
        for path in sample.paths:
            every = "&".join(f"{name}={words}" for name in asked)
            for more in (every, *(f"{name}={words}" for name in asked)):
                answer = await site.get(f"{path}{'&' if '?' in path else '?'}{more}")
                assert answer.status < 500, (path, more)
                assert "X-Bad" not in answer.headers, (path, more)
                if answer.content_type == "text/html":
                    html = await answer.text()
                    assert_quiet(html, path)
                    assert "55433" not in html, (path, more)


async def test_no_field_of_a_form_comes_back_as_what_runs(tmp_path: Path) -> None:
    """Each form of each page is sent back with every field hostile: what is said of it, then every page, is quiet."""
    sample = sampled(tmp_path / "node")
    async with served(sample.node) as site:
        for path in sample.paths:
            site.come_in("host")
            page = await site.get(path)
            for action, names in Forms(await page.text() if page.content_type == "text/html" else "", path).found:
                for words in HOSTILE:
                    answer = await site.post(action, [(name, words) for name in names])
                    assert answer.status < 500, (action, names)
                    assert "X-Bad" not in answer.headers
                    if answer.content_type == "text/html":
                        assert_quiet(await answer.text(), action)
        site.come_in("host")
        for path in sample.paths:
            answer = await site.get(path)
            assert answer.status < 500, path
            if answer.content_type == "text/html":
                assert_quiet(await answer.text(), path)
