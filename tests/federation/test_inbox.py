"""Judging: who may say what of which object, in which order it is refused, and that nothing else makes a `Verified`."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.canonical import jcs
from federation.errors import NotJudged, Refused
from federation.httpsig import IncomingRequest, Signature, sign_cavage, signature_of
from federation.inbox import (
    Document,
    DocumentRule,
    Facts,
    Verified,
    judge,
    judge_authority,
    judge_document,
    judge_gone,
    judge_pulled,
    read,
)
from federation.keys import KeyKind, PublicKey
from federation.policy import Policy
from federation.proof import add_proof
from tests.federation.signing import ACTOR, NOW, OURS, URL, actor_keys, ed25519_key, other_keys, request, rsa_key
from vocab.contexts import CONTEXT

EVIL = "https://evil.example/actor"
NEIGHBOUR = "https://place.example/places/other"
REPORT = f"{ACTOR}/documents/r"
RULES = {"Report": DocumentRule(proof_required=True, ordered=True), "Article": DocumentRule(False, False)}
FACTS = Facts(rsa_key(), ed25519_key(), None, OURS, RULES)


def document(**changed: Any) -> dict[str, Any]:
    plain = {"@context": CONTEXT, "id": REPORT, "type": ["Document", "Report"], "attributedTo": ACTOR, "version": 3}
    return add_proof(plain | changed, actor_keys().ed25519, ed25519_key().id, "2026-11-20T11:00:00Z")


def activity(kind: str = "Create", content: Any = None, **changed: Any) -> dict[str, Any]:
    said = document() if content is None else content
    return {"@context": CONTEXT, "id": f"{ACTOR}/activities/1", "type": kind, "actor": ACTOR, "object": said} | changed


def sent(said: dict[str, Any], url: str = URL) -> IncomingRequest:
    body = jcs(said)
    return request(sign_cavage("POST", url, body, rsa_key().id, actor_keys().rsa, NOW), body=body)


def judged(said: dict[str, Any], facts: Facts = FACTS) -> Verified | Refused:
    incoming = sent(said)
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    return judge(incoming, signature, said, facts, NOW)


def reason(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.reason


def verified(said: dict[str, Any], facts: Facts = FACTS) -> Verified:
    found = judged(said, facts)
    assert isinstance(found, Verified), found
    return found


def test_what_is_verified_says_what_was_sent() -> None:
    found = verified(activity())
    assert found.document is not None
    assert (found.by, found.key, found.raw) == ("cavage", rsa_key().id, jcs(activity()))
    assert (found.document.id, found.document.version, found.document.raw) == (REPORT, 3, jcs(document()))


@pytest.mark.parametrize(
    "forge",
    [
        lambda found: Verified(found.facts, b"", None, "cavage", "k", object()),
        lambda found: Verified(found.facts, b"", None, "cavage", "k", None),
        lambda found: replace(found, raw=b"other"),
        lambda found: replace(found, raw=b"other", token=object()),
    ],
)
def test_nothing_else_makes_a_verified(forge: Callable[[Verified], object]) -> None:
    found = verified(activity())
    with pytest.raises((NotJudged, ValueError, TypeError)):
        forge(found)
    with pytest.raises(AttributeError):
        found.raw = b"other"  # type: ignore[misc]
    assert copy.deepcopy(found).raw == found.raw


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (activity(actor=NEIGHBOUR), "key_owner"),
        (activity(actor=EVIL), "origin"),
        (activity(id="https://evil.example/1"), "origin"),
        (activity(content=document(id="https://evil.example/r")), "origin"),
        (activity(content=document(id="https://place.example:8443/r")), "origin"),
        (activity(content=document(attributedTo=NEIGHBOUR)), "attributed_to"),
        (activity(content=document(attributedTo=[ACTOR])), "attributed_to"),
        (activity(content=document(attributedTo=None)), "attributed_to"),
        (activity(content=REPORT), "activity_form"),
        (activity("Update", REPORT), "activity_form"),
        (activity("Delete", "https://evil.example/r"), "origin"),
        (activity("Undo", {"id": f"{NEIGHBOUR}/1", "type": "Follow", "actor": NEIGHBOUR}), "attributed_to"),
        (activity("Like", REPORT), "activity_type"),
    ],
)
def test_who_may_say_what(said: dict[str, Any], expected: str) -> None:
    assert reason(judged(said)) == expected


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_an_object_stays_with_its_owner(kind: str) -> None:
    assert reason(judged(activity(kind), replace(FACTS, owner=NEIGHBOUR))) == "stored_owner"
    assert isinstance(judged(activity(kind), replace(FACTS, owner=ACTOR)), Verified)


def test_equal_ids_not_similar_ones() -> None:
    content = {"id": REPORT, "attributedTo": ACTOR}
    assert judge_authority(ACTOR, ACTOR, content, ACTOR) is None
    for other in (ACTOR + "/", ACTOR + "#main-key", ACTOR.upper(), ACTOR + "?", NEIGHBOUR):
        assert judge_authority(other, ACTOR, content, ACTOR) is not None
        assert judge_authority(ACTOR, ACTOR, content | {"attributedTo": other}, ACTOR) is not None
        assert judge_authority(ACTOR, ACTOR, content, other) is not None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({k: v for k, v in document().items() if k != "proof"}, "proof_absent"),
        (document() | {"version": 4}, "proof"),
        (document(version=0), "document_form"),
        (document(version="3"), "document_form"),
        (document(version=True), "document_form"),
        (document(sharing="everyone"), "document_form"),
        (document(sharing="private"), "document_form"),
        (document(**{"@context": ["https://evil.example/context"]}), "context"),
    ],
)
def test_documents_that_are_not_right(content: dict[str, Any], expected: str) -> None:
    facts = FACTS if "proof" in content else replace(FACTS, document_key=None)
    assert reason(judged(activity(content=content), facts)) == expected


def test_a_proof_by_another_key_is_refused() -> None:
    theirs = PublicKey(f"{NEIGHBOUR}#ed25519-key", NEIGHBOUR, KeyKind.ED25519, other_keys().ed25519.public_key())
    by_them = add_proof(document(), other_keys().ed25519, theirs.id, "2026-11-20T11:00:00Z")
    assert reason(judged(activity(content=by_them), replace(FACTS, document_key=theirs))) == "key_owner"
    assert reason(judged(activity(content=by_them))) == "key_mismatch"
    assert reason(judged(activity(content=by_them), replace(FACTS, document_key=None))) == "key_unknown"


def test_what_needs_no_proof_is_a_document_too_and_has_an_owner_whatever_its_type() -> None:
    article = {"@context": CONTEXT, "id": REPORT, "type": "Article", "attributedTo": ACTOR}
    found = verified(activity(content=article), replace(FACTS, document_key=None)).document
    assert found is not None
    assert (found.type, found.version) == ("Article", 0)
    video = verified(activity(content=article | {"type": "Video"})).document
    assert video is not None
    assert (video.type, video.sharing, video.proved) == ("Video", "addressed", False)
    addressed = verified(activity(content=article | {"cc": ["https://www.w3.org/ns/activitystreams#Public"]})).document
    assert addressed is not None
    assert addressed.sharing == "public"


def test_an_actor_speaks_of_itself_and_is_attributed_to_nobody() -> None:
    assert verified(activity("Update", {"id": ACTOR, "type": "Organization"})).document is None
    assert reason(judged(activity("Update", {"id": NEIGHBOUR, "type": "Organization"}))) == "attributed_to"


def test_the_order_of_refusals() -> None:
    """Each fault is added to the one before, and the earlier in the order is the one that is told."""
    wrong = activity(content=document() | {"version": 9})
    blocked = replace(FACTS, policy=Policy(block=frozenset({"place.example"})))
    assert reason(judged(wrong)) == "proof"
    assert reason(judged(wrong, blocked)) == "blocked"
    assert reason(judged(wrong, replace(blocked, owner=NEIGHBOUR))) == "stored_owner"
    incoming = sent(wrong)
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    for_nobody = replace(blocked, owner=NEIGHBOUR, authorities=frozenset({"elsewhere.example"}))
    assert reason(judge(incoming, signature, wrong, for_nobody, NOW)) == "wrong_target"
    assert reason(judge(incoming, signature, wrong, for_nobody, NOW + timedelta(hours=1))) == "stale"
    assert reason(judge(incoming, signature, wrong, for_nobody, NOW - timedelta(hours=1))) == "future"
    assert reason(judge(incoming, signature, wrong, replace(for_nobody, key=None), NOW)) == "key_unknown"


@pytest.mark.parametrize(
    ("content_type", "raw", "expected"),
    [
        ("text/html", b"{", "content_type"),
        ("", b"{", "content_type"),
        ("application/activity+json", b"{", "not_json"),
        ("application/activity+json", b"[]", "not_an_object"),
        ("application/activity+json", b'{"@graph":[]}', "jsonld_keyword"),
        ("application/activity+json", jcs(activity() | {"@context": {"actor": "as:attributedTo"}}), "context"),
    ],
)
def test_what_is_not_read(content_type: str, raw: bytes, expected: str) -> None:
    assert reason(read(content_type, raw)) == expected


def test_media_types_that_are_read() -> None:
    for named in ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', "Application/Activity+JSON"):
        assert read(named, jcs(activity())) == activity()


def test_a_pulled_activity_is_proved_by_its_document_alone() -> None:
    facts = replace(FACTS, key=None)
    found = judge_pulled(activity(), b"raw", facts, NOW)
    assert isinstance(found, Verified)
    assert (found.by, found.key) == ("proof", ed25519_key().id)
    assert reason(judge_pulled(activity(), b"", replace(facts, document_key=None), NOW)) == "key_unknown"
    unproved = activity(content={k: v for k, v in document().items() if k != "proof"})
    assert reason(judge_pulled(unproved, b"", replace(facts, document_key=None), NOW)) == "proof_absent"
    assert reason(judge_pulled(activity(actor=NEIGHBOUR), b"", facts, NOW)) == "key_owner"
    assert reason(judge_pulled(activity(content=document() | {"version": 4}), b"", facts, NOW)) == "proof"
    for kind in ("Delete", "Follow", "Undo", "Accept"):
        assert reason(judge_pulled(activity(kind, {"id": REPORT, "actor": ACTOR}), b"", facts, NOW)) == "proof_absent"


def test_a_deletion_that_its_address_confirmed() -> None:
    facts = replace(FACTS, key=None, document_key=None)
    assert isinstance(judge_gone(activity("Delete", REPORT), b"", rsa_key(), facts), Verified)
    assert reason(judge_gone(activity(), b"", rsa_key(), facts)) == "activity_type"
    assert reason(judge_gone(activity("Delete", "https://evil.example/r"), b"", rsa_key(), facts)) == "origin"
    owned = replace(facts, owner=NEIGHBOUR)
    assert reason(judge_gone(activity("Delete", REPORT), b"", rsa_key(), owned)) == "stored_owner"


def test_a_document_read_at_its_own_address() -> None:
    key = ed25519_key()
    assert isinstance(judge_document(document(), key, FACTS, NOW), Document)
    assert reason(judge_document(document(attributedTo=NEIGHBOUR), key, FACTS, NOW)) == "key_owner"
    assert reason(judge_document(document(attributedTo=7), key, FACTS, NOW)) == "attributed_to"
    assert reason(judge_document(document(type="Video"), key, FACTS, NOW)) == "document_form"
    assert reason(judge_document(document(), key, replace(FACTS, owner=NEIGHBOUR), NOW)) == "stored_owner"
