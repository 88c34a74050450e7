"""Bytes to JSON and back: the strict gate that every received text passes, and RFC 8785 (JCS).

The gate lets through only what has one reading: UTF-8, one value a key, bounded depth, numbers that a double or a
53-bit integer holds. So JCS of what passed is lossless, and may be signed, hashed and stored in place of it.
"""

import hashlib
import json
import math
import re
from typing import Any, Final

import orjson
import rfc8785

from federation.errors import NotCanonical, Refused, refuse
from vocab.contexts import is_disguised

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 32
MAX_NODES: Final = 30_000  # objects and lists: what is looked at one by one, before anybody is known to have sent it
MAX_NUMBER_CHARACTERS: Final = 100
MAX_INTEGER: Final = 2**53 - 1
_WRITTEN_WITH_AN_EXPONENT: Final = 1e21  # below it, RFC 8785 writes a whole float as an integer
_BOM: Final = b"\xef\xbb\xbf"
NAMING: Final = ("object", "proof", "signature")  # what may name a context of its own
_SORTED: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
# Floats as orjson writes them, and texts that look like one; a literal first byte makes the search fast.
_WITH_A_POINT: Final = re.compile(rb"\.\d+(?:e[+-]?\d+)?[,}\]]")
_WITH_AN_EXPONENT: Final = re.compile(rb"e[+-]?\d+[,}\]]")
_STRING_BEYOND_ASCII: Final = re.compile(rb'[\x80-\xff](?:[^"\\]|\\.)*+"(:?)', re.DOTALL)
_ASTRAL: Final = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")  # what UTF-16 sorts before U+E000, UTF-8 behind


class _Rejected(Exception):
    """Carries a refusal out of the parser's callbacks; never leaves this module."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        again = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Rejected(refuse("duplicate_key", ascii(again)[:80]))
    return made


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise _Rejected(refuse("number", text[:40]))
    return int(text)


def _float(text: str) -> float:
    value = float(text) if len(text) <= MAX_NUMBER_CHARACTERS else float("inf")
    lost = value == 0.0 and any(c in "123456789" for c in text.lower().partition("e")[0])
    if lost or MAX_INTEGER < abs(value) < _WRITTEN_WITH_AN_EXPONENT or math.isinf(value):
        raise _Rejected(refuse("number", text[:40]))
    return value


def _constant(text: str) -> None:
    raise _Rejected(refuse("number", text))


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _is_opaque(key: str, value: dict[str, Any] | list[Any]) -> bool:
    """Whether keywords may stand in it: a context, or `{"type": …, "@value": …}` under a compact IRI, which no
    program of ours reads (so does Fedify write the keys of an actor that it embeds)."""
    if key == "@context":
        return True
    if ":" not in key or not isinstance(value, dict) or value.keys() != {"type", "@value"}:
        return False
    return all(type(each) is str for each in value.values())


def _survey(node: Any, left: int, may: bool | None) -> Refused | None:
    """Refuses what is too deep, a float that lost digits and, unless `may` is None, JSON-LD keywords.

    `may`: whether a context may stand here. One walk for all, since every message takes it.
    """
    for key, child in node.items() if type(node) is dict else ((None, child) for child in node):
        if key and may is not None and key[0] == "@" and not (may and key == "@context"):
            return refuse("jsonld_keyword", ascii(key)[:40])
        if key and may is not None and ":" in key and is_disguised(key):
            return refuse("jsonld_keyword", ascii(key)[:80])
        kind = type(child)
        if kind is dict or kind is list:
            if not left:
                return refuse("too_deep", f"over {MAX_DEPTH}")
            within = may if key is None or may is None else None if _is_opaque(key, child) else may and key in NAMING
            wrong = _survey(child, left - 1, within)
            if wrong is not None:
                return wrong
        elif kind is float and MAX_INTEGER < abs(child) < _WRITTEN_WITH_AN_EXPONENT:
            return refuse("number", repr(child))
    return None


def _fast(raw: bytes) -> dict[str, Any] | None:
    """The object, if `raw` is byte for byte what orjson writes for it, with 53-bit integers.

    Then no key is double (the second would be missing from what orjson writes), no text is ill-formed and no number
    was rounded. Anything else, well-formed or not, is left to the careful reader.
    """
    try:
        value = orjson.loads(raw)
        if type(value) is dict and orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == raw:
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass
    return None


def _careful(raw: bytes) -> dict[str, Any] | Refused:
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
        if b"\\u" in raw:
            orjson.dumps(value)
    except UnicodeDecodeError as error:
        return refuse("not_utf8", f"byte {error.start}")
    except json.JSONDecodeError as error:
        return refuse("not_json", f"character {error.pos}")
    except RecursionError:
        return refuse("too_deep", f"over {MAX_DEPTH}")
    except orjson.JSONEncodeError:
        return refuse("surrogate")
    except _Rejected as rejected:
        return rejected.refused
    if not isinstance(value, dict):
        return refuse("not_an_object", type(value).__name__)
    return value


def read_json(raw: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any] | Refused:
    """The JSON object in `raw`, or why it is not taken."""
    return _read(raw, max_bytes, None)


def read_message(raw: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any] | Refused:
    """The same, without JSON-LD keywords or terms spelled as IRIs, which let one RDF graph take many JSON shapes.

    Only `@context` is let through, on the message, its `object`, their proofs, and the Linked Data signature that older
    networks add and that we do not read; the context itself is judged by who knows which ones are ours.
    """
    return _read(raw, max_bytes, True)


def refuse_keywords(message: dict[str, Any]) -> Refused | None:
    """The same of a message that was read as part of another, such as a page of an outbox."""
    return _survey(message, MAX_DEPTH - 1, True)


def _read(raw: bytes, max_bytes: int, may: bool | None) -> dict[str, Any] | Refused:
    if len(raw) > max_bytes:
        return refuse("too_large", f"over {max_bytes} bytes")
    if len(raw) > MAX_NODES and raw.count(b"{") + raw.count(b"[") > MAX_NODES:
        return refuse("too_large", f"over {MAX_NODES} objects and lists")
    if raw.startswith(_BOM):
        return refuse("byte_order_mark")
    value = _fast(raw) or _careful(raw)
    return value if isinstance(value, Refused) else _survey(value, MAX_DEPTH - 1, may) or value


def _may_hold_a_float(written: bytes) -> bool:
    return bool(_WITH_A_POINT.search(written) or _WITH_AN_EXPONENT.search(written))


def _same_in_jcs(written: bytes) -> bool:
    """Whether what orjson wrote, keys sorted and integers of 53 bits, is the RFC 8785 form too.

    They may differ by floats, by NaN (written null) and by the order of keys beyond ASCII, and by nothing else. A
    text that only looks like one of those is harmless: the slow writer then says the same.
    """
    if b"null" in written or _may_hold_a_float(written + b"]"):
        return False
    if not any(byte in written for byte in _ASTRAL):
        return True
    return b":" not in _STRING_BEYOND_ASCII.findall(written)


def jcs(value: Any) -> bytes:
    """The RFC 8785 form of `value`, made of what `read_json` gives. Raises `NotCanonical`."""
    try:
        written = orjson.dumps(value, option=_SORTED)
        if _same_in_jcs(written):
            return written
    except orjson.JSONEncodeError:
        pass
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
