"""Who hears whom, between real nodes: asking, waiting, approving, rejecting, leaving, and forged answers."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from federation.activity import follow as follow_activity
from federation.canonical import jcs
from node import relations
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.relations import Asked, Unreachable
from node.reports import add_report
from node.store.engine import Store
from tests.node.net import free_ports, listening, make, place, rows, until, visits
from tests.node.sender import Sender

FOLLOWING = "SELECT state FROM following"
FOLLOWERS = "SELECT state FROM followers"


@dataclass
class Net:
    site: Node
    council: Node

    @property
    def handle(self) -> str:
        return f"@etabli@{self.site.config.authority}"

    @property
    def place(self) -> str:
        return self.site.config.actor("etabli")

    def add(self, *accept: str) -> None:
        add_place(self.site, "etabli", place(self.site, "etabli"), accept)

    def sent(self) -> list[str]:
        query = "SELECT type FROM journal WHERE direction='in' AND actor LIKE ? || '%'"
        with self.council.store.read() as connection:
            return list(connection.exec_driver_sql(query, (self.site.config.url,)).scalars())


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    ports = free_ports(2)
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    async with listening(site), listening(council):
        yield Net(site, council)
    site.close()
    council.close()


async def test_a_request_waits_until_it_is_approved(net: Net) -> None:
    net.add()
    asked = await relations.follow(net.council, net.handle)
    assert asked == Asked(net.place, "L'Établi", "requested", again=False)
    await until(lambda: rows(net.site, FOLLOWERS) == [("pending",)])
    [waiting] = relations.all_followers(net.site, "etabli")
    assert (waiting.slug, waiting.follower, waiting.state) == ("etabli", net.council.config.node_actor, "pending")
    assert await relations.approve(net.site, "etabli", net.council.config.node_actor) == net.council.config.node_actor
    await until(lambda: rows(net.council, FOLLOWING) == [("accepted",)])


async def test_who_is_named_is_accepted_at_once_and_nobody_else(net: Net) -> None:
    host = net.council.config.authority
    named = [net.council.config.node_actor, f"@relay@{host}", f"@127.0.0.1@{host}", f"acct:relay@{host}"]
    named += [host, net.council.config.url, net.council.config.url + "/"]
    others = ["@relay@elsewhere.fr", "@relay", "relay@127.0.0.1", f"@other@{host}", net.council.config.url + "/x"]
    for number, name in enumerate([*named, *others]):
        add_place(net.site, f"p{number:02}", place(net.site, f"p{number:02}"), [name])
        assert isinstance(await relations.follow(net.council, net.site.config.actor(f"p{number:02}")), Asked)
    await until(lambda: len(rows(net.site, FOLLOWERS)) == len(named + others))
    found = rows(net.site, "SELECT state FROM followers ORDER BY actor")
    assert found == [("accepted",)] * len(named) + [("pending",)] * len(others)


async def test_a_repeated_request_is_answered_again(net: Net) -> None:
    net.add(net.council.config.node_actor)
    for again in (False, True):
        asked = await relations.follow(net.council, net.handle)
        assert isinstance(asked, Asked)
        assert asked.again is again
        await until(lambda: net.sent().count("Accept") == 1 + again)  # noqa: B023
    assert rows(net.council, FOLLOWING) == rows(net.site, FOLLOWERS) == [("accepted",)]


async def test_rejected_and_then_approved_after_all(net: Net) -> None:
    net.add()
    await relations.follow(net.council, net.handle)
    await until(lambda: rows(net.site, FOLLOWERS))
    who = f"@relay@{net.council.config.authority}"
    assert await relations.reject(net.site, None, who) == net.council.config.node_actor
    await until(lambda: rows(net.council, FOLLOWING) == [("rejected",)])
    await relations.follow(net.council, net.handle)
    await until(lambda: rows(net.site, FOLLOWERS) == [("pending",)])
    await relations.approve(net.site, None, net.council.config.node_actor)
    await until(lambda: rows(net.council, FOLLOWING) == [("accepted",)])


async def test_one_who_is_approved_late_is_sent_what_is_public(net: Net) -> None:
    net.add()
    add_report(net.site, "etabli", "2025", visits(5), "public")
    add_report(net.site, "etabli", "2025", visits(6), "network")
    publish(net.site)
    await relations.follow(net.council, net.handle)
    await until(lambda: rows(net.site, FOLLOWERS))
    await relations.approve(net.site, "etabli", net.council.config.node_actor)
    await until(lambda: len(rows(net.council, "SELECT 1 FROM documents")) == 2)
    assert rows(net.council, "SELECT DISTINCT sharing FROM documents") == [("public",)]


async def test_leaving(net: Net) -> None:
    net.add(net.council.config.node_actor)
    await relations.follow(net.council, net.handle)
    await until(lambda: rows(net.council, FOLLOWING) == [("accepted",)])
    assert await relations.unfollow(net.council, net.handle) == net.place
    await until(lambda: rows(net.site, FOLLOWERS) == [])
    assert rows(net.council, FOLLOWING) == [("ended",)]
    assert await relations.unfollow(net.council, net.handle) is None


async def test_who_is_unknown(net: Net) -> None:
    net.add()
    for target in (f"@nobody@{net.site.config.authority}", f"{net.site.config.url}/places/nobody", "nobody", ""):
        found = await relations.follow(net.council, target)
        assert isinstance(found, Unreachable), target
        assert found.text("fr") != found.text("en")
    assert await relations.approve(net.site, "etabli", "https://nobody.fr/actor") is None
    assert rows(net.council, FOLLOWING) == []
    assert rows(net.council, "SELECT count(*) FROM journal") == [(0,)]


async def test_what_is_granted_can_be_withdrawn(net: Net) -> None:
    net.add()
    who = f"@relay@{net.council.config.authority}"
    assert await relations.share(net.site, "etabli", who, "network") == net.council.config.node_actor
    assert await relations.share(net.site, "etabli", who, "aggregate-only") == net.council.config.node_actor
    assert rows(net.site, "SELECT level FROM grants") == [("aggregate-only",)]
    assert await relations.unshare(net.site, "etabli", net.council.config.node_actor) == net.council.config.node_actor
    assert await relations.unshare(net.site, "etabli", net.council.config.node_actor) is None
    assert isinstance(await relations.share(net.site, "etabli", "@x@127.0.0.1:1", "network"), Unreachable)


async def test_what_waited_for_one_who_is_granted_nothing_any_more_never_leaves(net: Net) -> None:
    net.add()
    closed = "INSERT INTO hosts (host, failures, open_until, dialect) VALUES (?, 0, '2099', 'cavage')"
    net.site.store.write(lambda c: c.exec_driver_sql(closed, (net.council.config.authority,)))
    await relations.share(net.site, "etabli", net.council.config.node_actor, "network")
    add_report(net.site, "etabli", "2025", visits(5), "network")
    publish(net.site)
    waiting = "SELECT state FROM deliveries JOIN journal USING (seq) WHERE sharing='network'"
    assert rows(net.site, waiting) == [("queued",)]
    await relations.unshare(net.site, "etabli", net.council.config.node_actor)
    assert rows(net.site, waiting) == []
    net.site.store.write(lambda c: c.exec_driver_sql("DELETE FROM hosts"))
    await relations.share(net.site, "etabli", net.council.config.node_actor, "network")
    publish(net.site)
    await until(lambda: rows(net.council, "SELECT sharing FROM documents") == [("network",)])


async def test_what_is_granted_to_a_place_is_granted_to_the_site_that_reads_for_it(net: Net) -> None:
    net.add()
    add_place(net.council, "lieu", place(net.council, "lieu"))
    for who in (net.council.config.actor("lieu"), f"@lieu@{net.council.config.authority}"):
        assert await relations.share(net.site, "etabli", who, "network") == net.council.config.node_actor
    assert [each.grantee for each in relations.grants_of(net.site, "etabli")] == [net.council.config.node_actor]


async def test_answers_that_nobody_asked_for_do_nothing(net: Net) -> None:
    """An Accept counts from whom it was asked of; an Undo ends only its author's own relation."""
    net.add(net.council.config.node_actor)
    far, other = Sender().known_by(net.council), Sender("https://far.example/places/o").known_by(net.site)
    await relations.follow(net.council, net.handle)
    await until(lambda: rows(net.council, FOLLOWING) == [("accepted",)])
    [(ours,)] = rows(net.council, "SELECT follow FROM following")
    inbox = net.council.config.url + "/inbox"
    theirs = follow_activity(str(ours), net.council.config.node_actor, net.place)
    async with aiohttp.ClientSession() as session:
        for number, kind in enumerate(("Reject", "Accept", "Reject")):
            await far.post(session, inbox, far.say(number, kind, theirs if number else str(ours)))
        assert rows(net.council, FOLLOWING) == [("accepted",)]
        await other.post(session, net.site.config.url + "/inbox", other.say(1, "Undo", str(ours)))
        body = other.sent[other.say(2, "Undo", theirs)]
        headers = other.headers(net.site.config.url + "/inbox", body)
        async with session.post(net.site.config.url + "/inbox", data=body, headers=headers) as response:
            assert (response.status, (await response.json(content_type=None))["reason"]) == (403, "attributed_to")
    assert rows(net.site, FOLLOWERS) == [("accepted",)]


