"""Notes, articles and events between real servers: who hears them, corrections, withdrawals, announces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from federation.canonical import digest, jcs
from federation.keys import KeyKind, PublicKey
from federation.proof import verify_proof
from node import posts, relations
from node.context import Node
from node.errors import DocumentGone, PlaceUnknown, PostAmbiguous, PostUnknown
from node.harvest import harvest
from node.places import add_place, delete_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.reports import add_report
from node.signing import signer
from node.timeline import timeline
from tests.node.net import free_ports, listening, make, place, projected, rows, until, visits
from tests.node.sender import Sender
from vocab.post import Post

NOTE = "L'atelier **rouvre** : https://etabli.example/velo"
ARTICLE = "---\ntitre: Partager un broyeur\n---\n# Comment\n\nÀ trois.\n"
EVENT = "---\ntitre: Atelier vélo\ndate: 12/05/2026 18h30\n---\nVenez nombreux !\n"
TEXTS = {"note": NOTE, "article": ARTICLE, "event": EVENT}


def say(node: Node, kind: str, text: str = "", slug: str = "etabli") -> posts.Said:
    post = posts.read(node, slug, kind, text or TEXTS[kind], is_toml=False)
    assert isinstance(post, Post), post
    return posts.add(node, slug, post)


def correct(node: Node, name: str, text: str) -> posts.Said | None:
    stored = posts.find(node, name)
    post = posts.read(node, stored.slug, stored.kind, text, is_toml=False)
    assert isinstance(post, Post), post
    return posts.edit(node, stored, post)


@dataclass
class Server:
    """Somebody else's server: it takes everything, and reads it without a word of our vocabulary."""

    sender: Sender
    heard: list[dict[str, Any]] = field(default_factory=list)

    def follows(self, node: Node, actor: str) -> None:
        self.sender.known_by(node)
        node.store.write(lambda c: c.exec_driver_sql("UPDATE peers SET implements = 0"))
        row = (actor, self.sender.id, "accepted", self.sender.id + "#follow", "2026-01-01T00:00:00.000Z")
        node.store.write(lambda c: c.exec_driver_sql("INSERT INTO followers VALUES (?, ?, ?, ?, ?)", row))

    def said(self) -> list[tuple[str, str]]:
        """What it heard: type of the activity, type of what it embeds or what it names."""
        return [(each["type"], _about(each["object"])) for each in self.heard]


def _about(said: Any) -> str:
    return str(said["type"]) if isinstance(said, dict) else str(said)


