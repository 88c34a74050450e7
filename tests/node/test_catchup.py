"""What was lost on the way is noticed and read again; what is taken back leaves; who cannot be known harms nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node import gaps, relations
from node.context import Node, utc_now
from node.harvest import HarvestedActor
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.readings import Readings
from node.reports import add_report
from tests.federation.web import Site, dripping
from tests.federation.web import listening as site_listening
from tests.node.net import free_ports, listening, make, place, projected, rows, until, visits
from tests.node.sender import Sender
from tests.node.test_harvest import follows, harvested
from tests.node.test_project import push

FIGURES = "SELECT value FROM observations ORDER BY value"
BEHIND = "SELECT behind FROM following"


@dataclass
class Clock:
    """The machine's clock, moved."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Pair:
    """A site whose place shares with its partners, and a council that follows it."""

    site: Node
    council: Node
    clock: Clock

    @property
    def actor(self) -> str:
        return self.site.config.actor("etabli")

    def says(self, period: str, value: int, sharing: str = "public") -> None:
        add_report(self.site, "etabli", period, visits(value, period), sharing)
        publish(self.site)

    def figures(self) -> tuple[list[Any], list[Any]]:
        """The public ones, then the others, as the council has them."""
        catch_up(self.council)
        return projected(self.council, FIGURES), projected(self.council, FIGURES, "restricted")


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    ports, clock = free_ports(2), Clock()
    site = replace(make(tmp_path / "site", ports[0], ports), clock=clock)
    council = replace(make(tmp_path / "council", ports[1], ports, "aggregator"), clock=clock)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    yield Pair(site, council, clock)
    site.close()
    council.close()


async def test_what_an_outage_lost_is_read_again_as_soon_as_something_comes(pair: Pair) -> None:
    """Nothing is tried for longer than three days; the next activity tells that there were others."""
    waiting = "SELECT 1 FROM deliveries WHERE state = 'queued'"
    async with listening(pair.site):
        async with listening(pair.council):
            await relations.follow(pair.council, pair.actor)
            await until(lambda: rows(pair.council, "SELECT 1 FROM following WHERE harvested IS NOT NULL"), 20)
            await relations.share(pair.site, "etabli", pair.council.config.node_actor, "network")
            pair.says("2021", 1)
            pair.says("2021", 11, "network")
            await until(lambda: pair.figures() == ([("1",)], [("11",)]))
            await until(lambda: not rows(pair.site, waiting))
        pair.says("2022", 2)
        pair.says("2022", 22, "network")
        await until(lambda: not rows(pair.site, "SELECT 1 FROM deliveries WHERE state='queued' AND attempts = 0"))
        pair.clock.ahead = timedelta(days=4)
        await until(lambda: not rows(pair.site, waiting), 20)
        assert rows(pair.site, "SELECT count(*) FROM deliveries WHERE state = 'parked'") == [(2,)]
        async with listening(pair.council):
            pair.clock.ahead += timedelta(hours=7)
            pair.says("2023", 3)
            await until(lambda: pair.figures() == ([("1",), ("2",), ("3",)], [("11",), ("22",)]), 30)
            await until(lambda: rows(pair.council, BEHIND) == [(0,)])
    before = pair.figures()
    rebuild(pair.council)
    assert pair.figures() == before


async def test_what_is_taken_back_leaves_and_comes_back_when_it_is_granted_again(pair: Pair) -> None:
    grantee = pair.council.config.node_actor
    pair.says("2021", 1)
    pair.says("2021", 11, "network")
    follows(pair.council, pair.actor)
    async with listening(pair.site, work=False), listening(pair.council, work=False):
        assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=2, added=2)
        for number in range(2):
            await relations.share(pair.site, "etabli", grantee, "network")
            assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=3, added=1)
            assert rows(pair.council, "SELECT count(*) FROM documents WHERE deleted IS NULL") == [(3,)]
            await relations.unshare(pair.site, "etabli", grantee)
            assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=2, dropped=1), number
        secret = "SELECT count(*) FROM blobs WHERE instr(bytes, '\"11\"')"
        assert rows(pair.council, secret) == [(0,)]
        assert rows(pair.council, "SELECT verdict FROM journal WHERE type = 'Delete'") == [("withdrawn",)] * 2
        follows_nothing_new = await harvested(pair.council)
        assert (follows_nothing_new.added, follows_nothing_new.dropped) == (0, 0)
        await relations.share(pair.site, "etabli", grantee, "network")
        assert (await harvested(pair.council)).added == 1
    assert rows(pair.council, secret) == [(2,)]


