"""JSON has one reading or is refused: published suites and our own, as bodies that are well signed for the wire."""

import base64
import json
import struct
from typing import Any

import pytest

from federation.canonical import MAX_BYTES, MAX_DEPTH, MAX_NODES, jcs
from federation.errors import NotCanonical
from tests.corpus.attacks import attack
from tests.corpus.rig import Rig
from tests.corpus.vectors import cases
from tests.node.sender import Sender

TAKEN = "activity_type"  # it passed the gate, and is no activity


def expected(name: str, verdict: str, raw: bytes) -> str:
    """What a vector is refused for, from what is in it."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    if name in ("n_number_NaN.json", "n_number_infinity.json") or name.startswith("i_number"):
        return "number"
    if name.startswith(("i_string", "i_object")):
        return "surrogate"
    if name.startswith("i_structure"):
        return "too_deep"
    return "not_json" if verdict == "reject" else TAKEN


@pytest.mark.parametrize("vector", cases("json_test_suite"))
async def test_the_suite(rig: Rig, far: Sender, vector: dict[str, Any]) -> None:
    """Each text as a body, and as a member of one."""
    raw = base64.b64decode(vector["b64"])
    reason = "duplicate_key" if "duplicated" in vector["id"] else expected(vector["id"], vector["expect"], raw)
    wrapped = b'{"a":' + raw + b"}"
    if raw.lstrip()[:1] != b"{" and reason in (TAKEN, "too_deep"):
        await rig.refuses_said("not_an_object", far, raw)
    else:
        await rig.refuses_said(reason, far, raw)
    await rig.refuses_said(reason, far, wrapped)


@pytest.mark.parametrize("vector", cases("jcs_rfc8785"))
def test_canonical_forms(vector: dict[str, Any]) -> None:
    if "input_b64" in vector:
        assert jcs(json.loads(base64.b64decode(vector["input_b64"]))) == base64.b64decode(vector["output_b64"])
        return
    number = struct.unpack(">d", bytes.fromhex(vector["ieee754_hex"]))[0]
    if vector["output"] is None:
        with pytest.raises(NotCanonical):
            jcs([number])
    else:
        assert jcs([number]) == f"[{vector['output']}]".encode()


def activity(member: bytes) -> bytes:
    """A body that would be taken, but for one member of its object."""
    return (
        b'{"@context":"https://www.w3.org/ns/activitystreams","id":"https://far.example/places/far/a/1","type":"Create",'
        b'"actor":"https://far.example/places/far","object":{"id":"https://far.example/places/far/n/1","type":"Note",'
        b'"attributedTo":"https://far.example/places/far",' + member + b"}}"
    )


BODIES: list[tuple[str, bytes]] = [
    ("number", activity(b'"value":NaN')),
    ("number", activity(b'"value":-Infinity')),
    ("number", activity(b'"value":1e400')),
    ("number", activity(b'"value":-1e309')),
    ("number", activity(b'"value":1e-400')),
    ("number", activity(b'"value":9007199254740993')),
    ("number", activity(b'"value":-9007199254740992')),
    ("number", activity(b'"value":9007199254740993.0')),
    ("number", activity(b'"value":1e16')),
    ("number", activity(b'"value":' + b"9" * 4_000)),
    ("number", activity(b'"value":0.' + b"1" * 4_000)),
    ("surrogate", activity(b'"value":"\\ud800"')),
    ("surrogate", activity(b'"\\udfff":1')),
    ("surrogate", activity(b'"value":"\\udc00\\ud800"')),
    ("not_utf8", activity(b'"value":"\xed\xa0\x80"')),
    ("not_utf8", activity(b'"value":"\xc0\x80"')),
    ("not_utf8", activity(b'"value":"\xf5\x80\x80\x80"')),
    ("duplicate_key", activity(b'"value":1,"value":1')),
    ("duplicate_key", activity(b'"value":1,"valu\\u0065":2')),
    ("duplicate_key", activity(b'"attributedTo":"https://thief.example/places/thief"')),
    ("duplicate_key", activity(b'"a":[{"b":{"c":1,"d":2,"c":3}}]')),
    ("duplicate_key", activity(b'"a":1')[:-1] + b',"actor":"https://thief.example/"}'),
    ("not_json", activity(b'"a":1') + b"x"),
    ("not_json", activity(b'"a":1') + activity(b'"a":1')),
    ("not_json", activity(b'"a":1') + b"\x00"),
    ("not_json", activity(b'"a":1') + b"\xef\xbb\xbf".decode().encode("utf-8")),
    ("not_json", b"\x00" + activity(b'"a":1')),
    ("not_json", b"\x0b" + activity(b'"a":1')),
    ("not_json", "\u00a0".encode() + activity(b'"a":1')),
    ("not_json", activity(b'"a":1,')),
    ("not_json", activity(b'"a":1 /* b */')),
    ("not_json", activity(b"'a':1")),
    ("not_json", activity(b"a:1")),
    ("not_json", activity(b'"a":"\x00"')),
    ("not_json", activity(b'"a":"\n"')),
    ("not_json", activity(b'"a":+1')),
    ("not_json", activity(b'"a":0x10')),
    ("not_json", activity(b'"a":.5')),
    ("not_json", activity(b'"a":01')),
    ("not_json", activity(b'"a":1')[:-1]),
    ("not_json", b""),
    ("not_json", b" "),
    ("byte_order_mark", b"\xef\xbb\xbf" + activity(b'"a":1')),
    ("not_utf8", activity(b'"a":1').decode().encode("utf-16")),
    ("not_json", activity(b'"a":1').decode().encode("utf-16-be")),
    ("not_json", activity(b'"a":1').decode().encode("utf-32-le")),
    ("not_an_object", b"[" + activity(b'"a":1') + b"]"),
    ("not_an_object", b'"' + b"a" * 100 + b'"'),
    ("not_an_object", b"null"),
    ("too_deep", activity(b'"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)),
    ("too_deep", activity(b'"a":' + b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)),
    ("too_deep", b'{"a":' * MAX_NODES),
    ("too_deep", b"[" * MAX_NODES),
    ("too_deep", b'{"a":[' * (MAX_NODES // 2)),
    ("too_large", b'{"a":' * 100_000),
    ("too_large", b"[" * 500_000),
    ("too_large", activity(b'"a":[' + b"[]," * 300_000 + b"[]]")),
    ("too_large", activity(b'"a":[' + b'{"b":1},' * 100_000 + b"1]")),
    ("too_large", activity(b'"a":"' + b"x" * MAX_BYTES + b'"')),
    ("too_large", b" " * (MAX_BYTES + 1)),
]


@attack("J07")
@pytest.mark.parametrize(("reason", "body"), BODIES)
async def test_bodies(rig: Rig, far: Sender, reason: str, body: bytes) -> None:
    await rig.refuses_said(reason, far, body)


@pytest.mark.parametrize(
    "member",
    [b'"a":-0', b'"a":-0.0', b'"a":1e3', b'"a":0.1', b'"a":1E+2', b'"a":9007199254740991', b'"a":1e21',
     b'"a":"\\ud83d\\ude00"', b'"\\u0061":"\\u0000"', '"é\u2028":"\u0085\ufeff"'.encode(), b'"a":[[[[]]]] '],
)  # fmt: skip
async def test_what_is_odd_and_has_one_reading(rig: Rig, far: Sender, member: bytes) -> None:
    """Kept as it came; a canonical form of it exists, and is the same however it was written."""
    body = activity(member)
    assert jcs(json.loads(body)) == jcs(json.loads(json.dumps(json.loads(body))))
    await rig.takes(far, body)