async def test_a_name_at_its_host_is_not_enough(net: Net) -> None:
    """Whoever says that it is called like one who is named, but is not at `/actor`, waits like all others."""
    net.add("@relay@far.example")
    liar = Sender("https://far.example/users/x/actor").known_by(net.site)
    body = jcs(follow_activity(liar.id + "/f", liar.id, net.place))
    async with aiohttp.ClientSession() as session:
        headers = liar.headers(net.site.config.url + "/inbox", body)
        async with session.post(net.site.config.url + "/inbox", data=body, headers=headers) as response:
            assert response.status == 202
    assert rows(net.site, FOLLOWERS) == [("pending",)]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Node, threading.Event]]:
    """A node in whose file another process is writing, until it is let go."""
    [port] = free_ports(1)
    node, other = make(tmp_path, port, [port]), Store.open(tmp_path)
    writing, free = threading.Event(), threading.Event()
    holder = threading.Thread(target=lambda: other.write(lambda _: (writing.set(), free.wait(5))))
    holder.start()
    writing.wait()
    yield node, free
    free.set()
    holder.join()
    other.close()
    node.close()


async def test_a_relation_is_written_while_the_loop_waits_for_its_turn(held: tuple[Node, threading.Event]) -> None:
    """Another process writes, and the messages that came in wait for it: a request of the manager stops nobody."""
    node, free = held
    waiting = asyncio.create_task(node.store.awrite(lambda _: "taken"))
    leaving = asyncio.create_task(relations.unfollow(node, "https://far.example/places/far"))
    asyncio.get_running_loop().call_later(0.05, free.set)
    assert await asyncio.wait_for(asyncio.gather(waiting, leaving), 4) == ["taken", None]


