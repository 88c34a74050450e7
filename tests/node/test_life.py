"""The life of a relation, word for word, as other servers say it: by id or embedded, again, late, out of order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.canonical import jcs
from federation.discovery import Resolved
from node import relations
from node.context import Node
from node.places import add_place, delete_place
from node.project import catch_up
from node.publish import publish
from tests.node.net import free_ports, listening, make, place, projected, rows
from tests.node.sender import Sender

STATE = "SELECT state FROM following"
LAST = "SELECT verdict FROM journal WHERE direction='in' ORDER BY seq DESC LIMIT 1"
FOLLOWERS = "SELECT actor, state FROM followers ORDER BY actor"
OUT = "SELECT type FROM journal WHERE direction='out' AND object_type='Follow' ORDER BY seq"


@dataclass
class World:
    """A node with two places, and a stranger who says what a test wants."""

    node: Node
    far: Sender
    session: aiohttp.ClientSession
    count: int = 0

    async def say(self, kind: str, content: Any, by: Sender | None = None, **more: Any) -> str:
        """Posted, answered 202; its id."""
        sender, self.count = by or self.far, self.count + 1
        activity = {"id": f"{sender.id}/a/{self.count}", "type": kind, "actor": sender.id, "object": content} | more
        body, inbox = jcs(activity), self.node.config.url + "/inbox"
        async with self.session.post(inbox, data=body, headers=sender.headers(inbox, body)) as response:
            assert response.status == 202, await response.text()
        return str(activity["id"])

    def ask(self) -> dict[str, Any]:
        """Our Follow, as it was sent."""
        document = place_actor(Profile(self.far.id, "far", "Far"), self.far.keys, self.far.id, self.far.id + "/inbox")
        read = read_actor(document, self.far.id)
        assert isinstance(read, RemoteActor)
        self.node.store.write(lambda c: relations.ask(c, self.node, Resolved(read, b"{}", "")))
        [(name,)] = rows(self.node, "SELECT follow FROM following")
        return {"id": name, "type": "Follow", "actor": self.node.config.node_actor, "object": self.far.id}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port], "site", "aggregator")
    for slug in ("a", "b"):
        add_place(node, slug, place(node, slug), ["https://far.example/places/far"])
        publish(node, slug)
    async with listening(node, work=False), aiohttp.ClientSession() as session:
        yield World(node, Sender().known_by(node), session)
    node.close()


@pytest.mark.parametrize("embedded", [True, False])
async def test_accepted_again_and_ended_by_a_reject(world: World, embedded: bool) -> None:
    node, follow = world.node, world.ask()
    said = follow if embedded else follow["id"]
    for _ in range(3):
        await world.say("Accept", said)
        assert rows(node, STATE) == [("accepted",)]
    await world.say("Create", world.far.report("r", 7))
    catch_up(node)
    assert projected(node, "SELECT value FROM observations") == [("7",)]
    await world.say("Reject", said)
    assert (rows(node, STATE), rows(node, LAST)) == ([("rejected",)], [("effect",)])
    catch_up(node)
    assert projected(node, "SELECT value FROM observations") == []
    await world.say("Reject", said)
    assert (rows(node, STATE), rows(node, LAST)) == ([("rejected",)], [("none",)])


async def test_who_refused_may_think_better_of_it_and_the_later_word_holds(world: World) -> None:
    """The one who answers counts what it says; where it does not count, a refusal stands until we ask again."""
    node, follow = world.node, world.ask()
    await world.say("Create", world.far.report("r", 7))
    await world.say("Reject", follow, commitment={"seq": 5, "epoch": 1})
    await world.say("Accept", follow, commitment={"seq": 4, "epoch": 1})
    await world.say("Accept", follow)
    await world.say("Accept", follow, commitment={"seq": {}, "epoch": []})
    assert rows(node, STATE) == [("rejected",)]
    await world.say("Accept", follow, commitment={"seq": 7, "epoch": 1})
    assert rows(node, STATE) == [("accepted",)]
    catch_up(node)
    assert projected(node, "SELECT value FROM observations") == [("7",)]
    await world.say("Reject", follow, commitment={"seq": 6, "epoch": 1})
    assert rows(node, STATE) == [("accepted",)]
    world.ask()
    await world.say("Accept", follow, commitment={"seq": 8, "epoch": 1})
    assert rows(node, STATE) == [("accepted",)]


async def test_a_late_accept_of_a_request_that_was_refused_since_does_not_answer_the_new_one(world: World) -> None:
    first = world.ask()
    await world.say("Reject", first, commitment={"seq": 5, "epoch": 1})
    world.ask()
    await world.say("Accept", first, commitment={"seq": 4, "epoch": 1})
    assert rows(world.node, STATE) == [("requested",)]


async def test_who_was_left_can_neither_accept_nor_refuse(world: World) -> None:
    follow = world.ask()
    await relations.unfollow(world.node, world.far.id)
    for kind in ("Accept", "Reject", "Accept"):
        await world.say(kind, follow)
        assert (rows(world.node, STATE), rows(world.node, LAST)) == ([("ended",)], [("none",)])


async def test_an_answer_counts_from_whom_it_was_asked_of(world: World) -> None:
    other = Sender("https://far.example/places/other").known_by(world.node)
    follow = world.ask()
    for kind in ("Accept", "Reject"):
        await world.say(kind, follow, by=other)
        await world.say(kind, follow["id"], by=other)
    assert rows(world.node, STATE) == [("requested",)]


@pytest.mark.parametrize("embedded", [True, False])
async def test_two_places_are_followed_and_left_one_by_one(world: World, embedded: bool) -> None:
    node = world.node
    a, b = node.config.actor("a"), node.config.actor("b")
    follows = {target: await world.say("Follow", target) for target in (a, b)}
    assert rows(node, FOLLOWERS) == [(a, "accepted"), (b, "accepted")]
    follow = {"id": follows[a], "type": "Follow", "actor": world.far.id, "object": a}
    undo = await world.say("Undo", follow if embedded else follows[a])
    assert rows(node, FOLLOWERS) == [(b, "accepted")]
    await world.say("Undo", {"id": undo, "type": "Undo", "actor": world.far.id, "object": follows[a]})
    await world.say("Undo", undo)
    assert rows(node, FOLLOWERS) == [(b, "accepted")]
    await world.say("Follow", a)
    assert rows(node, FOLLOWERS) == [(a, "accepted"), (b, "accepted")]


async def test_a_follow_is_undone_by_naming_whom_it_followed(world: World) -> None:
    """As servers do that keep no id of what they asked."""
    a, b = world.node.config.actor("a"), world.node.config.actor("b")
    for target in (a, b):
        await world.say("Follow", target)
    unknown = {"id": world.far.id + "/never", "type": "Follow", "actor": world.far.id, "object": a}
    await world.say("Undo", unknown | {"type": "Like"})
    assert len(rows(world.node, FOLLOWERS)) == 2
    await world.say("Undo", unknown)
    assert rows(world.node, FOLLOWERS) == [(b, "accepted")]


async def test_a_repeated_follow_is_one_relation_answered_each_time(world: World) -> None:
    a = world.node.config.actor("a")
    names = [await world.say("Follow", a) for _ in range(3)]
    assert rows(world.node, "SELECT follow FROM followers") == [(names[-1],)]
    assert rows(world.node, OUT) == [("Accept",)] * 3
    assert rows(world.node, "SELECT count(*) FROM deliveries") == [(3 + 1,)]  # and the description, once


async def test_the_same_request_is_answered_again_while_it_stands_and_never_after_it_was_undone(world: World) -> None:
    a = world.node.config.actor("a")
    name = await world.say("Follow", a)
    for _ in range(2):
        world.count -= 1
        assert await world.say("Follow", a) == name
    assert rows(world.node, OUT) == [("Accept",)] * 3
    assert rows(world.node, "SELECT count(*) FROM journal WHERE type='Follow'") == [(1,)]
    await world.say("Undo", name)
    world.count -= 2
    assert await world.say("Follow", a) == name
    assert rows(world.node, FOLLOWERS) == []
    assert rows(world.node, OUT) == [("Accept",)] * 3


async def test_what_is_not_there_cannot_be_followed(world: World) -> None:
    node = world.node
    delete_place(node, "b")
    for name in (node.config.actor("b"), node.config.actor("never"), node.config.place("a"), world.far.id):
        await world.say("Follow", name)
        assert rows(node, LAST) == [("none",)]
    assert rows(node, FOLLOWERS) == rows(node, OUT) == []


async def test_a_place_that_keeps_the_first_request_ends_the_relation_by_it(world: World) -> None:
    """Some servers answer no repeated Follow and remember the first: whoever is refused by it counts no figure more."""
    node, first = world.node, world.ask()
    await world.say("Accept", first)
    await world.say("Create", world.far.report("r", 7))
    world.ask()
    await world.say("Reject", first)
    assert (rows(node, STATE), rows(node, LAST)) == ([("rejected",)], [("effect",)])
    catch_up(node)
    assert projected(node, "SELECT value FROM observations") == []
    await world.say("Accept", first)
    assert rows(node, STATE) == [("rejected",)]


async def test_the_first_request_is_refused_and_the_second_accepted(world: World) -> None:
    """In either order, where nothing is counted."""
    first = world.ask()
    second = world.ask()
    await world.say("Reject", first)
    assert rows(world.node, STATE) == [("rejected",)]
    await world.say("Accept", second)
    assert rows(world.node, STATE) == [("accepted",)]
    await world.say("Reject", first)
    assert (rows(world.node, STATE), rows(world.node, LAST)) == ([("accepted",)], [("none",)])
    await world.say("Reject", second)
    assert rows(world.node, STATE) == [("rejected",)]
    await world.say("Accept", second)
    assert rows(world.node, STATE) == [("rejected",)]


async def test_what_was_said_of_a_request_that_we_took_back_answers_no_later_one(world: World) -> None:
    """Misskey answers an Undo by a Reject, which may find us asking again; all that we asked before is taken back."""
    first = world.ask()
    await world.say("Accept", first)
    again = world.ask()
    await relations.unfollow(world.node, world.far.id)
    second = world.ask()
    for kind, name in product(("Reject", "Accept"), (first, again)):
        await world.say(kind, name)
        assert (rows(world.node, STATE), rows(world.node, LAST)) == ([("requested",)], [("none",)])
    await world.say("Accept", second)
    assert rows(world.node, STATE) == [("accepted",)]


async def test_a_follow_may_be_named_by_who_followed_whom(world: World) -> None:
    """As Misskey does when it removes a follower, under an id of its own; never by whoever else embeds it."""
    follow = world.ask()
    theirs = follow | {"id": "https://far.example/follows/1/2"}
    other = Sender("https://far.example/places/other").known_by(world.node)
    node_actor = world.node.config.node_actor
    for wrong in ({"actor": other.id}, {"object": other.id}, {"type": "Like"}, {"actor": [node_actor]}):
        await world.say("Accept", theirs | wrong)
    await world.say("Accept", theirs, by=other)
    await world.say("Accept", theirs["id"])
    await world.say("Reject", theirs)  # of one that was removed earlier: this request is still to be answered
    assert rows(world.node, STATE) == [("requested",)]
    await world.say("Accept", theirs)
    assert rows(world.node, STATE) == [("accepted",)]
    await world.say("Reject", theirs, by=other)
    assert rows(world.node, STATE) == [("accepted",)]
    await world.say("Reject", theirs)
    assert rows(world.node, STATE) == [("rejected",)]
    await world.say("Accept", theirs)
    assert rows(world.node, STATE) == [("rejected",)]


async def test_who_removed_us_without_the_id_of_our_request_is_not_heard_accepting_it_again(world: World) -> None:
    follow = world.ask()
    await world.say("Accept", follow)
    await world.say("Reject", follow | {"id": "https://far.example/follows/1/2"})
    await world.say("Accept", follow)
    assert rows(world.node, STATE) == [("rejected",)]


async def test_no_other_word_of_ours_is_a_request(world: World) -> None:
    """An answer that names the Undo, or a Follow of somebody else, answers nothing."""
    other = Sender("https://far.example/places/other").known_by(world.node)
    world.ask()
    await relations.unfollow(world.node, world.far.id)
    [(undo,)] = rows(world.node, "SELECT activity FROM journal WHERE type='Undo'")
    document = place_actor(Profile(other.id, "other", "Other"), other.keys, other.id, other.id + "/inbox")
    read = read_actor(document, other.id)
    assert isinstance(read, RemoteActor)
    world.node.store.write(lambda c: relations.ask(c, world.node, Resolved(read, b"{}", "")))
    [(elsewhere,)] = rows(world.node, f"SELECT follow FROM following WHERE target='{other.id}'")
    world.node.store.write(lambda c: c.exec_driver_sql("DELETE FROM following WHERE target=?", (other.id,)))
    world.ask()
    for name in (undo, elsewhere):
        for kind in ("Accept", "Reject"):
            await world.say(kind, name)
            assert rows(world.node, STATE) == [("requested",)]