@pytest.mark.parametrize("again", [False, True])
async def test_what_was_taken_back_is_in_no_projection(pair: Pair, again: bool) -> None:
    grantee = pair.council.config.node_actor
    async with listening(pair.site), listening(pair.council):
        await relations.follow(pair.council, pair.actor)
        await until(lambda: rows(pair.council, "SELECT 1 FROM following WHERE state = 'accepted'"))
        await relations.share(pair.site, "etabli", grantee, "network")
        pair.says("2021", 11, "network")
        await until(lambda: pair.figures()[1] == [("11",)])
        await relations.unshare(pair.site, "etabli", grantee)
        await harvested(pair.council)  # or what goes on beside it, whichever comes first
        await until(lambda: pair.figures()[1] == [])
        if again:
            await relations.share(pair.site, "etabli", grantee, "network")
            await harvested(pair.council)
            await until(lambda: pair.figures()[1] == [("11",)])
    expected = [("11",)] if again else []
    assert pair.figures()[1] == expected
    rebuild(pair.council)
    assert pair.figures()[1] == expected


async def test_a_council_whose_own_server_is_down_reads_what_anybody_may_and_drops_nothing(pair: Pair) -> None:
    """The place cannot know who asks, and shows less: that is not a withdrawal."""
    pair.says("2021", 1)
    pair.says("2021", 11, "network")
    follows(pair.council, pair.actor)
    await relations_by_hand(pair)
    async with listening(pair.site, work=False):
        assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=2, added=2)
    async with listening(pair.site, work=False), listening(pair.council, work=False):
        assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=3, added=1)
    for table in ("peer_keys", "peers"):
        pair.site.store.write(lambda c, name=table: c.exec_driver_sql(f"DELETE FROM {name}"))  # type: ignore[misc]
    async with listening(pair.site, work=False):
        assert await harvested(pair.council) == HarvestedActor(pair.actor, documents=2)
    assert rows(pair.council, "SELECT count(*) FROM documents WHERE deleted IS NULL") == [(3,)]


async def relations_by_hand(pair: Pair) -> None:
    """A grant made without a look at the other's host."""
    row = f"('{pair.actor}', '{pair.council.config.node_actor}', 'network', '')"
    pair.site.store.write(lambda c: c.exec_driver_sql(f"INSERT INTO grants VALUES {row}"))


async def test_a_cursor_that_has_expired_is_begun_again(pair: Pair) -> None:
    pair.says("2021", 1)
    follows(pair.council, pair.actor)
    async with listening(pair.site, work=False), listening(pair.council, work=False):
        assert (await harvested(pair.council)).added == 2
        [(cursor,)] = rows(pair.council, "SELECT cursor FROM following")
        assert str(cursor).startswith(pair.actor + "/changes?after=")
        pair.says("2022", 2)
        for broken in (pair.actor + "/changes?after=garbled", cursor):
            pair.site.store.write(lambda c: c.exec_driver_sql("UPDATE actors SET epoch = epoch + 1"))
            pair.council.store.write(
                lambda c, cursor=broken: c.exec_driver_sql("UPDATE following SET cursor = ?", (cursor,))
            )  # type: ignore[misc]
            assert (await harvested(pair.council)).error == ""
    assert rows(pair.council, "SELECT count(*) FROM documents") == [(3,)]


async def test_one_who_answers_without_end_keeps_nobody_waiting(pair: Pair) -> None:
    pair.says("2021", 1)
    async with site_listening() as slow:
        council = make(
            pair.council.dir.parent / "other", 9, [int(each.rpartition(":")[2]) for each in hosts(pair, slow)]
        )
        slow.pages["/places/far"] = dripping(0.05)
        for target in (slow.url + "/places/far", pair.actor):
            follows(council, target)
        readings = Readings(council)
        async with listening(pair.site, work=False):
            await readings.due()
            query = f"SELECT 1 FROM following WHERE harvested IS NOT NULL AND target = '{pair.actor}'"
            await until(lambda: rows(council, query), 5)
            await readings.due()
        await readings.stop()
        assert slow.paths == ["/places/far"]
        assert rows(council, "SELECT count(*) FROM following WHERE harvested IS NULL") == [(1,)]
        council.close()


def hosts(pair: Pair, slow: Site) -> tuple[str, str]:
    return pair.site.config.authority, slow.host