async def test_what_waits_for_its_turn_holds_no_lock(held: tuple[Node, threading.Event]) -> None:
    """The thread of the loop writes by itself, while what the loop is to write has just got its turn."""
    node, free = held
    waiting = asyncio.create_task(node.store.awrite(lambda _: "taken"))
    await asyncio.sleep(0.05)
    free.set()
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy, and the thread beside it is not
    assert node.store.write(lambda _: "written") == "written"
    assert await waiting == "taken"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("reseau.fr", "https://reseau.fr/actor"),
        (" https://reseau.fr/ ", "https://reseau.fr/actor"),
        ("https://reseau.fr?lang=fr", "https://reseau.fr/actor"),
        ("https://reseau.fr/places/un?lang=fr#main", "https://reseau.fr/places/un"),
        ("https://reseau.fr/?author=1", "https://reseau.fr/?author=1"),
        ("@un@reseau.fr", "@un@reseau.fr"),
        ("127.0.0.1:8001", "http://127.0.0.1:8001/actor"),
        ("deux mots", "deux mots"),
        ("https://[", "https://["),
        ("", ""),
    ],
)
def test_what_is_pasted_names_an_actor(written: str, address: str) -> None:
    assert relations.named_address(written, frozenset({"127.0.0.1:8001"})) == address


async def test_a_site_is_followed_by_the_address_of_its_home_page(net: Net) -> None:
    for pasted in (net.council.config.url, net.council.config.authority):
        asked = await relations.follow(net.site, pasted)
        assert isinstance(asked, Asked)
        assert asked.target == net.council.config.node_actor
    await until(lambda: rows(net.site, FOLLOWING) == [("accepted",)])
