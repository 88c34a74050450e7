"""How keys are listed, and what is believed of what is said of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import keylist
from federation.clock import timestamp
from federation.errors import Refused
from federation.httpsig import sign_rfc9421, signature_of, verify
from federation.keylist import Listed
from federation.keys import KeyKind, PublicKey, multibase_encode
from federation.proof import add_proof, verify_proof
from tests.federation.signing import ACTOR, BODY, NOW, OURS, URL, actor_keys, ed25519_key, other_keys, request, rsa_key

PAPER, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
DAY = timedelta(days=1)


def recovery(key: Ed25519PrivateKey = PAPER, name: str = "#recovery-key") -> PublicKey:
    return PublicKey(ACTOR + name, ACTOR, KeyKind.RECOVERY, key.public_key())


def plain(key: PublicKey) -> Listed:
    return Listed(key, keylist.entry_of(key))


def proved(key: PublicKey, by: Ed25519PrivateKey = PAPER, name: str = "#recovery-key") -> Listed:
    return Listed(key, keylist.proved_by(key, by, ACTOR + name, timestamp(NOW)))


def reason(found: object) -> str:
    return found.reason if isinstance(found, Refused) else ""


def test_what_is_written_is_read() -> None:
    old = replace(ed25519_key(other_keys()), id=ACTOR + "#old", expires=NOW)
    stolen = [replace(key, id=key.id + "-0", revoked=NOW) for key in (rsa_key(), ed25519_key())]
    listed = [plain(rsa_key()), plain(ed25519_key()), plain(old), plain(recovery()), *map(proved, stolen)]
    document = keylist.written(listed)
    assert isinstance(document["publicKey"], dict)
    assert [each["id"] for each in document["assertionMethod"]] == [ed25519_key().id, old.id]
    found = keylist.read(document, ACTOR)
    assert found.signing == (rsa_key(), ed25519_key(), old)
    assert [each.key for each in found.recovery] == [recovery()]
    assert [each.key for each in found.revoked] == stolen
    assert [keylist.judge_entry(each.entry, recovery()) for each in found.revoked] == [None, None]


@pytest.mark.parametrize("changed", [{"revoked": 5}, {"revoked": "yesterday"}, {"expires": None}, {"controller": "x"}])
def test_an_entry_that_cannot_be_read_is_no_key(changed: dict[str, Any]) -> None:
    entry = keylist.entry_of(ed25519_key()) | changed
    assert keylist.read({"assertionMethod": [entry]}, ACTOR).signing == ()


def test_a_key_without_a_purpose_signs_nothing() -> None:
    assert keylist.read({"verificationMethod": [keylist.entry_of(ed25519_key())]}, ACTOR) == keylist.KeyList(())


def test_only_the_recovery_key_proves_what_is_said_of_keys() -> None:
    revoked = replace(ed25519_key(), revoked=NOW)
    assert reason(keylist.judge_entry(plain(revoked).entry, recovery())) == "proof_absent"
    assert reason(keylist.judge_entry(proved(revoked, OTHER).entry, recovery())) == "proof"
    assert reason(keylist.judge_entry(proved(revoked, PAPER, "#other").entry, recovery())) == "key_mismatch"
    by_itself = add_proof(keylist.entry_of(revoked), actor_keys().ed25519, ed25519_key().id, timestamp(NOW))
    assert reason(keylist.judge_entry(by_itself, ed25519_key())) == "key_kind"
    later = {**proved(revoked).entry, "revoked": timestamp(NOW + DAY)}
    assert reason(keylist.judge_entry(later, recovery())) == "proof"


def test_the_recovery_key_signs_nothing_else() -> None:
    document = add_proof({"id": ACTOR + "/d"}, PAPER, recovery().id, timestamp(NOW), KeyKind.RECOVERY)
    assert reason(verify_proof(document, recovery(), NOW)) == "key_kind"
    document = add_proof({"id": ACTOR + "/d"}, PAPER, recovery().id, timestamp(NOW))
    assert reason(verify_proof(document, replace(recovery(), kind=KeyKind.ED25519), NOW)) == ""  # it is the kind
    incoming = request(sign_rfc9421("POST", URL, BODY, recovery().id, PAPER, NOW))
    signature = signature_of(incoming)
    assert not isinstance(signature, Refused)
    assert reason(verify(incoming, signature, recovery(), NOW, OURS)) == "key_kind"


def test_a_recovery_key_leads_to_the_next() -> None:
    third = Ed25519PrivateKey.generate()
    second = proved(recovery(OTHER, "#recovery-key-2"))
    last = proved(recovery(third, "#recovery-key-3"), OTHER, "#recovery-key-2")
    assert keylist.successor(recovery(), [last, second, plain(recovery())]) == last.key
    assert keylist.successor(second.key, [last, second]) == last.key
    assert keylist.successor(recovery(), [last]) == recovery()
    stolen = plain(recovery(third, "#recovery-key-2"))
    assert keylist.successor(recovery(), [stolen]) == recovery()


@pytest.mark.parametrize(
    ("life", "created", "then", "archived"),
    [
        ({}, NOW, "", ""),
        ({"expires": NOW}, NOW, "", ""),
        ({"expires": NOW - DAY}, NOW, "key_expired", "key_expired"),
        ({"revoked": NOW}, NOW - DAY, "key_revoked", ""),
        ({"revoked": NOW}, NOW, "key_revoked", "key_revoked"),
        ({"revoked": NOW, "expires": NOW - DAY}, NOW - DAY / 2, "key_revoked", "key_expired"),
    ],
)
def test_until_when_a_key_proves(life: dict[str, Any], created: Any, then: str, archived: str) -> None:
    document = add_proof({"id": ACTOR + "/d"}, actor_keys().ed25519, ed25519_key().id, timestamp(created))
    key = replace(ed25519_key(), **life)
    assert reason(verify_proof(document, key, NOW)) == then
    assert reason(verify_proof(document, key)) == archived


@pytest.mark.parametrize(
    ("life", "expected"), [({"expires": NOW - DAY}, "key_expired"), ({"revoked": NOW}, "key_revoked")]
)
def test_a_request_by_a_key_that_ended(life: dict[str, Any], expected: str) -> None:
    incoming = request(sign_rfc9421("POST", URL, BODY, rsa_key().id, actor_keys().rsa, NOW))
    signature = signature_of(incoming)
    assert not isinstance(signature, Refused)
    assert reason(verify(incoming, signature, replace(rsa_key(), **life), NOW, OURS)) == expected


def test_a_key_of_another_kind_is_told_apart_from_a_broken_one() -> None:
    rsa = multibase_encode(b"\x85\x24" + b"k" * 270)
    for text, expected in (
        (rsa, "key_kind"),
        (rsa[:-1] + "0", "key_form"),
        ("z6Mk", "key_form"),
        ("u" + rsa, "key_form"),
    ):
        entry = {"id": ACTOR + "#k", "type": "Multikey", "controller": ACTOR, "publicKeyMultibase": text}
        ((_, refused),) = keylist.examined({"assertionMethod": [entry]}, ACTOR)
        assert reason(refused) == expected
