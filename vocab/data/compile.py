"""Makes `compiled.json` from the Turtle: `python -m vocab.data.compile` (or `--check`, which writes nothing).

The only place that reads the Turtle with an RDF library; a running node reads `compiled.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, RDF, SKOS
from rdflib.term import Node

from vocab.data.forms import forms

TL = Namespace("https://w3id.org/tierslieux/ns#")  # by item: a Namespace is a str, so `TL.partition` is its method
CONCEPT = "https://w3id.org/tierslieux/concept/"
HERE = Path(__file__).parent
TARGET = HERE / "compiled.json"
VERSION = "1.0.0"


def load() -> Graph:
    """Every Turtle file of the vocabulary but the shapes, in one graph."""
    graph = Graph()
    for file in sorted((*HERE.glob("*.ttl"), *HERE.glob("concepts/*.ttl"))):
        if file.name != "shapes.ttl":
            graph.parse(file, format="turtle")
    return graph


def _labels(graph: Graph, subject: Node, predicate: URIRef) -> dict[str, str]:
    texts = {t.language: str(t) for t in graph.objects(subject, predicate) if isinstance(t, Literal)}
    return {lang: texts[lang] for lang in ("fr", "en") if lang in texts}


def _text(graph: Graph, subject: Node, predicate: URIRef) -> str:
    value = graph.value(subject, predicate)
    return "" if value is None else str(value)


def _local(graph: Graph, subject: Node, predicate: URIRef) -> str:
    return _text(graph, subject, predicate).rpartition("/")[2]


def _ordered(graph: Graph, kind: Node, predicate: URIRef = RDF.type) -> list[Node]:
    return sorted(graph.subjects(predicate, kind), key=lambda s: (int(_text(graph, s, TL["order"]) or 0), str(s)))


def _members(graph: Graph, subject: Node, predicate: URIRef) -> list[str]:
    head = graph.value(subject, predicate)
    return [] if head is None else [str(item).rpartition("/")[2] for item in Collection(graph, head)]


def _indicator(graph: Graph, subject: Node) -> dict[str, Any]:
    return {
        "id": _text(graph, subject, SKOS.notation),
        "theme": _local(graph, subject, TL["theme"]),
        "label": _labels(graph, subject, SKOS.prefLabel),
        "definition": _labels(graph, subject, SKOS.definition),
        "unit": _text(graph, subject, TL["unit"]),
        "kind": _text(graph, subject, TL["kind"]),
        "dimensions": _members(graph, subject, TL["dimensions"]),
        "periods": _members(graph, subject, TL["periods"]),
        "across_sites": _text(graph, subject, TL["acrossSites"]),
        "across_time": _text(graph, subject, TL["acrossTime"]),
        "numerator": _local(graph, subject, TL["numerator"]),
        "denominator": _local(graph, subject, TL["denominator"]),
        "weight": _local(graph, subject, TL["weight"]),
        "confidentiality": _text(graph, subject, TL["confidentiality"]),
        "source": _text(graph, subject, DCTERMS.source),
        "tier": _text(graph, subject, TL["tier"]),
        "asked_of": _text(graph, subject, TL["askedOf"]),
        "origin": _text(graph, subject, TL["origin"]),
        "scale": _text(graph, subject, TL["scale"]),
        "formula": _text(graph, subject, TL["formula"]),
        "operands": _members(graph, subject, TL["operands"]),
        "not_above": _local(graph, subject, TL["notAbove"]),
        "confused_with": _local(graph, subject, TL["confusedWith"]),
        "plausible": _plausible(graph, subject),
    }


def _plausible(graph: Graph, subject: Node) -> dict[str, Any] | None:
    """The limits of what is plausible; None where nothing is said."""
    if (subject, TL["plausibleMin"], None) not in graph:
        return None
    return {
        "min": _text(graph, subject, TL["plausibleMin"]),
        "max": _text(graph, subject, TL["plausibleMax"]),
        "zero": _text(graph, subject, TL["plausibleZero"]) != "false",
    }


def _ratio(graph: Graph, subject: Node) -> dict[str, Any]:
    return {
        "numerator": _local(graph, subject, TL["numerator"]),
        "denominator": _local(graph, subject, TL["denominator"]),
        "plausible": _plausible(graph, subject),
        "may_be_mean": _text(graph, subject, TL["mayBeMean"]) == "true",
    }


def _concepts(graph: Graph, scheme: Node) -> list[dict[str, Any]]:
    found = []
    for subject in _ordered(graph, scheme, SKOS.inScheme):
        entry: dict[str, Any] = {
            "code": _text(graph, subject, SKOS.notation),
            "label": _labels(graph, subject, SKOS.prefLabel),
        }
        if definition := _labels(graph, subject, SKOS.definition):
            entry["definition"] = definition
        if broader := graph.value(subject, SKOS.broader):
            entry["broader"] = _text(graph, broader, SKOS.notation)
        found.append(entry)
    return found


def _dimension(graph: Graph, subject: Node) -> dict[str, Any]:
    return {
        "id": _text(graph, subject, SKOS.notation),
        "label": _labels(graph, subject, SKOS.prefLabel),
        "partition": _text(graph, subject, TL["partition"]),
        "numerator_only": _text(graph, subject, TL["numeratorOnly"]) == "true",
        "open": _text(graph, subject, TL["openList"]) == "true",
        "of_persons": _text(graph, subject, TL["ofPersons"]) == "true",
        "codes": _concepts(graph, subject),
    }


def compiled() -> dict[str, Any]:
    """What `compiled.json` must hold."""
    graph = load()
    dimensions = set(graph.subjects(RDF.type, TL["Dimension"]))
    named = set(graph.subjects(SKOS.notation, None))
    schemes = sorted((named & set(graph.subjects(RDF.type, SKOS.ConceptScheme))) - dimensions, key=str)
    theme = URIRef(CONCEPT + "theme")
    return {
        "version": VERSION,
        "indicators": [_indicator(graph, s) for s in _ordered(graph, TL["Indicator"])],
        "ratios": [_ratio(graph, s) for s in _ordered(graph, TL["PlausibleRatio"])],
        "dimensions": sorted((_dimension(graph, s) for s in dimensions), key=lambda d: str(d["id"])),
        "schemes": {
            _text(graph, s, SKOS.notation): {
                "label": _labels(graph, s, SKOS.prefLabel),
                "codes": _concepts(graph, s),
            }
            for s in schemes
        },
        "themes": [
            {"id": _text(graph, s, SKOS.notation), "label": _labels(graph, s, SKOS.prefLabel)}
            for s in _ordered(graph, theme, SKOS.inScheme)
        ],
        "forms": forms(Graph().parse(HERE / "shapes.ttl", format="turtle")),
    }


def main(argv: list[str]) -> int:
    """Write `compiled.json`, or with `--check` say whether it is up to date (exit 1 when it is not)."""
    text = json.dumps(compiled(), ensure_ascii=False, indent=1) + "\n"
    if "--check" in argv:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
