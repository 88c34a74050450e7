"""The vocabulary as JSON-LD, made from its compiled form: no RDF library on the request path. Pure."""

from collections.abc import Mapping
from typing import Any

from vocab.reference import Concept, Dimension, Indicator, Scheme, dimensions, indicators, scheme
from vocab.terms import CONCEPT, INDICATOR, TL

SCHEMES = ("typology", "building_origin", "legal_form", "status", "programme")
_CONTEXT: dict[str, Any] = {
    "@vocab": TL,
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "id": "@id",
    "type": "@type",
    "label": {"@id": "skos:prefLabel", "@container": "@language"},
    "definition": {"@id": "skos:definition", "@container": "@language"},
    "notation": "skos:notation",
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "broader": {"@id": "skos:broader", "@type": "@id"},
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "source": "dct:source",
    "theme": {"@id": TL + "theme", "@type": "@id"},
    "scale": {"@id": TL + "scale", "@type": "xsd:decimal"},
    "dimensions": {"@id": TL + "dimensions", "@type": "@id", "@container": "@list"},
    "periods": {"@id": TL + "periods", "@container": "@list"},
    "numerator": {"@id": TL + "numerator", "@type": "@id"},
    "denominator": {"@id": TL + "denominator", "@type": "@id"},
    "weight": {"@id": TL + "weight", "@type": "@id"},
}


def _said(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value not in ("", None, [], {})}


def indicator(value: Indicator) -> dict[str, Any]:
    """One indicator, with its arithmetic."""
    return _said(
        {
            "id": INDICATOR + value.id,
            "type": ["skos:Concept", "Indicator"],
            "inScheme": INDICATOR,
            "notation": value.id,
            "label": dict(value.label),
            "definition": dict(value.definition),
            "theme": f"{CONCEPT}theme/{value.theme}",
            "unit": value.unit,
            "kind": value.kind,
            "dimensions": [CONCEPT + name for name in value.dimensions],
            "periods": list(value.periods),
            "acrossSites": value.across_sites,
            "acrossTime": value.across_time,
            "numerator": INDICATOR + value.numerator if value.numerator in indicators() else "",
            "denominator": INDICATOR + value.denominator if value.denominator in indicators() else "",
            "weight": INDICATOR + value.weight if value.weight in indicators() else "",
            "scale": None if value.scale is None else str(value.scale),
            "confidentiality": value.confidentiality,
            "tier": value.tier,
            "askedOf": value.asked_of,
            "origin": value.origin,
            "source": value.source,
        }
    )


def concept(name: str, value: Concept) -> dict[str, Any]:
    """One code of a scheme or of a dimension."""
    return _said(
        {
            "id": f"{CONCEPT}{name}/{value.code}",
            "type": "skos:Concept",
            "notation": value.code,
            "inScheme": CONCEPT + name,
            "label": dict(value.label),
            "definition": dict(value.definition),
            "broader": f"{CONCEPT}{name}/{value.broader}" if value.broader else "",
        }
    )


def code_list(name: str) -> Scheme | Dimension:
    """The scheme or the dimension of that name. Raises `KeyError`."""
    return scheme(name) if name in SCHEMES else dimensions()[name]


def graph(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """A document of several nodes."""
    return {"@context": _CONTEXT, "@graph": nodes}


def all_indicators() -> dict[str, Any]:
    return graph([indicator(value) for value in indicators().values()])


def one_code_list(name: str) -> dict[str, Any]:
    """A scheme or a dimension with its codes. Raises `KeyError`."""
    found = code_list(name)
    head = {"id": CONCEPT + name, "type": "skos:ConceptScheme", "notation": name, "label": dict(found.label)}
    return graph([head, *(concept(name, value) for value in found.codes.values())])
