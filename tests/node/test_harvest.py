"""Reading again what others publish: all of it, once; and a host that lies in its outbox changes nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from federation.activity import is_iri
from federation.actor import Profile, node_actor, place_actor
from federation.canonical import digest, jcs
from node import relations
from node.context import Node
from node.harvest import HarvestedActor, harvest
from node.peering import list_peers
from node.places import add_place, delete_place
from node.publish import publish
from node.reports import add_report, remove_report
from tests.federation.web import Site
from tests.federation.web import listening as site_listening
from tests.node.net import FOLLOWING, free_ports, listening, make, place, rows, until, visits
from tests.node.sender import Sender

DOCUMENTS = "SELECT id, version, deleted IS NOT NULL FROM documents ORDER BY id"
TABLES = ("journal", "blobs", "documents")


async def harvested(council: Node, url: str | None = None) -> HarvestedActor:
    [found] = (await harvest(council, url, lambda _line: None)).actors
    return found


def follows(council: Node, target: str) -> None:
    """As after an Accept."""
    row = (council.config.node_actor, target, "accepted", target + "/f", "2026-11-20T12:00:00.000Z", None)
    council.store.write(lambda c: c.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES (?, ?, ?, ?, ?, ?)", row))


def counts(council: Node) -> list[Any]:
    return [rows(council, f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_what_was_published_before_is_read_once(tmp_path: Path) -> None:
    """Public and granted, revised and deleted; nothing was pushed, for nobody was delivering."""
    ports = free_ports(2)
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"))
    actor = site.config.actor("etabli")
    for period in ("2023", "2024", "2025"):
        add_report(site, "etabli", period, visits(1, period), "public")
    add_report(site, "etabli", "2025", visits(7), "network")
    publish(site)
    add_report(site, "etabli", "2024", visits(2, "2024"), "public")
    remove_report(site, "etabli", "2023", "public")
    publish(site)
    follows(council, actor)
    async with listening(site, work=False), listening(council, work=False):
        assert await harvested(council, actor) == HarvestedActor(actor, documents=3, added=3)
        before = counts(council)
        assert await harvested(council) == HarvestedActor(actor, documents=3)
        assert counts(council) == before
        names = {str(name).rpartition("/")[2]: (version, gone) for name, version, gone in rows(council, DOCUMENTS)}
        assert names == {"description": (1, 0), "report-2024": (2, 0), "report-2025": (1, 0)}

        await relations.share(site, "etabli", council.config.node_actor, "network")
        assert (await harvested(council)).added == 1
        assert rows(council, "SELECT version FROM documents WHERE sharing='network'") == [(1,)]

        remove_report(site, "etabli", "2025", "network")
        publish(site)
        assert (await harvested(council)).dropped == 1
        assert rows(council, "SELECT deleted IS NOT NULL FROM documents WHERE sharing='network'") == [(1,)]

        delete_place(site, "etabli")
        assert (await harvested(council)).error in ("gone", "actor_document_id")
    site.close()
    council.close()


async def test_pulled_and_pushed_are_one(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site), listening(council):
        await relations.follow(council, site.config.actor("etabli"))
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        publish(site)
        await until(lambda: rows(council, "SELECT 1 FROM documents"))
        assert (await harvested(council)).added == 0
    assert rows(council, "SELECT version, count(*) FROM documents") == [(1, 1)]
    site.close()
    council.close()


async def test_who_is_not_followed_is_not_read(tmp_path: Path) -> None:
    council = make(tmp_path, 9, [9])
    assert await harvested(council, "https://nobody.fr/a") == HarvestedActor(
        "https://nobody.fr/a", error="not_followed"
    )
    assert (await harvest(council, None, lambda _line: None)).actors == ()
    council.close()


@dataclass
class Net:
    """A council, and the host of two places, `far` that it follows and `near`, which serves what a test tells it to."""

    council: Node
    site: Site
    far: Sender
    near: Sender

    def publishes(self, *activities: dict[str, Any] | str) -> None:
        self.site.pages["/places/far/outbox"] = {"orderedItems": list(reversed(activities))}

    def shows(self, *documents: dict[str, Any]) -> None:
        items = [{"id": each["id"], "version": each["version"], "digest": digest(jcs(each))} for each in documents]
        self.site.pages["/places/far/documents"] = {"items": items}
        for each in documents:
            assert is_iri(each["id"])
            self.site.pages[each["id"].removeprefix(self.site.url)] = each


def said(by: Sender, number: int, kind: str, content: Any) -> dict[str, Any]:
    return {"id": f"{by.id}/activities/{number}", "type": kind, "actor": by.id, "object": content}


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    async with site_listening() as site:
        port = int(site.host.rpartition(":")[2])
        council = make(tmp_path, 9, [port])
        far, near = (Sender(f"{site.url}/places/{name}") for name in ("far", "near"))
        for name, sender in (("far", far), ("near", near)):
            profile = Profile(sender.id, name, name)
            site.pages[f"/places/{name}"] = place_actor(profile, sender.keys, site.url + "/actor", site.url + "/inbox")
        follows(council, far.id)
        found = Net(council, site, far, near)
        found.publishes()
        found.shows()
        yield found
        council.close()


async def test_an_outbox_speaks_for_its_own_actor_only(net: Net) -> None:
    """Else a host could use up the ids of a neighbour's activities, with its old and well-signed documents."""
    net.site.pages["/places/near/documents/r"] = net.near.report("r", 1)
    net.publishes(
        said(net.near, 5, "Create", net.near.report("r", 1)),
        said(net.near, 6, "Delete", net.near.id + "/documents/r2"),
        said(net.far, 1, "Create", net.near.report("r", 1)),
        said(net.far, 2, "Create", net.far.report("r", 1, attributedTo=net.near.id)),
        said(net.far, 3, "Create", net.far.report("r", 1) | {"period": "2024"}),
        said(net.far, 4, "Create", {k: v for k, v in net.far.report("r", 1).items() if k != "proof"}),
        said(net.far, 7, "Follow", net.council.config.node_actor),
        said(net.far, 8, "Undo", {"id": net.far.id + "/f", "type": "Follow", "actor": net.far.id}),
    )
    net.site.pages["/places/near/documents/r2"] = 410
    before = counts(net.council)
    assert await harvested(net.council) == HarvestedActor(net.far.id, refused=6)
    assert counts(net.council) == before == [[(0,)]] * 3


