"""`/places` over real HTTP: the list, what it is filtered by, and files that hold every place found."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node.app import build_app
from node.context import Node, init_node
from node.views.places import COLUMNS, PAGE
from node.web.map import VIEW, drawn
from tests.node.filled import a_place, fill
from vocab.model import Address, Place

FORMULA = "=HYPERLINK(1)"
HOSTILE = '"><script>alert(1)</script>'


def place(n: int, name: str, commune: str, **more: Any) -> dict[str, object]:
    kind = more.pop("kind", "description")
    about = Place(f"https://site{n}.example/places/lieu#place", name, Address(commune), **more)
    return a_place(n, about, commune=commune, kind=kind)


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = init_node(tmp_path_factory.mktemp("places") / "n", "https://council.example", ("aggregator",), "Conseil", {})
    at = {"lat": Decimal("46.17"), "lon": Decimal("1.87")}
    places = [
        place(0, "L'Établi", "23096", typology=("makerspace",), programme=("fabrique-de-territoire",), **at),
        place(1, FORMULA, "56178", typology=("coworking",), website="javascript:alert(1)"),
        place(2, HOSTILE, "97411", kind="listing", website="https://ok.example/"),
        *(a_place(n, kind="listing") for n in range(3, 60)),
        a_place(60, kind="listing") | {"commune": None, "departement": None, "region": None, "epci": None},
    ]
    fill(node, places)
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    html = {"Accept": "text/html"}
    async with (
        TestServer(build_app(council)) as server,
        aiohttp.ClientSession(server.make_url("/"), headers=html) as session,
    ):
        yield session


async def text(client: aiohttp.ClientSession, path: str = "/places", **query: str) -> str:
    async with client.get(path, params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def names(client: aiohttp.ClientSession, **query: str) -> list[str]:
    async with client.get("/places.json", params=query) as answer:
        said = await answer.json()
    assert said["count"] == len(said["places"]) == sum(said["kinds"].values())
    return [each["name"] for each in said["places"]]


async def test_files_hold_every_place_found_whatever_the_page(client: aiohttp.ClientSession) -> None:
    rows = list(csv.DictReader(io.StringIO(await text(client, "/places.csv", page="2"))))
    assert len(rows) == len(await names(client)) == 61
    assert tuple(rows[0]) == COLUMNS
    assert not {column for column in COLUMNS if "mail" in column or "phone" in column}
    [named] = [row for row in rows if row["name"] == "L'Établi"]
    assert (named["typology"], named["lat"], named["commune"], named["connected"]) == (
        "makerspace",
        "46.17",
        "23096",
        "1",
    )
    assert (await text(client)).count('class="card place"') == PAGE
    assert (await text(client, page="2")).count('class="card place"') == 61 - PAGE
    assert (await text(client, page="999")).count('class="card place"') == 61 - PAGE


async def test_a_cell_runs_nothing_in_a_spreadsheet_and_an_address_nothing_in_a_browser(
    client: aiohttp.ClientSession,
) -> None:
    rows = list(csv.DictReader(io.StringIO(await text(client, "/places.csv"))))
    assert "'" + FORMULA in {row["name"] for row in rows}
    assert {row["website"] for row in rows} == {"", "https://ok.example/"}
    page = await text(client, q=HOSTILE)
    assert "<script" not in page
    assert "&lt;script&gt;" in await text(client, departement="974")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "etabli"}, ["L'Établi"]),
        ({"q": "GUÉRET établi"}, ["L'Établi"]),
        ({"q": "100%_zz"}, []),
        ({"q": "%"}, []),
        ({"kind": "description"}, [FORMULA, "L'Établi"]),
        ({"typology": "makerspace", "kind": "description"}, ["L'Établi"]),
        ({"typology": "fablab", "kind": "description"}, ["L'Établi"]),
        ({"programme": "fabrique-de-territoire"}, ["L'Établi"]),
        ({"region": "53", "kind": "description"}, [FORMULA]),
        ({"departement": "56", "kind": "description"}, [FORMULA]),
        ({"epci": "200067932", "typology": "cultural"}, []),
        ({"commune": "23096", "kind": "description"}, ["L'Établi"]),
    ],
)
async def test_filters(client: aiohttp.ClientSession, query: dict[str, str], expected: list[str]) -> None:
    assert sorted(await names(client, **query)) == sorted(expected)


async def test_listings_stand_apart_from_connected_places(client: aiohttp.ClientSession) -> None:
    page = await text(client, lang="fr")
    first, second = page.index("Lieux connectés"), page.index("Lieux répertoriés, pas encore connectés")
    assert first < page.index("Établi</a>") < second < page.index("Lieu 10")
    assert "Aucun lieu ne correspond" in await text(client, q="zzz", lang="fr")
    assert "Known places" in await text(client, lang="en")


async def test_a_territory_narrows_the_menus_and_the_map(client: aiohttp.ClientSession) -> None:
    page = await text(client, departement="23")
    assert VIEW not in page
    assert '<option value="23096"' in page
    assert '<option value="56178"' not in page
    assert "/places.csv?departement=23" in page


@pytest.mark.parametrize(
    ("name", "value"),
    [("departement", "99Z"), ("region", "0"), ("epci", "1"), ("commune", "00000"), ("typology", "x"),
     ("programme", "x"), ("kind", "both"), ("page", "-1"), ("page", "²"), ("departement", HOSTILE)],
)  # fmt: skip
async def test_what_cannot_be_asked_is_said_in_words(client: aiohttp.ClientSession, name: str, value: str) -> None:
    for lang, said in (("fr", "n'est pas"), ("en", "is not")):
        for path in ("/places", "/places.json", "/places.csv"):
            async with client.get(path, params={name: value, "lang": lang}) as answer:
                body = (await answer.text()).replace("&#39;", "'")
                assert (answer.status, said in body) == (400, True), (path, body)
                assert answer.content_type == ("text/html" if path == "/places" else "application/problem+json")
                assert "<script" not in body or path != "/places"


async def test_a_former_commune_leads_to_the_present_one(client: aiohttp.ClientSession) -> None:
    async with client.get("/places.json", params={"commune": "75101"}) as answer:
        assert (await answer.json())["asked"] == {"commune": "75056"}


async def test_the_earlier_address_leads_here(client: aiohttp.ClientSession) -> None:
    async with client.get("/network/places?q=%C3%A9tabli&lang=en", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, "/places?q=%C3%A9tabli&lang=en")


async def test_a_place_of_this_node_keeps_its_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`/places` is the list; `/places/SLUG` is negotiated as ever."""
    from node.places import add_place
    from node.project import catch_up
    from node.publish import publish
    from tests.node.net import make
    from tests.node.net import place as of_node

    node = make(tmp_path_factory.mktemp("both"), 9001, [9001], "aggregator", "site")
    add_place(node, "etabli", of_node(node, "etabli"))
    publish(node)
    catch_up(node)
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        for accept, kind in (("text/html", "text/html"), ("application/activity+json", "application/activity+json")):
            async with session.get("/places/etabli", headers={"Accept": accept}) as answer:
                assert (answer.status, answer.content_type) == (200, kind)
        async with session.get("/places", headers={"Accept": "application/activity+json"}) as answer:
            assert answer.content_type == "text/html"
    node.close()


def test_a_near_view_holds_what_it_is_about() -> None:
    whole, near = drawn({"23": Decimal(1)}, {}), drawn({"23": Decimal(1)}, {}, around=("23",))
    assert (whole.view, whole.scale) == (VIEW, 1)
    left, top, width, height = map(int, near.view.split())
    assert left < 286 < left + width
    assert top < 295 < top + height
    assert near.scale == width / 640
    assert drawn({}, {}, around=("23", "974")).view == VIEW
