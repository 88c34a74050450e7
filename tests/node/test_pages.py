"""Pages over real HTTP: what they say, what they never say, and the headers they come with."""

import re
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import pairwise

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node.app import build_app
from node.context import Node, init_node
from node.web import wording
from node.web.map import drawn, shades
from tests.node.filled import a_figure, a_place, fill
from vocab.model import Address, Hours, Operator, Place
from vocab.reference import indicators

SECRET = "6.875"
HOSTILE = '<script>alert("1")</script>'
LANGUAGES = ("fr", "en")


def described() -> Place:
    """A place that says everything."""
    return Place(
        iri="https://site0.example/places/lieu#place",
        name="L'Établi de Guéret",
        address=Address("23096", "1 rue Exemple", "23000", "Guéret"),
        typology=("coworking", "fablab"),
        building_origin=("station",),
        programme=("france-services",),
        opened="2021-09-01",
        summary={"fr": "Atelier partagé", "en": "Shared workshop"},
        lat=Decimal("46.17"),
        lon=Decimal("1.87"),
        operator=Operator("Association Exemple", "association", "732829320"),
        hours=(Hours(("Mo", "Tu", "We"), "09:00", "18:00"),),
        website="https://etabli.example/",
    )


def hostile() -> Place:
    return Place(
        iri="https://site1.example/places/lieu#place",
        name=HOSTILE,
        address=Address("56178", HOSTILE),
        summary={"fr": HOSTILE},
        operator=Operator(HOSTILE),
        website="javascript:alert(1)",
    )


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("pages") / "council"
    node = init_node(folder, "https://council.example", ("site", "aggregator"), "Conseil", {})
    figures = [
        a_figure(0, "visits", 4210, "E", method="estimate"),
        a_figure(0, "events", 38),
        a_figure(0, "events", 30, breakdown="eventAccess=public"),
        a_figure(0, "eventAttendance", 1512),
        a_figure(0, "energyUse", None, "L"),
        a_figure(0, "publicServiceHosted", 1),
        a_figure(0, "visits", 3980, period="2024"),
        a_figure(2, "energyUse", None, "M"),
    ]
    places = [
        a_place(0, described()),
        a_place(1, hostile()),
        a_place(2),
        *(a_place(n, kind="listing") for n in range(3, 90)),
    ]
    fill(node, places, figures, [a_figure(2, "directJobsFte", SECRET)])
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    async with TestServer(build_app(council)) as server:
        headers = {"Accept": "text/html"}
        async with aiohttp.ClientSession(server.make_url("/"), headers=headers) as session:
            yield session


PAGES = {
    "/": {},
    "/places": {},
    "/network/place": {"id": "https://site0.example/places/lieu#place"},
    "/indicators/visits": {"by": "departement", "period": "2025"},
    "/indicators": {},
    "/themes/use": {},
    "/territories": {},
    "/territories/23": {},
    "/quality": {},
    "/where": {},
    "/campaign": {},
    "/sparql": {},
    "/ns/": {},
    "/ns/indicators/visits": {},
    "/accessibility": {},
}


async def text(client: aiohttp.ClientSession, path: str, **query: str) -> str:
    async with client.get(path, params=query) as answer:
        assert answer.status == 200, path
        return re.sub(r"[ \n]+", " ", await answer.text())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_small_runs_nothing_and_asks_nobody(
    client: aiohttp.ClientSession, path: str, lang: str
) -> None:
    async with client.get(path, params={**PAGES[path], "lang": lang}) as answer:
        body = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
    assert f'<html lang="{lang}">' in body
    assert answer.headers["Content-Language"] == lang
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(body.encode()) < 100_000
    assert not re.search(r"<script|\son\w+=|style=|<iframe|javascript:", body)
    assert not re.search(r'(?:src|action)="(?!/)', body)
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', body)[0].startswith("/static/")


async def test_a_total_says_who_answered(client: aiohttp.ClientSession) -> None:
    french, english = await text(client, "/", lang="fr"), await text(client, "/", lang="en")
    assert "Total des lieux répondants" in french
    assert "1 répondant sur 3 connectés sur 90 connus" in french
    assert "Total of the answering places" in english
    assert "1 answering of 3 connected of 90 known" in english
    assert "4\u202f210" in french
    assert "4,210" in english


async def test_the_year_is_chosen(client: aiohttp.ClientSession) -> None:
    assert "3\u202f980" in await text(client, "/", lang="fr", period="2024")
    assert "4\u202f210" in await text(client, "/", lang="fr", period="1789")


