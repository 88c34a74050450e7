"""The part of `compiled.json` that forms are made of: the shape of a place in `shapes.ttl`, by group and order.

What a constraint says is read from SHACL; `tls:key`, `tls:editor`, `tls:required` and `tls:omits` say the rest.
"""

import re
from typing import Any

from rdflib import RDFS, SH, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

TLS = Namespace("https://w3id.org/tierslieux/shapes#")
FORMS = ("Place",)
_SCHEME = re.compile(r"\^https://w3id\.org/tierslieux/concept/(\w+)/")
_LONG = 300


def _texts(graph: Graph, subject: Node, predicate: URIRef) -> dict[str, str]:
    found = {t.language: str(t) for t in graph.objects(subject, predicate) if isinstance(t, Literal)}
    return {lang: found[lang] for lang in ("fr", "en") if lang in found}


def _text(graph: Graph, subject: Node, predicate: URIRef) -> str:
    value = graph.value(subject, predicate)
    return "" if value is None else str(value)


def _number(graph: Graph, subject: Node, predicate: URIRef) -> int:
    return int(_text(graph, subject, predicate) or 0)


def _ordered(graph: Graph, shape: Node) -> list[Node]:
    asked = [each for each in graph.objects(shape, SH.property) if (each, SH.name, None) in graph]
    return sorted(asked, key=lambda each: (_number(graph, each, SH.order), _text(graph, each, SH.path)))


def _key(graph: Graph, asked: Node) -> str:
    """Its name in a place: `tls:key`, else the last part of the path in small letters, as `building_origin`."""
    local = re.split(r"[/#]", _text(graph, asked, SH.path))[-1]
    return _text(graph, asked, TLS["key"]) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", local).lower()


def _codes(graph: Graph, asked: Node) -> list[dict[str, Any]]:
    head = graph.value(asked, SH["in"])
    found = []
    for code in [] if head is None else map(str, Collection(graph, head)):
        word = graph.value(None, TLS["code"], Literal(code))
        label = _texts(graph, word, RDFS.label) if word is not None else {}
        found.append({"code": code, "label": label or {"fr": code, "en": code}})
    return found


def _kind(graph: Graph, asked: Node, is_listed: bool, is_one: bool) -> str:
    """How it is typed: an editor of its own, else what its constraints allow."""
    datatype = _text(graph, asked, SH.datatype).rpartition("#")[2]
    if editor := _text(graph, asked, TLS["editor"]):
        return editor
    if (asked, SH.node, None) in graph:
        return "node" if is_one else "rows"
    if is_listed:
        return "choice" if is_one else "choices"
    if (asked, SH.uniqueLang, None) in graph:
        return "texts"
    if datatype in ("integer", "decimal", "boolean"):
        return {"integer": "whole", "decimal": "number", "boolean": "flag"}[datatype]
    return "long" if _number(graph, asked, SH.maxLength) >= _LONG else "text"


def _field(graph: Graph, asked: Node, above: str = "", needed: bool = True) -> dict[str, Any]:
    """One question; what is inside something optional is only `required` once the rest is there, so not asked for."""
    pattern = _text(graph, asked, SH.pattern)
    scheme = _SCHEME.match(pattern)
    codes, key = _codes(graph, asked), _key(graph, asked)
    is_one = (asked, SH.maxCount, Literal(1)) in graph
    kind = _kind(graph, asked, bool(scheme or codes), is_one)
    name = f"{above}.{key}" if above else key
    inner = graph.value(asked, SH.node)
    required = bool(_number(graph, asked, SH.minCount)) or _text(graph, asked, TLS["required"]) == "true"
    return {
        "name": name,
        "path": _text(graph, asked, SH.path),
        "kind": kind,
        "label": _texts(graph, asked, SH.name),
        "help": _texts(graph, asked, SH.description),
        "message": _texts(graph, asked, SH.message),
        "required": needed and required,
        "pattern": "" if scheme else pattern,
        "shortest": _number(graph, asked, SH.minLength),
        "longest": _number(graph, asked, SH.maxLength),
        "least": _text(graph, asked, SH.minInclusive),
        "most": _text(graph, asked, SH.maxInclusive),
        "scheme": scheme[1] if scheme else "",
        "omits": sorted(map(str, graph.objects(asked, TLS["omits"]))),
        "codes": codes,
        "fields": [] if inner is None else [_field(graph, each, name, required) for each in _ordered(graph, inner)],
    }


def _form(graph: Graph, shape: Node) -> list[dict[str, Any]]:
    groups: dict[Node, list[dict[str, Any]]] = {}
    for asked in _ordered(graph, shape):
        group = graph.value(asked, SH.group)
        if group is not None:
            groups.setdefault(group, []).append(_field(graph, asked))
    return [
        {"id": str(group).removeprefix(str(TLS)), "label": _texts(graph, group, RDFS.label), "fields": groups[group]}
        for group in sorted(groups, key=lambda each: (_number(graph, each, SH.order), str(each)))
    ]


def forms(shapes: Graph) -> dict[str, Any]:
    """The groups of each form, in order."""
    return {name: _form(shapes, TLS[name]) for name in FORMS}
