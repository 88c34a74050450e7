"""Public keys are believed only when strong and canonical; signatures verify as the published vectors say."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import KeyUnreadable, Refused
from federation.keys import (
    ActorKeys,
    ed25519_from_bytes,
    load_public,
    multibase_decode,
    multibase_encode,
    public_text,
    signed,
    verifies,
)
from tests.federation.signing import actor_keys, ed25519_key, rsa_key


def pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def reason(read: object) -> str:
    return read.reason if isinstance(read, Refused) else "taken"


def test_keys_survive_their_files() -> None:
    keys = actor_keys()
    again = ActorKeys.from_pems(*keys.to_pems())
    assert (again.public_pem, again.multibase) == (keys.public_pem, keys.multibase)
    assert keys.rsa.key_size == 2048
    assert keys.multibase.startswith("z6Mk")


@pytest.mark.parametrize("swap", [True, False])
def test_a_wrong_key_file_is_said(swap: bool) -> None:
    first, second = actor_keys().to_pems()
    with pytest.raises(KeyUnreadable):
        ActorKeys.from_pems(*((second, first) if swap else (first, b"nothing")))


def test_public_keys_survive_actor_documents() -> None:
    for key in (rsa_key(), ed25519_key()):
        read = load_public(key.kind, key.text)
        assert not isinstance(read, Refused)
        assert public_text(read) == key.text
        assert load_public(key.kind, key.text) is read


@given(st.binary(min_size=1, max_size=70))
def test_multibase_round_trip(data: bytes) -> None:
    assert multibase_decode(multibase_encode(data)) == data


@pytest.mark.parametrize(
    "text", ["", "z", "6Mk", "m6Mk", "z0", "zO", "z6Mk ", " z6Mk", "z6Mk\n", "zé", "z" + "1" * 500]
)
def test_what_is_no_multibase(text: str) -> None:
    assert multibase_decode(text) is None
    assert reason(load_public("ed25519", text)) == "key_form"


def test_points_off_the_curve_are_refused() -> None:
    taken = {y: reason(ed25519_from_bytes(y.to_bytes(32, "little"))) for y in range(2, 40)}
    assert set(taken.values()) == {"taken", "key_weak"}
    assert reason(ed25519_from_bytes(b"short")) == "key_form"


def test_weak_and_foreign_keys_are_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    assert reason(load_public("rsa", pem(weak))) == "key_weak"
    assert reason(load_public("rsa", pem(ec.generate_private_key(ec.SECP256R1())))) == "key_kind"
    assert reason(load_public("rsa", pem(Ed25519PrivateKey.generate()))) == "key_kind"
    assert reason(load_public("rsa", actor_keys().to_pems()[0].decode())) == "key_form"
    assert reason(load_public("rsa", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")) == "key_form"
    assert reason(load_public("rsa", "x" * 10_000)) == "key_form"
    assert reason(load_public("rsa", "é")) == "key_form"
    assert reason(load_public("hmac", "secret")) == "key_kind"


def test_a_pkcs1_public_key_is_read() -> None:
    key = actor_keys().rsa.public_key()
    text = key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert load_public("rsa", text) == load_pem_public_key(pem(actor_keys().rsa).encode())


def test_a_signature_is_of_one_message_and_one_key() -> None:
    keys = actor_keys()
    for private in (keys.rsa, keys.ed25519):
        signature = signed(private, b"message")
        assert verifies(private.public_key(), signature, b"message")
        assert not verifies(private.public_key(), signature, b"messagf")
        assert not verifies(private.public_key(), signature[:-1], b"message")
        assert not verifies(private.public_key(), b"", b"message")
