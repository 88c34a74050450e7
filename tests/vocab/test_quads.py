"""Triples read straight from a document are those of PyLD, or none at all."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vocab.test_documents import ACTOR, FIGURES, PLACE, envelope
from vocab import build, jsonld, quads
from vocab.contexts import CONTEXT
from vocab.errors import VocabError
from vocab.model import Address, Place

LISTED = Place("https://c.example/listings/anct/1#place", "Lieu", Address("23096"))
COVER = envelope(id="https://c.example/listings/anct/1", actor="https://c.example/actor")
DOCUMENTS = [
    build.description(PLACE, envelope()),
    build.report(PLACE.iri, "2025", FIGURES, envelope("report-2025")),
    build.listing(LISTED, COVER, "ANCT 2024-09", "1", "0" * 64),
]
ODD = (
    "", " ", "a b", "é", "\x00", 'a"b\\c', "@id", "@value", "@type", "_:b", "_", "a:", ":a", "tl:", "tl:x", "tl://x",
    "as:Public", "schema:name", "url:x", "about:blank", "urn:siren:123", "https://e.example/ü", "http:a", "Document",
    "mailto:a@b.example", "Report", "value", "2025", "https://e.example/<x>", "xsd:integer", "id", "type", "to",
    "eventStatus", "orderedItems",
)  # fmt: skip
TEXT = st.sampled_from(ODD) | st.text(max_size=8)
PLAIN = TEXT | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
NODE = st.fixed_dictionaries({"id": TEXT}, optional={"type": TEXT, "name": TEXT, "schema:name": PLAIN, "to": PLAIN})
VALUE = PLAIN | NODE | st.lists(PLAIN | NODE, max_size=3) | st.dictionaries(TEXT, PLAIN, max_size=2)
KEY = TEXT | st.sampled_from(sorted(quads._TERMS)) | st.sampled_from(["@context", "@id", "@graph", "tl:siren"])


def by_pyld(document: dict[str, Any]) -> set[str] | str:
    try:
        return jsonld._by_pyld(document)
    except VocabError as error:
        return type(error).__name__


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            yield from () if key == "@context" else nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["type"][1])
def test_our_documents_are_read_straight_and_as_pyld_does(document: dict[str, Any]) -> None:
    plain = {key: value for key, value in document.items() if key != "graphDigest"}
    assert quads.triples(plain) == by_pyld(plain)


@settings(max_examples=400)
@given(st.data())
def test_whatever_is_read_straight_is_what_pyld_reads(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        node = data.draw(st.sampled_from(list(nodes(document))))
        key = data.draw(st.sampled_from(sorted(node) or ["id"]) | KEY)
        if key != "@context" or node is not document:
            node[key] = data.draw(VALUE)
    straight = quads.triples(document)
    assert straight is None or straight == by_pyld(document)


@settings(max_examples=400)
@given(st.dictionaries(KEY, VALUE, max_size=4))
def test_any_members_at_all(members: dict[str, Any]) -> None:
    document = {"id": ACTOR, **members, "@context": CONTEXT}
    straight = quads.triples(document)
    assert straight is None or straight == by_pyld(document)


def test_another_context_is_not_read_straight() -> None:
    for context in (None, CONTEXT[:-1], [*CONTEXT, {"commune": "tl:operator"}], CONTEXT[-1]):
        assert quads.triples(DOCUMENTS[0] | {"@context": context}) is None