@pytest.mark.parametrize("path", ["/index", "/territories/23", "/themes/use", "/quality", "/indicators"])
@pytest.mark.parametrize("kind", ["json", "csv"])
async def test_a_file_never_answers_for_another_year(client: aiohttp.ClientSession, path: str, kind: str) -> None:
    for period, status in (("2024", 200), ("1789", 400), ("20 24", 400)):
        async with client.get(f"{path}.{kind}", params={"period": period, "lang": "fr"}) as answer:
            assert answer.status == status, period
            assert period in await answer.text()


def row(page: str, name: str) -> str:
    """The row of a figure in a place's table."""
    return next(each for each in page.split("<tr") if f"/indicators/{name}" in each)


async def test_what_is_missing_is_never_a_zero(client: aiohttp.ClientSession) -> None:
    place = await text(client, "/network/place", id=described().iri, lang="fr")
    of = {name: re.findall(r'class="missing">([^<]+)<', row(place, name)) for name in ("energyUse", "events")}
    assert of == {"energyUse": ["non collecté", "pas de chiffre public"], "events": ["pas de chiffre public"]}
    assert not re.search(r"<b>0</b>", place)
    assert "non collecté" in await text(client, "/", lang="fr")
    assert "sans objet" in await text(client, "/network/place", id="https://site2.example/places/lieu#place", lang="fr")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_figure_that_is_not_public_is_counted_and_shown_nowhere(
    client: aiohttp.ClientSession, lang: str
) -> None:
    pages = [await text(client, path, **PAGES[path], lang=lang) for path in PAGES]
    pages += [
        await text(client, "/indicators/directJobsFte", by=by, lang=lang) for by in ("country", "region", "typology")
    ]
    own = await text(client, "/network/place", id="https://site2.example/places/lieu#place", lang=lang)
    pages += [own, await text(client, "/totals.json", indicator="directJobsFte", period="2025")]
    assert not [page for page in pages if SECRET in page or SECRET.replace(".", ",") in page or "6,88" in page]
    assert ("1 chiffre non public" if lang == "fr" else "1 figure that is not public") in own


async def test_a_place_says_everything(client: aiohttp.ClientSession) -> None:
    page = await text(client, "/network/place", id=described().iri, lang="fr")
    for said in (
        "L&#39;Établi de Guéret", "Atelier partagé", "Fablab, makerspace", "1 rue Exemple", "Creuse",
        "du lundi au mercredi",
        "09:00 – 18:00", "Association Exemple", "SIREN 732829320",
        "1er septembre 2021", "Gare", "France services",
        "https://etabli.example/", "estimé", "estimation", "39,79", "calculé", "Licence Ouverte 2.0", "document",
        "https://site0.example/places/lieu.jsonld",
    ):  # fmt: skip
        assert said in page, said
    assert "Shared workshop" in await text(client, "/network/place", id=described().iri, lang="en")


async def test_what_a_stranger_wrote_stays_text(client: aiohttp.ClientSession) -> None:
    for path, query in (("/", {}), ("/places", {}), ("/network/place", {"id": hostile().iri})):
        page = await text(client, path, **query)
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    assert "javascript:" not in await text(client, "/network/place", id=hostile().iri)
    assert "<script" not in await text(client, "/places", q=HOSTILE)


@pytest.mark.parametrize("by", ["country", "region", "departement", "epci", "typology"])
async def test_any_indicator_by_any_division(client: aiohttp.ClientSession, by: str) -> None:
    for name in ("visits", "placesCount", "publicServiceHosted", "members"):
        page = await text(client, f"/indicators/{name}", by=by, lang="en")
        assert indicators()[name].label["en"] in page
        assert f"/indicators/{name}.csv?by={by}" in page
    for path, status in (
        ("/visit", 404),
        ("/visits?by=nowhere", 400),
        ("/visits?period=never", 400),
        ("/qqq", 404),
        ("/visits?period=2025-12-31", 400),
        ("/floorArea?period=2025-12-31", 200),
    ):
        for kind in ("", ".json", ".csv"):
            name, _, query = path.partition("?")
            assert (await client.get(f"/indicators{name}{kind}?{query}")).status == status


