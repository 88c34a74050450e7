"""A place asks a network to be part of it, and whoever looks after the network answers with one button."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from federation.activity import follow as follow_activity
from node import joining, relations, wishes
from node.context import Node
from node.joining import Candidate
from node.places import add_place
from node.publish import publish
from tests.node.desk import KINDS, Site, populated, served
from tests.node.net import free_ports, listening, make, place, rows, until
from tests.node.sender import Sender

PAGE = "/manage/joining"
FOLLOW = "SELECT count(*) FROM journal WHERE type='Follow' AND direction='in'"


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Site, Node]]:
    """A network with its pages, and the site of two places that know it."""
    ports = free_ports(2)
    council = populated(tmp_path / "c", "aggregator", ports=ports)
    host = make(tmp_path / "h", ports[1], ports)
    for slug in ("un", "deux"):
        add_place(host, slug, place(host, slug, slug.title()), [council.config.node_actor])
    publish(host)
    async with served(council, work=True) as site, listening(host):
        site.come_in("host")
        yield site, host
    host.close()


async def text(site: Site) -> str:
    answer = await site.get(PAGE)
    assert answer.status == 200
    return await answer.text()


async def test_places_ask_one_after_the_other_and_are_followed(two: tuple[Site, Node]) -> None:
    site, host = two
    council = site.node
    assert "Aucun lieu n’attend." in await text(site)
    for number, slug in enumerate(("un", "deux"), 1):
        await wishes.follow(host, slug, council.config.url)
        await until(lambda number=number: rows(council, FOLLOW) == [(number,)])
    names = [each.handle for each in joining.asking(council)]
    assert sorted(names) == [f"@deux@{host.config.authority}", f"@un@{host.config.authority}"]
    html = await text(site)
    assert "Suivre les 2 lieux" in html
    places = [("place", host.config.actor(slug)) for slug in ("un", "deux")]
    answer = await site.post(PAGE, [*places, ("place", "https://elsewhere.example/places/x")])
    assert answer.status == 303
    await until(lambda: rows(council, "SELECT state FROM following") == [("accepted",)] * 2)
    await until(lambda: len(rows(council, "SELECT 1 FROM documents WHERE type='Description' AND NOT own")) == 2)
    assert joining.asking(council) == ()
    assert len(rows(council, "SELECT 1 FROM audit WHERE action='welcomed'")) == 2


async def test_only_a_network_is_told_which_place_reads_it(two: tuple[Site, Node]) -> None:
    site, host = two
    asked = await wishes.follow(host, "un", site.node.config.actor("etabli"))
    assert not isinstance(asked, relations.Unreachable)
    [(sent,)] = rows(host, "SELECT bytes FROM blobs JOIN journal USING (seq) WHERE journal.type='Follow'")
    assert b"instrument" not in bytes(sent)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("instrument", "taken"),
    [
        ("https://far.example/places/a", ["https://far.example/places/a"]),
        ([{"id": "https://far.example/places/a"}, 3, None, "x"], ["https://far.example/places/a"]),
        ("https://other.example/places/a", []),
        ("https://far.example/actor", []),
        ({}, []),
    ],
)
async def test_a_site_speaks_for_its_own_places_alone(
    two: tuple[Site, Node], instrument: object, taken: list[str]
) -> None:
    site, _ = two
    council = site.node
    far = Sender("https://far.example/actor").known_by(council)
    asked = follow_activity(far.id + "/f", far.id, council.config.node_actor)
    activity = far.say("f", "Follow", asked["object"], to=asked["to"], instrument=instrument)
    async with aiohttp.ClientSession() as session:
        await far.post(session, council.config.url + "/inbox", activity)
    found = joining.asking(council)
    assert [each.actor for each in found] == taken
    if found:
        assert found == (Candidate(taken[0], "Far", found[0].since, ""),)
        answer = await site.post(PAGE, {"place": taken[0]})
        assert answer.status == 200
        assert "Pas de réponse de" in await answer.text()


async def test_it_is_for_who_looks_after_the_network(two: tuple[Site, Node]) -> None:
    site, _ = two
    for kind in KINDS:
        site.come_in(kind)
        expected = 200 if kind == "host" else 403
        assert (await site.get(PAGE)).status == expected
        assert (await site.post(PAGE, {"place": "x"})).status == expected
