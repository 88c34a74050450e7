"""Proofs of documents: `eddsa-jcs-2022` of W3C Data Integrity, as FEP-8b32 uses it.

Decides whether a document is, byte for byte of its canonical form, what a key signed. Whose key it is, is judged
elsewhere. Every option of a proof is signed, and an option that we do not honour is refused.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.canonical import jcs
from federation.clock import WINDOW, read_timestamp
from federation.errors import NotCanonical, Refused, Steps, first, refuse
from federation.keys import KeyKind, PublicKey, judge_life, multibase_decode, multibase_encode, signed, verifies

TYPE: Final = "DataIntegrityProof"
SUITE: Final = "eddsa-jcs-2022"
PURPOSE: Final = "assertionMethod"
_PURPOSES: Final = {KeyKind.ED25519: PURPOSE, KeyKind.RECOVERY: "capabilityInvocation"}
_TEXTS: Final = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
_OPTIONS: Final = frozenset({*_TEXTS, "@context", "id", "expires", "nonce"})


def _signed_bytes(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """The 64 bytes that are signed: the digests of the options, then of the document without its proof."""
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    content = {name: value for name, value in document.items() if name != "proof"}
    return hashlib.sha256(jcs(options)).digest() + hashlib.sha256(jcs(content)).digest()


def add_proof(
    document: Mapping[str, Any],
    ed25519_private: Ed25519PrivateKey,
    method_id: str,
    created: str,
    kind: KeyKind = KeyKind.ED25519,
) -> dict[str, Any]:
    """The document with our proof of it, in place of any that it had. Raises `NotCanonical`.

    `kind`: what the key is for, which the proof says as its purpose; the recovery key signs what is said of keys.
    """
    context = {"@context": document["@context"]} if "@context" in document else {}
    proof = context | {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method_id,
        "proofPurpose": _PURPOSES[kind],
    }
    value = multibase_encode(signed(ed25519_private, _signed_bytes(document, proof)))
    return {**document, "proof": {**proof, "proofValue": value}}


def _proof_of(document: Mapping[str, Any]) -> Mapping[str, Any] | Refused:
    """The one proof, if it has the form that it must."""
    proof = document.get("proof")
    if proof is None:
        return refuse("proof_absent")
    if not isinstance(proof, dict):
        return refuse("proof_form", "not one object")
    for name in _TEXTS:
        if not isinstance(proof.get(name), str):
            return refuse("proof_form", name)
    unknown = proof.keys() - _OPTIONS
    if unknown:
        return refuse("proof_option", ascii(min(unknown))[:40])
    return proof


def method_of(document: Mapping[str, Any]) -> str | Refused:
    """The id of the key that the document's proof names; nothing of it is believed yet."""
    proof = _proof_of(document)
    return proof if isinstance(proof, Refused) else str(proof["verificationMethod"])


def _judge_times(proof: Mapping[str, Any], key: PublicKey, now: datetime | None) -> Refused | None:
    created = read_timestamp(proof["created"])
    expires = read_timestamp(proof["expires"]) if "expires" in proof else None
    if created is None or (expires is None and "expires" in proof):
        return refuse("proof_form", "created" if created is None else "expires")
    if now is not None and created > now + WINDOW:
        return refuse("proof_future", proof["created"])
    if now is not None and expires is not None and expires <= now:
        return refuse("proof_expired", proof["expires"])
    return judge_life(key, created, now)


def _judge_bytes(document: Mapping[str, Any], proof: Mapping[str, Any], key: PublicKey) -> Refused | None:
    value = multibase_decode(proof["proofValue"])
    if value is None or len(value) != 64:
        return refuse("proof_form", "proofValue")
    try:
        message = _signed_bytes(document, proof)
    except NotCanonical:
        return refuse("proof_form", "no canonical form")
    return None if verifies(key.key, value, message) else refuse("proof", key.id[:200])


def proof_steps(
    document: Mapping[str, Any],
    public_key: PublicKey,
    now: datetime | None = None,
    kind: KeyKind = KeyKind.ED25519,
) -> Steps:
    """What makes a document the one that this key, which is of this `kind`, signed; bytes come last.

    Without `now`, as for an archive, its times are compared with those of its key only.
    """
    proof = _proof_of(document)
    yield "proof_form", proof if isinstance(proof, Refused) else None
    if isinstance(proof, Refused):
        return
    named, suite, purpose = proof["verificationMethod"], proof["cryptosuite"], proof["proofPurpose"]
    yield "proof_key", None if named == public_key.id else refuse("key_mismatch", named[:200])
    yield "proof_kind", None if public_key.kind is kind else refuse("key_kind", public_key.kind)
    yield "proof_suite", None if (proof["type"], suite) == (TYPE, SUITE) else refuse("proof_suite", suite[:40])
    yield "proof_purpose", None if purpose == _PURPOSES[kind] else refuse("proof_purpose", purpose[:40])
    is_same = "@context" not in proof or proof["@context"] == document.get("@context")
    yield "proof_context", None if is_same else refuse("proof_context")
    yield "proof_times", _judge_times(proof, public_key, now)
    if public_key.kind is kind:
        yield "proof", _judge_bytes(document, proof, public_key)


def verify_proof(
    document: Mapping[str, Any],
    public_key: PublicKey,
    now: datetime | None = None,
    kind: KeyKind = KeyKind.ED25519,
) -> Refused | None:
    """None when every step holds."""
    return first(proof_steps(document, public_key, now, kind))
