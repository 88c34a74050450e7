"""Documents: what is built is read back equal, what is re-shaped or touched is a mistake, never a guess."""

import copy
import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, serialize
from pyoxigraph import parse as parse_rdf

from vocab import build, jsonld, parse, validate
from vocab.errors import BlankNode, Mistake, NotJsonLd, UnknownContext, VocabError, message
from vocab.model import Address, Description, Envelope, Hours, Listing, Observation, Operator, Place, Report
from vocab.reference import scheme
from vocab.terms import LICENCE_OUVERTE, PUBLIC
from vocab.units import canonical, decimal, read_canonical

ACTOR = "https://etabli.example/places/etabli"


def envelope(name: str = "description", **changes: Any) -> Envelope:
    plain = {
        "id": f"{ACTOR}/documents/{name}",
        "actor": ACTOR,
        "version": 1,
        "published": "2026-01-01T00:00:00Z",
        "updated": "2026-01-02T00:00:00Z",
        "license": LICENCE_OUVERTE,
        "sharing": "public",
        "to": (PUBLIC,),
    }
    return Envelope(**(plain | changes))


PLACE = Place(
    iri=ACTOR + "#place",
    name="Exemple – L'Établi",
    address=Address("23096", "1 rue Exemple", "23000"),
    typology=("coworking", "fablab"),
    building_origin=("station",),
    opened="2021-09-01",
    summary={"fr": 'Atelier "partagé"\nà Guéret', "en": "Workshop"},
    lat=Decimal("46.17"),
    lon=Decimal("1.87"),
    operator=Operator("Association Exemple", "association"),
    hours=(Hours(("Mo", "Tu"), "09:00", "18:00"),),
    website="https://etabli.example/",
)
FIGURES = (
    Observation("visits", "2025", Decimal(4210), "{visit}", "E", method="estimate"),
    Observation("events", "2025", Decimal(38), "{event}", method="register"),
    Observation("events", "2025", Decimal(30), "{event}", method="register", breakdown=(("eventAccess", "public"),)),
    Observation("energyUse", "2025", None, "kW.h", "L"),
)


def test_round_trips() -> None:
    description = build.description(PLACE, envelope())
    assert parse.document(description) == Description(envelope(), PLACE)
    report = build.report(PLACE.iri, "2025", FIGURES, envelope("report-2025"))
    assert parse.document(report) == Report(envelope("report-2025"), PLACE.iri, "2025", FIGURES)
    listed = Place("https://c.example/listings/anct/1#place", "Lieu", Address("23096"))
    cover = envelope(id="https://c.example/listings/anct/1", actor="https://c.example/actor")
    listing = build.listing(listed, cover, "ANCT 2024-09", "1", "0" * 64)
    assert parse.document(listing) == Listing(cover, listed, "ANCT 2024-09", "1", "0" * 64)
    about = envelope(id=cover.id + "/figures/2025", actor=cover.actor)
    found = build.report(listed.iri, "2025", FIGURES, about, "ANCT 2024-09")
    assert parse.document(found) == Report(about, listed.iri, "2025", FIGURES, "ANCT 2024-09")
    for document in (description, report, listing, found):
        assert validate.shacl(document) == ()


@pytest.mark.parametrize(
    ("name", "source", "sharing"),
    [
        ("https://c.example/listings/anct/1/figures/2025", "", "public"),
        ("https://c.example/listings/anct/1/figures/2025", "ANCT", "network"),
        ("https://c.example/listings/anct/2/figures/2025", "ANCT", "public"),
        ("https://c.example/figures/2025", "ANCT", "public"),
        ("https://c.example/listings/anct/1/2025", "ANCT", "public"),
    ],
)
def test_figures_found_elsewhere_are_public_have_a_source_and_stand_below_their_listing(
    name: str, source: str, sharing: str
) -> None:
    about = envelope(id=name, actor="https://c.example/actor", sharing=sharing)
    report = build.report("https://c.example/listings/anct/1#place", "2025", FIGURES, about, source)
    assert parse.document(report) == (Mistake("about", "doc.other_place"),)


def test_plain_forms_round_trip() -> None:
    assert Place.from_json(PLACE.to_json()) == PLACE
    assert tuple(Observation.from_json(o.to_json()) for o in FIGURES) == FIGURES


VISIBLE = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))


