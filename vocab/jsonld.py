"""From a document to RDF: sorted N-Quads, and the digest of them that the document carries.

Our documents have no blank node, so their canonical form is their sorted N-Quads and needs no RDFC-1.0. PyLD is
loaded when first used: the request path never comes here.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from vocab.contexts import acceptable, known
from vocab.errors import BlankNode, NotJsonLd, UnknownContext
from vocab.terms import XSD

_NOT_IN_THE_GRAPH = ("proof", "graphDigest")


def _frozen(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
    """A PyLD document loader that has every context it may need, and no network."""
    document = known(url)
    if document is None:
        raise UnknownContext(url)
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}


_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPES = str.maketrans({chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | _NAMED)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")


def _iri(value: str) -> str:
    if not _IRI.fullmatch(value):
        raise NotJsonLd(f"not an IRI: {value[:80]!r}")
    return f"<{value}>"


def _term(node: Mapping[str, Any]) -> str:
    value = node["value"]
    if node["type"] == "IRI":
        return _iri(value)
    if node["type"] == "blank node":
        raise BlankNode(value)
    if "language" in node:
        return f'"{value.translate(_ESCAPES)}"@{node["language"]}'
    datatype = node["datatype"]
    suffix = "" if datatype == XSD + "string" else f"^^{_iri(datatype)}"
    return f'"{value.translate(_ESCAPES)}"{suffix}'


def nquads(document: Mapping[str, Any], graph: str = "") -> list[str]:
    """The document's RDF, without `proof` and `graphDigest`, as sorted N-Quads lines, escaped as RDFC-1.0 does.

    `graph` names the graph of each line; empty leaves the default graph. Raises `BlankNode`, `UnknownContext` and
    `NotJsonLd`.
    """
    from pyld import jsonld

    if not acceptable(document.get("@context")):
        raise UnknownContext("@context")
    plain = {key: value for key, value in document.items() if key not in _NOT_IN_THE_GRAPH}
    try:
        dataset = jsonld.to_rdf(plain, {"documentLoader": _frozen})
    except jsonld.JsonLdError as error:
        raise NotJsonLd(str(error)) from error
    if set(dataset) - {"@default"}:
        raise NotJsonLd("a graph inside the document")
    name = f" {_iri(graph)}" if graph else ""
    lines = {
        f"{_term(t['subject'])} {_term(t['predicate'])} {_term(t['object'])}{name} ."
        for t in dataset.get("@default", [])
    }
    return sorted(lines)


def graph_digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the sorted N-Quads, a line feed after each."""
    lines = nquads(document)
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
