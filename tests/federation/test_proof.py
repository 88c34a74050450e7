"""Proofs of documents: the published ones verify, a change of anything is refused."""

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.canonical import jcs
from federation.errors import Refused
from federation.keys import KeyKind, PublicKey, multibase_encode
from federation.proof import _signed_bytes, add_proof, method_of, verify_proof
from tests.federation.signing import ACTOR, NOW, actor_keys, ed25519_key, other_keys, rsa_key
from tests.federation.test_canonical import objects

CREATED = "2026-11-20T11:59:00Z"
CONTEXT = ["https://www.w3.org/ns/activitystreams", {"tl": "https://w3id.org/tierslieux/ns#"}]
DOCUMENT: dict[str, Any] = {
    "@context": CONTEXT,
    "id": f"{ACTOR}/documents/description",
    "type": ["Document", "Description"],
    "attributedTo": ACTOR,
    "version": 3,
    "name": "L'Établi",
    "open": True,
    "hours": [{"opens": "09:00"}, {"opens": "14:00"}],
}


def proven(document: dict[str, Any] | None = None) -> dict[str, Any]:
    return add_proof(document or DOCUMENT, actor_keys().ed25519, ed25519_key().id, CREATED)


def judged(document: dict[str, Any]) -> str | None:
    refused = verify_proof(document, ed25519_key(), NOW)
    return refused.reason if refused else None


def test_our_proof_is_verified_and_copies_the_context() -> None:
    document = proven()
    assert judged(document) is None
    assert document["proof"]["@context"] == CONTEXT
    assert method_of(document) == ed25519_key().id
    assert "proof" not in DOCUMENT


def test_a_new_proof_replaces_the_old_one() -> None:
    assert proven(proven()) == proven()


def test_the_order_of_members_does_not_matter() -> None:
    assert judged(dict(reversed(proven().items()))) is None


@given(objects)
def test_any_document_round_trips(value: dict[str, Any]) -> None:
    document = add_proof(value, actor_keys().ed25519, ed25519_key().id, CREATED)
    assert judged(document) is None
    assert judged(json.loads(jcs(document))) is None
    assert judged(document | {"a member more": 1}) == "proof"


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        yield path, node
        return
    for key, child in items:
        yield from leaves(child, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(document)
    node = made
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return made


def test_every_value_is_signed() -> None:
    document = proven()
    for path, value in leaves(document):
        for other in (f"{value}x", None, 7, [value], {"a": value}):
            assert judged(replaced(document, path, other)) is not None, path


def test_every_member_is_signed() -> None:
    document = proven()
    for name in DOCUMENT:
        assert judged({key: value for key, value in document.items() if key != name}) is not None, name
    for name in document["proof"]:
        kept = {key: value for key, value in document["proof"].items() if key != name}
        assert judged(document | {"proof": kept}) is not None, name


@given(st.data())
def test_any_byte_changed_is_refused(data: st.DataObject) -> None:
    raw = bytearray(jcs(proven()))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    try:
        document = json.loads(raw)
    except ValueError:
        return
    assert not isinstance(document, dict) or judged(document) is not None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "Ed25519Signature2020"}, "proof_suite"),
        ({"cryptosuite": "eddsa-rdfc-2022"}, "proof_suite"),
        ({"proofPurpose": "authentication"}, "proof_purpose"),
        ({"@context": CONTEXT[:1]}, "proof_context"),
        ({"@context": [*CONTEXT, "https://evil.example/"]}, "proof_context"),
        ({"domain": "council.example"}, "proof_option"),
        ({"challenge": "x"}, "proof_option"),
        ({"previousProof": "urn:x"}, "proof_option"),
        ({"extra": 1}, "proof_option"),
        ({"nonce": "x"}, "proof"),
        ({"created": "2026-11-20"}, "proof_form"),
        ({"created": 5}, "proof_form"),
        ({"created": "2026-11-20T12:05:01Z"}, "proof_future"),
        ({"expires": "2026-11-20T12:00:00Z"}, "proof_expired"),
        ({"expires": "tomorrow"}, "proof_form"),
        ({"expires": None}, "proof_form"),
        ({"expires": "2027-01-01T00:00:00Z"}, "proof"),
        ({"verificationMethod": f"{ACTOR}#other"}, "key_mismatch"),
        ({"verificationMethod": ["x"]}, "proof_form"),
        ({"proofValue": "z"}, "proof_form"),
        ({"proofValue": "u" + "A" * 86}, "proof_form"),
        ({"proofValue": "z" + "1" * 64}, "proof"),
        ({"proofValue": "z" + "1" * 63}, "proof_form"),
    ],
)
def test_options_are_honoured_or_refused(change: dict[str, Any], expected: str) -> None:
    document = proven()
    assert judged(document | {"proof": document["proof"] | change}) == expected


@pytest.mark.parametrize("proof", [None, [], "x", {}, [proven()["proof"]], {"type": "DataIntegrityProof"}])
def test_one_proof_of_one_form(proof: object) -> None:
    document = proven() | {"proof": proof}
    assert judged(document) in ("proof_absent", "proof_form")
    assert isinstance(method_of(document), Refused)


def test_honoured_options_are_verified() -> None:
    """An option that its maker signed passes while it holds."""
    document = proven()
    options = document["proof"] | {"expires": "2026-11-20T12:30:00Z", "nonce": "x"}
    message = _signed_bytes(document, options)
    value = multibase_encode(actor_keys().ed25519.sign(message))
    signed = document | {"proof": options | {"proofValue": value}}
    assert judged(signed) is None
    late = verify_proof(signed, ed25519_key(), NOW + timedelta(hours=1))
    assert late is not None
    assert late.reason == "proof_expired"
    assert verify_proof(signed, ed25519_key()) is None


def test_another_key_proves_nothing() -> None:
    other = PublicKey(ed25519_key().id, ACTOR, KeyKind.ED25519, other_keys().ed25519.public_key())
    refused = verify_proof(proven(), other, NOW)
    assert refused is not None
    assert refused.reason == "proof"
    wrong_kind = PublicKey(ed25519_key().id, ACTOR, KeyKind.RSA, rsa_key().key)
    refused = verify_proof(proven(), wrong_kind, NOW)
    assert refused is not None
    assert refused.reason == "key_kind"


def test_what_has_no_canonical_form_is_refused() -> None:
    assert judged(proven() | {"version": float("nan")}) == "proof_form"