async def test_what_is_named_elsewhere_refuses_the_whole_outbox(net: Net) -> None:
    net.publishes(said(net.far, 1, "Create", net.far.report("r", 1)), "https://elsewhere.fr/activities/1")
    assert await harvested(net.council) == HarvestedActor(net.far.id, error="origin")
    assert counts(net.council) == [[(0,)]] * 3
    assert rows(net.council, "SELECT harvested FROM following") == [(None,)]


async def test_a_deletion_is_believed_once_its_address_confirms(net: Net) -> None:
    report = net.far.report("r", 1)
    net.shows(report, net.far.report("s", 1))
    assert (await harvested(net.council)).added == 2
    net.publishes(said(net.far, 1, "Delete", report["id"]))
    assert await harvested(net.council) == HarvestedActor(net.far.id, documents=2, refused=1)
    net.shows(net.far.report("s", 1))
    net.site.pages["/places/far/documents/r"] = 404
    assert (await harvested(net.council)).dropped == 0
    net.site.pages["/places/far/documents/r"] = 410
    assert (await harvested(net.council)).dropped == 1
    assert [gone for _, _, gone in rows(net.council, DOCUMENTS)] == [1, 0]


async def test_much_is_never_buried_at_once(net: Net) -> None:
    reports = [net.far.report(f"r{number}", 1) for number in range(6)]
    net.shows(*reports)
    assert (await harvested(net.council)).added == 6
    net.shows(*reports[:2])
    for number in range(2, 6):
        net.site.pages[f"/places/far/documents/r{number}"] = 410
    assert await harvested(net.council) == HarvestedActor(net.far.id, documents=2, vanished=4)
    assert rows(net.council, "SELECT count(*) FROM documents WHERE deleted IS NULL") == [(6,)]
    assert rows(net.council, "SELECT vanished FROM following") == [(4,)]
    assert [peer.vanished for peer in list_peers(net.council)] == [4]
    net.shows(*reports[:3])
    assert await harvested(net.council) == HarvestedActor(net.far.id, documents=3, dropped=3)
    assert rows(net.council, "SELECT vanished FROM following") == [(0,)]
    net.shows()
    net.site.pages["/places/far/documents/r0"] = net.site.pages["/places/far/documents/r1"] = 410
    assert (await harvested(net.council)).vanished == 3
    [agreed] = (await harvest(net.council, None, lambda _line: None, accept_vanished=True)).actors
    assert (agreed.dropped, agreed.vanished) == (2, 0)
    assert rows(net.council, "SELECT id FROM documents WHERE deleted IS NULL") == [(reports[2]["id"],)]


async def test_a_set_that_names_what_is_not_its_own(net: Net) -> None:
    theirs, forged = net.near.report("r", 1), net.far.report("f", 1) | {"version": 9}
    net.shows(theirs, forged)
    net.site.pages["/places/far/documents/g"] = net.far.report("h", 1)
    items = net.site.pages["/places/far/documents"]["items"]
    items += [{"id": net.far.id + "/documents/g"}, {"id": "https://elsewhere.fr/d"}, {"id": 7}, "text"]
    found = await harvested(net.council)
    assert (found.added, found.refused) == (0, 4)
    assert counts(net.council) == [[(0,)]] * 3


async def test_a_revision_that_was_missed_is_found_in_the_set(net: Net) -> None:
    net.shows(net.far.report("r", 1))
    assert (await harvested(net.council)).added == 1
    net.shows(net.far.report("r", 2, version=4))
    assert (await harvested(net.council)).added == 1
    net.shows(net.far.report("r", 1, version=2))
    await harvested(net.council)
    assert [version for _, version, _ in rows(net.council, DOCUMENTS)] == [4]


@pytest.mark.parametrize(
    ("page", "error"),
    [(404, "not_found"), (410, "gone"), (500, "remote_refused"), ({}, "actor_document_id"), ("/x", "not_found")],
)
async def test_an_actor_that_cannot_be_read(net: Net, page: Any, error: str) -> None:
    net.site.pages["/places/far"] = page
    assert await harvested(net.council) == HarvestedActor(net.far.id, error=error)


async def test_an_actor_of_another_network_has_no_set(net: Net) -> None:
    document = node_actor(Profile(net.far.id, "far", "Far"), net.far.keys, net.site.url + "/inbox")
    net.site.pages["/places/far"] = {name: value for name, value in document.items() if name != "implements"}
    net.publishes(said(net.far, 1, "Create", {"id": net.far.id + "/n", "type": "Note", "attributedTo": net.far.id}))
    assert await harvested(net.council) == HarvestedActor(net.far.id)
