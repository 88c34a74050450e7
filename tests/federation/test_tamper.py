"""One byte changed anywhere in a signed request, or in a document, and it is refused: the whole road, sampled.

A published document travels in a Create, is signed for the wire in each dialect, and is judged as an inbox judges
it. Then it is damaged: body, signature, covered headers, method, target; and the document alone, as when pulled.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.canonical import digest, jcs, read_json
from federation.errors import Refused
from federation.httpsig import IncomingRequest, sign_cavage, sign_rfc9421, signature_of
from federation.inbox import Document, DocumentRule, Facts, Verified, judge, judge_document, read
from federation.keys import PublicKey
from federation.proof import add_proof, method_of
from tests.federation.signing import ACTOR, NOW, OURS, URL, actor_keys, ed25519_key, request, rsa_key
from vocab.contexts import CONTEXT

RULES: Mapping[str, DocumentRule] = {"Description": DocumentRule(proof_required=True, ordered=True)}
KEYS: Mapping[str, PublicKey] = {key.id: key for key in (rsa_key(), ed25519_key())}
COVERED = ("host", "date", "digest", "content-digest", "content-type", "signature", "signature-input")


@cache
def document() -> dict[str, Any]:
    content: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"{ACTOR}/documents/description",
        "type": ["Document", "Description"],
        "attributedTo": ACTOR,
        "version": 12,
        "published": "2026-11-20T11:00:00Z",
        "sharing": "public",
        "name": "Exemple – L'Établi de Guéret",
        "summaryMap": {"fr": "Atelier partagé", "en": "Shared workshop"},
    }
    return add_proof(content, actor_keys().ed25519, ed25519_key().id, "2026-11-20T11:00:00Z")


@cache
def body() -> bytes:
    activity = {
        "@context": CONTEXT,
        "id": f"{ACTOR}/activities/7",
        "type": "Create",
        "actor": ACTOR,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "stream": {"audience": "public", "n": 7, "prev": 6},
        "object": document(),
    }
    return jcs(activity)


@cache
def signed(sign: Callable[..., dict[str, str]]) -> IncomingRequest:
    return request(sign("POST", URL, body(), rsa_key().id, actor_keys().rsa, NOW), body=body())


def facts(named: str, content: object) -> Facts:
    method = method_of(content) if isinstance(content, dict) else ""
    key = KEYS.get(method) if isinstance(method, str) else None
    return Facts(KEYS.get(named), key, None, OURS, RULES)


def received(incoming: IncomingRequest) -> Verified | Refused:
    """What an inbox does with a request, without its storage."""
    types = [value for name, value in incoming.headers if name.lower() == "content-type"]
    activity = read(types[0] if types else "", incoming.body)
    if isinstance(activity, Refused):
        return activity
    signature = signature_of(incoming)
    if isinstance(signature, Refused):
        return signature
    return judge(incoming, signature, activity, facts(signature.key_id, activity.get("object")), NOW)


def pulled(raw: bytes) -> Document | Refused:
    """What a harvest does with a document, without its fetch."""
    content = read_json(raw)
    if isinstance(content, Refused):
        return content
    known = facts("", content)
    if known.document_key is None:
        return Refused("key_unknown", 401)
    return judge_document(content, known.document_key, known, NOW)


def flipped(raw: bytes, position: int, mask: int) -> bytes:
    return raw[:position] + bytes([raw[position] ^ mask]) + raw[position + 1 :]


def flipped_header(incoming: IncomingRequest, name: str, position: int, mask: int) -> IncomingRequest:
    """One byte of a header's value changed, as a server would then hand it over."""
    changed = [
        (known, flipped(value.encode(), position, mask).decode("latin-1") if known == name else value)
        for known, value in incoming.headers
    ]
    host = next(value for known, value in changed if known == "Host")
    return replace(incoming, headers=tuple(changed), received_host=host)


signers = pytest.mark.parametrize("sign", [sign_cavage, sign_rfc9421])
masks = st.integers(1, 255)
Sign = Callable[..., dict[str, str]]


@signers
def test_untouched_it_is_taken(sign: Sign) -> None:
    taken = received(signed(sign))
    assert isinstance(taken, Verified)
    assert taken.document is not None
    assert taken.document.raw == jcs(document())
    kept = pulled(taken.document.raw)
    assert isinstance(kept, Document)
    assert kept.digest == digest(jcs(document()))


@signers
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_byte_of_the_body(sign: Sign, data: st.DataObject) -> None:
    position, mask = data.draw(st.integers(0, len(body()) - 1)), data.draw(masks)
    damaged = replace(signed(sign), body=flipped(body(), position, mask))
    assert isinstance(received(damaged), Refused)


@signers
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_byte_of_a_covered_header(sign: Sign, data: st.DataObject) -> None:
    incoming = signed(sign)
    names = [name for name, _ in incoming.headers]
    assert {name.lower() for name in names} <= set(COVERED)
    name = data.draw(st.sampled_from(names))
    value = dict(incoming.headers)[name]
    damaged = flipped_header(incoming, name, data.draw(st.integers(0, len(value) - 1)), data.draw(masks))
    if name == "Host" and dict(damaged.headers)["Host"].lower() == value.lower():
        return  # host names know no case (RFC 3986 §6.2.2.1), so this is no change
    assert isinstance(received(damaged), Refused)


@signers
def test_any_header_left_out_or_sent_twice(sign: Sign) -> None:
    incoming = signed(sign)
    for pair in incoming.headers:
        left = replace(incoming, headers=tuple(other for other in incoming.headers if other != pair))
        twice = replace(incoming, headers=(*incoming.headers, pair))
        assert isinstance(received(left), Refused), pair[0]
        assert isinstance(received(twice), Refused), pair[0]


@signers
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_byte_of_the_target_or_the_method(sign: Sign, data: st.DataObject) -> None:
    incoming = signed(sign)
    part = data.draw(st.sampled_from(["target", "method"]))
    raw = getattr(incoming, part).encode()
    text = flipped(raw, data.draw(st.integers(0, len(raw) - 1)), data.draw(masks)).decode("latin-1")
    if part == "method" and text.lower() == incoming.method.lower() and sign is sign_cavage:
        return  # draft-cavage signs the method in lower case
    damaged = replace(incoming, target=text) if part == "target" else replace(incoming, method=text)
    assert isinstance(received(damaged), Refused)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_byte_of_a_pulled_document(data: st.DataObject) -> None:
    raw = jcs(document())
    assert isinstance(pulled(flipped(raw, data.draw(st.integers(0, len(raw) - 1)), data.draw(masks))), Refused)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_document_cut_short_or_sewn(data: st.DataObject) -> None:
    raw = jcs(document())
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(raw)), st.integers(0, len(raw)))))
    if start < end:
        assert isinstance(pulled(raw[:start] + raw[end:]), Refused)
        assert isinstance(pulled(raw[:end] + raw[start:]), Refused)


def test_one_bit_of_every_byte() -> None:
    """Not a sample: the lowest bit of each byte of the document, and of the body, in turn."""
    raw = jcs(document())
    assert not [i for i in range(len(raw)) if not isinstance(pulled(flipped(raw, i, 1)), Refused)]
    incoming = signed(sign_cavage)
    for position in range(len(body())):
        assert isinstance(received(replace(incoming, body=flipped(body(), position, 1))), Refused), position
