"""A place goes to live on another node: its file, its new home, and all who followed it, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import aiohttp.test_utils
import pytest

from node import posts, relations, wishes
from node.actors import actor_document
from node.app import build_app
from node.archive import check
from node.context import Node
from node.media import files
from node.moving import archive, arrival, departure, packing, unpacking
from node.moving.archive import Unfit
from node.moving.unpacking import Luggage
from node.people import writing
from node.people.quotas import Closed
from node.places import add_place, list_all
from node.project import catch_up, rebuild
from node.publish import plan, publish
from node.reports import add_report
from node.store import documents
from node.views.totals import totals
from tests.node.net import free_ports, listening, make, place, projected, rows, until, visits
from tests.node.test_writing import photo
from vocab.post import Post

off = asyncio.to_thread
SHOWN = "SELECT value FROM observations ORDER BY value"


def luggage_of(file: Path) -> Luggage:
    with file.open("rb") as raw, archive.opened(raw) as found:
        assert not isinstance(found, Unfit), found
        read = unpacking.judge(found)
    assert isinstance(read, Luggage), read
    return read


def note(text: str) -> Post:
    return Post("note", f"<p>{text}</p>", "fr", "https://spdx.org/licenses/etalab-2.0")


@dataclass
class World:
    """A former home, a new one, a council that gathers, and a neighbour of the place at its former home."""

    old: Node
    new: Node
    council: Node
    file: Path

    async def move(self) -> arrival.Arrived:
        await off(packing.pack, self.old, "etabli", self.file)
        return await off(arrival.arrive, self.new, luggage_of(self.file))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    ports = free_ports(3)
    old, new = (make(tmp_path / name, port, ports) for name, port in zip(("old", "new"), ports, strict=False))
    council = make(tmp_path / "council", ports[2], ports, "aggregator")
    me = council.config.node_actor
    add_place(old, "etabli", place(old, "etabli"), [me])
    add_place(old, "voisin", place(old, "voisin", "Le Voisin"), [me])
    add_report(old, "etabli", "2025", visits(4210), "public")
    add_report(old, "etabli", "2024", visits(77, "2024"), "network")
    add_report(old, "etabli", "2023", visits(5, "2023"), "private")
    add_report(old, "voisin", "2025", visits(100), "public")
    publish(old)
    async with listening(old), listening(new), listening(council):
        for slug in ("etabli", "voisin"):
            await relations.follow(council, old.config.actor(slug))
        await relations.share(old, "etabli", me, "network")
        await off(publish, old)
        await until(lambda: projected(council, SHOWN) == [("100",), ("4210",)])
        await until(lambda: projected(council, SHOWN, "restricted") == [("77",)])
        yield World(old, new, council, tmp_path / "etabli.zip")
    for node in (old, new, council):
        node.close()


def shown(node: Node) -> list[object]:
    rows = totals(node, "visits", "country", "2025")
    return [(row.value, row.n_reporting, row.n_connected, row.n_known) for row in rows]


async def test_a_place_moves_and_the_totals_stay_the_same(world: World) -> None:
    before = shown(world.council)
    arrived = await world.move()
    here, there = world.old.config.actor("etabli"), world.new.config.actor("etabli")
    assert (arrived.actor, arrived.former, arrived.documents) == (there, here, 3)
    assert shown(world.council) == before
    gone = await departure.depart(world.old, "etabli", "@etabli@" + world.new.config.authority)
    assert gone == departure.Departed(there, "L'Établi", 1)
    council, seen = world.council, []

    def is_there() -> bool:
        seen.extend(totals(council, "visits", "country", "2025"))
        return bool(projected(council, f"SELECT 1 FROM directory WHERE actor='{there}'"))

    await until(is_there, 20)
    assert rows(council, f"SELECT state FROM following WHERE target='{there}'") == [("accepted",)]
    assert max(row.n_reporting for row in seen) == 2, "it was never counted twice"
    assert {row.value for row in seen} <= {"4310", "100"}
    await until(lambda: projected(council, SHOWN) == [("100",), ("4210",)])
    await until(lambda: projected(council, SHOWN, "restricted") == [("77",)], 20)
    assert projected(council, f"SELECT * FROM directory WHERE actor='{here}'") == []
    assert rows(council, f"SELECT state FROM following WHERE target='{here}'") == [("ended",)]
    assert shown(council) == before
    await off(rebuild, council)
    assert shown(council) == before


async def test_the_series_goes_on_where_it_lives_now(world: World) -> None:
    await world.move()
    gone = await departure.depart(world.old, "etabli", world.new.config.actor("etabli"))
    assert isinstance(gone, departure.Departed)
    there = world.new.config.actor("etabli")
    await until(lambda: projected(world.council, f"SELECT 1 FROM directory WHERE actor='{there}'"), 20)
    await off(add_report, world.new, "etabli", "2026", visits(9, "2026"), "public")
    await off(publish, world.new)
    await until(lambda: projected(world.council, SHOWN) == [("100",), ("4210",), ("9",)])
    with pytest.raises(Closed):
        await departure.depart(world.old, "etabli", there)
    await off(add_report, world.old, "etabli", "2026", visits(9, "2026"), "public")
    with pytest.raises(Closed):
        await off(publish, world.old, "etabli")


async def test_what_was_published_is_published_there_and_nothing_else(world: World) -> None:
    said = await off(posts.add, world.old, "etabli", note("Bonjour de http://x.example/"))
    await off(add_report, world.old, "etabli", "2026", visits(1, "2026"), "public")
    await world.move()
    there = world.new.config.actor("etabli")
    [post] = posts.list_all(world.new)
    assert post.id == there + said.id.removeprefix(world.old.config.actor("etabli"))
    assert post.published == rows(world.old, f"SELECT published FROM documents WHERE id='{said.id}'")[0][0]
    assert [change.name for change in plan(world.new).changes] == ["report/2026/public"]
    assert [state.slug for state in list_all(world.new)] == ["etabli"]
    known = rows(world.new, "SELECT name FROM drafts ORDER BY name")
    assert known == rows(world.old, "SELECT name FROM drafts WHERE actor LIKE '%etabli' ORDER BY name")
    assert [each.reason for each in check(world.new) if each.refused] == []
    texts = [bytes(row[0]).decode() for row in rows(world.new, "SELECT bytes FROM blobs WHERE kind='document'")]  # type: ignore[call-overload]
    assert all(world.old.config.url not in text for text in texts)
    catch_up(world.new)
    assert projected(world.new, "SELECT name FROM directory") == [("L'Établi",)]


async def test_pictures_and_what_was_typed_go_along(world: World) -> None:
    old, new = world.old, world.new
    kept = await off(files.keep, old, "etabli", photo(), "Un établi")
    said = writing.typed("note", {"text": "Venez **voir**"}, [kept.id])
    post = await off(writing.read, old, "etabli", said)
    assert isinstance(post, Post)
    await off(writing.publish, old, "etabli", said, post, None)
    await world.move()
    [there] = files.of_place(new, "etabli")
    assert (there.alt, there.id != kept.id) == ("Un établi", True)
    assert (files.folder(new) / there.name).read_bytes()[:3] == b"\xff\xd8\xff"
    [moved] = posts.list_all(new)
    with new.store.read() as connection:
        row = documents.stored(connection, moved.id)
        assert row is not None
        content = json.loads(documents.bytes_at(connection, row.seq) or b"")
    assert [each["url"] for each in content["attachment"]] == [files.address(new, there)]
    typed = writing.source(new, moved.id)
    assert typed is not None
    assert (typed.text, typed.pictures) == ("Venez **voir**", (there.id,))


async def test_nobody_moves_where_the_new_home_does_not_say_so(world: World) -> None:
    await off(add_place, world.new, "etabli", place(world.new, "etabli"))
    await off(publish, world.new)
    with pytest.raises(departure.NotThere):
        await departure.depart(world.old, "etabli", world.new.config.actor("etabli"))
    with pytest.raises(departure.NotThere):
        await departure.depart(world.old, "etabli", world.old.config.actor("etabli"))
    assert rows(world.old, "SELECT moved FROM actors WHERE moved IS NOT NULL") == []
    assert rows(world.old, "SELECT 1 FROM journal WHERE type='Move'") == []


def test_a_file_says_what_is_in_it(world: World) -> None:
    packed = packing.pack(world.old, "etabli", world.file)
    assert (packed.documents, packed.followers, packed.pictures) == (3, 1, 0)
    assert world.file.stat().st_mode & 0o077 == 0
    read = luggage_of(world.file)
    assert read.grants == ((world.council.config.node_actor, "network"),)
    assert read.followers == (world.council.config.node_actor,)
    raw = BytesIO(world.file.read_bytes())
    with archive.opened(raw) as found:
        assert not isinstance(found, Unfit)
        assert "L'Établi" in found.read("README.txt").decode()
        assert json.loads(found.read("actor.json"))["id"] == world.old.config.actor("etabli")


async def test_the_former_address_says_where_and_leads_there(world: World) -> None:
    await world.move()
    there = world.new.config.actor("etabli")
    await departure.depart(world.old, "etabli", there)
    app = aiohttp.test_utils.TestServer(build_app(world.old))
    async with aiohttp.test_utils.TestClient(app) as client:
        for address in ("/places/etabli", "/places/etabli/posts", "/places/etabli/posts/bonjour"):
            answer = await client.get(address, headers={"Accept": "text/html"}, allow_redirects=False)
            assert (answer.status, answer.headers["Location"], answer.headers["Vary"]) == (301, there, "Accept")
        answer = await client.get("/places/etabli", headers={"Accept": "application/activity+json"})
        said = await answer.json(content_type=None)
    assert (said["movedTo"], said["id"]) == (there, world.old.config.actor("etabli"))


async def test_another_server_is_told_as_it_expects(world: World) -> None:
    """A `Move` as Mastodon reads it: actor and object are the former home, target the new one, which names it."""
    await world.move()
    there, here = world.new.config.actor("etabli"), world.old.config.actor("etabli")
    await departure.depart(world.old, "etabli", there)
    [(raw,)] = rows(
        world.old,
        "SELECT bytes FROM blobs JOIN journal USING (seq) WHERE kind='activity' AND type='Move'",
    )
    said = json.loads(bytes(raw))  # type: ignore[call-overload]
    assert (said["actor"], said["object"], said["target"]) == (here, here, there)
    with world.new.store.read() as connection:
        assert actor_document(connection, world.new, "etabli")["alsoKnownAs"] == [here]


async def test_neighbours_who_heard_it_hear_it_there(world: World) -> None:
    old, new = world.old, world.new
    there, here = new.config.actor("etabli"), old.config.actor("etabli")
    await wishes.follow(old, "voisin", here)
    await wishes.follow(old, "etabli", old.config.actor("voisin"))
    arrived = await world.move()
    assert await arrival.hear(new, luggage_of(world.file), arrived.slug) == ()
    await until(lambda: rows(new, "SELECT target FROM following") == [(old.config.actor("voisin"),)])
    await departure.depart(old, "etabli", there)
    assert [wish.target for wish in wishes.wishes(old, "voisin")] == [there]
    assert wishes.wishes(old, "etabli") == ()
    waiting = f"SELECT state FROM followers WHERE actor='{there}' AND follower='{old.config.node_actor}'"
    await until(lambda: rows(new, waiting) == [("accepted",)])


async def test_an_aggregator_that_hosted_it_counts_it_once(tmp_path: Path) -> None:
    """A regional network that hosts places and gathers figures: its own place leaves, and is heard from there."""
    ports = free_ports(2)
    old, new = make(tmp_path / "old", ports[0], ports, "site", "aggregator"), make(tmp_path / "new", ports[1], ports)
    add_place(old, "etabli", place(old, "etabli"))
    add_report(old, "etabli", "2025", visits(4210), "public")
    publish(old)
    async with listening(old), listening(new):
        await until(lambda: projected(old, SHOWN) == [("4210",)])
        before = shown(old)
        await off(packing.pack, old, "etabli", tmp_path / "file.zip")
        await off(arrival.arrive, new, luggage_of(tmp_path / "file.zip"))
        await departure.depart(old, "etabli", new.config.actor("etabli"))
        await until(lambda: projected(old, "SELECT actor FROM directory") == [(new.config.actor("etabli"),)], 20)
        await until(lambda: shown(old) == before, 20)
    old.close()
    new.close()
