"""Whatever is verified is taken: Follow, Accept, Undo, Move and all the others, in any shape, without a fault.

An act that raised would answer 500 and be sent again for three days; one that wrote half of what it should would be
worse. What was taken is then folded, and deliveries that it made can be sent.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from federation.actor import RemoteActor, read_actor
from federation.canonical import jcs
from federation.errors import Refused
from federation.httpsig import Signature, signature_of
from federation.inbox import Facts, Verified, judge, read
from node.context import Node, init_node, utc_now
from node.places import add_place
from node.project import catch_up
from node.rules import RULES
from node.store import peers
from node.taking import Taken, take
from tests.federation.signing import ACTOR, NOW, OURS, cavage_post, ed25519_key, rsa_key
from tests.fuzz.shapes import MANY, in_table
from tests.fuzz.test_activities import ITSELF, US, activities
from tests.node.net import place, rows

PLACE = "https://council.example/places/etabli"
FACTS = Facts(rsa_key(), ed25519_key(), None, OURS, RULES)


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with a place, which knows the one who speaks and has asked to follow it."""
    node = init_node(
        tmp_path_factory.mktemp("effects") / "node", "https://council.example", ("site", "aggregator"), "Essai", {}
    )
    add_place(node, "etabli", place(node, "etabli"), [ACTOR])
    actor = read_actor(ITSELF, ACTOR)
    assert isinstance(actor, RemoteActor)
    follow = (US, ACTOR, "requested", f"{US}/activities/1", "")
    node.store.write(lambda c: peers.remember(c, actor, jcs(ITSELF), utc_now()))
    insert = "INSERT INTO following (actor, target, state, follow, since, behind) VALUES (?, ?, ?, ?, ?, 0)"
    node.store.write(lambda c: c.exec_driver_sql(insert, follow))
    yield node
    node.close()


def verified(activity: dict[str, Any]) -> Verified | Refused:
    body = jcs(activity)
    gated = read("application/activity+json", body)
    request = cavage_post(body=body)
    signature = signature_of(request)
    assert isinstance(signature, Signature)
    return gated if isinstance(gated, Refused) else judge(request, signature, gated, FACTS, NOW)


def said(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"id": f"{ACTOR}/activities/7", "type": kind, "actor": ACTOR, "object": content} | more


@MANY
@given(activity=activities(), number=st.integers(0, 10**9))
@example(activity=said("Follow", PLACE), number=1)
@example(activity=said("Undo", {"id": f"{ACTOR}/activities/1", "actor": ACTOR, "object": [PLACE]}), number=2)
@example(activity=said("Accept", {"id": f"{US}/activities/1", "object": {"id": {}}}), number=3)
@example(activity=said("Move", ACTOR, target=[PLACE]), number=4)
@example(activity=said("Move", ACTOR, target={"id": "https://[", "alsoKnownAs": [None, ACTOR]}), number=5)
@example(activity=said("Update", ITSELF | {"endpoints": [], "publicKey": [ITSELF["publicKey"], {}]}), number=6)
@example(activity=said("Announce", {"id": PLACE, "type": ["Event", 1], "object": {"object": []}}), number=7)
def test_whatever_is_verified_is_taken(council: Node, activity: dict[str, Any], number: int) -> None:
    judged = verified(activity | {"id": f"{ACTOR}/activities/{number}"})
    if isinstance(judged, Refused):
        event(judged.reason)
        return
    if judged.facts.type == "Delete" and judged.facts.object_id == ACTOR:
        return  # of whom nothing more would be taken
    taken = council.store.write(lambda connection: take(connection, council, judged))
    if isinstance(taken, Refused):
        in_table(taken)
        return
    event(f"{judged.facts.type} {taken.verdict}")
    assert isinstance(taken, Taken)
    [(bytes_,)] = rows(council, f"SELECT bytes FROM blobs WHERE seq = {taken.seq} AND kind = 'activity'") or [(b"",)]
    assert taken.again or bytes_ in (judged.raw, None)
    catch_up(council)
    for (raw,) in rows(council, "SELECT bytes FROM deliveries JOIN blobs USING (seq) WHERE kind = 'activity' LIMIT 5"):
        assert raw is None or json.loads(raw)["actor"].startswith("https://council.example/")  # type: ignore[arg-type]


def test_what_is_meant_well_is_taken(council: Node) -> None:
    """The fuzzer above starts from what has an effect."""
    judged = verified(said("Follow", PLACE) | {"id": f"{ACTOR}/activities/well"})
    assert isinstance(judged, Verified)
    taken = council.store.write(lambda connection: take(connection, council, judged))
    assert isinstance(taken, Taken)
    assert taken.verdict == "effect"
