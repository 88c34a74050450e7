"""Public keys are believed only when strong and canonical; signatures verify as the published vectors say."""

import json
from collections import Counter
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
from tests.shared import shared


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared(f"vectors/{name}.json").read_text("utf-8"))["vectors"]
    return found


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


def test_did_key_multikeys() -> None:
    """Ed25519 ones are read back to the same text, every other kind is refused."""
    taken = 0
    for vector in vectors("did_key_multikey"):
        text = vector.get("publicKeyMultibase") or vector["did"].removeprefix("did:key:")
        read = load_public("ed25519", text)
        assert isinstance(read, Refused) == (not text.startswith("z6Mk")), vector["id"]
        if isinstance(read, Refused):
            continue
        assert public_text(read) == text
        if "seed" in vector:
            made = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
            assert public_text(made.public_key()) == text
        taken += 1
    assert taken >= 3


def test_fep_521a_multikey() -> None:
    raw = bytes.fromhex("2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")
    key = ed25519_from_bytes(raw)
    assert not isinstance(key, Refused)
    published = next(v for v in vectors("fep_8b32_521a") if v["id"].startswith("fep-521a"))
    assert public_text(key) == published["docs"][0]["publicKeyMultibase"]


@given(st.binary(min_size=1, max_size=70))
def test_multibase_round_trip(data: bytes) -> None:
    assert multibase_decode(multibase_encode(data)) == data


@pytest.mark.parametrize(
    "text", ["", "z", "6Mk", "m6Mk", "z0", "zO", "z6Mk ", " z6Mk", "z6Mk\n", "zé", "z" + "1" * 500]
)
def test_what_is_no_multibase(text: str) -> None:
    assert multibase_decode(text) is None
    assert reason(load_public("ed25519", text)) == "key_form"


def test_ed25519_vectors_of_wycheproof() -> None:
    for vector in vectors("ed25519_wycheproof"):
        key = ed25519_from_bytes(bytes.fromhex(vector["pk"]))
        assert not isinstance(key, Refused)
        good = verifies(key, bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"]))
        assert good == (vector["result"] == "valid"), vector["id"]


def test_ed25519_strictness_of_cctv() -> None:
    """Non-canonical and small-order keys are never loaded, non-canonical R never verifies; the rest is pinned."""
    pinned: Counter[bool] = Counter()
    for vector in vectors("ed25519_cctv"):
        flags = set(vector["flags"] or ())
        key = ed25519_from_bytes(bytes.fromhex(vector["key"]))
        if flags & {"low_order_A", "non_canonical_A"}:
            assert reason(key) == "key_weak", vector["id"]
            continue
        assert not isinstance(key, Refused), vector["id"]
        good = verifies(key, bytes.fromhex(vector["sig"]), vector["msg"].encode())
        assert not (good and "non_canonical_R" in flags), vector["id"]
        assert not (good and "low_order_residue" in flags), vector["id"]
        pinned[good] += 1
    assert pinned[True] > 0


def test_points_off_the_curve_are_refused() -> None:
    taken = {y: reason(ed25519_from_bytes(y.to_bytes(32, "little"))) for y in range(2, 40)}
    assert set(taken.values()) == {"taken", "key_weak"}
    assert reason(ed25519_from_bytes(b"short")) == "key_form"


def test_rsa_vectors_of_wycheproof() -> None:
    """PKCS #1 v1.5 is checked by building the padding, so no variant of it passes, not even without its NULL."""
    for vector in vectors("rsa_pkcs1_sha256_wycheproof"):
        key = load_public("rsa", vector["publicKeyPem"])
        assert not isinstance(key, Refused), vector["id"]
        good = verifies(key, bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"]))
        assert good == (vector["result"] == "valid"), (vector["id"], vector["flags"])


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
