"""SPARQL JSON results as columns for a person, in a terminal or on a page; IRIs are shortened by known prefixes."""

import json
from typing import Any

PREFIXES = {
    "tl": "https://w3id.org/tierslieux/ns#",
    "tlc": "https://w3id.org/tierslieux/concept/",
    "tli": "https://w3id.org/tierslieux/indicator/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "qb": "http://purl.org/linked-data/cube#",
    "prov": "http://www.w3.org/ns/prov#",
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def short(term: dict[str, Any] | None) -> str:
    """One binding as a person reads it; an unbound variable is empty."""
    if term is None:
        return ""
    if term["type"] == "triple":
        return " ".join(short(term["value"][part]) for part in ("subject", "predicate", "object"))
    value = str(term["value"])
    if term["type"] != "uri":
        return " ".join(value.split())
    for prefix, iri in PREFIXES.items():
        if value.startswith(iri):
            return f"{prefix}:{value.removeprefix(iri)}"
    return value


def cells(body: str) -> tuple[list[str], list[list[dict[str, Any] | None]]]:
    """The variables and the rows of an answer; ASK has one column without a name of its own."""
    answer = json.loads(body)
    if "boolean" in answer:
        return ["?"], [[{"type": "literal", "value": str(answer["boolean"]).lower()}]]
    names = answer["head"]["vars"]
    return names, [[row.get(name) for name in names] for row in answer["results"]["bindings"]]


def as_table(body: str) -> str:
    """Aligned columns."""
    names, rows = cells(body)
    lines = [names, *([short(term) for term in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    shown = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown) + "\n"
