"""The page to ask the graph from: a form, example questions, and the answer as a table. Pure but for the template."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from node.messages import text
from node.sparql.frames import GRAPH_FORMATS, ROW_FORMATS
from node.sparql.pool import Limits, QueryAnswer, QueryRefused
from node.sparql.table import cells, short
from node.web.plain import render

if TYPE_CHECKING:
    from node.context import Node

_PREFIXES = """PREFIX tl: <https://w3id.org/tierslieux/ns#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_EXAMPLES = {
    "places": """SELECT ?place ?name ?commune WHERE {
  ?place a tl:TiersLieu ; schema:name ?name ; tl:commune ?commune .
} ORDER BY ?name LIMIT 100""",
    "families": """SELECT ?family (COUNT(DISTINCT ?place) AS ?places) WHERE {
  ?place a tl:TiersLieu ; tl:typology/skos:prefLabel ?family .
  FILTER(LANG(?family) = "LANGUAGE")
} GROUP BY ?family ORDER BY DESC(?places)""",
    "figures": """PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX dim: <http://purl.org/linked-data/sdmx/2009/dimension#>
SELECT ?name ?label ?value WHERE {
  ?figure a qb:Observation ; tl:place ?place ; tl:indicator/skos:prefLabel ?label ; tl:value ?value ;
    dim:refPeriod "2025" .
  ?place schema:name ?name .
  FILTER(LANG(?label) = "LANGUAGE")
} ORDER BY ?name ?label LIMIT 200""",
}


def example(name: str, lang: str) -> str:
    """An example question, asking for labels in the reader's language."""
    return _PREFIXES + _EXAMPLES[name].replace("LANGUAGE", lang)


def page(node: "Node", query: str, answered: QueryAnswer | QueryRefused | None, limits: Limits, lang: str) -> str:
    """The whole page, before or after a question."""
    links = [
        {
            "title": text(lang, "sparql.example." + name),
            "link": "/sparql?" + urlencode({"lang": lang, "format": "page", "query": example(name, lang)}),
        }
        for name in _EXAMPLES
    ]
    about = {"seconds": f"{limits.seconds:g}", "rows": limits.rows, "formats": (*ROW_FORMATS, *GRAPH_FORMATS)}
    shown = {"query": query or example("places", lang), "examples": links, **_shown(answered, lang)}
    return render(node, "sparql.html", lang, None, **about, **shown)


def _shown(answered: QueryAnswer | QueryRefused | None, lang: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "refusal": "",
        "names": None,
        "cells": [],
        "turtle": None,
        "truncated": False,
        "found": 0,
    }
    if answered is None:
        return nothing
    if isinstance(answered, QueryRefused):
        return nothing | {"refusal": answered.text(lang)}
    told = {"truncated": answered.truncated, "found": answered.rows}
    if answered.format != "json":
        return nothing | told | {"turtle": answered.body}
    names, rows = cells(answered.body)
    return nothing | told | {"names": names, "cells": [[_cell(term) for term in row] for row in rows]}


def _cell(term: dict[str, Any] | None) -> dict[str, str]:
    """An IRI of the web is a link; anything else is text."""
    linked = term is not None and term["type"] == "uri" and term["value"].startswith(("https://", "http://"))
    return {"text": short(term), "link": str(term["value"]) if term and linked else ""}
