"""What one place of a node wants of others, where several places share the node: nobody decides for a neighbour."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node import relations, wishes
from node.context import Node
from node.letters import send
from node.places import add_place
from node.publish import publish
from node.relations import Unreachable
from node.reports import add_report
from node.timeline import timeline
from node.wishes import Wanted, Wish
from tests.node.net import free_ports, listening, make, place, rows, until, visits
from vocab.letter import Letter

FOLLOWING = "SELECT state FROM following"
FOLLOWERS = "SELECT actor, state FROM followers ORDER BY actor"


@dataclass
class Net:
    host: Node
    site: Node

    @property
    def far(self) -> str:
        return self.site.config.actor("loin")


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    ports = free_ports(2)
    host, site = make(tmp_path / "h", ports[0], ports), make(tmp_path / "s", ports[1], ports)
    for slug in ("un", "deux"):
        add_place(host, slug, place(host, slug, slug.title()))
    add_place(site, "loin", place(site, "loin", "Loin"), [host.config.node_actor])
    async with listening(host), listening(site):
        yield Net(host, site)
    host.close()
    site.close()


def only(node: Node, slug: str) -> Wish:
    [wish] = wishes.wishes(node, slug)
    return wish


async def test_the_node_asks_once_and_leaves_with_the_last_of_its_places(net: Net) -> None:
    for slug in ("un", "deux"):
        asked = await wishes.follow(net.host, slug, net.far)
        assert isinstance(asked, Wanted)
        await until(lambda: rows(net.host, FOLLOWING) == [("accepted",)])
    assert rows(net.host, "SELECT count(*) FROM journal WHERE type='Follow' AND direction='out'") == [(1,)]
    assert [only(net.host, slug).state for slug in ("un", "deux")] == ["accepted"] * 2
    assert wishes.unfollow(net.host, "un", net.far)
    assert not wishes.unfollow(net.host, "un", net.far)
    assert wishes.wishes(net.host, "un") == ()
    assert rows(net.host, FOLLOWING) == [("accepted",)], "the other place still hears it"
    assert wishes.unfollow(net.host, "deux", net.far)
    await until(lambda: rows(net.site, FOLLOWERS) == [])
    assert rows(net.host, FOLLOWING) == [("ended",)]


async def test_what_the_node_follows_for_itself_outlives_its_places(net: Net) -> None:
    await relations.follow(net.host, net.far)
    await wishes.follow(net.host, "un", net.far)
    assert only(net.host, "un").by_node
    wishes.unfollow(net.host, "un", net.far)
    assert rows(net.host, "SELECT 1 FROM following WHERE state='ended'") == []
    await relations.unfollow(net.host, net.far)
    assert rows(net.host, "SELECT count(*) FROM followed_for") == [(0,)]


async def test_a_neighbour_on_the_same_node_is_heard_without_asking(net: Net) -> None:
    for name in (f"@deux@{net.host.config.authority}", net.host.config.actor("deux")):
        assert await wishes.follow(net.host, "un", name) == Wanted(net.host.config.actor("deux"), "Deux", "accepted")
    assert only(net.host, "un").state == "accepted"
    assert rows(net.host, "SELECT count(*) FROM journal") == [(0,)]
    assert isinstance(await wishes.follow(net.host, "un", f"@trois@{net.host.config.authority}"), Unreachable)


@pytest.mark.parametrize("whole_host", [False, True])
async def test_one_place_shuts_somebody_out_and_its_neighbour_does_not(net: Net, whole_host: bool) -> None:
    other = net.site.config.node_actor
    for slug in ("un", "deux"):
        add_place(net.host, slug, place(net.host, slug, slug.title()), [other])
        await relations.follow(net.site, net.host.config.actor(slug))
        await relations.share(net.host, slug, other, "network")
    await until(lambda: rows(net.site, FOLLOWING) == [("accepted",)] * 2)
    await wishes.follow(net.host, "un", net.far)
    name = net.site.config.authority if whole_host else other
    assert wishes.block(net.host, "un", name)
    assert not wishes.block(net.host, "un", name)
    assert wishes.blocked(net.host, "un") == (name,)
    assert rows(net.host, "SELECT actor FROM grants") == [(net.host.config.actor("deux"),)]
    assert wishes.wishes(net.host, "un") == () or not whole_host
    mine = (net.host.config.actor("un"), "rejected")
    assert rows(net.host, FOLLOWERS) == [(net.host.config.actor("deux"), "accepted"), mine]
    await until(lambda: sorted(rows(net.site, FOLLOWING)) == [("accepted",), ("rejected",)])

    await relations.follow(net.site, net.host.config.actor("un"))
    await until(lambda: rows(net.host, "SELECT count(*) FROM journal WHERE type='Follow' AND direction='in'") == [(3,)])
    assert mine in rows(net.host, FOLLOWERS), "it asks in vain"
    assert wishes.unblock(net.host, "un", name)
    assert not wishes.unblock(net.host, "un", name)
    await relations.follow(net.site, net.host.config.actor("un"))
    await until(lambda: (mine[0], "accepted") in rows(net.host, FOLLOWERS))


async def test_each_place_reads_the_news_of_those_it_hears_and_the_letters_to_it(net: Net) -> None:
    for slug in ("un", "deux"):
        add_place(net.host, slug, place(net.host, slug, slug.title()), [net.site.config.node_actor])
        await relations.follow(net.site, net.host.config.actor(slug))
    add_report(net.site, "loin", "2025", visits(3), "public")
    add_report(net.site, "loin", "2025", visits(4), "network")
    publish(net.site)
    await relations.share(net.site, "loin", net.host.config.node_actor, "network")
    publish(net.site)
    publish(net.host, "deux")
    await wishes.follow(net.host, "un", net.far)
    await wishes.follow(net.host, "un", net.host.config.actor("deux"))
    letter = Letter(net.host.config.actor("deux"), f"@deux@{net.host.config.authority}", {"fr": "<p>Lisez</p>"})
    await until(lambda: rows(net.site, FOLLOWING) == [("accepted",)] * 2)
    net.site.store.write(lambda connection: send(connection, net.site, letter))
    await until(lambda: rows(net.host, "SELECT count(*) FROM documents WHERE NOT own") == [(4,)])
    near, far = net.host.config.actor("deux"), net.far
    assert sorted((item.actor, item.type) for item in timeline(net.host, 9, slug="un")) == sorted(
        [(far, "Description"), (far, "Report"), (near, "Description")]
    )
    [item] = timeline(net.host, 9, slug="deux")
    assert (item.type, item.actor) == ("Note", net.site.config.node_actor)