async def test_the_lists_of_the_network_have_moved(client: aiohttp.ClientSession) -> None:
    for path, to in (
        ("places?q=lieu", "/places?q=lieu"),
        ("totals?indicator=events&by=region", "/indicators/events?by=region"),
    ):
        answer = await client.get(f"/network/{path}", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (301, to)


async def test_the_language_is_asked_or_preferred(client: aiohttp.ClientSession) -> None:
    async with client.get("/", headers={"Accept-Language": "en-GB,fr;q=0.5"}) as answer:
        assert answer.headers["Content-Language"] == "en"
    async with client.get("/", headers={"Accept-Language": "de"}) as answer:
        assert answer.headers["Content-Language"] == "fr"
    page = await text(client, "/indicators/visits", indicator="events", by="region", lang="fr")
    assert 'href="?indicator=events&amp;by=region&amp;lang=en"' in page


async def test_an_unchanged_page_is_not_sent_again(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as answer:
        etag = answer.headers["ETag"]
    async with client.get("/", headers={"If-None-Match": etag}) as again:
        assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/network/place?id=https://nowhere.example/", "/places/nobody", "/listings/anct/none"]
)
async def test_what_is_not_there_is_said_plainly(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path, params=None) as answer:
        assert answer.status == 404
        assert "Cette page n&#39;existe pas" in await answer.text()


async def test_only_our_own_files_are_served(client: aiohttp.ClientSession) -> None:
    for name, status in (("maillage.css", 200), ("icon.svg", 200), ("..%2Fplain.py", 404), ("outlines.json", 404)):
        async with client.get(f"/static/{name}") as answer:
            assert answer.status == status


async def test_a_site_shows_its_places_and_no_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    node = init_node(tmp_path_factory.mktemp("site") / "site", "https://site0.example", ("site",), "L'Établi", {})
    fill(node, [a_place(0, described())], [a_figure(0, "visits", 4210)])
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        async with session.get("/", headers={"Accept": "text/html"}) as answer:
            assert "L&#39;Établi de Guéret" in await answer.text()
        async with session.get("/places/lieu", headers={"Accept": "text/html"}) as answer:
            assert "@lieu@site0.example" in await answer.text()
        for path in ("/places", "/indicators/visits", "/sparql", "/totals.json"):
            async with session.get(path, headers={"Accept": "text/html"}) as answer:
                assert answer.status == 404, path
    node.close()


def test_the_map_has_every_departement_and_no_shade_for_nothing() -> None:
    made = drawn(
        {"23": Decimal(0), "75": Decimal(7), "974": None}, {}, [(Decimal("1.87"), Decimal("46.17"), "23", "Guéret")]
    )
    shades_of = {code: {s.shade for s in made.shapes if s.code == code} for code in ("23", "75", "974", "01")}
    assert shades_of == {"23": {"2"}, "75": {"4"}, "974": {"none"}, "01": {"none"}}
    assert len({shape.code for shape in made.shapes}) == 101
    width, height = map(int, made.view.split()[2:])
    assert [(0 < dot.x < width, 0 < dot.y < height) for dot in made.dots] == [(True, True)]


def test_equal_values_have_one_shade() -> None:
    keys = shades([Decimal(1)] * 60 + [Decimal(n) for n in range(2, 30)])
    assert (keys[0].low, keys[0].high) == (1, 1)
    assert all(a.high < b.low for a, b in pairwise(keys))
    assert len({key.shade for key in keys}) == len(keys) <= 5
    assert shades([]) == ()


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        ("1234567.891", "1\u202f234\u202f567,89", "1,234,567.89"),
        ("4", "4", "4"),
        ("0.5", "0,5", "0.5"),
        ("-12", "-12", "-12"),
    ],
)
def test_numbers_in_both_languages(value: str, french: str, english: str) -> None:
    assert (wording.number(Decimal(value), "fr"), wording.number(Decimal(value), "en")) == (french, english)


def test_french_signs_stay_with_their_words() -> None:
    french = wording.typeset("Où ? Dans : « Guéret » ; 10 000 à 19 999, 50 % et 2 lieux !", "fr")
    assert french.replace("\u202f", "_").replace("\u00a0", "~") == (
        "Où_? Dans~: «_Guéret_»_; 10_000 à 19_999, 50_% et 2 lieux_!"
    )
    assert wording.typeset("Where? 10 000 : x", "en") == "Where? 10 000 : x"


def test_every_unit_and_status_has_words() -> None:
    for lang in LANGUAGES:
        for rule in indicators().values():
            assert "{" not in wording.unit(rule.unit, lang), rule.unit
    assert wording.unit("{visit}", "fr", Decimal(1)) == "passage"
    assert wording.period("2024-07-01/P1Y", "en") == "accounting year from 1 July 2024"
    assert wording.period("2025-12-31", "fr") == "31 décembre 2025"
    assert wording.pieces(("Sa", "Mo"), "en") == "Monday, Saturday"


@pytest.mark.parametrize("path", ["/", "/places", "/login", "/places/nowhere"])
async def test_every_page_leads_to_what_is_said_of_its_accessibility(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path, params={"lang": "fr"}) as answer:
        assert 'href="/accessibility?lang=fr"' in await answer.text()
    assert "Aucun audit complet" in await text(client, "/accessibility", lang="fr")
