"""The pages of the territories: codes of today and of the past, two hierarchies, what is there, in three dresses."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from node.app import build_app, runner_of
from node.context import Node, init_node
from node.layers import Told, layer_of
from node.store import layers
from tests.node.filled import a_figure, a_place, fill
from tests.node.net import free_ports
from vocab.model import Address, Place

LANGUAGES = ("fr", "en")


class Council:
    """A council on loopback, and what it answers."""

    def __init__(self, node: Node, client: aiohttp.ClientSession) -> None:
        self.node, self._client = node, client

    async def text(self, path: str, status: int = 200) -> str:
        async with self._client.get(path) as answer:
            assert answer.status == status, path
            return await answer.text()

    async def json(self, path: str) -> dict[str, Any]:
        async with self._client.get(path) as answer:
            assert answer.status == 200, path
            found: dict[str, Any] = await answer.json()
            return found

    async def csv(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(await self.text(path))))


def lieu(n: int, commune: str, **more: object) -> dict[str, object]:
    name = str(more.pop("name", f"Lieu {n}"))
    return a_place(
        n, Place(f"https://site{n}.example/places/lieu#place", name, Address(commune)), commune=commune, **more
    )


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Council]:
    node = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    places = [
        lieu(0, "23096"),
        lieu(1, "75056", kind="listing", name="=cmd|<b>Lieu</b>"),
        lieu(2, "84007"),
        lieu(3, "69123"),
        lieu(4, "23096", operator="urn:siren:000000009"),
    ]
    fill(node, places, [a_figure(0, "visits", 700), a_figure(2, "visits", 50), a_figure(4, "visits", 11)])
    runner, port = runner_of(build_app(node)), free_ports(1)[0]
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        yield Council(node, client)
    await runner.cleanup()
    node.close()


def visits(said: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in said["totals"] if row["indicator"] == "visits")


@pytest.mark.parametrize(
    ("code", "level", "name", "total", "counts"),
    [
        ("23096", "commune", "Guéret", "711", (2, 2, 2)),
        ("200034825", "epci", "CA du Grand Guéret", "711", (2, 2, 2)),
        ("23", "departement", "Creuse", "711", (2, 2, 2)),
        ("FR", "country", "France", "761", (3, 4, 5)),
        ("75056", "commune", "Paris", None, (0, 0, 1)),
    ],
)
async def test_totals_and_places_of_a_territory(
    council: Council, code: str, level: str, name: str, total: str | None, counts: tuple[int, int, int]
) -> None:
    said = await council.json(f"/territories/{code}.json")
    assert (said["level"], said["code"], said["name"]) == (level, code, name)
    row = visits(said)
    assert (row["value"], row["period"]) == (total, "2025")
    assert (row["n_reporting"], row["n_connected"], row["n_known"]) == counts
    assert len(said["places"]) == counts[2]
    table = await council.csv(f"/territories/{code}.csv")
    assert [each["value"] for each in table if each["indicator"] == "visits"] == [total or ""]
    assert {(each["level"], each["code"]) for each in table} == {(level, code)}


async def test_the_rows_are_those_of_the_totals(council: Council) -> None:
    """A page reads the ground of its own area only: nothing may change by it."""
    from node.views.totals import totals

    for level, code in (("commune", "23096"), ("epci", "200034825"), ("region", "84"), ("country", "FR")):
        said = await council.json(f"/territories/{code}.json?level={level}")
        for row in said["totals"]:
            (same,) = [r for r in totals(council.node, row["indicator"], level, row["period"]) if r.area == code]
            assert same.to_json().items() <= row.items()


async def test_a_number_of_two_levels(council: Council) -> None:
    """84 is the Vaucluse, and the region Auvergne-Rhône-Alpes: the département unless the level is said."""
    plain, region = await council.json("/territories/84.json"), await council.json("/territories/84.json?level=region")
    assert (plain["level"], plain["name"], visits(plain)["value"]) == ("departement", "Vaucluse", "50")
    assert (region["level"], region["name"], visits(region)["n_known"]) == ("region", "Auvergne-Rhône-Alpes", 1)
    for lang in LANGUAGES:
        page = await council.text(f"/territories/84?lang={lang}")
        assert f'href="/territories/84?level=region&amp;lang={lang}"' in page
        other = await council.text(f"/territories/84?level=region&lang={lang}")
        assert "Auvergne-Rhône-Alpes</h1>" in other
        assert f'href="/territories/84?lang={lang}"' in other
    assert (await council.json("/territories/84.json?level=epci"))["level"] == "departement"


@pytest.mark.parametrize(
    ("code", "now", "fr", "en"),
    [
        (
            "75110",
            "75056",
            "code d&#39;un arrondissement de Paris (75056)",
            "code of an arrondissement of Paris (75056)",
        ),
        (
            "69152",
            "69149",
            "commune déléguée de Oullins-Pierre-Bénite",
            "delegated municipality of Oullins-Pierre-Bénite",
        ),
        ("69232", "69123", "ancien code", "code of the past"),
    ],
)
async def test_a_code_that_is_no_municipality_of_today(council: Council, code: str, now: str, fr: str, en: str) -> None:
    said = await council.json(f"/territories/{code}.json")
    assert (said["written"], said["code"]) == (code, now)
    for lang, words in (("fr", fr), ("en", en)):
        assert words in await council.text(f"/territories/{code}?lang={lang}")
        assert words not in await council.text(f"/territories/{now}?lang={lang}")


async def test_epci_are_a_hierarchy_of_their_own(council: Council) -> None:
    """Redon Agglomération has communes in three départements, of two regions."""
    crossing = await council.json("/territories/243500741.json")
    assert [(each["level"], each["code"]) for each in crossing["within"]] == [("country", "FR")]
    assert {each["code"] for each in crossing["across"]} == {"35", "44", "56"}
    commune = await council.json("/territories/23096.json")
    assert [each["code"] for each in commune["within"]] == ["23", "75", "FR"]
    assert [each["code"] for each in commune["across"]] == ["200034825"]
    creuse = await council.json("/territories/23.json")
    assert "200034825" in {each["code"] for each in creuse["across"]}
    assert {each["level"] for each in creuse["below"]} == {"commune"}


async def test_what_is_below(council: Council) -> None:
    region = await council.json("/territories/84.json?level=region")
    assert [(each["code"], each["described"]) for each in region["below"] if each["described"]] == [("69", 1)]
    assert len(region["below"]) == 12
    country = await council.json("/territories/FR.json")
    assert {each["level"] for each in country["below"]} == {"region"}
    assert {(each["code"], each["described"], each["listed"]) for each in country["below"] if each["listed"]} == {
        ("11", 0, 1)
    }
    creuse = await council.json("/territories/23.json")
    assert [(each["code"], each["described"]) for each in creuse["below"]] == [("23096", 2)]


async def test_what_layers_say_of_a_municipality(council: Council) -> None:
    told = Told("qpv", title="Quartiers <prioritaires>", source="liste <de> l'État", date="2024-06")
    read = layer_of(b"code\n23096\n", told, "2026")
    council.node.store.write(lambda connection: layers.put(connection, read.layer, read.classes))
    for code, member in (("23096", "yes"), ("75056", "no")):
        said = await council.json(f"/territories/{code}.json")
        assert said["layers"] == {"qpv": {"class": member, "source": "liste <de> l'État", "date": "2024-06"}}
    assert (await council.json("/territories/75056.json"))["townsize"] == "200000-"
    page = await council.text("/territories/23096?lang=fr")
    assert "Quartiers &lt;prioritaires&gt;" in page
    assert "liste &lt;de&gt; l&#39;État, juin 2024" in page
    assert "petite ville : 10 000 à 19 999 habitants" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert (await council.json("/territories/23.json"))["layers"] == {}


async def test_names_of_places_are_text(council: Council) -> None:
    page = await council.text("/territories/75056?lang=fr")
    assert "<b>Lieu</b>" not in page
    assert "=cmd|&lt;b&gt;Lieu&lt;/b&gt;" in page


async def test_listings_stand_apart(council: Council) -> None:
    page = await council.text("/territories/FR?lang=fr")
    described, listed = page.index("Lieu 0"), page.index("=cmd|")
    assert described < page.index("répertoriés, pas encore connectés") < listed


@pytest.mark.parametrize("code", ["99999", "999999999", "ZZ", "2Z004", "23000"])
async def test_an_unknown_code_is_said(council: Council, code: str) -> None:
    for lang in LANGUAGES:
        await council.text(f"/territories/{code}?lang={lang}", 404)
    await council.text(f"/territories/{code}.json", 404)
    await council.text(f"/territories/{code}.csv", 404)


async def test_a_search(council: Council) -> None:
    found = await council.json("/territories.json?q=gu%C3%A9ret")
    assert [each["code"] for each in found["territories"]] == ["23096", "200034825"]
    part = await council.csv("/territories.csv?q=pierre+b%C3%A9nite")
    assert [(each["code"], each["name"]) for each in part] == [("69149", "Oullins-Pierre-Bénite")]
    by_code = await council.json("/territories.json?q=2b")
    assert [(each["level"], each["name"]) for each in by_code["territories"][:1]] == [("departement", "Haute-Corse")]
    for lang, none in (("fr", "Aucun territoire de ce nom"), ("en", "No territory of this name")):
        page = await council.text(f"/territories?q=gu%C3%A9ret&lang={lang}")
        assert f'href="/territories/23096?lang={lang}"' in page
        page = await council.text(f"/territories?q=%3Cscript%3E&lang={lang}")
        assert none in page
        assert "<script>" not in page


async def test_every_region_and_departement_is_listed(council: Council) -> None:
    listed = await council.csv("/territories.csv")
    assert {each["level"] for each in listed} == {"region", "departement"}
    page = await council.text("/territories?lang=fr")
    for row in listed:
        level = "level=region&amp;" if row["level"] == "region" else ""
        assert f'href="/territories/{row["code"]}?{level}lang=fr"' in page
