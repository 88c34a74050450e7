"""Every page that has files, found among the routes: its three dresses in both languages, and what none may hold."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from node.app import build_app
from node.context import Node, init_node
from node.store.schema import answers, campaigns, quarantine, restricted_answers, restricted_quarantine
from tests.node.filled import a_figure, a_place, fill
from vocab.model import Address, Operator, Place
from vocab.reference import indicators

SECRET = re.compile(r"918.?273|645.?546")
HOSTILE = '"><script>alert(1)</script>'
FORMULA = "=HYPERLINK(1)"
PARTS = {"id": ("visits", "directJobsFte", "use", "work"), "code": ("23", "FR", "23096"), "path": ("x",)}
NAMES = ("visits", "events", "eventAttendance", "directJobsFte", "floorArea", "energyUse", "hoursGiven")


def written(n: int, name: str) -> Place:
    address = Address("23096", name, "23000", name)
    about = {"fr": name, "en": name}
    return Place(f"https://site{n}.example/places/lieu#place", name, address, summary=about, operator=Operator(name))


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Twelve places with public figures of two years, two that say something hostile, figures that are not public."""
    folder = tmp_path_factory.mktemp("every") / "n"
    node = init_node(folder, "https://council.example", ("aggregator",), HOSTILE, {})
    places = [a_place(n) for n in range(12)] + [a_place(n, kind="listing") for n in range(14, 20)]
    places += [a_place(12, written(12, HOSTILE)), a_place(13, written(13, FORMULA))]
    public = [
        a_figure(n, name, 10 * n + 5, period=year, method=FORMULA if n == 3 else "door-counter.v2")
        for n in range(12)
        for name in NAMES
        for year in ("2024", "2025")
    ]
    hidden = [a_figure(n, name, 918273, period=year) for n in (12, 13) for name in NAMES for year in ("2024", "2025")]
    fill(node, places, public, hidden)
    mistake = json.dumps([{"field": "x", "code": "number.bad", "params": {"value": "645546"}}])
    said = {"document": "https://site12.example/d", "actor": "https://site12.example/places/lieu", "seq": 99}
    with node.cache.restricted.write() as restricted:
        restricted.execute(insert(restricted_quarantine).values(said | {"errors": mistake}))
        about = {"place": said["actor"] + "#place", "period": "2025", "first": "2026-01-01T00:00:00Z"}
        restricted.execute(insert(restricted_answers).values(said | about))
    with node.cache.public.write() as connection:
        wrong = json.dumps([{"field": HOSTILE, "code": "number.bad", "params": {"value": FORMULA}}])
        connection.execute(insert(quarantine).values(said | {"seq": 98, "errors": wrong}))
        connection.execute(insert(answers).values(said | about | {"seq": 97, "period": "2024"}))
    asked = {"period": "2025", "until": "2026-12-31", "opened": "2026-01-01T00:00:00Z"}
    node.store.write(lambda truth: truth.execute(insert(campaigns).values(asked)))
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    async with TestServer(build_app(council)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


def pages(node: Node) -> dict[str, str]:
    """The path of each page that has files, and that of its files, with what stands for each part of a path."""
    paths = {resource.canonical for resource in build_app(node).router.resources()}
    bases = sorted(path.removesuffix(".csv") for path in paths if path.endswith(".csv") and path != "/totals.csv")
    found: dict[str, str] = {}
    for base in bases:
        part = re.search(r"\{(\w+)\}", base)
        for value in PARTS[part[1]] if part else ("",):
            path = base.replace(part[0], value) if part else base
            if base.startswith(("/indicators/", "/themes/")) and (value in indicators()) != base.startswith("/ind"):
                continue
            found["/" if path == "/index" else path] = path
    return found


async def test_the_pages_of_a_council_are_found(council: Node) -> None:
    assert set(pages(council)) >= {
        "/", "/places", "/quality", "/indicators", "/indicators/directJobsFte", "/themes/use", "/territories",
        "/territories/23096", "/where", "/campaign",
    }  # fmt: skip


async def test_every_page_in_both_languages_and_three_dresses(council: Node, client: aiohttp.ClientSession) -> None:
    for page, files in pages(council).items():
        for lang in ("fr", "en"):
            for address in (page, files + ".json", files + ".csv"):
                where = f"{address} {lang}"
                async with client.get(address, params={"lang": lang, "period": "2025"}) as answer:
                    body = await answer.text()
                    assert answer.status == 200, where
                    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
                    licensed = 'etalab-2.0>; rel="license"' in answer.headers.get("Link", "")
                    assert licensed == (address != page), where
                assert not SECRET.search(body), where
                if address.endswith(".json"):
                    is_json(json.loads(body), address)
                elif address.endswith(".csv"):
                    is_table(body, where)
                else:
                    assert f'<html lang="{lang}">' in body, where
                    assert not re.search(r"<script|javascript:|\son\w+=|style=", body), where
                    assert f'href="{files}.json?lang={lang}&amp;period=2025"' in body, where
                    assert f'href="{files}.csv?lang={lang}&amp;period=2025"' in body, where
                    assert len(body.encode()) < 150_000, where


def is_json(said: dict[str, object], address: str) -> None:
    assert str(said["id"]).startswith(f"https://council.example{address}?")
    assert said["license"] == "https://spdx.org/licenses/etalab-2.0"
    assert said["publisher"] == HOSTILE


def is_table(body: str, where: str) -> None:
    head, *rows = csv.reader(io.StringIO(body))
    assert len(set(head)) == len(head), where
    assert {len(row) for row in rows} <= {len(head)}, where
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), where
        assert not cell.startswith("-") or re.fullmatch(r"-[0-9.]+", cell), where


async def test_the_files_of_totals_and_the_graph_hold_no_secret_either(client: aiohttp.ClientSession) -> None:
    for name in NAMES:
        for kind in ("json", "csv"):
            async with client.get(f"/totals.{kind}", params={"indicator": name, "by": "commune"}) as answer:
                assert not SECRET.search(await answer.text())


async def test_the_first_page_says_the_same_as_its_files(client: aiohttp.ClientSession) -> None:
    page = await (await client.get("/?lang=en&period=2025")).text()
    said = await (await client.get("/index.json?period=2025")).json()
    rows = list(csv.DictReader(io.StringIO(await (await client.get("/index.csv?period=2025")).text())))
    assert len(rows) == len(said["totals"]) == 6
    for row, total in zip(rows, said["totals"], strict=True):
        assert (row["indicator"], row["value"]) == (total["indicator"], total["value"] or "")
        assert indicators()[row["indicator"]].label["en"] in page
        counts = (total["n_reporting"], total["n_connected"], total["n_known"])
        assert "{} answering of {} connected of {} known".format(*counts) in page
