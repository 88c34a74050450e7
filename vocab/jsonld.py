"""From a document to RDF: sorted N-Quads, and the digest of them that the document carries.

Our documents have no blank node, so their canonical form is their sorted N-Quads and needs no RDFC-1.0. PyLD is
loaded when first used: the request path never comes here.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from vocab.contexts import acceptable, known
from vocab.errors import BlankNode, NotJsonLd, UnknownContext

_NOT_IN_THE_GRAPH = ("proof", "graphDigest")


def _frozen(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
    """A PyLD document loader that has every context it may need, and no network."""
    document = known(url)
    if document is None:
        raise UnknownContext(url)
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return plain.replace("\n", "\\n").replace("\r", "\\r")


def _term(node: Mapping[str, Any]) -> str:
    value = node["value"]
    if node["type"] == "IRI":
        return f"<{value}>"
    if node["type"] == "blank node":
        raise BlankNode(value)
    if "language" in node:
        return f'"{_escaped(value)}"@{node["language"]}'
    datatype = node["datatype"]
    suffix = "" if datatype.endswith("#string") else f"^^<{datatype}>"
    return f'"{_escaped(value)}"{suffix}'


def nquads(document: Mapping[str, Any], graph: str = "") -> list[str]:
    """The document's RDF, without `proof` and `graphDigest`, as sorted N-Quads lines (RDF 1.1 N-Quads).

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
    name = f" <{graph}>" if graph else ""
    lines = {
        f"{_term(t['subject'])} {_term(t['predicate'])} {_term(t['object'])}{name} ."
        for t in dataset.get("@default", [])
    }
    return sorted(lines)


def graph_digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the sorted N-Quads, a line feed after each."""
    lines = nquads(document)
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
