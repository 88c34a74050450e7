"""The SPARQL 1.1 Protocol, as values: what a request asks, and in which format it may be answered. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from node.api.accept import best
from node.sparql.pool import Ask, QueryRefused, look

LONGEST = 50_000
HTML = "text/html"
ROW_TYPES = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
}
GRAPH_TYPES = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "text/plain": "ntriples",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdfxml",
}
STATUS = {
    "busy": 503,
    "unavailable": 503,
    "timeout": 422,
    "memory": 422,
    "too_many_rows": 422,
    "content_type": 415,
    "too_long": 413,
    "not_acceptable": 406,
}
"""The HTTP status of a refusal; 400 for the others."""


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of one protocol request."""

    query: str
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What to run and the media type of the answer; `text/html` runs as rows or Turtle and becomes a page."""

    ask: Ask
    media: str


def read(method: str, query_string: str, content_type: str, body: bytes) -> Request | QueryRefused | None:
    """The request; None when a GET asks nothing (the form, or the service description)."""
    try:
        url = parse_qs(query_string, keep_blank_values=True, errors="strict")
        if method in ("GET", "HEAD"):
            return _asked(url) if "query" in url or "update" in url else None
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/sparql-query":
            return _asked({**url, "query": [body.decode("utf-8")]})
        if kind == "application/x-www-form-urlencoded":
            return _asked(parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except (UnicodeDecodeError, ValueError):
        return QueryRefused("encoding")
    return QueryRefused("update" if kind == "application/sparql-update" else "content_type", kind)


def _asked(parameters: Mapping[str, Sequence[str]]) -> Request | QueryRefused:
    if "update" in parameters:
        return QueryRefused("update")
    queries = parameters.get("query", [])
    if len(queries) != 1 or not queries[0].strip():
        return QueryRefused("no_query")
    if len(queries[0]) > LONGEST:
        return QueryRefused("too_long", str(LONGEST))
    return Request(
        queries[0],
        tuple(parameters.get("default-graph-uri", ())),
        tuple(parameters.get("named-graph-uri", ())),
        (list(parameters.get("format", ())) or [""])[-1],
    )


def negotiate(request: Request, accept: str) -> Negotiated | QueryRefused:
    """The format by the query's own form: `format=` in the request (page, csv, turtle…) wins over Accept."""
    checked = look(request.query)
    if isinstance(checked, QueryRefused):
        return checked
    types = GRAPH_TYPES if checked.form.is_graph else ROW_TYPES
    media = _media(request.format, types) if request.format else best(accept, [*types, HTML])
    if media is None:
        return QueryRefused("not_acceptable", request.format or ", ".join([*types, HTML]))
    format = types.get(media, "turtle" if checked.form.is_graph else "json")
    return Negotiated(Ask(checked, format, request.default, request.named), media)


def _media(format: str, types: Mapping[str, str]) -> str | None:
    if format == "page":
        return HTML
    return next((media for media, name in types.items() if name == format), None)
