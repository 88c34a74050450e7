"""The page of the founding question: what is loaded, what is not, and the same figures in its files."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from node.app import build_app, runner_of
from node.context import Node, init_node
from node.layers import Told, layer_of
from node.store import layers
from tests.node.filled import a_place, fill
from tests.node.net import free_ports
from vocab.model import Address, Place

FDT = "fabrique-de-territoire"


def supported(n: int, commune: str) -> dict[str, object]:
    place = Place(f"https://site{n}.example/places/lieu#place", f"Lieu {n}", Address(commune), programme=(FDT,))
    return a_place(n, place, commune=commune)


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[tuple[Node, aiohttp.ClientSession]]:
    node = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    nowhere = supported(4, "23096") | {"commune": None}
    fill(node, [supported(0, "23096"), supported(1, "89024"), supported(2, "56178"), a_place(3), nowhere])
    runner, port = runner_of(build_app(node)), free_ports(1)[0]
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        yield node, client
    await runner.cleanup()
    node.close()


def put(node: Node, name: str, *codes: str) -> None:
    read = layer_of("\n".join(("code", *codes)).encode(), Told(name, source=f"liste <{name}>", date="2024"), "2026")
    node.store.write(lambda connection: layers.put(connection, read.layer, read.classes))


async def test_what_is_not_loaded_is_said(council: tuple[Node, aiohttp.ClientSession]) -> None:
    _, client = council
    page = await (await client.get("/where?lang=fr")).text()
    assert page.count("maillage territory load FICHIER --layer") == 4
    said = await (await client.get("/where.json")).json()
    assert said["not_loaded"] == ["qpv", "acv", "pvd", "density"]
    assert {row["division"] for row in said["rows"]} == {"townsize"}


async def test_shares_of_places_beside_those_of_people(council: tuple[Node, aiohttp.ClientSession]) -> None:
    node, client = council
    put(node, "qpv", "23096", "13004")
    put(node, "acv", "23096", "89024")
    said = await (await client.get("/where.json")).json()
    rows = {(row["division"], row["area"], row["group"]): row for row in said["rows"]}
    assert [(rows["qpv+acv", area, FDT]["n"]) for area in ("qpv", "acv", "both", "neither")] == [0, 1, 1, 1]
    assert (rows["qpv", "yes", FDT]["share"], rows["qpv", "yes", FDT]["of"]) == ("0.333333", 3)
    assert rows["qpv", "yes", "all"]["share"] == "0.5"
    assert said["unplaced"] == {FDT: 1, "manufacture-de-proximite": 0, "all": 1}
    table = list(csv.DictReader(io.StringIO(await (await client.get("/where.csv")).text())))
    assert len(table) == len(said["rows"])
    assert {row["source"] for row in table if row["division"] == "qpv+acv"} == {"liste <acv> ; liste <qpv>"}
    for lang, words in (("fr", "33,3 %"), ("en", "33.3 %")):
        page = await (await client.get(f"/where?lang={lang}")).text()
        assert words in page
        assert "liste &lt;qpv&gt;" in page


async def test_classes_are_no_list_of_members(council: tuple[Node, aiohttp.ClientSession]) -> None:
    """A column of numbers of neighbourhoods divides places, and does not say who is in: nothing is crossed with it."""
    node, client = council
    read = layer_of(b"code,qpv\n23096,3\n89024,0\n56178,1\n", Told("qpv", source="x", date="2024"), "2026")
    node.store.write(lambda connection: layers.put(connection, read.layer, read.classes))
    put(node, "acv", "23096")
    said = await (await client.get("/where.json")).json()
    assert said["not_loaded"] == ["qpv", "pvd", "density"]
    assert list(dict.fromkeys(row["division"] for row in said["rows"])) == ["qpv", "acv", "townsize"]
    here = [(row["area"], row["n"]) for row in said["rows"] if (row["division"], row["group"]) == ("qpv", FDT)]
    assert here == [("0", 1), ("1", 1), ("3", 1), ("unstated", 0)]


async def test_a_closed_place_counts_no_more(council: tuple[Node, aiohttp.ClientSession]) -> None:
    node, client = council
    fill(node, [supported(0, "23096"), supported(1, "89024") | {"status": "closed", "closed": "2024"}])
    said = await (await client.get("/where.json")).json()
    assert {row["of"] for row in said["rows"] if row["group"] in (FDT, "all")} == {1}
    assert {row["share"] for row in said["rows"] if row["group"] == "manufacture-de-proximite"} == {None}
    page = await (await client.get("/where?lang=fr")).text()
    assert "–" in page
