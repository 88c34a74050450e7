"""`/sparql` over real HTTP: the SPARQL 1.1 Protocol, what it negotiates, what it refuses, and how it says so."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from node.api import sparql
from node.context import Node, init_node
from node.importers.intake import import_file
from node.project import catch_up
from node.sparql.pool import Pool, database

SAMPLE = Path(__file__).parents[2] / "examples" / "import_sample.csv"
COUNT = "SELECT (COUNT(?p) AS ?n) { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> }"
TRIPLES = "CONSTRUCT WHERE { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> }"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = init_node(tmp_path_factory.mktemp("http") / "council", "https://council.example", ("aggregator",), "", {})
    import_file(node, SAMPLE, "anct")
    catch_up(node)
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    endpoint = sparql.Endpoint(council, Pool(database(council)))
    app.add_routes(endpoint.routes())
    app.on_cleanup.append(endpoint.close)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("application/sparql-results+xml;q=0.9, text/csv;q=0.1", "application/sparql-results+xml"),
        ("application/json", "application/json"),
    ],
)
async def test_rows_by_accept(client: aiohttp.ClientSession, accept: str, media: str) -> None:
    async with client.get("/sparql", params={"query": COUNT}, headers={"Accept": accept}) as answer:
        assert (answer.status, answer.content_type) == (200, media)
        assert "31" in await answer.text()


@pytest.mark.parametrize(
    "media", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
async def test_triples_by_accept(client: aiohttp.ClientSession, media: str) -> None:
    async with client.get("/sparql", params={"query": TRIPLES}, headers={"Accept": media}) as answer:
        assert (answer.status, answer.content_type) == (200, media)
        assert "TiersLieu" in await answer.text()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/sparql-query", COUNT.encode()), (FORM, aiohttp.FormData({"query": COUNT}))],
)
async def test_both_kinds_of_post(client: aiohttp.ClientSession, content_type: str, body: object) -> None:
    async with client.post("/sparql", data=body, headers={"Content-Type": content_type}) as answer:
        assert answer.status == 200
        assert json.loads(await answer.text())["results"]["bindings"][0]["n"]["value"] == "31"


REFUSED = [
    ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 400, "service"),
    ("INSERT DATA { <a:a> <b:b> 1 }", 400, "update"),
    ("SELECT * {", 400, "syntax"),
    ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", 400, "unknown_graph"),
    ("", 400, "no_query"),
    ("SELECT ?s {" + " ?s ?p ?o ." * 6000 + "}", 413, "too_long"),
]


@pytest.mark.parametrize(("query", "status", "reason"), REFUSED)
@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_refusals_are_problems_in_both_languages(
    client: aiohttp.ClientSession, query: str, status: int, reason: str, lang: str
) -> None:
    data = aiohttp.FormData({"query": query})
    async with client.post("/sparql", data=data, headers={"Accept-Language": lang}) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        told = json.loads(await answer.text())
    assert (told["reason"], told["status"]) == (reason, status)
    assert told["detail"]
    assert answer.headers["Content-Language"] == lang


@pytest.mark.parametrize(
    ("content_type", "status", "reason"),
    [("application/sparql-update", 400, "update"), ("text/plain", 415, "content_type")],
)
async def test_other_posts_are_refused(
    client: aiohttp.ClientSession, content_type: str, status: int, reason: str
) -> None:
    async with client.post("/sparql", data=b"CLEAR ALL", headers={"Content-Type": content_type}) as answer:
        assert (answer.status, json.loads(await answer.text())["reason"]) == (status, reason)


async def test_an_update_parameter_is_refused(client: aiohttp.ClientSession) -> None:
    async with client.get("/sparql", params={"update": "CLEAR ALL"}) as answer:
        assert (answer.status, json.loads(await answer.text())["reason"]) == (400, "update")


async def test_two_queries_are_refused(client: aiohttp.ClientSession) -> None:
    async with client.get("/sparql?query=a&query=b") as answer:
        assert (answer.status, json.loads(await answer.text())["reason"]) == (400, "no_query")


async def test_a_type_nobody_can_serve_is_refused(client: aiohttp.ClientSession) -> None:
    async with client.get("/sparql", params={"query": COUNT}, headers={"Accept": "image/png"}) as answer:
        assert answer.status == 406


async def test_too_many_rows_are_refused_never_cut_in_silence(client: aiohttp.ClientSession) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    async with client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"}) as answer:
        assert (answer.status, json.loads(await answer.text())["reason"]) == (422, "too_many_rows")
    async with client.get("/sparql", params={"query": query + " LIMIT 5"}, headers={"Accept": "text/csv"}) as answer:
        assert len(list(csv.reader(io.StringIO(await answer.text())))) == 6


async def test_the_dataset_of_the_request(client: aiohttp.ClientSession) -> None:
    one = "https://council.example/listings/anct/ex-1"
    async with client.get("/sparql", params={"query": COUNT, "default-graph-uri": one}) as answer:
        assert json.loads(await answer.text())["results"]["bindings"][0]["n"]["value"] == "1"
    async with client.get("/sparql", params={"query": COUNT, "default-graph-uri": "http://else.example/"}) as answer:
        assert json.loads(await answer.text())["reason"] == "unknown_graph"


async def test_labels_of_the_vocabulary_join(client: aiohttp.ClientSession) -> None:
    query = (
        "PREFIX tl: <https://w3id.org/tierslieux/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
        "SELECT DISTINCT ?label { ?p a tl:TiersLieu ; tl:typology/skos:prefLabel ?label FILTER(LANG(?label) = 'fr') }"
    )
    async with client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"}) as answer:
        assert "Bureaux partagés (coworking)" in await answer.text()


async def test_without_a_query_a_machine_gets_the_service_description(client: aiohttp.ClientSession) -> None:
    async with client.get("/sparql", headers={"Accept": "text/turtle"}) as answer:
        assert answer.content_type == "text/turtle"
        assert "sd:SPARQL11Query" in await answer.text()


def test_a_site_has_no_endpoint(tmp_path: Path) -> None:
    node = init_node(tmp_path / "site", "https://site.example", ("site",), "", {})
    try:
        assert sparql.routes(node) == []
    finally:
        node.close()


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_a_person_gets_a_page_with_a_form_and_examples_that_answer(
    client: aiohttp.ClientSession, lang: str
) -> None:
    async with client.get("/sparql", params={"lang": lang}, headers={"Accept": "text/html"}) as answer:
        html = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert f'<html lang="{lang}">' in html
    links = [unescape(link) for link in re.findall(r'<li><a href="(/sparql\?[^"]+query=[^"]+)"', html)]
    assert len(links) == 3
    for link in links:
        async with client.get(URL(link, encoded=True)) as answer:
            shown = await answer.text()
        assert answer.status == 200
        assert 'role="alert"' not in shown


async def test_a_page_escapes_what_it_shows_and_says_when_it_is_cut(client: aiohttp.ClientSession) -> None:
    query = "SELECT ?s ('<script>alert(1)</script>' AS ?x) { ?s ?p ?o }"
    async with client.get("/sparql", params={"query": query, "lang": "en"}, headers={"Accept": "text/html"}) as answer:
        html = await answer.text()
    assert "<script>" not in html
    assert "more than 500 rows" in html


async def test_a_refusal_is_a_page_for_a_person(client: aiohttp.ClientSession) -> None:
    params = {"query": "DROP ALL", "lang": "fr"}
    async with client.get("/sparql", params=params, headers={"Accept": "text/html"}) as answer:
        assert (answer.status, answer.content_type) == (400, "text/html")
        assert "Ce nœud se lit et ne s&#39;écrit pas" in await answer.text()
