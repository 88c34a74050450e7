"""The JSON gate and the canonical form, on JSON as badly written as can be: one reading, or a refusal of the table."""

import json
from typing import Any

import orjson
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from federation import canonical
from federation.canonical import MAX_DEPTH, digest, jcs, read_json, read_message, refuse_keywords
from federation.errors import NotCanonical, Refused
from tests.fuzz.shapes import MANY, damaged, in_table, json_texts, objects, twisted, values
from vocab.contexts import CONTEXT, INLINE, acceptable, harmless, is_disguised

VALID = orjson.dumps({"@context": CONTEXT, "id": "https://a.fr/é", "n": -12, "list": [1, {"a": True}], "t": '"\\\n'})
raws = json_texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | damaged(VALID) | st.binary(max_size=40)


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@MANY
@given(raws)
def test_both_readers_read_the_same(raw: bytes) -> None:
    """What the fast reader takes, the careful one takes as well, and reads the same there, or both refuse it."""
    fast, careful = canonical._fast(raw), canonical._careful(raw)
    read = read_json(raw)
    if fast is not None and isinstance(careful, Refused):
        assert isinstance(read, Refused)
        assert read.reason == careful.reason
    elif fast is not None:
        assert same(fast, careful)
    assert canonical._fast(VALID) is not None


@MANY
@given(raws)
def test_what_is_taken_has_one_reading(raw: bytes) -> None:
    read = read_json(raw)
    if isinstance(read, Refused):
        in_table(read)
        return
    assert same(read, json.loads(raw))
    written = jcs(read)
    assert written == rfc8785.dumps(read)
    again = read_json(written)
    assert again == read
    assert jcs(again) == written
    assert digest(jcs(again)) == digest(written)


@MANY
@given(objects, st.sampled_from([None, 0, 1]), st.booleans())
def test_the_canonical_form_does_not_depend_on_how_it_was_written(
    value: dict[str, Any], indent: int | None, is_escaped: bool
) -> None:
    written = json.dumps(value, indent=indent, ensure_ascii=is_escaped, sort_keys=not is_escaped).encode()
    read = read_json(written)
    assert not isinstance(read, Refused)
    assert jcs(read) == jcs(value)


@MANY
@given(st.recursive(st.integers() | st.floats() | st.text(max_size=4), st.lists, max_leaves=5))
def test_what_has_no_canonical_form_is_said_so(value: Any) -> None:
    try:
        written = jcs(value)
    except NotCanonical:
        return
    assert json.loads(written, parse_int=float) == value


_NAMING = ("object", "proof", "signature")


def _is_typed(key: str, child: Any) -> bool:
    """A typed literal under a compact IRI."""
    if ":" not in key or not isinstance(child, dict) or set(child) != {"type", "@value"}:
        return False
    return all(isinstance(value, str) for value in child.values())


def _named(node: Any, may: bool = True) -> bool:
    """Whether a keyword is where it may not be, or a term in another spelling anywhere, told by recursion."""
    if isinstance(node, list):
        return any(_named(child, may) for child in node)
    if not isinstance(node, dict):
        return False
    for key, child in node.items():
        if key[:1] == "@":
            if not (may and key == "@context"):
                return True
        elif is_disguised(key) or (not _is_typed(key, child) and _named(child, may and key in _NAMING)):
            return True
    return False


@MANY
@given(objects)
@example({"object": [{"proof": {"@context": {"@id": "1"}}}]})
@example({"object": {"other": {"@context": []}}})
@example({"sec:x": {"type": "a", "@value": "b"}})
@example({"tl:version": None})
@example({"object": {"a": [{"as:actor": "b"}]}})
@example({"x": {"type": "a", "@value": "b"}})
@example({"sec:x": {"type": "a", "@value": {"@id": "b"}}})
def test_keywords_are_refused_wherever_they_are(document: dict[str, Any]) -> None:
    read = read_message(jcs(document))
    assert isinstance(read, Refused) == _named(document)
    assert (refuse_keywords(document) is not None) == _named(document)
    if isinstance(read, Refused):
        in_table(read)
        assert read.reason == "jsonld_keyword"


@MANY
@given(st.integers(0, 2 * MAX_DEPTH), st.sampled_from([b'{"a":', b'{"@context":', b"["]), st.sampled_from([b"", b" "]))
def test_depth_is_bounded_for_all_readers(depth: int, opening: bytes, blank: bytes) -> None:
    """The object itself is the first level."""
    closing = b"]" if opening == b"[" else b"}"
    raw = b'{"object":' + blank + opening * depth + b"1" + closing * depth + b"}"
    for read in (read_json(raw), read_message(raw)):
        assert (isinstance(read, Refused) and read.reason == "too_deep") == (depth >= MAX_DEPTH)


contexts = values | st.lists(twisted(INLINE, values), max_size=2) | twisted({"a": CONTEXT, "b": INLINE})


@MANY
@given(contexts)
@example([{"as:actor": {"@id": "as:object"}}])
@example({"x": {"@context": {"actor": 1}}})
def test_any_context_is_judged(context: object) -> None:
    """What is acceptable in our own documents is harmless in a stranger's activity."""
    assert harmless(context) or not acceptable(context)
