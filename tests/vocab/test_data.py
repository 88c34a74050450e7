"""The Turtle, the shapes, the context and the territory table: each says what the others need, in both languages."""

import csv
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyshacl
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from tests.shared import shared
from vocab import build, contexts
from vocab.data import pages
from vocab.data.compile import CONCEPT, HERE, TL, load
from vocab.jsonld import nquads
from vocab.model import Address, Envelope, Hours, Observation, Operator, Place
from vocab.reference import dimensions, indicators, scheme
from vocab.territory import area_codes, name_of, resolve
from vocab.units import decimal
from vocab.validate import shacl

BOTH = {"fr", "en"}


@cache
def vocabulary() -> Graph:
    return load()


@cache
def shapes() -> Graph:
    return Graph().parse(HERE / "shapes.ttl")


def languages(graph: Graph, subject: Node, predicate: URIRef) -> list[str]:
    return sorted(str(text.language) for text in graph.objects(subject, predicate) if isinstance(text, Literal))


def concepts() -> list[Node]:
    return sorted(set(vocabulary().subjects(RDF.type, SKOS.Concept)), key=str)


def test_a_concept_is_its_scheme_and_its_notation() -> None:
    for concept in concepts():
        home = vocabulary().value(concept, SKOS.inScheme)
        notation = vocabulary().value(concept, SKOS.notation)
        assert str(concept) == f"{str(home).rstrip('/')}/{quote(str(notation), safe='')}"
        assert (home, RDF.type, SKOS.ConceptScheme) in vocabulary()


def test_a_concept_is_labelled_once_in_each_language() -> None:
    for concept in concepts():
        assert languages(vocabulary(), concept, SKOS.prefLabel) == ["en", "fr"], concept
        assert languages(vocabulary(), concept, SKOS.definition) in ([], ["en", "fr"]), concept


def test_order_and_hierarchy_stay_within_a_scheme() -> None:
    ranks = Counter((vocabulary().value(c, SKOS.inScheme), vocabulary().value(c, TL["order"])) for c in concepts())
    assert [rank for rank, times in ranks.items() if times > 1] == []
    for concept, broader in vocabulary().subject_objects(SKOS.broader):
        assert vocabulary().value(concept, SKOS.inScheme) == vocabulary().value(broader, SKOS.inScheme)


def test_what_is_the_same_elsewhere_in_the_vocabulary_exists() -> None:
    targets = {str(o) for o in vocabulary().objects(None, SKOS.exactMatch) if str(o).startswith(CONCEPT)}
    assert targets
    assert targets <= {str(concept) for concept in concepts()}


def test_names_of_indicators_do_not_show_in_what_people_read() -> None:
    compound = {name for name in indicators() if re.search(r"[A-Z0-9]", name)}
    for entry in indicators().values():
        for text in (*entry.label.values(), *entry.definition.values()):
            assert not compound & set(re.findall(r"\w+", text)), entry.id
            assert text == text.strip()
            assert not text.endswith(".")


def test_every_term_of_ours_is_declared_in_both_languages() -> None:
    texts = [json.dumps(contexts.INLINE), (HERE / "shapes.ttl").read_text(encoding="utf-8")]
    texts.append(Path(build.__file__).read_text(encoding="utf-8"))
    named = {URIRef(TL + name) for text in texts for name in re.findall(r"(?<![\w/])tl:([A-Za-z]+)", text)}
    named |= {URIRef(str(p)) for p in vocabulary().predicates() if str(p).startswith(TL)}
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    declared = {term for kind in kinds for term in vocabulary().subjects(RDF.type, kind)}
    assert named - declared == set()
    for term in declared:
        assert languages(vocabulary(), term, RDFS.label) == ["en", "fr"], term


def test_the_named_context_is_the_inline_one() -> None:
    named = json.loads((HERE / "context" / "v1.jsonld").read_text(encoding="utf-8"))
    assert named == {"@context": contexts.INLINE}


