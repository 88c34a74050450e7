"""Clocks that are wrong: four minutes are forgiven, eleven are not, on either side; and a clock set right again is all
that it takes for what waited to leave.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from federation.httpsig import sign_cavage, sign_rfc9421
from node import relations
from node.context import Node, utc_now
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from tests.node.net import free_ports, listening, make, place, rows, until, visits
from tests.node.sender import Sender

FORGIVEN, WRONG = timedelta(minutes=4), timedelta(minutes=11)
CASES = [(FORGIVEN, ""), (-FORGIVEN, ""), (WRONG, "future"), (-WRONG, "stale")]


@dataclass
class Clock:
    """The machine's clock, and by how much it is wrong."""

    wrong: timedelta

    def __call__(self) -> datetime:
        return utc_now() + self.wrong


Sign = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Sender]]:
    """A council, and somebody whose keys it knows."""
    [port] = free_ports(1)
    node = make(tmp_path_factory.mktemp("clocks") / "council", port, [port])
    yield node, Sender().known_by(node)
    node.close()


@pytest.mark.parametrize("sign", [sign_cavage, sign_rfc9421])
@pytest.mark.parametrize(("ahead", "reason"), CASES)
@pytest.mark.parametrize("whose", ["sender", "receiver"])
async def test_minutes(known: tuple[Node, Sender], sign: Sign, ahead: timedelta, reason: str, whose: str) -> None:
    """`ahead`: how much the sender's clock is ahead of the receiver's, whichever of them is wrong."""
    node = replace(known[0], clock=Clock(-ahead if whose == "receiver" else timedelta()))
    name = f"{sign.__name__}{ahead.total_seconds()}{whose}"
    body = known[1].sent[known[1].say(name, "Create", known[1].report(name, 1))]
    now = utc_now() + (ahead if whose == "sender" else timedelta())
    inbox = node.config.url + "/inbox"
    headers = sign("POST", inbox, body, known[1].id + "#main-key", known[1].keys.rsa, now)
    count = "SELECT count(*) FROM journal"
    [(before,)] = rows(node, count)
    async with (
        listening(node, work=False),
        aiohttp.ClientSession() as session,
        session.post(inbox, data=body, headers=headers) as answer,
    ):
        said = (await answer.json(content_type=None))["reason"] if answer.status != 202 else ""
    assert (answer.status, said) == ((401, reason) if reason else (202, ""))
    assert rows(node, count) == [(before if reason else before + 1,)]  # type: ignore[operator]


@dataclass
class World:
    """A site that a council follows, each with its clock."""

    site: Node
    council: Node

    def set(self, site: timedelta, council: timedelta = timedelta()) -> None:
        """Set both clocks, as if the site had waited long enough to try again."""
        for node, wrong in ((self.site, site), (self.council, council)):
            assert isinstance(node.clock, Clock)
            node.clock.wrong = wrong
        self.site.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET next = '2026' WHERE state = 'queued'"))

    def publish(self, value: int) -> None:
        add_report(self.site, "etabli", "2025", visits(value), "public")
        publish(self.site, "etabli")

    def refused(self, reason: str) -> bool:
        found = rows(self.site, "SELECT reason FROM deliveries WHERE status = 401 AND state = 'queued'")
        return any(f'"reason": "{reason}"' in str(each) for (each,) in found)

    def has_arrived(self) -> bool:
        states = rows(self.site, "SELECT DISTINCT state FROM deliveries")
        said = "SELECT id, version, digest FROM documents ORDER BY 1"
        return rows(self.council, said) == rows(self.site, said) and states == [("delivered",)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    ports = free_ports(2)
    made = [make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")]
    site, council = (replace(node, clock=Clock(timedelta())) for node in made)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site), listening(council):
        await relations.follow(council, site.config.actor("etabli"))
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state = 'accepted'"))
        yield World(site, council)
    for node in made:
        node.close()


async def test_a_node_is_heard_once_its_clock_is_right(world: World) -> None:
    """What was refused for its hour is signed anew at each attempt; a few minutes do not matter."""
    for value, wrong in enumerate((FORGIVEN, -FORGIVEN)):
        world.set(site=wrong)
        world.publish(value)
        await until(world.has_arrived)
    world.set(site=-WRONG)
    world.publish(2)
    await until(lambda: world.refused("stale"))
    assert not world.has_arrived()
    world.set(site=timedelta())
    await until(world.has_arrived)


async def test_a_document_of_a_later_hour_waits_for_it(world: World) -> None:
    """The request is signed anew; its document says for ever when it was made."""
    world.set(site=WRONG)
    world.publish(1)
    await until(lambda: world.refused("future"))
    world.set(site=timedelta())
    await until(lambda: world.refused("proof_future"))
    world.set(site=WRONG, council=WRONG)
    await until(world.has_arrived)
