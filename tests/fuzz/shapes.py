"""What the fuzzers draw from: values, JSON as badly written as its grammar allows, and small damage to valid messages.

Pure noise dies at the first check; a valid message with one thing wrong goes as far as that thing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from federation.errors import STATUS, Refused

MANY = settings(max_examples=8 * settings().max_examples)
SOME = settings(max_examples=3 * settings().max_examples)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_floats = st.floats(-(2**53) + 1, 2**53 - 1) | st.floats(1e21, 1e308) | st.floats(-1e308, -1e21)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | _floats
leaves = st.none() | st.booleans() | numbers | texts
keys = (
    st.sampled_from(["id", "type", "actor", "object", "@context", "@id", "proof", "é", "\u20ac", "\U0001f600"]) | texts
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=10
)
objects = st.dictionaries(keys, values, max_size=5)

_blanks = st.sampled_from(["", "", "", " ", "\n", "\t", "\r", "\x0b", "\xa0"])
_number_texts = st.sampled_from(
    ["-0", "-0.0", "1.0", "1E2", "1e400", "1e-400", "9007199254740992", "1e21", "NaN", "-Infinity", "01", "+1", "1."]
) | st.from_regex(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


_ESCAPED = {raw: "\\" + letter for raw, letter in zip('"\\/\b\f\n\r\t', '"\\/bfnrt', strict=True)}


@st.composite
def _strings(draw: st.DrawFn) -> str:
    """A JSON string, each of its characters written in one of the ways that there are, surrogates included."""
    written = []
    for code in draw(st.lists(st.integers(0, 0x10FFFF) | st.integers(0x20, 0x7E), max_size=5)):
        if draw(st.booleans()) and code <= 0xFFFF:
            written.append(f"\\u{code:04x}" if draw(st.booleans()) else f"\\u{code:04X}")
        else:
            written.append(_ESCAPED.get(chr(code), chr(code)))
    return '"' + "".join(written) + '"'


_names = st.sampled_from(['"a"', '"\\u0061"', '"b"', '"@id"']) | _strings()


@st.composite
def _listed(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = [draw(_blanks) + draw(inner) + draw(_blanks) for _ in range(draw(st.integers(0, 3)))]
    return "[" + ",".join(items) + "]"


@st.composite
def _braced(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    pairs = [
        draw(_blanks) + draw(_names) + draw(_blanks) + ":" + draw(_blanks) + draw(inner)
        for _ in range(draw(st.integers(0, 3)))
    ]
    return "{" + ",".join(pairs) + draw(_blanks) + "}"


_tokens = st.sampled_from(["true", "false", "null", '""', "{}", "[]"]) | _number_texts | _strings()
json_texts = _braced(st.recursive(_tokens, lambda inner: _listed(inner) | _braced(inner), max_leaves=8))


@st.composite
def damaged(draw: st.DrawFn, raw: bytes, most: int = 3, pieces: Sequence[bytes] = ()) -> bytes:
    """`raw` with a few bytes changed, dropped, repeated, moved or put in; `pieces` are worth putting in."""
    made = bytearray(raw)
    for _ in range(draw(st.integers(1, most))):
        start = draw(st.integers(0, len(made)))
        end = min(len(made), start + draw(st.integers(0, 8)))
        new = st.binary(max_size=4) | st.sampled_from([b"", bytes(made[start:end]) * 2, *pieces])
        made[start:end] = draw(new)
    return bytes(made)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children: Any = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [(*path, key) for key, _ in children] + [p for key, child in children for p in _paths(child, (*path, key))]


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of `value` in which `path` holds `new`; `...` takes it away."""
    key, rest = path[0], path[1:]
    made = dict(value) if isinstance(value, Mapping) else list(value)
    if rest:
        made[key] = _changed(value[key], rest, new)
    elif new is ...:
        del made[key]
    else:
        made[key] = new
    return made


@st.composite
def twisted(draw: st.DrawFn, message: Mapping[str, Any], pool: st.SearchStrategy[Any] = values) -> dict[str, Any]:
    """A JSON object in which up to three members are gone, replaced, wrapped in a list, or held twice."""
    made = dict(message)
    for _ in range(draw(st.integers(0, 3))):
        paths = _paths(made)
        if not paths:
            break
        path = draw(st.sampled_from(paths))
        before = _at(made, path)
        new = draw(st.just(...) | pool | st.sampled_from([[before], {"id": before}, [before, before], str(before)]))
        made = _changed(made, path, new)
        if draw(st.integers(0, 4)) == 0:
            made[draw(keys)] = draw(pool)
    return made


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def in_table(refused: Refused) -> None:
    """A refusal is one of the table, with its status, and can be said in an answer."""
    assert refused.status == STATUS[refused.reason]
    assert isinstance(refused.detail, str)
    assert isinstance(refused.expected, str)
    assert len(refused.detail) <= 2048