@asynccontextmanager
async def server(port: int, name: str = "far") -> AsyncIterator[Server]:
    made = Server(Sender(f"http://127.0.0.1:{port}/{name}"))

    async def take(request: web.Request) -> web.Response:
        made.heard.append(await request.json())
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post(f"/{name}/inbox", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield made
    finally:
        await runner.cleanup()


@pytest.fixture
def node(tmp_path: Path) -> Any:
    made = make(tmp_path, 9001, [9001])
    add_place(made, "etabli", place(made, "etabli"))
    yield made
    made.close()


async def test_a_site_follows_a_place_and_reads_its_posts(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, other = make(tmp_path / "s", ports[0], ports), make(tmp_path / "o", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"), [other.config.node_actor])
    earlier = say(site, "note", "Avant")
    async with listening(site), listening(other):
        await relations.follow(other, f"@etabli@{site.config.authority}")
        await until(lambda: [item.id for item in timeline(other, 9)] == [earlier.id])
        made = {kind: say(site, kind) for kind in TEXTS}
        assert [each.queued for each in made.values()] == [1, 1, 1]
        await until(lambda: len(timeline(other, 9)) == 4)
        event, article, note, _ = timeline(other, 9)
        actor, handle = site.config.actor("etabli"), f"@etabli@{site.config.authority}"
        assert [(i.id, i.actor, i.handle) for i in (event, article, note)] == [
            (made[kind].id, actor, handle) for kind in ("event", "article", "note")
        ]
        assert [(i.type, i.title, i.verified) for i in (event, article, note)] == [
            ("Event", "Atelier vélo", "cavage"),
            ("Article", "Partager un broyeur", "cavage"),
            ("Note", "L'atelier rouvre : https://etabli.example/velo", "cavage"),
        ]
        assert [item.id for item in timeline(other, 2)] == [event.id, article.id]

        correct(site, made["note"].id, "Fermé")
        await until(lambda: timeline(other, 9)[0].title == "Fermé")
        assert next((i.id, i.version) for i in timeline(other, 9)) == (note.id, 2)
        assert len(timeline(other, 9)) == 4

        posts.delete(site, posts.find(site, made["event"].id))
        await until(lambda: made["event"].id not in [item.id for item in timeline(other, 9)])
        await relations.unfollow(other, actor)
        assert timeline(other, 9) == []
    site.close()
    other.close()


async def test_what_was_missed_is_caught_up_and_proved_by_its_own_proof(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, other = make(tmp_path / "s", ports[0], ports), make(tmp_path / "o", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"), [other.config.node_actor])
    async with listening(site):
        async with listening(other):
            await relations.follow(other, site.config.actor("etabli"))
            await until(lambda: rows(other, "SELECT 1 FROM following WHERE state='accepted'"))
        made = [say(site, kind) for kind in ("note", "event")]
        site.store.write(lambda c: c.exec_driver_sql("DELETE FROM deliveries"))
        result = await harvest(other, None, lambda _: None)
        assert [(each.error, each.refused) for each in result.actors] == [("", 0)]
        assert [(item.id, item.verified) for item in timeline(other, 9)] == [(s.id, "proof") for s in reversed(made)]
        posts.delete(site, posts.find(site, made[0].id))
        site.store.write(lambda c: c.exec_driver_sql("DELETE FROM deliveries"))
        await harvest(other, None, lambda _: None)
        assert [item.id for item in timeline(other, 9)] == [made[1].id]
    site.close()
    other.close()


async def test_everybody_hears_posts_and_only_our_own_hear_documents(tmp_path: Path) -> None:
    ports = free_ports(2)
    site = make(tmp_path / "s", ports[0], ports)
    actor = site.config.actor("etabli")
    add_place(site, "etabli", place(site, "etabli", summary={"fr": "Un <lieu>"}, website="https://etabli.example/"))
    async with listening(site), server(ports[1]) as far:
        far.follows(site, actor)
        add_report(site, "etabli", "2025", visits(1), "public")
        publish(site)
        for kind in TEXTS:
            say(site, kind)
        await until(lambda: len(far.heard) == 4)
    assert sorted(far.said()) == [
        ("Create", "Article"),
        ("Create", "Event"),
        ("Create", "Note"),
        ("Update", "Organization"),
    ]
    [updated] = [each["object"] for each in far.heard if each["type"] == "Update"]
    assert (updated["id"], updated["name"], updated["summary"]) == (actor, "L'Établi", "<p>Un &lt;lieu&gt;</p>")
    site_link = '<a href="https://etabli.example/" rel="me nofollow noopener noreferrer">https://etabli.example/</a>'
    assert [(each["name"], each["value"]) for each in updated["attachment"]] == [
        ("Site", site_link),
        ("Commune", "Guéret"),
    ]
    assert (updated["location"]["type"], updated["location"]["name"]) == ("Place", "Guéret")
    with site.store.read() as connection:
        signs = signer(connection, site, "etabli")
    key = PublicKey(signs.pair.ed25519, actor, KeyKind.ED25519, signs.keys.ed25519.public_key())
    for activity in far.heard:
        content = activity["object"]
        if activity["type"] == "Create":
            assert (activity["to"], activity["cc"]) == (content["to"], content["cc"])
            assert verify_proof(content, key, site.clock()) is None
    site.close()


async def test_an_event_is_announced_by_the_node_and_taken_back(tmp_path: Path) -> None:
    ports = free_ports(3)
    site = make(tmp_path / "s", ports[0], ports)
    add_place(site, "etabli", place(site, "etabli"))
    async with listening(site), server(ports[1]) as far, server(ports[2], "relay") as relay:
        far.follows(site, site.config.actor("etabli"))
        relay.follows(site, site.config.node_actor)
        say(site, "note")
        event = say(site, "event")
        assert (event.queued, event.announced) == (1, 1)
        await until(lambda: (len(far.heard), len(relay.heard)) == (2, 1))
        assert relay.said() == [("Announce", event.id)]
        assert relay.heard[0]["actor"] == site.config.node_actor
        async with aiohttp.ClientSession(headers={"Accept": "application/activity+json"}) as session:
            async with session.get(site.config.node_actor + "/outbox?before=") as answer:
                assert [each["id"] for each in (await answer.json())["orderedItems"]] == [relay.heard[0]["id"]]
            async with session.get(relay.heard[0]["id"]) as answer:
                assert await answer.json() == relay.heard[0]

        correct(site, event.id, EVENT.replace("18h30", "19h30"))
        await until(lambda: (len(far.heard), len(relay.heard)) == (3, 2))
        assert relay.said()[1] == far.said()[2] == ("Update", "Event")

        posts.delete(site, posts.find(site, "atelier-velo"))
        await until(lambda: (len(far.heard), len(relay.heard)) == (4, 4))
        assert far.said()[3] == ("Delete", "Tombstone")
        assert sorted(relay.said()[2:]) == [("Delete", "Tombstone"), ("Undo", "Announce")]
        undo = next(each for each in relay.heard if each["type"] == "Undo")
        assert undo["object"]["id"] == relay.heard[0]["id"]
        assert undo["object"]["object"] == event.id
    site.close()


async def test_a_followed_node_actor_announces_and_takes_back(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, other = make(tmp_path / "s", ports[0], ports), make(tmp_path / "o", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"))
    async with listening(site), listening(other):
        await relations.follow(other, f"@relay@{site.config.authority}")
        await until(lambda: rows(other, "SELECT 1 FROM following WHERE state='accepted'"))
        event = say(site, "event")
        await until(lambda: timeline(other, 9))
        [item] = timeline(other, 9)
        assert (item.type, item.announced, item.actor) == ("Announce", event.id, site.config.node_actor)
        assert item.to_json()["object"] == event.id
        assert item.id == item.activity
        posts.delete(site, posts.find(site, event.id))
        await until(lambda: timeline(other, 9) == [])
    site.close()
    other.close()


async def test_a_post_at_its_address(tmp_path: Path) -> None:
    [port] = free_ports(1)
    site = make(tmp_path / "s", port, [port])
    add_place(site, "etabli", place(site, "etabli"))
    event = say(site, "event")
    machine = {"Accept": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}
    async with listening(site, work=False), aiohttp.ClientSession() as session:
        async with session.get(event.id, headers=machine) as answer:
            raw = await answer.read()
            assert (answer.status, answer.content_type) == (200, "application/activity+json")
        assert rows(site, "SELECT digest FROM documents WHERE type='Event'") == [(digest(raw),)]
        async with session.get(site.config.actor("etabli") + "/outbox?before=", headers=machine) as answer:
            [activity] = (await answer.json())["orderedItems"]
        assert (activity["type"], jcs(activity["object"])) == ("Create", raw)
        posts.delete(site, posts.find(site, event.id))
        async with session.get(event.id, headers=machine) as answer:
            assert (answer.status, (await answer.json())["type"]) == (410, "Tombstone")
    site.close()


def test_a_name_comes_from_the_title_and_never_serves_again(node: Node) -> None:
    texts = ("---\ntitre: L'Œuvre à Noël !\n---\nx", "---\ntitre: L'Œuvre à Noël !\n---\nx", "日本", "a" * 90)
    ids = [say(node, "note", text).id.rpartition("/")[2] for text in texts]
    assert ids == ["l-oeuvre-a-noel", "l-oeuvre-a-noel-2", "note", "a" * 60]
    posts.delete(node, posts.find(node, "l-oeuvre-a-noel"))
    assert say(node, "note", texts[0]).id.endswith("/l-oeuvre-a-noel-3")
    with pytest.raises(DocumentGone):
        posts.find(node, f"{node.config.actor('etabli')}/posts/l-oeuvre-a-noel")


def test_posts_are_found_by_id_by_place_and_name_or_by_name(node: Node) -> None:
    add_place(node, "list", place(node, "list"))
    one, two = say(node, "note", "Bonjour"), say(node, "note", "Bonjour", slug="list")
    assert posts.find(node, one.id).id == posts.find(node, "etabli/bonjour").id == one.id
    assert posts.find(node, "list/bonjour").id == two.id
    with pytest.raises(PostAmbiguous):
        posts.find(node, "bonjour")
    for name in ("zz", "etabli/zz", "", "/", "https://far.example/x"):
        with pytest.raises(PostUnknown):
            posts.find(node, name)
    assert [post.id for post in posts.list_all(node)] == [two.id, one.id]
    assert [post.title for post in posts.list_all(node, "list")] == ["Bonjour"]


def test_the_same_text_again_is_no_new_version(node: Node) -> None:
    say(node, "event")
    assert correct(node, "atelier-velo", EVENT) is None
    changed = correct(node, "atelier-velo", EVENT.replace("nombreux", "tôt"))
    assert changed is not None
    assert changed.version == 2
    assert rows(node, "SELECT type, version FROM journal WHERE object_type='Event' ORDER BY seq") == [
        ("Create", 1),
        ("Announce", None),
        ("Update", 2),
    ]


def test_a_text_has_no_date_to_come_and_needs_a_place(node: Node) -> None:
    found = posts.read(node, "etabli", "note", "---\ndate: 2199-01-01\n---\nx", is_toml=False)
    assert isinstance(found, tuple)
    assert [mistake.code for mistake in found] == ["post.future"]
    with pytest.raises(PlaceUnknown):
        posts.read(node, "zz", "note", "x", is_toml=False)


def test_a_deleted_place_takes_its_posts_and_announces_with_it(node: Node) -> None:
    for kind in TEXTS:
        say(node, kind)
    catch_up(node)
    assert len(projected(node, "SELECT 1 FROM posts")) == 3
    delete_place(node, "etabli")
    catch_up(node)
    assert projected(node, "SELECT 1 FROM posts") == []
    assert posts.list_all(node) == []
    assert rows(node, "SELECT count(*) FROM journal WHERE type='Undo' AND object_type='Announce'") == [(1,)]
    with pytest.raises(PlaceUnknown):
        say(node, "note")


def test_the_views_of_posts_are_made_again_from_the_journal(node: Node) -> None:
    for kind in TEXTS:
        say(node, kind)
    correct(node, "partager-un-broyeur", ARTICLE + "\nEt plus.")
    posts.delete(node, posts.find(node, "atelier-velo"))
    catch_up(node)
    query = "SELECT * FROM posts ORDER BY 1"
    before = projected(node, query)
    assert len(before) == 2
    rebuild(node)
    assert projected(node, query) == before
    assert projected(node, "SELECT 1 FROM quarantine") == []


HOSTILE = (
    "<p>bonjour <script>alert(1)</script><img src=x onerror=alert(1)></p>\u202e\x1b[31m",
    {"nested": "object"},
    7,
)


@pytest.mark.parametrize("content", HOSTILE, ids=str)
async def test_what_a_stranger_sends_is_one_plain_line(tmp_path: Path, content: object) -> None:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port])
    far = Sender().known_by(node)
    target = (node.config.node_actor, far.id, "accepted", "x", "x")
    query = "INSERT INTO following (actor, target, state, follow, since) VALUES (?, ?, ?, ?, ?)"
    node.store.write(lambda c: c.exec_driver_sql(query, target))
    note = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, "content": content, "published": "\x1b[2J"}
    async with listening(node, work=False), aiohttp.ClientSession() as session:
        for number, kind in ((1, "Create"), (2, "Announce")):
            said = note if kind == "Create" else "https://other.example/1"
            await far.post(session, node.config.url + "/inbox", far.say(number, kind, said))
        items = timeline(node, 9)
        assert [item.type for item in items] == ["Announce", "Note"]
        assert items[1].title in ("bonjour [31m", "")
        assert "\x1b" not in str(items)
        undone = {
            "id": far.id + "/activities/2",
            "type": "Announce",
            "actor": far.id,
            "object": "https://other.example/1",
        }
        await far.post(session, node.config.url + "/inbox", far.say(3, "Undo", undone))
        assert [item.type for item in timeline(node, 9)] == ["Note"]
        await far.post(
            session, node.config.url + "/inbox", far.say(4, "Delete", {"id": note["id"], "type": "Tombstone"})
        )
        assert timeline(node, 9) == []
    node.close()
