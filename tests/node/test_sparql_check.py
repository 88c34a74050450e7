"""What a query asks is read before it runs: SERVICE and updates are seen through any disguise, and only there."""

import pytest

from node.sparql.check import Checked, Form, check

SERVICE = [
    "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "select * { service silent <http://127.0.0.1/> { ?s ?p ?o } }",
    "PREFIX : <http://x/> SELECT * { SERVICE:y{ ?s ?p ?o } }",
    "PREFIX : <http://x/> SELECT * { SERVICESILENT:y{ ?s ?p ?o } }",
    "SELECT * { BIND(<http://x/> AS ?u) SERVICE?u{ ?s ?p ?o } }",
    "SELECT * { { SELECT ?s { ?s ?p 1SERVICE <http://x/> { } } } }",
    "SELECT * { ?s ?p true\nSERVICE <http://x/> { } }",
    "PREFIX : <http://x/> SELECT * { ?s ?p trueSERVICE:y { } }",
    "SELECT * { ?s ?p 'it\\'s' . SERVICE <http://x/> { } }",
    "SELECT * { # a comment\n SERVICE # another\n <http://x/> { } }",
    "SELECT * { ?s ?p <http://x/#a> . SERVICE <http://x/> { } }",
    "SELECT * { ?s ?p <http://x/\\u0041#a> . SERVICE <http://x/> { } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://x/> { } } }",
    "SELECT * { FILTER(?a<?b) SERVICE <http://x/> { } }",
    'SELECT * { ?s ?p """a "quoted" one""" . SERVICE <http://x/> { } }',
    "SELECT * { ?s ?p 'a'@en . SERVICE <http://x/> { } }",
    "ASK { ?x.SERVICE <http://x/> { } }",
]
HARMLESS = [
    "SELECT * { ?s ?p 'SERVICE <http://x/> { }' }",
    'SELECT * { ?s ?p """\nSERVICE <http://x/> { }\n""" }',
    "SELECT * { ?s ?p ?o } # SERVICE <http://x/> { }",
    "SELECT ?service { ?service a <http://x/SERVICE> }",
    "PREFIX schema: <https://schema.org/> SELECT * { ?s a schema:Service ; schema:serviceType ?o }",
    "SELECT * { ?s <http://www.w3.org/2000/01/rdf-schema#label> 'x'@service }",
    "SELECT * { ?s ?p _:service }",
    "SELECT ($service AS ?x) { ?s ?p $service }",
]
UPDATES = [
    "INSERT DATA { <a:a> <b:b> 1 }",
    "LOAD <file:///etc/passwd>",
    "PREFIX x: <http://x/> DELETE WHERE { ?s ?p ?o }",
    "CLEAR ALL",
    "DROP GRAPH <a:a>",
    "WITH <a:a> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "BASE <http://x/> # SELECT\nCREATE GRAPH <a:b>",
]


@pytest.mark.parametrize("query", SERVICE)
def test_service_is_refused_in_every_disguise(query: str) -> None:
    assert check(query) == "service"


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_alone_is_no_mistake(query: str) -> None:
    assert isinstance(check(query), Checked)


@pytest.mark.parametrize("query", UPDATES)
def test_updates_are_refused(query: str) -> None:
    assert check(query) == "update"


def test_a_text_without_a_form_is_no_query() -> None:
    assert check("") == check("hello") == "syntax"


def test_the_form_is_the_first_one_after_the_prologue() -> None:
    checked = check("PREFIX select: <http://x/> # ASK\nCONSTRUCT { ?s ?p ?o } WHERE { { SELECT * { ?s ?p ?o } } }")
    assert isinstance(checked, Checked)
    assert checked.form is Form.CONSTRUCT
    assert checked.form.is_graph


def test_the_dataset_is_read_before_the_pattern_only() -> None:
    checked = check("SELECT * FROM <http://g/1> FROM NAMED <http://g/2> { ?s <http://x/from> ?o }")
    assert isinstance(checked, Checked)
    assert checked.has_dataset
    assert checked.graphs == ("http://g/1", "http://g/2")
    glued = check("PREFIX : <http://g/> SELECT * FROM:a { ?s ?p ?o }")
    assert isinstance(glued, Checked)
    assert glued.has_dataset
    without = check("PREFIX from: <http://x/> SELECT * { ?from from:x ?o }")
    assert isinstance(without, Checked)
    assert not without.has_dataset
