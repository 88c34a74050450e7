"""A real bovine actor and a real node: following, saying and taking back, both ways, documents with their proofs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from node.places import add_place, delete_place
from node.publish import publish
from node.reports import add_report
from node.testrig import Rig, get
from tests.interop.peer import SLUG, Meeting, a_place, bovine, until
from tests.node.net import place, visits
from tests.node.sender import Sender


@dataclass(frozen=True, slots=True)
class Met(Meeting):
    @property
    def bob(self) -> str:
        return self.peer.url + "/bob"

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """What bob received from us, of one type."""
        return [each for each in self.peer.ask("received") if each["type"] == kind]

    def followed(self) -> str:
        """Both follow each other; the id of bob's request."""
        follow = str(self.peer.ask("follow", actor=self.place))
        until(lambda: [each for each in self.heard("Accept") if each["object"]["id"] == follow])
        if self.rows("SELECT state FROM following") != [("accepted",)]:
            self.rig.command("site", "follow", f"@bob@{self.peer.authority}")
            until(lambda: self.rows("SELECT state FROM following") == [("accepted",)])
        return follow


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    rig = Rig(tmp_path_factory.mktemp("bovine"), {"site": ("site",)})
    with rig, bovine(rig) as peer:
        a_place(rig, peer.url + "/bob")
        yield Met(rig, peer)


def test_each_finds_and_follows_the_other(met: Met) -> None:
    assert met.peer.ask("find", handle=f"{SLUG}@{met.member.authority}", host=met.member.authority) == met.place
    assert met.rig.command("site", "fetch", f"@bob@{met.peer.authority}").returncode == 0
    follow = met.followed()
    assert met.taken("Follow", met.place) == [("cavage", "effect")]
    (asked,) = met.heard("Follow")
    assert met.taken("Accept", asked["id"]) == [("cavage", "effect")]
    met.peer.ask("undo", to=met.place, activity=follow)
    assert met.rows("SELECT follower FROM followers") == []
    met.rig.command("site", "unfollow", met.bob)
    assert until(lambda: met.heard("Undo"))[0]["object"]["id"] == asked["id"]


def test_what_it_says_is_kept_changed_and_forgotten(met: Met) -> None:
    met.followed()
    note = met.peer.ask("create", to=met.place, content="Bonjour")
    met.peer.ask("update", to=met.place, note=note, content="Bonsoir")
    assert [met.taken(kind, note) for kind in ("Create", "Update")] == [[("cavage", "current")]] * 2
    met.peer.ask("announce", to=met.place, iri=met.place)
    assert met.taken("Announce", met.place) == [("cavage", "none")]
    met.peer.ask("delete", to=met.place, iri=note)
    assert met.taken("Delete", note) == [("cavage", "tombstone")]


def test_it_receives_our_documents_and_verifies_their_proofs(met: Met) -> None:
    met.followed()
    with met.rig.node("site") as node:
        add_place(node, SLUG, place(node, SLUG, "L'Établi des Arts"))
        add_report(node, SLUG, "2025", visits(4210), "public")
        publish(node)
    created = until(lambda: [each["object"] for each in met.heard("Create") if "Report" in each["object"]["type"]])[-1]
    changed = until(lambda: [each["object"] for each in met.heard("Update") if each["object"]["id"] != met.place])[-1]
    for document in (created, changed):
        assert met.peer.ask("verify", document=document)
        assert not met.peer.ask("verify", document=document | {"updated": "2026-01-01T00:00:00Z"})
        assert met.peer.ask("read", url=document["id"]) == document
    assert created["id"] in [each["object"]["id"] for each in met.peer.ask("collection", url=met.place + "/outbox")]


def test_it_waits_for_an_answer_where_it_is_not_expected(met: Met) -> None:
    with met.rig.node("site") as node:
        add_place(node, "discret", place(node, "discret"))
    discreet = met.place.replace(SLUG, "discret")
    met.peer.ask("follow", actor=discreet)
    states = "SELECT state FROM followers WHERE actor = :discreet"
    assert met.rows(states, discreet=discreet) == [("pending",)]
    for answer, kind, state in (("--approve", "Accept", "accepted"), ("--reject", "Reject", "rejected")):
        met.rig.command("site", "followers", "discret", answer, f"@bob@{met.peer.authority}")
        assert until(lambda kind=kind: [each for each in met.heard(kind) if each["actor"] == discreet])
        assert met.rows(states, discreet=discreet) == [(state,)]


def test_what_it_was_granted_is_sent_and_read_with_its_signature_only(met: Met) -> None:
    met.rig.command("site", "share", SLUG, "--with", f"@bob@{met.peer.authority}", "--level", "network")
    with met.rig.node("site") as node:
        add_report(node, SLUG, "2024", visits(1789, "2024"), "network")
        publish(node)
    reports = until(lambda: [each["object"] for each in met.heard("Create") if each["object"]["sharing"] == "network"])
    assert met.peer.ask("verify", document=reports[-1])
    assert met.peer.ask("read", url=reports[-1]["id"]) == reports[-1]
    assert get(reports[-1]["id"]).status == 404


def test_it_is_told_that_a_place_is_no_more(met: Met) -> None:
    with met.rig.node("site") as node:
        add_place(node, "fugace", place(node, "fugace"), accept=[met.bob])
        publish(node)
    gone = met.place.replace(SLUG, "fugace")
    met.peer.ask("follow", actor=gone)
    said = until(lambda: [each for each in met.heard("Update") if each["actor"] == gone])[-1]["object"]
    with met.rig.node("site") as node:
        delete_place(node, "fugace")
    assert until(lambda: [each for each in met.heard("Delete") if each["object"] == gone])
    assert met.peer.ask("verify", document=said)


def test_its_documents_are_taken_with_their_proofs_and_not_without(met: Met) -> None:
    report = Sender(id=met.bob).report("r1", 3)
    del report["proof"]
    unproved = report | {"id": met.bob + "/documents/r2"}
    met.peer.ask("say", to=met.place, document=report)
    assert met.taken("Create", report["id"]) == [("cavage", "current")]
    with pytest.raises(AssertionError, match="401"):
        met.peer.ask("say", to=met.place, document=unproved, proved=False)
    with pytest.raises(AssertionError, match="403"):
        met.peer.ask("say", to=met.place, document=get(met.place + "/documents/description").json(), proved=False)
    kept = met.rows("SELECT id FROM documents WHERE owner = :bob AND type = 'Report'", bob=met.bob)
    assert kept == [(report["id"],)]
