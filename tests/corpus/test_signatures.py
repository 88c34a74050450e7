"""Published vectors of both dialects, read by the same code that reads our peers."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from federation import httpsig_cavage, httpsig_rfc9421
from federation.errors import Refused
from federation.httpsig import IncomingRequest, Signature, signature_of, verify
from federation.keys import KeyKind, PublicKey, verifies
from tests.corpus.vectors import loaded
from tests.federation.signing import NOW, rsa_key

C2_SIGNATURE = (
    "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv"
    "/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
)


def cavage_key() -> RSAPublicKey:
    """RSA-1024, as published: never loaded as a node loads keys."""
    key = load_pem_public_key(loaded("draft_cavage")["meta"]["keys"]["Test"]["public"].encode())
    assert isinstance(key, RSAPublicKey)
    return key


def cavage_request(vector: dict[str, Any]) -> IncomingRequest:
    message = vector["message"]
    times = "".join(f",{name}={vector[name]}" for name in ("created", "expires") if name in vector)
    text = f'keyId="{vector["keyid"]}",algorithm="{vector["alg"]}"{times},'
    text += f'headers="{vector["headers"]}",signature="{vector["signature"]}"'
    headers = (*map(tuple, message["headers"]), ("Signature", text))
    return IncomingRequest(message["method"], message["target"], headers, message["body"].encode(), "example.com")


def strings(incoming: IncomingRequest) -> Iterator[bytes]:
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    rules = httpsig_rfc9421.RULES if signature.parameters else httpsig_cavage.RULES
    for made in rules.bases(incoming, incoming.named, signature):
        assert isinstance(made, bytes)
        yield made


def vector(name: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(v for v in loaded(name)["vectors"] if v["id"] == key)
    return found


def c2() -> dict[str, Any]:
    """The basic test, appendix C.2 of draft-cavage-http-signatures-12, which the shared file leaves out."""
    signed = {"id": "cavage-C.2", "headers": "(request-target) host date", "signature": C2_SIGNATURE}
    return vector("draft_cavage", "cavage-C.1") | signed


@pytest.mark.parametrize("example", ["cavage-C.1", "cavage-C.2"])
def test_cavage_strings_and_signatures(example: str) -> None:
    published = c2() if example == "cavage-C.2" else vector("draft_cavage", example)
    incoming = cavage_request(published)
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    message = next(strings(incoming))
    if example == "cavage-C.1":
        assert message.decode() == published["signing_string"]
    assert verifies(cavage_key(), signature.value, message)
    assert not verifies(cavage_key(), signature.value, message + b" ")


def test_what_c1_and_c2_cover_is_not_enough_for_an_inbox() -> None:
    for published in (vector("draft_cavage", "cavage-C.1"), c2()):
        incoming = cavage_request(published)
        signature = signature_of(incoming)
        assert isinstance(signature, Signature)
        key = PublicKey("Test", "Test", KeyKind.RSA, cavage_key())
        refused = verify(incoming, signature, key, NOW, frozenset({"example.com"}))
        assert refused is not None
        assert refused.reason == "not_covered"


def test_cavage_c3_is_rejected_as_published() -> None:
    """Its signature leaves out the times that its own list names, and its algorithm must not cover them."""
    published = vector("draft_cavage", "cavage-C.3")
    incoming = cavage_request(published)
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    assert not any(verifies(cavage_key(), signature.value, message) for message in strings(incoming))
    assert verifies(cavage_key(), signature.value, published["signing_string_alternatives"][1].encode())
    refused = verify(incoming, signature, PublicKey("Test", "T", KeyKind.RSA, cavage_key()), NOW, frozenset())
    assert refused is not None
    assert refused.reason == "algorithm"


def raw_request(raw: str) -> IncomingRequest:
    first, *lines = raw.split("\n")
    method, target, _ = first.split(" ")
    pairs = [tuple(line.split(": ", 1)) for line in lines]
    headers = [(name.replace("Authorization", "Signature"), value.removeprefix("Signature ")) for name, value in pairs]
    return IncomingRequest(method, target, tuple(headers), b"", "example.com")


def test_cavage_suite_of_bad_parameters() -> None:
    for published in loaded("draft_cavage")["vectors"]:
        if "raw" not in published:
            continue
        incoming = raw_request(published["raw"])
        if published["expect"] == "header names lower-cased":
            assert set(incoming.named) == {"host", "content-type", "digest", "content-length"}
            continue
        signature = signature_of(incoming)
        refused = (
            signature if isinstance(signature, Refused) else verify(incoming, signature, rsa_key(), NOW, frozenset())
        )
        assert refused is not None, published["id"]


def rfc9421_request(published: dict[str, Any]) -> IncomingRequest:
    message = published["message"]
    method, target, _ = message["start_line"].split(" ")
    headers = [(name, value) for name, value in message["headers"]]
    if "signature_input" in published:
        headers += [("Signature-Input", published["signature_input"]), ("Signature", published["signature"])]
    host = dict(message["headers"])["Host"]
    return IncomingRequest(method, target, tuple(headers), (message["body"] or "").encode(), host)


def rfc9421_key() -> Ed25519PublicKey:
    blocks = loaded("rfc9421_appendix_b")["meta"]["keys"]["test-key-ed25519"]["pem"]
    public = blocks[blocks.index("-----BEGIN PUBLIC KEY-----") :].partition("-----END PUBLIC KEY-----")
    key = load_pem_public_key((public[0] + public[1] + "\n").encode())
    assert isinstance(key, Ed25519PublicKey)
    return key


def test_rfc9421_bases_are_those_published() -> None:
    """For every example, whatever its algorithm; Ed25519 ones are verified too, and the invalid one is not."""
    verified = 0
    for published in loaded("rfc9421_appendix_b")["vectors"]:
        incoming = rfc9421_request(published)
        signature = signature_of(incoming)
        assert isinstance(signature, Signature), published["id"]
        messages = list(strings(incoming))
        if published["signature_base"] is not None:
            assert messages[0].decode() == published["signature_base"], published["id"]
        if published["alg"] == "ed25519":
            good = any(verifies(rfc9421_key(), signature.value, message) for message in messages)
            assert good == published["valid"], published["id"]
            verified += good
    assert verified >= 3


def test_what_the_examples_cover_is_not_enough_or_not_now() -> None:
    key = PublicKey("test-key-ed25519", "test", KeyKind.ED25519, rfc9421_key())
    for published in loaded("rfc9421_appendix_b")["vectors"]:
        signature = signature_of(rfc9421_request(published))
        assert isinstance(signature, Signature)
        ours = frozenset({"example.com", "example.org"})
        refused = verify(rfc9421_request(published), signature, key, NOW, ours)
        assert refused is not None
        assert refused.reason in ("not_covered", "stale", "key_mismatch"), published["id"]
