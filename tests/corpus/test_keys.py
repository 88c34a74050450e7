"""Keys and signatures of the published collections of bad ones; and weak keys that an actor lists."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.errors import Refused
from federation.keys import ActorKeys, ed25519_from_bytes, load_public, multibase_encode, public_text, verifies
from tests.corpus.rig import Rig
from tests.corpus.vectors import cases
from tests.node.sender import Sender

PINNED = {"low_order_R", "low_order_component_R", "low_order_component_A"}


def reason(read: object) -> str:
    return read.reason if isinstance(read, Refused) else "taken"


@pytest.mark.parametrize("vector", cases("ed25519_wycheproof"))
def test_ed25519(vector: dict[str, Any]) -> None:
    key = ed25519_from_bytes(bytes.fromhex(vector["pk"]))
    assert not isinstance(key, Refused)
    assert verifies(key, bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"])) == (vector["result"] == "valid")


@pytest.mark.parametrize("vector", cases("ed25519_cctv"))
def test_ed25519_at_its_edges(vector: dict[str, Any]) -> None:
    """Keys of small order or in another spelling are not loaded; R in another spelling, or with a rest, never verifies.

    What remains is what libraries do not agree on: a component of small order in a point that is good otherwise.
    """
    flags = set(vector["flags"] or ())
    key = ed25519_from_bytes(bytes.fromhex(vector["key"]))
    if flags & {"low_order_A", "non_canonical_A"}:
        assert reason(key) == "key_weak"
        return
    assert not isinstance(key, Refused)
    if verifies(key, bytes.fromhex(vector["sig"]), vector["msg"].encode()):
        assert flags <= PINNED


@pytest.mark.parametrize("vector", cases("rsa_pkcs1_sha256_wycheproof"))
def test_rsa(vector: dict[str, Any]) -> None:
    """PKCS #1 v1.5 is checked by building the padding: no variant of it passes, not even without its NULL."""
    key = load_public("rsa", vector["publicKeyPem"])
    assert not isinstance(key, Refused)
    assert verifies(key, bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"])) == (vector["result"] == "valid")


@pytest.mark.parametrize("vector", cases("did_key_multikey"))
def test_multikeys(vector: dict[str, Any]) -> None:
    """Ed25519 ones are read, and written again as they were; every other kind is refused."""
    text = vector.get("publicKeyMultibase") or vector["did"].removeprefix("did:key:")
    read = load_public("ed25519", text)
    if not text.startswith("z6Mk"):
        assert reason(read) == "key_form"
        return
    assert not isinstance(read, Refused)
    assert public_text(read) == text
    if "seed" in vector:
        made = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
        assert public_text(made.public_key()) == text


@pytest.mark.parametrize("vector", [case for case in cases("fep_8b32_521a") if "521a" in str(getattr(case, "id", ""))])
def test_the_multikey_of_fep_521a(vector: dict[str, Any]) -> None:
    raw = next(step for step in vector["steps"] if "hex string" in step).split('"')[1]
    key = ed25519_from_bytes(bytes.fromhex(raw))
    assert not isinstance(key, Refused)
    assert public_text(key) == vector["docs"][0]["publicKeyMultibase"]


def pem(key: Any) -> str:
    text: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def rsa_of(exponent: int, modulus: int) -> str:
    """A public key of any numbers, as DER by hand: libraries refuse to make one."""
    import base64

    def wrapped(tag: int, content: bytes) -> bytes:
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
        return bytes([tag]) + length + content

    def integer(value: int) -> bytes:
        return wrapped(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    numbers = wrapped(0x30, integer(modulus) + integer(exponent))
    text = base64.b64encode(wrapped(0x30, algorithm + wrapped(3, b"\x00" + numbers))).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


WEAK: list[tuple[str, Callable[[ActorKeys], Any]]] = [
    ("1024 bits", lambda keys: pem(rsa.generate_private_key(65537, 1024).public_key())),
    ("2047 bits", lambda keys: rsa_of(65537, 2**2046 + 2**1000 + 1)),
    ("16 384 bits", lambda keys: rsa_of(65537, 2**16383 + 1)),
    ("exponent 1", lambda keys: rsa_of(1, keys.rsa.public_key().public_numbers().n)),
    ("exponent 2", lambda keys: rsa_of(2, keys.rsa.public_key().public_numbers().n)),
    ("exponent 0", lambda keys: rsa_of(0, keys.rsa.public_key().public_numbers().n)),
    ("huge exponent", lambda keys: rsa_of(2**2000 + 1, keys.rsa.public_key().public_numbers().n)),
    ("even modulus", lambda keys: rsa_of(65537, 2**2047 + 2)),
    ("elliptic curve", lambda keys: pem(ec.generate_private_key(ec.SECP256R1()).public_key())),
    ("Ed25519", lambda keys: pem(keys.ed25519.public_key())),
    ("Ed448", lambda keys: pem(ed448.Ed448PrivateKey.generate().public_key())),
    ("DSA", lambda keys: pem(dsa.generate_private_key(1024).public_key())),
    ("private", lambda keys: keys.to_pems()[0].decode()),
    ("two in one", lambda keys: ["a", keys.public_pem]),
    ("object", lambda keys: {"@value": keys.public_pem}),
    ("no PEM", lambda keys: keys.multibase),
    ("cut", lambda keys: keys.public_pem[:200]),
    ("long", lambda keys: keys.public_pem + " " * 10_000),
    ("certificate", lambda keys: keys.public_pem.replace("PUBLIC KEY", "CERTIFICATE")),
]


@pytest.mark.parametrize("weak", [make for _, make in WEAK], ids=[name for name, _ in WEAK])
async def test_keys_that_are_not_believed(rig: Rig, keys: ActorKeys, weak: Callable[[ActorKeys], Any]) -> None:
    """An actor lists it, and signs: as if it had listed none."""
    actor = Sender(rig.evil.url + "/actor", keys)
    entry = {"id": actor.id + "#main-key", "owner": actor.id, "publicKeyPem": weak(keys)}
    rig.shows(rig.evil, "/actor", keys, publicKey=entry)
    await rig.refuses_said("key_owner", actor, rig.activity(actor.id, "Follow", rig.node.config.node_actor))


@pytest.mark.parametrize(
    "prefix", [b"", b"\xec\x01", b"\xed", b"\xed\x01\x00", b"\xe7\x01", b"\x80\x24", b"\x85\x24", b"\x00\xed\x01"]
)
def test_multikeys_of_another_kind(keys: ActorKeys, prefix: bytes) -> None:
    raw = keys.ed25519.public_key().public_bytes_raw()
    assert reason(load_public("ed25519", multibase_encode(prefix + raw))) == "key_form"
    for text in (
        keys.multibase[1:],
        keys.multibase.upper(),
        keys.multibase + "1",
        "f" + raw.hex(),
        keys.multibase + "\n",
    ):
        assert reason(load_public("ed25519", text)) == "key_form"


def cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


@pytest.mark.parametrize("padding", [b"\xff" * 8, b"\xff", b""])
def test_a_root_is_no_signature(padding: bytes) -> None:
    """Of a key with exponent 3, anybody takes the cube root of a message whose padding ends early (Bleichenbacher)."""
    key = rsa.generate_private_key(3, 2048).public_key()
    loaded = load_public("rsa", pem(key))
    assert not isinstance(loaded, Refused)
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(b"message").digest()
    block = b"\x00\x01" + padding + b"\x00" + digest_info
    forged = cube_root(int.from_bytes(block + bytes(256 - len(block)), "big"))
    assert (forged**3).to_bytes(256, "big").startswith(block)
    assert not verifies(loaded, forged.to_bytes(256, "big"), b"message")