@given(
    name=st.text(VISIBLE, min_size=1, max_size=60).map(str.strip).filter(bool),
    typology=st.lists(st.sampled_from(sorted(scheme("typology").codes)), min_size=1, unique=True).map(tuple),
    lat=st.decimals(min_value=-90, max_value=90, places=6),
    summary=st.dictionaries(st.sampled_from(["fr", "en"]), st.text(VISIBLE, min_size=1, max_size=80)),
)
def test_any_place_round_trips(name: str, typology: tuple[str, ...], lat: Decimal, summary: dict[str, str]) -> None:
    place = Place(ACTOR + "#place", name, Address("23096"), typology, lat=lat, lon=Decimal(1), summary=summary)
    read = parse.document(build.description(place, envelope()))
    assert isinstance(read, Description)
    assert read.place == place


def test_graph_digest_is_that_of_the_sorted_lines() -> None:
    document = build.description(PLACE, envelope())
    lines = jsonld.nquads(document)
    assert lines == sorted(lines)
    assert not any("_:" in line for line in lines)
    assert document["graphDigest"] == hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
    assert jsonld.nquads(document, "https://g.example/")[0].endswith(" <https://g.example/> .")
    signed = document | {"proof": {"type": "DataIntegrityProof"}}
    assert jsonld.graph_digest(signed) == document["graphDigest"]


def test_nothing_is_fetched_and_no_blank_node_passes() -> None:
    with pytest.raises(UnknownContext):
        jsonld.nquads({"@context": "https://elsewhere.example/", "id": "https://e.example/1", "name": "x"})
    document = build.description(PLACE, envelope())
    del document["about"]["address"]["id"]
    with pytest.raises(BlankNode):
        jsonld.nquads(document)


@pytest.mark.parametrize("field", ["license", "id", "attributedTo"])
def test_what_is_written_in_an_address_never_becomes_another_quad(field: str) -> None:
    document = copy.deepcopy(DESCRIPTION)
    document[field] = "https://a.example/> <https://b.example/p> <https://c.example/o> .\n<https://evil.example/s"
    read = parse.document(document)
    assert isinstance(read, tuple)
    assert [m.code for m in read] == ["iri.bad"]
    try:
        lines = jsonld.nquads(document)
    except VocabError:
        return
    assert not any("evil" in line for line in lines)


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_lines_are_those_of_rdf_canonicalisation(text: str) -> None:
    """No blank node: RDFC-1.0 has nothing to rename, and another library writes and sorts the same lines."""
    document = copy.deepcopy(DESCRIPTION)
    document["about"]["schema:name"] = text
    lines = jsonld.nquads(document)
    store = Dataset(parse_rdf("\n".join(lines), format=RdfFormat.N_QUADS))
    store.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    again = serialize(store, format=RdfFormat.N_QUADS)
    assert again is not None
    assert sorted(again.decode().rstrip("\n").split("\n")) == lines


def test_a_graph_inside_a_document_is_refused() -> None:
    inner = {"@id": "https://e.example/g", "@graph": [{"@id": "https://e.example/s", "schema:name": "x"}]}
    with pytest.raises(NotJsonLd):
        jsonld.nquads(DESCRIPTION | {"schema:hasPart": inner})


@pytest.mark.parametrize("name", ["description", "report", "listing"])
def test_the_wire_is_the_same_as_ever(name: str) -> None:
    """A frozen context and a frozen shape: these bytes were signed by somebody."""
    listed = Place(ACTOR + "/listings/anct/1#place", "Lieu", Address("23096"))
    cover = envelope(id=ACTOR + "/listings/anct/1")
    made = {
        "description": DESCRIPTION,
        "report": REPORT,
        "listing": build.listing(listed, cover, "https://data.example/2024", "1", "0" * 64),
    }
    golden = (Path(__file__).parent / "golden" / f"{name}.jsonld").read_text(encoding="utf-8")
    assert json.dumps(made[name], ensure_ascii=False, indent=1) + "\n" == golden


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path, *(p for k, v in value.items() for p in _paths(v, (*path, k)))]
    if isinstance(value, list):
        return [path, *(p for i, v in enumerate(value) for p in _paths(v, (*path, i)))]
    return [path]


