"""An actor that moves: believed when both ends say so, and left only once the new one has accepted us."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.discovery import Resolved
from node import lookup, moves, relations
from node.context import Node
from node.project import catch_up, rebuild
from tests.federation.web import Site, answering, listening
from tests.node import net
from tests.node.net import free_ports, make, projected, rows
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


async def test_nobody_is_followed_for_one_that_was_left_meanwhile(world: World) -> None:
    """The operator left OLD while its new home was silent: nobody asked us to hear it there."""
    old, new = world.old, world.new
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    await relations.unfollow(world.council, old.id)
    assert await world.settle() == 0
    assert rows(world.council, FOLLOWED) == [(old.id, "ended")]
    assert rows(world.council, "SELECT state FROM moves") == [("refused",)]


async def test_only_the_last_home_that_it_names_is_looked_at(world: World) -> None:
    """One that we follow cannot send us to read as many addresses as it likes."""
    old, new = world.old, world.new
    for number in range(5):
        assert await world.say(old, f"m{number}", "Move", old.id, target=f"{world.site.url}/x{number}") == 202
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    assert await world.settle() == 1
    assert not [path for path in world.site.paths if path.startswith("/x")]


async def test_a_home_that_is_named_while_another_is_read_is_the_one(world: World) -> None:
    """What is read of the first arrives after OLD has named the second."""
    old, new = world.old, world.new
    serve = world.site.pages["/new"]

    async def slow(request: web.Request) -> web.StreamResponse:
        assert await world.say(old, "later", "Move", old.id, target=world.site.url + "/elsewhere") == 202
        answer: web.StreamResponse = await serve(request)
        return answer

    world.site.pages["/new"] = slow
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    assert await world.settle() == 0
    assert rows(world.council, FOLLOWED) == [(old.id, "accepted")]
    assert rows(world.council, "SELECT state FROM moves ORDER BY target") == [("asked",), ("refused",)]


async def test_there_and_back_again(world: World) -> None:
    """It moves, returns, and moves again: what an earlier move did ends no later relation."""
    old, new = world.old, world.new
    world.serve(old, alsoKnownAs=[new.id])
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    await world.settle()
    await world.accept(new)
    assert await world.say(new, "back", "Move", new.id, target=old.id) == 202
    await world.settle()
    [(name,)] = rows(world.council, f"SELECT follow FROM following WHERE target='{old.id}'")
    assert await world.say(old, "accept2", "Accept", name) == 202
    assert rows(world.council, FOLLOWED) == [(new.id, "ended"), (old.id, "accepted")]
    assert rows(world.council, "SELECT moved FROM peers WHERE actor='" + old.id + "'") == [(None,)]
    assert await world.say(old, "move2", "Move", old.id, target=new.id) == 202
    await world.settle()
    assert await world.say(old, "accept3", "Accept", name) == 202
    assert rows(world.council, FOLLOWED) == [(new.id, "requested"), (old.id, "accepted")]
    [(name,)] = rows(world.council, f"SELECT follow FROM following WHERE target='{new.id}'")
    assert await world.say(new, "accept4", "Accept", name) == 202
    assert rows(world.council, FOLLOWED) == [(new.id, "accepted"), (old.id, "ended")]


async def test_one_that_is_followed_again_where_it_was_stays_followed(world: World) -> None:
    old, new = world.old, world.new
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    await world.settle()
    await world.accept(new)
    assert isinstance(await relations.follow(world.council, old.id), relations.Asked)
    [(name,)] = rows(world.council, f"SELECT follow FROM following WHERE target='{new.id}'")
    assert await world.say(new, "again", "Accept", name) == 202
    assert rows(world.council, FOLLOWED) == [(new.id, "accepted"), (old.id, "requested")]


async def test_the_figures_of_the_old_one_stay_until_the_new_one_accepts(world: World) -> None:
    old, new, council = world.old, world.new, world.council
    figures = "SELECT substr(document, 1, instr(document, '/documents') - 1), value FROM observations"
    assert await world.say(old, "c1", "Create", old.report("r", 7)) == 202
    assert await world.say(new, "c1", "Create", new.report("r", 8)) == 202
    assert await world.say(old, "move", "Move", old.id, target=new.id) == 202
    await world.settle()
    catch_up(council)
    assert projected(council, figures) == [(old.id, "7")]
    await world.accept(new)
    catch_up(council)
    assert projected(council, figures) == [(new.id, "8")]
    rebuild(council)
    assert projected(council, figures) == [(new.id, "8")]
