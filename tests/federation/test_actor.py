"""What is read of another's activity and actor, before anything of it is believed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.activity import ActivityFacts, Heading, describe, is_iri, make, origin
from federation.actor import IMPLEMENTS, Profile, RemoteActor, node_actor, place_actor, read_actor
from federation.errors import Refused
from federation.keylist import MAX_KEYS
from tests.federation.signing import actor_keys, other_keys

NODE = "https://place.example/actor"
PLACE = "https://place.example/places/atelier"
PROFILE = Profile(PLACE, "atelier", "L'Atelier", fields=(("Site", "https://atelier.example"),))


def written(**changed: Any) -> dict[str, Any]:
    return place_actor(PROFILE, actor_keys(), NODE, "https://place.example/inbox") | changed


def read(document: dict[str, Any], address: str = PLACE) -> RemoteActor:
    actor = read_actor(document, address)
    assert isinstance(actor, RemoteActor), actor
    return actor


def reason(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.reason


def test_an_actor_is_read_as_it_was_written() -> None:
    actor = read(written())
    assert (actor.id, actor.type, actor.username, actor.name) == (PLACE, "Organization", "atelier", "L'Atelier")
    assert (actor.inbox, actor.shared_inbox) == (PLACE + "/inbox", "https://place.example/inbox")
    assert (actor.outbox, actor.documents) == (PLACE + "/outbox", PLACE + "/documents")
    assert {key.id: key.text for key in actor.keys} == {
        PLACE + "#main-key": actor_keys().public_pem,
        PLACE + "#ed25519-key": actor_keys().multibase,
    }
    assert IMPLEMENTS in actor.implements


def test_the_node_speaks_for_itself() -> None:
    document = node_actor(Profile(NODE, "place.example", "Un nœud"), actor_keys(), "https://place.example/inbox")
    actor = read(document, NODE)
    assert (actor.type, IMPLEMENTS in actor.implements, "generator" in document) == ("Application", True, False)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"id": "https://place.example/places/other"}, "actor_document_id"),
        ({"id": "https://other.example/places/atelier"}, "actor_document_id"),
        ({"id": ["https://place.example/places/atelier"]}, "actor_document_id"),
        ({"id": None}, "actor_document_id"),
        ({"type": "Note"}, "document_form"),
        ({"type": None}, "document_form"),
        ({"inbox": "https://other.example/inbox"}, "document_form"),
        ({"inbox": None}, "document_form"),
    ],
)
def test_a_document_that_is_not_that_actor(changed: dict[str, Any], expected: str) -> None:
    assert reason(read_actor(written(**changed), PLACE)) == expected


def test_what_lies_elsewhere_is_not_the_actors() -> None:
    far = "https://other.example/x"
    actor = read(written(outbox=far, followers=far, endpoints={"sharedInbox": far}))
    assert (actor.outbox, actor.followers, actor.shared_inbox) == ("", "", "")


@pytest.mark.parametrize(
    "entry",
    [
        {"id": PLACE + "#main-key", "owner": "https://place.example/places/other"},
        {"id": "https://place.example/places/other#main-key", "owner": PLACE},
        {"id": PLACE + "/other#main-key", "owner": PLACE},
        {"id": PLACE + "-2#main-key", "owner": PLACE},
        {"id": "https://other.example/places/atelier#main-key", "owner": PLACE},
        {"id": PLACE, "owner": PLACE},
        {"owner": PLACE},
    ],
)
def test_a_key_under_the_id_of_somebody_else_is_left_out(entry: dict[str, str]) -> None:
    document = written(publicKey=entry | {"publicKeyPem": other_keys().public_pem})
    assert [key.id for key in read(document).keys] == [PLACE + "#ed25519-key"]


def test_a_key_may_have_an_address_of_its_own_under_the_actor() -> None:
    entry = {"id": PLACE + "/main-key", "owner": PLACE, "publicKeyPem": other_keys().public_pem}
    assert read(written(publicKey=entry)).key(PLACE + "/main-key") is not None


def test_weak_keys_and_too_many_are_left_out() -> None:
    entry = {"owner": PLACE, "publicKeyPem": actor_keys().public_pem}
    listed = [entry | {"id": f"{PLACE}#{n}"} for n in range(2 * MAX_KEYS)]
    assert len(read(written(publicKey=listed)).keys) == MAX_KEYS + 1
    assert len(read(written(publicKey={"id": PLACE + "#k", "owner": PLACE, "publicKeyPem": "x"})).keys) == 1


@pytest.mark.parametrize(
    "iri",
    [
        "https://v.example/a", "http://127.0.0.1:9001/actor", "https://v.example/a?b=c#d", "https://[2a01:e00::1]/a",
    ],
)  # fmt: skip
def test_iris(iri: str) -> None:
    assert is_iri(iri)


@pytest.mark.parametrize(
    "iri",
    [
        "", "v.example/a", "ftp://v.example/a", "javascript:alert(1)", "https:///a", "https://user@v.example/a",
        "https://V.example/a", "https://víctim.example/a", "https://v%2eexample/a", "https://v.example./a",
        "https://v.example:/a", "https://v.example:0/a", "https://v.example:99999/a", "https://v.example/a b",
        "https://v.example/a\n", "https://v.example\\@e.example/a", "https://[::1/a", "https://v.example/" + "a" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_iri(iri: str) -> None:
    assert not is_iri(iri)


def test_default_ports_are_the_same_origin_and_other_ports_are_not() -> None:
    assert origin("https://v.example/a") == origin("https://v.example:443/b")
    assert origin("https://v.example/a") != origin("https://v.example:8443/a")
    assert origin("https://v.example/a") != origin("http://v.example/a")


def test_an_activity_is_read_as_it_was_written() -> None:
    heading = Heading(PLACE + "/activities/1", PLACE, ("https://x.example/u",), (), "2026-11-20T12:00:00Z", {"n": 1})
    facts = describe(make("Create", heading, {"id": PLACE + "/documents/1", "type": ["Document", "Report"]}))
    assert isinstance(facts, ActivityFacts)
    assert (facts.id, facts.type, facts.actor, facts.stream) == (heading.id, "Create", PLACE, {"n": 1})
    assert (facts.object_id, facts.object_types) == (PLACE + "/documents/1", ("Document", "Report"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"type": "Like"}, "activity_type"),
        ({"type": ["Create"]}, "activity_type"),
        ({"type": None}, "activity_type"),
        ({"id": None}, "activity_form"),
        ({"id": "not an iri"}, "activity_form"),
        ({"actor": {"id": PLACE}}, "activity_form"),
        ({"actor": [PLACE]}, "activity_form"),
        ({"object": None}, "activity_form"),
        ({"object": []}, "activity_form"),
        ({"object": {"object": {"id": PLACE}}}, "activity_form"),
    ],
)
def test_what_is_no_activity(changed: dict[str, Any], expected: str) -> None:
    activity = {"id": PLACE + "/1", "type": "Create", "actor": PLACE, "object": {"id": PLACE + "/2"}}
    assert reason(describe(activity | changed)) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([PLACE, "Create", "Organization"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("id", "type", "actor", "object", "inbox", "publicKey", "assertionMethod", "endpoints", "generator", "stream")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_json_makes_reading_fail(document: dict[str, Any]) -> None:
    assert isinstance(describe(document), ActivityFacts | Refused)
    assert isinstance(read_actor(document, PLACE), RemoteActor | Refused)
    assert isinstance(read_actor(written() | document, PLACE), RemoteActor | Refused)
