"""Places, reports and publishing, before anything leaves: plans, versions, numbers, withdrawals."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from federation.canonical import digest, jcs
from federation.keys import KeyKind, PublicKey
from federation.proof import verify_proof
from node.context import Node
from node.errors import BadSlug, Invalid, PlaceUnknown, SlugTaken
from node.places import add_place, delete_place, list_all, show_place
from node.publish import plan, publish
from node.reports import add_report, remove_report
from node.reports import list_all as reports
from node.signing import signer
from tests.node.net import make, place, rows, visits


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = make(tmp_path, 9001, [9001])
    yield node
    node.close()


def test_a_place_is_entered_corrected_and_shown(node: Node) -> None:
    assert add_place(node, "etabli", place(node, "etabli")) == "added"
    assert add_place(node, "etabli", place(node, "etabli")) == "same"
    assert add_place(node, "etabli", place(node, "etabli", "Autre")) == "changed"
    state = show_place(node, "etabli")
    assert state is not None
    assert (state.place.name, state.state) == ("Autre", "draft")
    publish(node)
    assert [each.state for each in list_all(node)] == ["published"]
    add_place(node, "etabli", place(node, "etabli"))
    assert [each.state for each in list_all(node)] == ["changed"]
    assert show_place(node, "other") is None


@pytest.mark.parametrize("slug", ["", "A", "é", "a-b", "actor", "relay", "inbox", "127.0.0.1", "x" * 31])
def test_short_names_that_no_place_can_have(node: Node, slug: str) -> None:
    with pytest.raises(BadSlug):
        add_place(node, slug, place(node, "x"))


def test_a_short_name_never_serves_again(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    delete_place(node, "etabli")
    assert list_all(node) == []
    with pytest.raises(SlugTaken):
        add_place(node, "etabli", place(node, "etabli"))
    with pytest.raises(PlaceUnknown):
        add_report(node, "etabli", "2025", visits(1), "public")
    assert rows(node, "SELECT count(*) FROM blobs WHERE kind='document' AND bytes IS NOT NULL") == [(0,)]


def test_figures_are_kept_by_period_and_level(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    assert add_report(node, "etabli", "2025", visits(1), "public") == "added"
    assert add_report(node, "etabli", "2025", visits(1), "network") == "added"
    assert add_report(node, "etabli", "2025", visits(1), "public") == "same"
    assert add_report(node, "etabli", "2025", visits(2), "public") == "changed"
    assert [(each.sharing, each.count) for each in reports(node, "etabli")] == [("network", 1), ("public", 1)]
    assert remove_report(node, "etabli", "2025", "network")
    assert not remove_report(node, "etabli", "2025", "network")
    assert len(reports(node)) == 1


def test_a_plan_says_what_changes_and_writes_nothing(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(1), "public")
    first = plan(node)
    assert [(change.kind, change.name, change.version) for change in first.changes] == [
        ("create", "description", 1),
        ("create", "report/2025/public", 1),
    ]
    assert rows(node, "SELECT count(*) FROM journal") == [(0,)]
    publish(node)
    assert plan(node).changes == ()
    add_place(node, "etabli", place(node, "etabli", "Autre"))
    add_report(node, "etabli", "2025", visits(2), "public")
    assert [change.differences for change in plan(node).changes] == [
        ("~ name: L'Établi → Autre",),
        ("~ visits: 1 {visit} estimate → 2 {visit} estimate",),
    ]
    assert [change.version for change in publish(node).changes] == [2, 2]
    assert publish(node).changes == ()


def test_a_document_is_signed_bytes_that_its_digest_names(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    query = "SELECT d.id, d.digest, b.bytes FROM documents d JOIN blobs b ON b.seq = d.seq AND b.kind = 'document'"
    [(document, expected, raw)] = rows(node, query)
    assert document == f"{node.config.url}/places/etabli/documents/description"
    assert isinstance(raw, bytes)
    assert digest(raw) == expected
    content = json.loads(raw)
    assert jcs(content) == raw
    actor = node.config.actor("etabli")
    with node.store.read() as connection:
        public = signer(connection, node, "etabli").keys.ed25519.public_key()
    key = PublicKey(actor + "#ed25519-key", actor, KeyKind.ED25519, public)
    assert verify_proof(content, key, node.clock()) is None


def test_every_activity_is_numbered(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(1), "public")
    add_report(node, "etabli", "2025", visits(1), "network")
    publish(node)
    numbered = rows(node, "SELECT actor_seq, audience, audience_n, length(salt), epoch FROM journal ORDER BY seq")
    assert numbered == [
        (1, "public", 1, 43, 1),
        (2, "public", 2, 43, 1),
        (3, "network", 1, 43, 1),
        (4, "public", 3, 43, 1),
    ]


def test_private_figures_never_leave(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(31337), "private")
    assert [change.sharing for change in plan(node).changes] == ["public", "private"]
    publish(node)
    assert plan(node).changes == ()
    assert rows(node, "SELECT count(*) FROM blobs WHERE instr(bytes, '31337')") == [(0,)]
    remove_report(node, "etabli", "2025", "private")
    publish(node)
    assert reports(node) == []


def test_a_withdrawn_report_leaves_a_tombstone_and_its_address_never_serves_again(node: Node) -> None:
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(1), "public")
    publish(node)
    remove_report(node, "etabli", "2025", "public")
    assert [change.kind for change in publish(node).changes] == ["delete"]
    add_report(node, "etabli", "2025", visits(1), "public")
    publish(node)
    ids = rows(node, "SELECT id, deleted IS NULL FROM documents WHERE type = 'Report' ORDER BY id")
    assert [(str(name).rpartition("/")[2], living) for name, living in ids] == [
        ("report-2025", 0),
        ("report-2025-2", 1),
    ]


def test_what_is_not_valid_is_not_signed(node: Node) -> None:
    add_place(node, "etabli", replace(place(node, "etabli"), typology=("no_such_type",)))
    with pytest.raises(Invalid) as refused:
        publish(node)
    assert refused.value.mistakes
    assert all(refused.value.lines(lang) for lang in ("fr", "en"))
    assert rows(node, "SELECT count(*) FROM journal") == [(0,)]
