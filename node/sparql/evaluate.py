"""Runs one checked query over a store and writes its answer, never more rows or bytes than allowed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse_query_results,
    serialize,
)

from node.sparql.frames import Question
from node.sparql.table import PREFIXES

_ROWS = {
    "json": QueryResultsFormat.JSON,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
    "xml": QueryResultsFormat.XML,
}
_GRAPHS = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
}


@dataclass(frozen=True, slots=True)
class Written:
    """The answer as bytes, how many rows or triples it holds, and whether more were left out."""

    body: bytes
    rows: int
    truncated: bool


def run(store: Store, question: Question) -> Written:
    """The answer to a question; what the engine refuses it raises (SyntaxError, ValueError, RuntimeError, OSError)."""
    results = store.query(question.query, **_dataset(question))
    if isinstance(results, QueryBoolean):
        return Written(results.serialize(format=_ROWS[question.format]) or b"", 1, False)
    if isinstance(results, QueryTriples):
        return _graph(results, question)
    return _rows(results, question)


def _dataset(question: Question) -> dict[str, Any]:
    """The default graph is the union of all, unless the request or the query names its own."""
    if question.default or question.named:
        return {
            "default_graph": [NamedNode(iri) for iri in question.default],
            "named_graphs": [NamedNode(iri) for iri in question.named],
        }
    return {"use_default_graph_as_union": not question.has_dataset}


def _graph(results: QueryTriples, question: Question) -> Written:
    triples: list[Triple] = []
    size, truncated = 0, False
    for triple in results:
        size += len(str(triple))
        if len(triples) == question.rows or size > question.size:
            truncated = True
            break
        triples.append(triple)
    format = _GRAPHS[question.format]
    prefixes = PREFIXES if format in (RdfFormat.TURTLE, RdfFormat.RDF_XML) else None
    return Written(serialize(triples, format=format, prefixes=prefixes) or b"", len(triples), truncated)


def _rows(results: QuerySolutions, question: Question) -> Written:
    """The engine cannot stop a writer half-way: JSON is written here, the other formats are made from it."""
    names = [variable.value for variable in results.variables]
    rows: list[str] = []
    size, truncated = 0, False
    for row in _bindings(results, names):
        size += len(row)
        if len(rows) == question.rows or size > question.size:
            truncated = True
            break
        rows.append(row)
    head = json.dumps({"vars": names}, ensure_ascii=False)
    lines = ",\n".join(rows)
    body = f'{{"head":{head},"results":{{"bindings":[\n{lines}\n]}}}}\n'.encode()
    if question.format != "json":
        again = parse_query_results(body, QueryResultsFormat.JSON)
        body = again.serialize(format=_ROWS[question.format]) or b""
    return Written(body, len(rows), truncated)


def _bindings(results: QuerySolutions, names: list[str]) -> Iterator[str]:
    for solution in results:
        bound = {name: _term(value) for name, value in zip(names, solution, strict=True) if value is not None}
        yield json.dumps(bound, ensure_ascii=False)


def _term(term: Any) -> dict[str, Any]:
    """One RDF term in SPARQL 1.1 Query Results JSON."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Literal):
        if term.language:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        datatype = term.datatype.value
        plain = {"type": "literal", "value": term.value}
        return plain if datatype == PREFIXES["xsd"] + "string" else {**plain, "datatype": datatype}
    parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
    return {"type": "triple", "value": {name: _term(part) for name, part in parts}}
