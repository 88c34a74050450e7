"""The JSON gate takes what has one reading and nothing else; JCS is RFC 8785, fast or slow."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from federation.canonical import MAX_DEPTH, jcs, read_json, read_message
from federation.errors import NotCanonical, Refused

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | floats
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)
objects = st.dictionaries(texts, values, max_size=5)


def reason(raw: bytes) -> str:
    read = read_json(raw)
    return read.reason if isinstance(read, Refused) else "taken"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a":NaN}', "number"),
        (b'{"a":Infinity}', "number"),
        (b'{"a":-Infinity}', "number"),
        (b'{"a":1e400}', "number"),
        (b'{"a":1e-400}', "number"),
        (b'{"a":9007199254740992}', "number"),
        (b'{"a":9007199254740993}', "number"),
        (b'{"a":-9007199254740992}', "number"),
        (b'{"a":9007199254740992.0}', "number"),
        (b'{"a":1e16}', "number"),
        (b'{"a":1e21}', "taken"),
        (b'{"a":-0}', "taken"),
        (b'{"a":-0.0}', "taken"),
        (b'{"a":9007199254740991}', "taken"),
        (b'{"a":' + b"1" * 5000 + b"}", "number"),
        (b'{"a":0.' + b"1" * 5000 + b"}", "number"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"\\udc00":1}', "surrogate"),
        (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b'\xef\xbb\xbf{"a":1}', "byte_order_mark"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'{"b":{"a":1, "a":1}}', "duplicate_key"),
        (b'["a"]', "not_an_object"),
        (b'"a"', "not_an_object"),
        (b"", "not_json"),
        (b"{}", "taken"),
        (b"{} {}", "not_json"),
        (b"{'a':1}", "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'{"a":"\x01"}', "not_json"),
        (b'{"a":01}', "not_json"),
        (b'{"a":' * 30_000, "too_deep"),
        (b"[" * 30_000, "too_deep"),
    ],
)
def test_one_reading_or_none(raw: bytes, expected: str) -> None:
    assert reason(raw) == expected


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b'{"a": ', b"}")])
def test_depth_is_bounded(opening: bytes, closing: bytes) -> None:
    def nested(depth: int) -> bytes:
        return opening * depth + b"1" + closing * depth

    assert reason(nested(MAX_DEPTH)) == "taken"
    assert reason(nested(MAX_DEPTH + 1)) == "too_deep"
    assert reason(nested(900)) == "too_deep"
    assert reason(b'{"a":[' + b",".join([b"{}"] * 200) + b"]}") == "taken"


def test_size_is_bounded() -> None:
    assert isinstance(read_json(b'{"a":1}', max_bytes=6), Refused)
    assert read_json(b'{"a":1}', max_bytes=7) == {"a": 1}


@given(objects)
def test_what_is_read_is_written_again(value: dict[str, Any]) -> None:
    """JCS of what the gate let through is a fixed point, and loses nothing."""
    canonical = jcs(value)
    read = read_json(canonical)
    assert read == value
    assert jcs(read) == canonical


@given(values)
def test_the_fast_writer_is_the_slow_writer(value: Any) -> None:
    assert jcs(value) == rfc8785.dumps(value)


def test_every_character_is_escaped_alike() -> None:
    characters = [chr(point) for point in range(0x11000) if not 0xD800 <= point < 0xE000]
    text = "".join(characters)
    assert jcs(text) == rfc8785.dumps(text)
    assert jcs({text: [text]}) == rfc8785.dumps({text: [text]})


def test_keys_are_sorted_by_utf16() -> None:
    assert jcs({"\ufb33": 1, "\U0001f600": 2, "é": 3, "z": 4}) == '{"z":4,"é":3,"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], 2**53, {"a": -(2**53)}, "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_said(value: object) -> None:
    with pytest.raises(NotCanonical):
        jcs(value)


@given(st.binary(max_size=200))
def test_the_gate_never_raises(raw: bytes) -> None:
    assert isinstance(read_json(raw), dict | Refused)


@given(objects, st.data())
def test_a_cut_or_damaged_text_never_raises(value: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(jcs(value))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] = data.draw(st.integers(0, 255))
    read = read_json(bytes(raw))
    assert isinstance(read, Refused) or jcs(read_json(jcs(read))) == jcs(read)


def refuse_keywords(document: Any) -> Refused | None:
    read = read_message(json.dumps(document).encode())
    return read if isinstance(read, Refused) else None


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@index", "@type", "@id", "@value"])
@pytest.mark.parametrize("depth", [0, 1, 5])
def test_jsonld_keywords_are_refused_at_any_depth(keyword: str, depth: int) -> None:
    document: dict[str, Any] = {keyword: []}
    for level in range(depth):
        document = {"object": document} if level % 2 else {"tag": [document]}
    refused = refuse_keywords(document)
    assert refused is not None
    assert refused.reason == "jsonld_keyword"


def test_contexts_are_taken_only_where_a_document_begins() -> None:
    proof = {"@context": ["a"], "type": "DataIntegrityProof"}
    document = {"@context": ["a", {"b": {"@id": "c"}}], "id": "x", "proof": proof}
    assert refuse_keywords({"@context": "a", "object": document}) is None
    assert refuse_keywords({"@context": "a", "object": document, "signature": {"@context": "s"}}) is None
    assert refuse_keywords({"@context": "a", "tag": document}) is not None
    assert refuse_keywords({"@context": "a", "object": {"location": {"@context": "b"}}}) is not None


def test_a_typed_literal_is_taken_only_where_nothing_reads_it() -> None:
    literal = {"type": "sec:multibase", "@value": "z6Mk"}
    assert refuse_keywords({"object": {"actor": {"sec:publicKeyMultibase": literal}}}) is None
    assert refuse_keywords({"object": {"publicKeyMultibase": literal}}) is not None
    for other in ({"@value": "z6Mk", "@type": "a"}, literal | {"@value": ["a"]}, literal | {"id": "b"}, [literal]):
        assert refuse_keywords({"sec:publicKeyMultibase": other}) is not None
