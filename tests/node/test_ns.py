"""`/ns/` over real HTTP: the vocabulary in Turtle and JSON-LD says the same, and the context is the one on the wire."""

import json
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pyoxigraph import RdfFormat, parse

from node.api import ns
from node.context import Node, init_node
from vocab.contexts import CONTEXT
from vocab.reference import dimensions, indicators


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = init_node(tmp_path_factory.mktemp("ns") / "site", "https://site.example", ("site",), "", {})
    yield node
    node.close()


@pytest.fixture
async def client(site: Node) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    app.add_routes(ns.routes(site))
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


async def got(client: aiohttp.ClientSession, path: str, accept: str = "text/turtle") -> tuple[int, str, str]:
    async with client.get(path, headers={"Accept": accept}) as answer:
        return answer.status, answer.content_type, await answer.text()


@pytest.mark.parametrize(
    "path", ["/ns/ontology.ttl", "/ns/shapes.ttl", "/ns/indicators.ttl", "/ns/concepts/typology.ttl", "/ns/", "/ns"]
)
async def test_turtle_reads(client: aiohttp.ClientSession, path: str) -> None:
    status, media, text = await got(client, path)
    assert (status, media) == (200, "text/turtle")
    assert list(parse(text.encode(), RdfFormat.TURTLE))


async def test_the_context_is_the_one_on_the_wire(client: aiohttp.ClientSession) -> None:
    for path in ("/ns/v1", "/ns/context/v1.jsonld"):
        status, media, text = await got(client, path, "application/ld+json")
        assert (status, media) == (200, "application/ld+json")
        assert json.loads(text) == {"@context": CONTEXT[-1]}


@pytest.mark.parametrize(
    "name", ["indicators", *(f"concepts/{name}" for name in ("typology", "status", "eventAccess"))]
)
async def test_json_ld_says_nothing_that_the_turtle_does_not(client: aiohttp.ClientSession, name: str) -> None:
    _, _, turtle = await got(client, f"/ns/{name}.ttl")
    _, _, json_ld = await got(client, f"/ns/{name}", "application/ld+json")
    said = {str(q.triple) for q in parse(json_ld.encode(), RdfFormat.JSON_LD)}
    known = {str(q.triple) for q in parse(turtle.encode(), RdfFormat.TURTLE)}
    plain = {triple for triple in said if "_:" not in triple}  # the nodes of a list have no name to compare
    assert plain
    assert plain <= known


async def test_each_indicator_and_dimension_has_an_address(client: aiohttp.ClientSession) -> None:
    for name in indicators():
        assert (await got(client, f"/ns/indicators/{name}", "application/ld+json"))[0] == 200
    for name in dimensions():
        assert (await got(client, f"/ns/concepts/{name}"))[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/ns/nothing", "/ns/indicators/nothing", "/ns/concepts/..%2findicators", "/ns/../config.toml", "/ns/%2e%2e/x.ttl"],
)
async def test_what_is_not_there_is_not_found(client: aiohttp.ClientSession, path: str) -> None:
    assert (await got(client, path))[0] == 404


async def test_a_type_nobody_can_serve_is_refused(client: aiohttp.ClientSession) -> None:
    assert (await got(client, "/ns/indicators", "image/png"))[0] == 406


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_a_person_gets_pages(client: aiohttp.ClientSession, lang: str) -> None:
    names = [*indicators()][:3]
    paths = ["/ns/", *(f"/ns/indicators/{name}" for name in [*names, "buildingReuseRate"]), "/ns/concepts/typology"]
    for path in paths:
        status, media, html = await got(client, f"{path}?lang={lang}", "text/html")
        assert (status, media) == (200, "text/html"), path
        assert f'<html lang="{lang}">' in html


async def test_the_reference_shows_every_indicator(client: aiohttp.ClientSession) -> None:
    _, _, html = await got(client, "/ns/", "text/html")
    assert all(f"/ns/indicators/{name}?" in html for name in indicators())
