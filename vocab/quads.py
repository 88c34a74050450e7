"""Triples straight from a document of the frozen context: the part of JSON-LD 1.1 that such documents use.

Of anything else it says `None`, and `vocab.jsonld` reads it with PyLD, which gives the same lines thirty times slower.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from vocab.contexts import CONTEXT, known
from vocab.terms import XSD

_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPES = str.maketrans({chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | _NAMED)
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_LANGUAGE = re.compile(r"[a-z]{2}")
_RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_INTEGER = f"^^<{XSD}integer>"
_LARGEST = 2**53


class _Unusual(Exception):
    """Something that JSON-LD may allow and our documents do not have."""


def quoted(text: str) -> str:
    """A literal's text, escaped as RDFC-1.0 does."""
    return f'"{text.translate(_ESCAPES)}"' if _SPECIAL.search(text) else f'"{text}"'


def is_iri(text: str) -> bool:
    """Whether it can stand between `<` and `>` in N-Quads."""
    return _ABSOLUTE.fullmatch(text) is not None


def triples(document: Mapping[str, Any]) -> set[str] | None:
    """Its triples, `s p o` without a dot; None when it is not of the frozen context, or is written in another way."""
    if document.get("@context") != CONTEXT:
        return None
    found: set[str] = set()
    try:
        _node({key: value for key, value in document.items() if key != "@context"}, found)
    except _Unusual:
        return None
    return found


def _defined() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for entry in CONTEXT:
        merged |= (known(entry) or {})["@context"] if isinstance(entry, str) else entry
    return merged


_TERMS = _defined()
_PREFIXES = {
    name: meaning
    for name, meaning in _TERMS.items()
    if isinstance(meaning, str) and name[0] != "@" and is_iri(meaning) and meaning[-1] in ":/?#[]@"
}  # JSON-LD 1.1 API, create term definition, 14.2.5: only these begin a compact IRI


@lru_cache(maxsize=65_536)
def _iri(text: str) -> str:
    prefix, colon, rest = text.partition(":")
    if not colon or (prefix in _TERMS and prefix not in _PREFIXES):
        raise _Unusual
    full = _PREFIXES[prefix] + rest if prefix in _PREFIXES and rest[:2] != "//" else text
    if not is_iri(full):
        raise _Unusual
    return f"<{full}>"


@lru_cache(maxsize=4_096)
def _class(name: str) -> str:
    """A type: a term that stands for an IRI, or an IRI."""
    meaning = _TERMS.get(name, name)
    if name[:1] == "@" or not isinstance(meaning, str):
        raise _Unusual
    return _iri(meaning)


@lru_cache(maxsize=4_096)
def _property(key: str) -> tuple[str, str]:
    """A member's IRI and how its values are read: `@id`, `@language`, or as literals that end so: `^^<datatype>`."""
    meaning = _TERMS.get(key)
    if meaning is None or isinstance(meaning, str):
        return _iri(meaning or key), ""
    kind, container = meaning.get("@type", ""), meaning.get("@container", "")
    if set(meaning) - {"@id", "@type", "@container"} or container not in ("", "@language") or (kind and container):
        raise _Unusual
    if kind in ("", "@id"):
        return _iri(meaning["@id"]), kind or container
    return _iri(meaning["@id"]), "^^" + _iri(kind)


def _node(node: Mapping[str, Any], found: set[str]) -> str:
    """Add what a node says, at any depth; the node's own IRI."""
    subject = _iri(_text(node.get("id")))
    for key, value in node.items():
        if key == "id":
            continue
        if key == "type":
            found |= {f"{subject} {_RDF_TYPE} {_class(_text(kind))}" for kind in _each(value)}
            continue
        predicate, kind = _property(key)
        if type(value) is str and kind != "@language":
            found.add(f"{subject} {predicate} {_iri(value) if kind == '@id' else quoted(value) + kind}")
        else:
            found |= {f"{subject} {predicate} {each}" for each in _objects(value, kind, found)}
    return subject


def _each(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Unusual
    return value


def _objects(value: object, kind: str, found: set[str]) -> list[str]:
    if kind != "@language":
        return [_object(item, kind, found) for item in _each(value)]
    if not isinstance(value, dict) or not all(map(_LANGUAGE.fullmatch, value)):
        raise _Unusual
    return [f"{quoted(_text(said))}@{language}" for language, said in value.items()]


def _object(item: object, kind: str, found: set[str]) -> str:
    if isinstance(item, dict) and kind in ("", "@id"):
        return _node(item, found)
    if kind == "@id":
        return _iri(_text(item))
    if kind == _INTEGER and type(item) is int and abs(item) < _LARGEST:
        return f'"{item}"{_INTEGER}'
    return quoted(_text(item)) + kind