def test_dimensions_add_up_as_published() -> None:
    with shared("design/dimensions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            entry = dimensions()[row["id"]]
            assert (entry.partition, entry.numerator_only) == (row["partition"], row["numerator_only"] == "yes")
            if "|" in row["codelist"]:
                assert "|".join(entry.codes) == row["codelist"]
                assert not entry.open


def test_codes_that_files_rely_on() -> None:
    families = [code for code, concept in scheme("typology").codes.items() if not concept.broader]
    assert len(families) == 8
    assert tuple(families) == tuple(dimensions()["family"].codes)
    assert {"coworking", "fablab"} <= set(families)
    assert scheme("typology").family("makerspace") == "fablab"
    origins = "post bank tourist-office station school factory warehouse shop religious farm dwelling offices wasteland"
    assert list(scheme("building_origin").codes) == [*origins.split(), "new", "other"]
    assert set(scheme("building_origin").codes) == set(dimensions()["buildingOrigin"].codes)
    assert {"association", "scic", "scop", "sas", "sarl", "public", "collective"} <= set(scheme("legal_form").codes)
    assert {"open", "project", "closed", "unknown"} <= set(scheme("status").codes)
    assert {"fabrique-de-territoire", "manufacture-de-proximite"} <= set(scheme("programme").codes)


# Shapes


def test_each_question_of_the_shapes_is_put_in_both_languages() -> None:
    asked = [p for p in shapes().objects(None, SH.property) if (p, SH.name, None) in shapes()]
    assert len(asked) > 30
    for question in asked:
        assert set(languages(shapes(), question, SH.name)) == BOTH
        assert set(languages(shapes(), question, SH.message)) == BOTH
        assert isinstance(shapes().value(question, SH.order), Literal)
        group = shapes().value(question, SH.group)
        assert group is not None
        assert set(languages(shapes(), group, RDFS.label)) == BOTH


PLACE = Place(
    iri="https://place.example/places/atelier#place",
    name="Exemple",
    address=Address("23096", "1 rue Exemple", "23000", "Guéret"),
    typology=("coworking", "makerspace"),
    building_origin=("station",),
    programme=("qpv",),
    opened="2021-09",
    summary={"fr": "Atelier", "en": "Workshop"},
    lat=decimal("46.17"),
    lon=decimal("1.87"),
    operator=Operator("Association Exemple", "association"),
    hours=(Hours(("Mo", "Tu"), "09:00", "18:00"),),
    website="https://place.example/",
)
ENVELOPE = Envelope(
    id="https://place.example/places/atelier/documents/description",
    actor="https://place.example/places/atelier",
    version=1,
    published="2026-01-02T03:04:05Z",
    updated="2026-01-02T03:04:05Z",
    license="https://spdx.org/licenses/etalab-2.0",
    sharing="public",
    to=("https://www.w3.org/ns/activitystreams#Public",),
)
FIGURES = (
    Observation("visits", "2025", decimal("4210"), "{visit}", "E", method="estimate"),
    Observation("events", "2025", decimal("30"), "{event}", breakdown=(("eventAccess", "public"),)),
    Observation("energyUse", "2025", None, "kW.h", "L"),
)
DESCRIPTION = build.description(PLACE, ENVELOPE)
REPORT = build.report(PLACE.iri, "2025", FIGURES, ENVELOPE)
LISTING = build.listing(PLACE, ENVELOPE, "https://data.example/2019", "1", "0" * 64)


def conforms(document: dict[str, Any]) -> bool:
    """Two engines, one answer."""
    data = Graph().parse(data="\n".join(nquads(document)), format="nt")
    second = bool(pyshacl.validate(data, shacl_graph=shapes())[0])
    assert second == (shacl(document) == ())
    return second


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of `document` with one value replaced; None removes it."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *above, last = path.split("/")
    node: Any = copy
    for step in above:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return copy


@pytest.mark.parametrize("document", [DESCRIPTION, REPORT, LISTING], ids=["description", "report", "listing"])
def test_what_we_build_conforms(document: dict[str, Any]) -> None:
    assert conforms(document)


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (DESCRIPTION, "version", 0),
        (DESCRIPTION, "license", None),
        (DESCRIPTION, "sharing", "secret"),
        (DESCRIPTION, "to", None),
        (DESCRIPTION, "published", "yesterday"),
        (DESCRIPTION, "about/schema:name", None),
        (DESCRIPTION, "about/commune", "2309"),
        (DESCRIPTION, "about/status", ["tlc:status/open", "tlc:status/closed"]),
        (DESCRIPTION, "about/typology", ["tlc:status/open"]),
        (DESCRIPTION, "about/geo/schema:latitude", "north"),
        (DESCRIPTION, "about/hours/0/schema:opens", "9h"),
        (DESCRIPTION, "about/operator/schema:name", None),
        (REPORT, "period", "25"),
        (REPORT, "observations/0/value", None),
        (REPORT, "observations/0/value", "many"),
        (REPORT, "observations/2/value", "0"),
        (REPORT, "observations/0/unit", None),
        (REPORT, "observations/0/obsStatus", "Z"),
        (REPORT, "observations/0/indicator", "tlc:visits"),
        (LISTING, "tl:rowDigest", "short"),
        (LISTING, "schema:isBasedOn", None),
    ],
)
def test_a_broken_document_does_not_conform(document: dict[str, Any], path: str, value: object) -> None:
    assert not conforms(changed(document, path, value))


# Territory


@cache
def table() -> list[list[str]]:
    text = (HERE / "territory" / "communes.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def test_the_table_is_sorted_and_each_code_leads_to_a_present_commune() -> None:
    codes = [row[0] for row in table()]
    assert codes == sorted(set(codes))
    current = {row[0] for row in table() if row[6] == "current"}
    assert all(row[7] in current for row in table())
    assert all(row[7] == row[0] for row in table() if row[6] == "current")


def test_every_commune_lies_in_named_areas() -> None:
    present = [row for row in table() if row[6] == "current"]
    for level, column in (("departement", 2), ("region", 3), ("epci", 4)):
        used = {row[column] for row in present if row[column]}
        assert used <= set(area_codes(level))
        assert len(used) == len(area_codes(level))
        assert all(name_of(level, code) != code for code in used)


def test_published_codes_of_the_real_directory_resolve_or_say_why_not() -> None:
    """Each row gives one or two codes as published, or 0: today's commune is found, or nothing is guessed."""
    outcomes: Counter[str] = Counter()
    with shared("data/tierslieux.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            written = row["cog_raw"].split("|")[0]
            found = resolve(written, row["commune"], row["cp"])
            if not written:
                continue
            if found.commune is None:
                assert found.reason in {"ambiguous", "unknown"}
                assert written == "0"
            else:
                assert found.commune.code == row["cog"], row["id"]
            outcomes[found.reason] += 1
    assert outcomes["arrondissement"] > 200
    assert outcomes["delegated"] > 0
    assert outcomes["unknown"] + outcomes["ambiguous"] <= 14


def test_the_reference_pages_are_made_from_the_vocabulary() -> None:
    """After a change: `python -m vocab.data.pages`."""
    assert pages.main(["--check"]) == 0
