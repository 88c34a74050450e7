"""An actor that moves: believed when both ends say so, and left only once the new one has accepted us."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.discovery import Resolved
from node import lookup, moves, relations
from node.context import Node
from tests.federation.web import Site, answering, listening
from tests.node import net
from tests.node.net import free_ports, make, rows
from tests.node.sender import Sender

FOLLOWED = "SELECT target, state FROM following ORDER BY target"


@dataclass
class World:
    """A council that follows OLD; OLD and NEW live on a server of their own, which serves what a test says."""

    council: Node
    site: Site
    old: Sender
    new: Sender
    session: aiohttp.ClientSession

    def serve(self, sender: Sender, **more: Any) -> None:
        document = place_actor(Profile(sender.id, "a", "A"), sender.keys, sender.id, sender.id + "/inbox") | more
        self.site.pages[sender.id.removeprefix(self.site.url)] = answering(200, jcs(document))

    async def say(self, sender: Sender, name: str, kind: str, content: object, **more: object) -> int:
        activity = {"id": f"{sender.id}/activities/{name}", "type": kind, "actor": sender.id, "object": content}
        body, inbox = jcs(activity | more), self.council.config.url + "/inbox"
        async with self.session.post(inbox, data=body, headers=sender.headers(inbox, body)) as response:
            return response.status

    async def settle(self) -> int:
        async with lookup.opened(self.council) as look:
            return await moves.settle(self.council, look)

    async def accept(self, sender: Sender) -> None:
        [(name,)] = rows(self.council, f"SELECT follow FROM following WHERE target='{sender.id}'")
        assert await self.say(sender, "accept", "Accept", name) == 202


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    [port] = free_ports(1)
    async with listening() as site, aiohttp.ClientSession() as session:
        council = make(tmp_path, port, [port, int(site.host.rpartition(":")[2])], "aggregator")
        old, new = Sender(site.url + "/old"), Sender(site.url + "/new")
        site.pages["/old/inbox"] = site.pages["/new/inbox"] = 202
        made = World(council, site, old, new, session)
        made.serve(old)
        made.serve(new, alsoKnownAs=[old.id])
        site.pages["/.well-known/webfinger"] = answering(404)
        async with net.listening(council, work=False):
            for sender in (old, new):
                sender.known_by(council)
            read = read_actor(place_actor(Profile(old.id, "a", "A"), old.keys, old.id, old.id + "/inbox"), old.id)
            assert isinstance(read, RemoteActor)
            council.store.write(lambda c: relations.ask(c, council, Resolved(read, b"{}", "")))
            await made.accept(old)
            yield made
        council.close()


async def test_both_ends_say_so_and_the_old_one_is_left_when_the_new_one_accepts(world: World) -> None:
    old, new = world.old, world.new
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    assert rows(world.council, "SELECT state FROM moves") == [("asked",)]
    assert await world.settle() == 1
    assert rows(world.council, FOLLOWED) == [(new.id, "requested"), (old.id, "accepted")]
    assert rows(world.council, f"SELECT moved FROM peers WHERE actor='{old.id}'") == [(new.id,)]
    await world.accept(new)
    assert rows(world.council, FOLLOWED) == [(new.id, "accepted"), (old.id, "ended")]
    assert await world.settle() == 0


async def test_what_only_one_end_says_changes_nothing(world: World) -> None:
    old, new = world.old, world.new
    before = rows(world.council, FOLLOWED)
    world.serve(new)
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    assert await world.settle() == 0
    assert rows(world.council, "SELECT state FROM moves") == [("refused",)]
    assert rows(world.council, FOLLOWED) == before


@pytest.mark.parametrize("case", ["signed by the other end", "of somebody else", "nowhere", "to itself"])
async def test_moves_that_are_none(world: World, case: str) -> None:
    old, new = world.old, world.new
    by, about, target = {
        "signed by the other end": (new, old.id, new.id),
        "of somebody else": (old, new.id, new.id),
        "nowhere": (old, old.id, "urn:x"),
        "to itself": (old, old.id, old.id),
    }[case]
    before = rows(world.council, FOLLOWED)
    assert await world.say(by, "move", "Move", about, target=target) == 202
    assert rows(world.council, "SELECT * FROM moves") == []
    assert await world.settle() == 0
    assert rows(world.council, FOLLOWED) == before


async def test_a_new_home_that_does_not_answer_is_asked_again(world: World) -> None:
    old, new = world.old, world.new
    world.site.pages["/new"] = 503
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    assert await world.settle() == 0
    assert rows(world.council, "SELECT state FROM moves") == [("asked",)]
    world.serve(new, alsoKnownAs=[old.id])
    assert await world.settle() == 1


async def test_an_accept_of_an_earlier_request_is_one(world: World) -> None:
    [(first,)] = rows(world.council, "SELECT follow FROM following")
    later = "UPDATE following SET state='requested', follow='https://c.example/later'"
    world.council.store.write(lambda c: c.exec_driver_sql(later))
    assert await world.say(world.old, "again", "Accept", first) == 202
    assert rows(world.council, "SELECT state FROM following") == [("accepted",)]
    world.council.store.write(lambda c: c.exec_driver_sql("UPDATE following SET state='requested'"))
    assert await world.say(world.new, "other", "Accept", first) == 202
    assert await world.say(world.old, "never", "Accept", "https://c.example/never") == 202
    assert rows(world.council, "SELECT state FROM following") == [("requested",)]
