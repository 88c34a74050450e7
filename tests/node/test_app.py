"""The application as a whole: every POST says how it knows who speaks; one address serves people and machines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api.authenticator import declared
from node.app import build_app
from node.context import Node
from tests.node.desk import served
from tests.node.net import free_ports, make


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = make(tmp_path, 9001, [9001], "site", "aggregator")
    yield node
    node.close()


def test_every_post_declares_its_authenticator(node: Node) -> None:
    routes = [route for route in build_app(node).router.routes() if route.method not in ("GET", "HEAD", "OPTIONS")]
    assert {route.resource.canonical for route in routes if route.resource} >= {"/inbox", "/places/{slug}/inbox"}
    assert [route.resource.canonical for route in routes if route.resource and not declared(route.handler)] == []


def test_no_address_is_served_twice(node: Node) -> None:
    served = [(route.method, route.resource.canonical) for route in build_app(node).router.routes() if route.resource]
    assert sorted(served) == sorted(set(served))


async def test_half_of_a_link_leads_to_a_page_that_says_so(tmp_path: Path) -> None:
    ports = free_ports(1)
    async with served(make(tmp_path, ports[0], ports)) as site:
        for path in ("/join/half", "/nowhere"):
            page = await site.get(path)
            assert (page.status, page.content_type) == (404, "text/html")
            assert '<html lang="fr">' in await page.text()
            other = await site.get(path, Accept="application/activity+json")
            assert (other.status, other.content_type) == (404, "text/plain")