def _set(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


DESCRIPTION = build.description(PLACE, envelope())
REPORT = build.report(PLACE.iri, "2025", FIGURES, envelope("report-2025"))


@given(st.data())
def test_a_document_touched_anywhere_never_raises(data: st.DataObject) -> None:
    """Whatever a stranger puts anywhere: values or mistakes, never an exception."""
    document = copy.deepcopy(data.draw(st.sampled_from([DESCRIPTION, REPORT])))
    path = data.draw(st.sampled_from([p for p in _paths(document) if p]))
    junk = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just([]) | st.just({}) | st.just([{}])
    _set(document, path, data.draw(junk))
    read = parse.document(document)
    assert isinstance(read, Description | Report) or all(isinstance(m, Mistake) for m in read)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("@context",), ["https://www.w3.org/ns/activitystreams"], "doc.context"),
        (("type",), "Document", "doc.type"),
        (("version",), True, "doc.bad"),
        (("version",), 0, "doc.bad"),
        (("sharing",), "private", "doc.bad"),
        (("extra",), 1, "doc.unexpected"),
        (("about", "id"), "https://other.example/places/x#place", "doc.bad"),
        (("about", "commune"), "23000", "commune.unknown"),
        (("about", "geo", "schema:latitude"), "46.170", "doc.number"),
        (("about", "typology"), ["tlc:typology/nothing"], "concept.unknown"),
        (("published",), "2026-01-01", "doc.bad"),
        (("updated",), "2026-02-30T00:00:00Z", "doc.bad"),
        (("license",), "Licence Ouverte", "iri.bad"),
        (("to",), ["everybody"], "iri.bad"),
        (("about", "operator", "schema:name"), "\x1b[31mX", "text.control"),
        (("name",), "Another", "doc.bad"),
    ],
)
def test_refused_descriptions(path: tuple[str, ...], value: object, code: str) -> None:
    document = copy.deepcopy(DESCRIPTION)
    _set(document, path, value)
    read = parse.document(document)
    assert isinstance(read, tuple)
    assert code in [m.code for m in read]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("observations", 0, "value"), "4e3", "doc.number"),
        (("observations", 0, "value"), "4210.0", "doc.number"),
        (("observations", 0, "unit"), "{event}", "unit.wrong"),
        (("observations", 0, "obsStatus"), "Z", "status.unknown"),
        (("observations", 0, "indicator"), "tli:visit", "doc.bad"),
        (("observations", 0, "place"), "https://other.example/p#place", "doc.bad"),
        (("observations", 2, "value"), "39", "parts.above_total"),
        (("about",), "https://other.example/p#place", "doc.other_place"),
        (("period",), "2025-13", "period.bad"),
    ],
)
def test_refused_reports(path: tuple[str, ...], value: object, code: str) -> None:
    document = copy.deepcopy(REPORT)
    _set(document, path, value)
    read = parse.document(document)
    assert isinstance(read, tuple)
    assert code in [m.code for m in read]


def test_shapes_refuse_what_they_must() -> None:
    document = copy.deepcopy(DESCRIPTION)
    del document["about"]["schema:name"]
    document["about"]["hours"][0]["schema:opens"] = "9h"
    mistakes = {mistake.field: mistake for mistake in validate.shacl(document)}
    assert set(mistakes) == {"name", "openingHoursSpecification"}
    assert message(mistakes["name"], "fr") == "name : Le lieu a un nom, de 200 caractères au plus."
    assert message(mistakes["name"], "en") == "name: The place has a name, of at most 200 characters."


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_canonical_decimals(value: Decimal) -> None:
    text = canonical(value)
    assert read_canonical(text) == value
    assert canonical(Decimal(text)) == text
    assert "E" not in text


@pytest.mark.parametrize(
    ("typed", "value"),
    [("4210", "4210"), ("4 210", "4210"), ("4\u202f210,5", "4210.5"), ("4.1", "4.1"), ("+3", "3"), ("-2,50", "-2.5")],
)
def test_typed_decimals(typed: str, value: str) -> None:
    assert decimal(typed) == Decimal(value)


@pytest.mark.parametrize("typed", ["9" * 20, "0." + "3" * 18, "-" + "9" * 20, "9" * 11 + "." + "9" * 18])
def test_the_longest_figure_that_may_be_typed_may_be_published(typed: str) -> None:
    figure = Observation("openDocuments", "2025", decimal(typed), "{document}")
    assert validate.shacl(build.report(PLACE.iri, "2025", (figure,), envelope("report-2025"))) == ()


@pytest.mark.parametrize(
    "typed", ["", "1e3", "1,2,3", "1.234,5", "NaN", "12 €", "0x10", "٣", "=1+1", "1" * 21, "0." + "3" * 19]
)
def test_not_decimals(typed: str) -> None:
    assert decimal(typed) is None
