"""From a document to RDF: sorted N-Quads, and the digest of them that the document carries.

Our documents have no blank node, so their canonical form is their sorted N-Quads and needs no RDFC-1.0. The request
path never comes here.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from vocab.contexts import acceptable, known
from vocab.errors import BlankNode, NotJsonLd, UnknownContext
from vocab.quads import is_iri, quoted, triples
from vocab.terms import XSD

_NOT_IN_THE_GRAPH = ("proof", "graphDigest")


def _frozen(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
    """A PyLD document loader that has every context it may need, and no network."""
    document = known(url)
    if document is None:
        raise UnknownContext(url)
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}


def _iri(value: str) -> str:
    if not is_iri(value):
        raise NotJsonLd(f"not an IRI: {value[:80]!r}")
    return f"<{value}>"


def _term(node: Mapping[str, Any]) -> str:
    value = node["value"]
    if node["type"] == "IRI":
        return _iri(value)
    if node["type"] == "blank node":
        raise BlankNode(value)
    if "language" in node:
        return f"{quoted(value)}@{node['language']}"
    datatype = node["datatype"]
    suffix = "" if datatype == XSD + "string" else f"^^{_iri(datatype)}"
    return quoted(value) + suffix


def nquads(document: Mapping[str, Any], graph: str = "") -> list[str]:
    """The document's RDF, without `proof` and `graphDigest`, as sorted N-Quads lines, escaped as RDFC-1.0 does.

    `graph` names the graph of each line; empty leaves the default graph. Raises `BlankNode`, `UnknownContext` and
    `NotJsonLd`.
    """
    if not acceptable(document.get("@context")):
        raise UnknownContext("@context")
    plain = {key: value for key, value in document.items() if key not in _NOT_IN_THE_GRAPH}
    end = f" {_iri(graph)} ." if graph else " ."
    found = triples(plain)
    return sorted(triple + end for triple in (_by_pyld(plain) if found is None else found))


def _by_pyld(document: Mapping[str, Any]) -> set[str]:
    """The triples of any document; PyLD is loaded when first needed, which our own documents never do."""
    from pyld import jsonld

    try:
        dataset = jsonld.to_rdf(document, {"documentLoader": _frozen})
    except jsonld.JsonLdError as error:
        raise NotJsonLd(str(error)) from error
    if set(dataset) - {"@default"}:
        raise NotJsonLd("a graph inside the document")
    return {f"{_term(t['subject'])} {_term(t['predicate'])} {_term(t['object'])}" for t in dataset.get("@default", [])}


def graph_digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the sorted N-Quads, a line feed after each."""
    lines = nquads(document)
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
