"""Documents under proofs that do not prove them, and under none, in activities that are well signed for the wire."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.clock import timestamp
from federation.keys import ActorKeys, multibase_encode
from federation.proof import _signed_bytes
from node.context import utc_now
from tests.corpus.attacks import attack
from tests.corpus.rig import Rig, Said
from tests.node.net import rows
from tests.node.sender import Sender
from vocab.contexts import AS2_URL, CONTEXT

ORDER = 2**252 + 27742317777372353535851937790883648493  # of edwards25519's base point


def signed(by: Sender, document: Said, key: Any = None, **options: Any) -> Said:
    """The document with a proof that says what it likes, and signs all of it; None takes an option away."""
    plain = {name: value for name, value in document.items() if name != "proof"}
    proof = {name: v for name, v in (document["proof"] | options).items() if v is not None and name != "proofValue"}
    value = (key or by.keys.ed25519).sign(_signed_bytes(plain, proof))
    return plain | {"proof": proof | {"proofValue": multibase_encode(value)}}


def altered(document: Said, **options: Any) -> Said:
    """The document with its own proof, changed afterwards."""
    proof = {name: value for name, value in (document["proof"] | options).items() if value is not None}
    return document | {"proof": proof}


def at(later: float) -> str:
    return timestamp(utc_now() + timedelta(seconds=later))


def malleable(document: Said) -> Said:
    """The same signature with S + L in place of S (RFC 8032 §5.1.7)."""
    from federation.keys import multibase_decode

    raw = multibase_decode(document["proof"]["proofValue"]) or b""
    scalar = int.from_bytes(raw[32:], "little") + ORDER
    return altered(document, proofValue=multibase_encode(raw[:32] + scalar.to_bytes(32, "little")))


Forge = Callable[[Sender, Sender, Said], Any]
PROOFS: list[tuple[str, Forge]] = [
    ("proof_absent", lambda far, by, d: {name: value for name, value in d.items() if name != "proof"}),
    ("proof_absent", lambda far, by, d: d | {"proof": None}),
    ("proof_form", lambda far, by, d: d | {"proof": [d["proof"]]}),
    ("proof_form", lambda far, by, d: d | {"proof": [d["proof"], d["proof"]]}),
    ("proof_form", lambda far, by, d: d | {"proof": [{}, d["proof"]]}),
    ("proof_form", lambda far, by, d: d | {"proof": "z"}),
    ("proof_form", lambda far, by, d: d | {"proof": {}}),
    ("proof_form", lambda far, by, d: altered(d, proofValue=None)),
    ("proof_form", lambda far, by, d: altered(d, proofValue="")),
    ("proof_form", lambda far, by, d: altered(d, proofValue=d["proof"]["proofValue"] + "1" * 8)),
    ("proof_form", lambda far, by, d: altered(d, proofValue="u" + d["proof"]["proofValue"][1:])),
    ("proof_form", lambda far, by, d: altered(d, proofValue=[d["proof"]["proofValue"]])),
    ("proof_form", lambda far, by, d: altered(d, created=None)),
    ("proof_form", lambda far, by, d: signed(far, d, created="2026-11-20")),
    ("proof_form", lambda far, by, d: signed(far, d, created="2026-11-20T12:00:00")),
    ("proof_form", lambda far, by, d: signed(far, d, expires="soon")),
    ("proof_form", lambda far, by, d: signed(far, d, verificationMethod=[far.id + "#ed25519-key"])),
    ("proof_form", lambda far, by, d: signed(far, d, verificationMethod={"id": far.id + "#ed25519-key"})),
    ("proof_expired", lambda far, by, d: signed(far, d, expires=at(-1))),
    ("proof_expired", lambda far, by, d: altered(d, expires=at(-1))),
    ("proof", lambda far, by, d: altered(d, expires=at(3600))),
    ("proof_future", lambda far, by, d: signed(far, d, created=at(3600))),
    ("proof_purpose", lambda far, by, d: signed(far, d, proofPurpose="authentication")),
    ("proof_purpose", lambda far, by, d: signed(far, d, proofPurpose="capabilityInvocation")),
    ("proof_purpose", lambda far, by, d: altered(d, proofPurpose="authentication")),
    ("proof_suite", lambda far, by, d: signed(far, d, cryptosuite="eddsa-rdfc-2022")),
    ("proof_suite", lambda far, by, d: signed(far, d, cryptosuite="jcs-eddsa-2022")),
    ("proof_suite", lambda far, by, d: signed(far, d, type="Ed25519Signature2020")),
    ("proof_option", lambda far, by, d: altered(d, extra="x")),
    ("proof_option", lambda far, by, d: signed(far, d, extra="x")),
    ("proof_option", lambda far, by, d: signed(far, d, domain="https://other.example")),
    ("proof_option", lambda far, by, d: signed(far, d, challenge="x")),
    ("proof_option", lambda far, by, d: signed(far, d, previousProof="urn:x")),
    ("proof", lambda far, by, d: altered(d, nonce="x")),
    ("proof_context", lambda far, by, d: signed(far, d, **{"@context": AS2_URL})),
    ("proof_context", lambda far, by, d: signed(far, d, **{"@context": [*CONTEXT, AS2_URL]})),
    ("proof_context", lambda far, by, d: d | {"@context": CONTEXT[:-1]}),
    ("context", lambda far, by, d: signed(far, d | {"@context": [AS2_URL, "https://x.fr/"]}, **{"@context": None})),
    ("proof", lambda far, by, d: altered(d, **{"@context": None})),
    ("proof", lambda far, by, d: d | {"version": 2}),
    ("proof", lambda far, by, d: d | {"sharing": "network"}),
    ("proof", lambda far, by, d: d | {"to": []}),
    ("proof", lambda far, by, d: malleable(d)),
    ("proof", lambda far, by, d: signed(far, d, key=by.keys.ed25519)),
    ("proof", lambda far, by, d: altered(d, proofValue="z" + "1" * 64)),
    # keys of others, and keys that are not for documents
    ("key_unknown", lambda far, by, d: signed(by, d, verificationMethod=by.id + "#ed25519-key")),
    ("key_unknown", lambda far, by, d: signed(far, d, verificationMethod="did:key:" + far.keys.multibase)),
    ("key_unknown", lambda far, by, d: signed(far, d, verificationMethod="#ed25519-key")),
    ("key_unknown", lambda far, by, d: signed(far, d, verificationMethod="https://FAR.example/places/far#ed25519-key")),
    ("key_kind", lambda far, by, d: signed(far, d, verificationMethod=far.id + "#main-key")),
    # what it is, once it is proved
    ("document_form", lambda far, by, d: signed(far, d | {"version": 0})),
    ("document_form", lambda far, by, d: signed(far, d | {"version": "1"})),
    ("document_form", lambda far, by, d: signed(far, d | {"version": 1.5})),
    ("document_form", lambda far, by, d: signed(far, d | {"version": True})),
    ("document_form", lambda far, by, d: signed(far, d | {"sharing": "private"})),
    ("document_form", lambda far, by, d: signed(far, d | {"sharing": ["public"]})),
]  # fmt: skip


@attack("R05")
@pytest.mark.parametrize(("reason", "forge"), PROOFS)
async def test_proofs(rig: Rig, far: Sender, thief: Sender, reason: str, forge: Forge) -> None:
    await rig.refuses_said(reason, far, rig.activity(far.id, "Create", forge(far, thief, far.report("r", 1))))


async def test_a_neighbours_key_proves_nothing(rig: Rig, far: Sender, neighbour: Sender) -> None:
    """At the same origin, known, and listed by its owner; but not by the author."""
    forged = signed(neighbour, far.report("r", 1), verificationMethod=neighbour.id + "#ed25519-key")
    await rig.refuses_said("key_owner", far, rig.activity(far.id, "Create", forged))
    stolen = far.report("r", 1)
    await rig.refuses_said("attributed_to", neighbour, rig.activity(neighbour.id, "Create", stolen))
    mine = signed(far, far.report("r", 1, id=neighbour.id + "/documents/r", attributedTo=neighbour.id))
    await rig.refuses_said("key_owner", neighbour, rig.activity(neighbour.id, "Create", mine))


async def test_options_that_are_signed_hold(rig: Rig, far: Sender) -> None:
    document = signed(far, far.report("r", 1), expires=at(3600), nonce="x", id="urn:uuid:0")
    await rig.takes(far, rig.activity(far.id, "Create", document))
    bare = signed(far, far.report("s", 1), **{"@context": None})
    await rig.takes(far, rig.activity(far.id, "Create", bare))
    assert rows(rig.node, "SELECT count(*) FROM documents WHERE own=0") == [(2,)]


@pytest.mark.parametrize("kind", ["Report", ["Report"], ["Document", "Report", "Note"], ["Note", "Document", "Report"]])
async def test_a_type_among_others_needs_its_proof(rig: Rig, far: Sender, kind: Any) -> None:
    document = {name: value for name, value in far.report("r", 1).items() if name != "proof"} | {"type": kind}
    await rig.refuses_said("proof_absent", far, rig.activity(far.id, "Create", document))


async def test_nothing_is_rolled_back(rig: Rig, far: Sender) -> None:
    """Old versions, other bytes under a version, a note in place of a report: kept as evidence, never current."""
    await rig.takes(far, rig.activity(far.id, "Create", far.report("r", 5, version=5)))
    current = rows(rig.node, "SELECT version, digest, type FROM documents WHERE own=0")
    note = {"id": far.id + "/documents/r", "type": "Note", "attributedTo": far.id, "content": "x"}
    for kind in ("Create", "Update"):
        await rig.ignores(far, rig.activity(far.id, kind, far.report("r", 1, version=4)))
        await rig.ignores(far, rig.activity(far.id, kind, far.report("r", 9, version=5)))
        await rig.ignores(far, rig.activity(far.id, kind, note))
        await rig.ignores(far, rig.activity(far.id, kind, note | {"type": "Tombstone"}))
    assert rows(rig.node, "SELECT version, digest, type FROM documents WHERE own=0") == current
    await rig.takes(far, rig.activity(far.id, "Delete", note["id"]))
    for version in (6, 2**53 - 1):
        await rig.ignores(far, rig.activity(far.id, "Create", far.report("r", 1, version=version)))
    assert rows(rig.node, "SELECT count(*) FROM documents WHERE own=0 AND deleted IS NULL") == [(0,)]


async def test_an_id_may_be_both_a_messages_and_a_documents(rig: Rig, far: Sender) -> None:
    """They are looked for in different places: the one neither hides nor replaces the other."""
    document = far.report("r", 1)
    await rig.takes(far, rig.activity(far.id, "Create", document, id=document["id"]))
    await rig.takes(far, rig.activity(far.id, "Update", far.report("r", 2, version=2)))
    first = f"{far.id}/activities/1"
    await rig.takes(far, rig.activity(far.id, "Create", note_under(far, first), id=first))
    assert rows(rig.node, "SELECT id, version FROM documents WHERE own=0 ORDER BY 1") == [
        (first, 0),
        (document["id"], 2),
    ]


def note_under(by: Sender, name: str) -> Said:
    return {"id": name, "type": "Note", "attributedTo": by.id, "content": "x"}


WEAK: list[tuple[str, str]] = [
    ("identity", "01" + "00" * 31),
    ("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    ("order 2, not canonical", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("zero", "00" * 32),
    ("p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@pytest.mark.parametrize("raw", [raw for _, raw in WEAK], ids=[name for name, _ in WEAK])
async def test_keys_under_which_anything_is_signed(rig: Rig, keys: ActorKeys, raw: str) -> None:
    """A point of small order verifies a signature of zeros over every message: such a key is not listed at all."""
    text = multibase_encode(b"\xed\x01" + bytes.fromhex(raw))
    actor = Sender(rig.evil.url + "/actor", keys)
    method = {"id": actor.id + "#ed25519-key", "type": "Multikey", "controller": actor.id, "publicKeyMultibase": text}
    rig.shows(rig.evil, "/actor", keys, assertionMethod=[method])
    forged = altered(actor.report("r", 1), proofValue=multibase_encode(bytes.fromhex(raw) + bytes(32)))
    await rig.refuses_said("key_owner", actor, rig.activity(actor.id, "Create", forged), looks=True)
    for zeros in (bytes(64), bytes.fromhex("01" + "00" * 63)):
        again = altered(actor.report("r", 1), proofValue=multibase_encode(zeros))
        await rig.refuses_said("key_owner", actor, rig.activity(actor.id, "Create", again))


@pytest.mark.parametrize("listed", ["twice", "for requests", "elsewhere"])
async def test_a_key_is_listed_once_for_what_it_is_for(rig: Rig, keys: ActorKeys, far: Sender, listed: str) -> None:
    """An id with two keys names none; a key that is not for documents proves none."""
    actor = Sender(rig.evil.url + "/actor", keys)
    method = {"id": actor.id + "#ed25519-key", "type": "Multikey", "controller": actor.id}
    mine, other = (method | {"publicKeyMultibase": each.multibase} for each in (keys, far.keys))
    if listed == "twice":
        rig.shows(rig.evil, "/actor", keys, assertionMethod=[mine, other])
    elif listed == "for requests":
        rig.shows(rig.evil, "/actor", keys, assertionMethod=[], authentication=[mine], verificationMethod=[mine])
    else:
        rig.shows(rig.evil, "/actor", keys, assertionMethod=[mine | {"id": rig.victim.url + "/actor#ed25519-key"}])
    document = rig.activity(actor.id, "Create", actor.report("r", 1))
    await rig.refuses_said("key_owner", actor, document, looks=True)
    assert rig.victim.asked == []


async def test_two_keys_of_requests_under_one_id(rig: Rig, keys: ActorKeys, far: Sender) -> None:
    actor = Sender(rig.evil.url + "/actor", keys)
    entry = {"id": actor.id + "#main-key", "owner": actor.id}
    both = [entry | {"publicKeyPem": each.public_pem} for each in (far.keys, keys)]
    rig.shows(rig.evil, "/actor", keys, publicKey=both)
    for by in (keys, far.keys):
        said = rig.activity(actor.id, "Follow", rig.node.config.node_actor)
        await rig.refuses_said("key_owner", Sender(actor.id, by), said)
