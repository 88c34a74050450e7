"""`/quality` over real HTTP: who answered, how old, how made, what is apart; and never what is not public."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from node.app import build_app
from node.context import Node, init_node
from node.store.schema import answers, quarantine, restricted_answers, restricted_quarantine, warnings
from node.web.quality import COLUMNS
from tests.node.filled import a_figure, a_place, fill
from vocab.model import Address, Place

SECRET, HOSTILE, FORMULA = "918273.5", '"><script>alert(1)</script>', "=HYPERLINK(1)"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def actor(n: int) -> str:
    return f"https://site{n}.example/places/lieu"


def answer(n: int, period: str, first: str) -> dict[str, object]:
    about = {"document": f"{actor(n)}/documents/report-{period}", "actor": actor(n), "place": actor(n) + "#place"}
    return about | {"period": period, "first": first, "seq": n + 1}


def apart(n: int, *mistakes: dict[str, Any]) -> dict[str, object]:
    document = f"{actor(n)}/documents/wrong-{len(mistakes)}"
    return {"seq": 50 + n, "document": document, "actor": actor(n), "errors": json.dumps(mistakes)}


def warning(n: int) -> dict[str, object]:
    about = {"document": f"{actor(n)}/documents/report-2025", "number": 1, "place": actor(n) + "#place", "seq": 1}
    said = {
        "code": "year.high",
        "params": json.dumps({"value": "90000", "before": "900"}),
    }
    return about | said | {"indicator": "visits", "period": "2025", "breakdown": ""}


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Nine connected places: four answered, one of them with figures that are not public; one had closed."""
    folder = tmp_path_factory.mktemp("quality") / "n"
    node = init_node(folder, "https://council.example", ("aggregator",), "Conseil", {}, clock=lambda: NOW)
    named = {7: HOSTILE, 8: FORMULA}
    places = [
        a_place(n, Place(f"{actor(n)}#place", named[n], Address("23096")), commune="23096")
        if n in named
        else a_place(n)
        for n in range(9)
    ]
    places[6] |= {"closed": "2025-06", "status": "closed"}
    places[5] |= {"updated": "2024-01-01T00:00:00Z"}
    figures = [
        a_figure(0, "visits", 4210, "E", method="estimate"),
        a_figure(1, "visits", 100, method="door-counter.v2"),
        a_figure(2, "visits", 100, method="door-counter.v2"),
        a_figure(2, "visits", 90, method="survey-v1", period="2024"),
    ]
    fill(node, [*places, *(a_place(n, kind="listing") for n in range(9, 20))], figures, [a_figure(3, "visits", SECRET)])
    with node.cache.public.write() as public:
        came = [answer(n, "2025", "2026-02-01T00:00:00Z") for n in range(3)]
        public.execute(insert(answers), [*came, answer(4, "2024", "2025-01-15T00:00:00Z")])
        bad = {"field": "observations[0].unit", "code": "unit.wrong", "params": {"value": HOSTILE, "expected": "h"}}
        public.execute(
            insert(quarantine), [apart(7, bad), apart(0, bad, {"field": "x", "code": "doc.bad", "params": {}})]
        )
        public.execute(insert(warnings), [warning(0), warning(7)])
    with node.cache.restricted.write() as restricted:
        restricted.execute(insert(restricted_answers), [answer(3, "2025", "2026-02-02T00:00:00Z")])
        hidden = {"field": SECRET, "code": "siren.bad", "params": {"value": SECRET}}
        restricted.execute(insert(restricted_quarantine), [apart(4, hidden)])
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    async with TestServer(build_app(council)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


async def text(client: aiohttp.ClientSession, path: str = "/quality", **query: str) -> str:
    async with client.get(path, params={"period": "2025"} | query, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def said(client: aiohttp.ClientSession, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await text(client, "/quality.json", **query))
    return found


async def rows(client: aiohttp.ClientSession, section: str, **query: str) -> list[dict[str, str]]:
    table = list(csv.DictReader(io.StringIO(await text(client, "/quality.csv", **query))))
    assert tuple(table[0]) == COLUMNS
    return [row for row in table if row["section"] == section]


async def test_who_answered_is_the_same_in_the_three_dresses(client: aiohttp.ClientSession) -> None:
    found = await said(client)
    assert found["whole"] == {
        "level": "country", "area": "FR", "known": 19, "listed": 11, "connected": 9, "answered": 4
    }  # fmt: skip
    whole, *areas = await rows(client, "coverage")
    assert (whole["area"], whole["known"], whole["answered"]) == ("FR", "19", "4")
    for name in ("known", "listed", "connected", "answered"):
        assert sum(area[name] for area in found["areas"]) == found["whole"][name]
        assert [str(area[name]) for area in found["areas"]] == [area[name] for area in areas]
    page = await text(client, lang="fr")
    assert "<dd>4</dd>" in page
    assert "<dd>9</dd>" in page


async def test_who_is_awaited_has_the_date_of_its_last_public_report(client: aiohttp.ClientSession) -> None:
    found = {each["actor"]: each for each in (await said(client))["awaited"]}
    assert set(found) == {actor(n) for n in (4, 5, 7, 8)}
    assert (found[actor(4)]["last_period"], found[actor(4)]["last_received"]) == ("2024", "2025-01-15T00:00:00Z")
    assert found[actor(5)]["last_period"] is None
    assert (await said(client))["connected_not_open"] == 1
    page = await text(client, lang="fr")
    assert "2024, reçus le 15 janvier 2025" in page
    assert "1 lieu connecté n&#39;était pas ouvert" in page
    assert "2024, received on 15 January 2025" in await text(client, lang="en")
    assert {row["name"] for row in await rows(client, "awaited")} >= {"Lieu 4", "Lieu 5", "'" + FORMULA}


async def test_how_old_and_how_made(client: aiohttp.ClientSession) -> None:
    found = await said(client)
    ages = {each["of"]: each["counts"] for each in found["ages"]}
    assert ages == {"description": [8, 0, 0, 1, 0], "report": [3, 0, 1, 0, 5], "listing": [11, 0, 0, 0, 0]}
    assert [row["n"] for row in await rows(client, "age-report")] == ["3", "0", "1", "0", "5"]
    [made] = found["methods"]
    assert made == {
        "indicator": "visits",
        "places": 3,
        "statuses": {"A": 2, "E": 1},
        "methods": {"door-counter.v2": 2, "estimate": 1},
        "restricted_left_out": 1,
    }
    page = await text(client, lang="fr")
    assert "door-counter.v2 (2)" in page
    assert re.search(r"33\s%", page)


async def test_what_is_odd_and_what_is_apart_is_said_in_words(client: aiohttp.ClientSession) -> None:
    found = await said(client)
    assert [each["place"] for each in found["warnings"]] == [actor(0) + "#place", actor(7) + "#place"]
    assert [each["actor"] for each in found["quarantine"]] == [actor(0), actor(7)]
    assert [row["code"] for row in await rows(client, "quarantine")] == ["unit.wrong", "doc.bad", "unit.wrong"]
    french, english = await text(client, lang="fr"), await text(client, lang="en")
    assert "l&#39;unité est" in french
    assert "1 autre document, non public" in french
    assert "1 other document, not public" in english
    assert "90,000" in english


async def test_nothing_that_is_not_public_and_nothing_that_runs(client: aiohttp.ClientSession) -> None:
    for path in ("/quality", "/quality.json", "/quality.csv"):
        for lang in ("fr", "en"):
            body = await text(client, path, lang=lang)
            assert SECRET not in body
            assert SECRET.partition(".")[0] not in body
            assert path != "/quality" or "<script" not in body
    assert (await said(client))["restricted"] == {"figures_left_out": 1, "places": 1, "quarantine": 1}


async def test_a_region_has_its_own(client: aiohttp.ClientSession) -> None:
    found = await said(client, region="75")
    assert found["whole"]["level"] == "region"
    assert {area["level"] for area in found["areas"]} == {"departement"}
    assert {each["region"] for each in found["awaited"]} == {"75"}
    assert {each["actor"] for each in found["quarantine"]} == {actor(0), actor(7)}
    elsewhere = await said(client, region="53")
    assert (elsewhere["quarantine"], elsewhere["warnings"], elsewhere["restricted"]["figures_left_out"]) == ([], [], 0)
    assert found["region"] == "75"


@pytest.mark.parametrize("query", [{"region": "zz"}, {"region": HOSTILE}, {"page": "x"}])
async def test_what_cannot_be_asked_is_said(client: aiohttp.ClientSession, query: dict[str, str]) -> None:
    for path, lang, words in (("/quality", "fr", "n'est pas"), ("/quality.csv", "en", "is not")):
        async with client.get(path, params=query | {"lang": lang}) as answer:
            body = (await answer.text()).replace("&#39;", "'")
            assert (answer.status, words in body) == (400, True)
            assert path != "/quality" or "<script" not in body


async def test_a_council_that_knows_nobody_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    node = init_node(tmp_path_factory.mktemp("empty") / "n", "https://council.example", ("aggregator",), "", {})
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        for path, words in (("/quality", "Aucun lieu n'est encore connecté"), ("/places", "Aucun lieu ne correspond")):
            async with session.get(path, params={"lang": "fr"}) as answer:
                assert answer.status == 200
                assert words in (await answer.text()).replace("&#39;", "'")
    node.close()
