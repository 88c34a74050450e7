"""The published proofs of documents: those of our suite verify, as they stand and not otherwise; others are refused."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.canonical import digest, jcs
from federation.errors import Refused
from federation.keys import KeyKind, PublicKey, load_public
from federation.proof import method_of, verify_proof
from tests.corpus.vectors import cases, loaded

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def key(method: str, multibase: str) -> PublicKey:
    read = load_public("ed25519", multibase)
    assert not isinstance(read, Refused)
    return PublicKey(method, method.partition("#")[0], KeyKind.ED25519, read)


def reason(found: Refused | None) -> str:
    return found.reason if found else ""


@pytest.mark.parametrize("vector", cases("vc_di_eddsa"))
def test_data_integrity(vector: dict[str, Any]) -> None:
    signed = vector["signed"]
    method = method_of(signed)
    if isinstance(method, Refused):
        assert method.reason in ("proof_form", "proof_option")
        return
    public = key(method, loaded("vc_di_eddsa")["meta"]["keys"]["publicKeyMultibase"])
    if vector.get("cryptosuite") != "eddsa-jcs-2022":
        assert reason(verify_proof(signed, public, NOW)) in ("proof_suite", "proof_option")
        return
    assert jcs(vector["unsigned"]).decode() == vector["canonical_document"]
    assert jcs(vector["proof_config"]).decode() == vector["canonical_proof_config"]
    assert digest(jcs(vector["unsigned"])) == vector["doc_hash"]
    assert digest(jcs(vector["proof_config"])) == vector["proof_hash"]
    assert verify_proof(signed, public, NOW) is None
    assert verify_proof(json.loads(json.dumps(signed, indent=3)), public, NOW) is None
    for name in vector["unsigned"]:
        assert reason(verify_proof(signed | {name: "x"}, public, NOW)) in ("proof", "proof_context")


@pytest.mark.parametrize("vector", [case for case in cases("fep_8b32_521a") if "521a:" not in str(case)])
def test_fep_8b32(vector: dict[str, Any]) -> None:
    document, actor = vector["docs"]
    method = actor["assertionMethod"][0]
    assert method_of(document) == method["id"]
    public = key(method["id"], method["publicKeyMultibase"])
    assert verify_proof(document, public, NOW) is None
    moved = copy.deepcopy(document)
    moved["object"]["location"]["latitude"] = 25.273963
    assert reason(verify_proof(moved, public, NOW)) == "proof"