@pytest.fixture
def council(tmp_path: Path) -> AsyncIterator[Node]:
    node = make(tmp_path, 9, [9])
    yield node  # type: ignore[misc]
    node.close()


async def come(council: Node, far: Sender, *places: tuple[int, str], audience: str = "public") -> list[Any]:
    """Activities at these places of a stream, in this order; whether their actor is behind then."""
    for n, prev in places:
        stream = {"audience": audience, "n": n} | ({"prev": f"{far.id}/activities/{prev}"} if prev else {})
        number = (
            f"{audience[-7:]}{n}"
            if f"{far.id}/activities/{audience[-7:]}{n}" not in far.sent
            else f"again{len(far.sent)}"
        )
        await push(council, far, far.say(number, "Create", far.report(f"r{len(far.sent)}", 1), stream=stream))
    gaps.look(replace(council, clock=lambda: utc_now() + timedelta(seconds=5)))
    return rows(council, BEHIND)


def public(*numbers: int) -> list[tuple[int, str]]:
    return [(n, f"public{n - 1}" if n > 1 else "") for n in numbers]


async def test_only_what_is_missing_makes_an_actor_behind(council: Node) -> None:
    far = Sender().known_by(council)
    follows(council, far.id)
    fine, missing = [(0,)], [(1,)]
    assert await come(council, far, *public(1, 2)) == fine
    assert await come(council, far, *public(5, 3, 4)) == fine  # overtaken on the way
    assert await come(council, far, *public(5, 2)) == fine  # said twice
    assert await come(council, far, (1, ""), audience="https://council.example/actor") == fine
    assert await come(council, far, *public(7)) == missing
    assert await come(council, far, *public(8)) == missing
    read_again(council, far)
    assert rows(council, BEHIND) == fine
    assert await come(council, far, *public(6)) == fine  # it only came late
    assert await come(council, far, *public(9)) == fine
    assert await come(council, far, (10, "unheard")) == missing
    read_again(council, far)
    assert await come(council, far, *public(11)) == fine
    assert await come(council, far, (2, ""), audience="network") == missing


def read_again(council: Node, far: Sender) -> None:
    """As a harvest does at its end."""

    def act(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE following SET behind = 0")
        gaps.settle(connection, far.id, 1 << 40)

    council.store.write(act)


async def test_what_comes_while_an_actor_is_read_is_looked_at_afterwards(council: Node) -> None:
    far = Sender().known_by(council)
    follows(council, far.id)
    assert await come(council, far, *public(2)) == [(1,)]
    [(begun,)] = rows(council, "SELECT max(seq) FROM journal")
    assert await come(council, far, *public(3, 5)) == [(1,)]

    def act(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE following SET behind = 0")
        gaps.settle(connection, far.id, int(str(begun)))

    council.store.write(act)
    assert rows(council, BEHIND) == [(1,)]


async def test_who_is_not_followed_has_no_streams(council: Node) -> None:
    far = Sender().known_by(council)
    assert await come(council, far, *public(4, 9)) == []
    assert rows(council, f"SELECT * FROM streams WHERE actor = '{far.id}'") == []


async def test_one_more_follower_makes_nobody_else_miss_a_number(tmp_path: Path) -> None:
    """What a newcomer is sent again is not in the stream of all."""
    ports = free_ports(3)
    site, first, second = (make(tmp_path / str(port), port, ports) for port in ports)
    names = [node.config.node_actor for node in (first, second)]
    add_place(site, "etabli", place(site, "etabli"), names)
    async with listening(site), listening(first), listening(second):
        for node in (first, second):
            add_report(site, "etabli", "2025", visits(len(str(node.dir))), "public")
            publish(site)
            await relations.follow(node, site.config.actor("etabli"))
            await until(lambda: rows(node, "SELECT 1 FROM documents WHERE type = 'Report'"))  # noqa: B023
            await until(lambda: rows(node, "SELECT 1 FROM following WHERE harvested IS NOT NULL"), 20)  # noqa: B023
        add_report(site, "etabli", "2024", visits(1, "2024"), "public")
        publish(site)
        await until(lambda: rows(first, "SELECT 1 FROM documents WHERE id LIKE '%2024'"))
    numbers = rows(first, "SELECT audience_n FROM journal WHERE audience = 'public' AND direction = 'in' ORDER BY 1")
    assert [n for (n,) in numbers] == list(range(int(str(numbers[0][0])), int(str(numbers[-1][0])) + 1))
    for node in (site, first, second):
        node.close()
