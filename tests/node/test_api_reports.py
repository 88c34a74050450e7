"""The figures of a place from its own software: what a token may do, what is refused, and the description kept to."""

import io
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from node.api.openapi import described
from node.people import tokens, yearbook
from node.places import add_place
from node.testrig import Rig
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import place

FULL = bool(os.environ.get("MAILLAGE_FULL"))

REPORT = {
    "period": "2025",
    "observations": [
        {"indicator": "visits", "value": "4210", "status": "E", "method": "counter"},
        {"indicator": "events", "value": 38},
        {"indicator": "events", "value": 30, "breakdown": {"eventAccess": "public"}},
        {"indicator": "openingHours", "value": 37.5},
        {"indicator": "volunteerHours"},
    ],
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def send(site: Site, token: str, body: object, **headers: str) -> tuple[int, dict[str, object]]:
    said = {"Content-Type": "application/json"} | headers
    said |= {"Authorization": f"Bearer {token}"} if token else {}
    raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with site.client.post(site.node.config.url + "/api/reports", data=raw, headers=said) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_program_enters_the_figures_of_its_place_and_publishes_none(site: Site) -> None:
    token = tokens.make(site.node, SLUG, "Caisse", "owner")
    status, said = await send(site, token, REPORT)
    assert status == 200, said
    assert (said["place"], said["entered"], said["published"]) == (SLUG, 5, False)
    kept = yearbook.figures(site.node, SLUG)["2025"]
    assert {(each.indicator, each.breakdown): (each.value, each.status) for each in kept} == {
        ("visits", ()): (Decimal(4210), "E"),
        ("events", ()): (Decimal(38), "A"),
        ("events", (("eventAccess", "public"),)): (Decimal(30), "A"),
        ("openingHours", ()): (Decimal("37.5"), "A"),
        ("volunteerHours", ()): (None, "L"),
    }
    assert yearbook.years(site.node, SLUG)[0].state == "draft"
    again = {"period": "2025", "observations": [{"indicator": "visits", "value": "5000"}]}
    assert (await send(site, token, again))[0] == 200
    now = {each.indicator: each.value for each in yearbook.figures(site.node, SLUG)["2025"]}
    assert (now["visits"], now["openingHours"]) == (Decimal(5000), Decimal("37.5"))
    url = site.node.config.url + "/api/reports/2025"
    async with site.client.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        read = await answer.json()
    assert {each["indicator"]: each["value"] for each in read["observations"]}["visits"] == "5000"
    assert yearbook.figures(site.node, OTHER) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"period": "hier"}, "/period"),
        ({"observations": {}}, "/observations"),
        ({"observations": []}, "/observations"),
        ({"observations": [{"indicator": "nothing", "value": "1"}]}, "/observations/0/indicator"),
        ({"observations": [{"indicator": "visits", "value": "beaucoup"}]}, "/observations/0/value"),
        ({"observations": [{"indicator": "visits", "value": True}]}, "/observations/0/value"),
        ({"observations": [{"indicator": "visits", "value": 1, "unit": "kg"}]}, "/observations/0"),
        ({"observations": [{"indicator": "events", "value": 3, "breakdown": {"x": "moon"}}]}, "/observations/0"),
        ({"observations": ["visits"]}, "/observations/0"),
    ],
)
async def test_what_is_wrong_is_pointed_at_and_nothing_is_entered(
    site: Site, change: dict[str, object], field: str
) -> None:
    token = tokens.make(site.node, SLUG, "Caisse", "owner")
    status, said = await send(site, token, REPORT | change)
    assert status == 422
    errors = said["errors"]
    assert isinstance(errors, list)
    assert errors[0]["field"] == field
    assert errors[0]["message"]
    assert yearbook.figures(site.node, SLUG) == {}


async def test_without_a_token_that_opens_nothing_is_read_or_entered(site: Site) -> None:
    token = tokens.make(site.node, SLUG, "Caisse", "owner")
    assert (await send(site, "", REPORT))[0] == 401
    assert (await send(site, token + "x", REPORT))[0] == 401
    assert (await send(site, token, REPORT, Authorization="Basic eDp4"))[0] in (200, 401)
    site.come_in("owner")
    cookie = {"Cookie": f"__Host-maillage={site.cookie}"}
    assert (await send(site, "", REPORT, **cookie))[0] == 401, "a session is no token"
    (only,) = tokens.of(site.node, SLUG)
    tokens.revoke(site.node, OTHER, only.id, "stranger")
    assert (await send(site, token, REPORT))[0] == 200, "another place takes nothing away"
    tokens.revoke(site.node, SLUG, only.id, "owner")
    assert (await send(site, token, REPORT))[0] == 401
    async with site.client.get(site.node.config.url + "/api/reports/2025") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_who_guesses_tokens_waits(site: Site) -> None:
    statuses = [(await send(site, f"maillage_{n}", REPORT))[0] for n in range(22)]
    assert statuses == [401] * 20 + [429] * 2


async def test_bodies_that_are_none(site: Site) -> None:
    token = tokens.make(site.node, SLUG, "Caisse", "owner")
    assert (await send(site, token, b"{"))[0] == 400
    assert (await send(site, token, b"\xff\xfe"))[0] == 400
    assert (await send(site, token, b"[" * 100_000))[0] == 400
    assert (await send(site, token, REPORT, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await send(site, token, b'"' + b"x" * 3_000_000 + b'"'))[0] == 413


async def test_the_owner_makes_a_token_seen_once_and_cuts_it(site: Site) -> None:
    site.come_in("owner")
    html = await (await site.post("/manage/etabli/programs", {"name": "Caisse"})).text()
    found = re.search(r"maillage_[A-Za-z0-9_-]{43}", html)
    assert found is not None
    assert (await send(site, found[0], REPORT))[0] == 200
    html = await (await site.get("/manage/etabli/programs")).text()
    assert "Caisse" in html
    assert found[0] not in html
    (only,) = tokens.of(site.node, SLUG)
    await site.post("/manage/etabli/programs", {"revoke": only.id})
    assert tokens.of(site.node, SLUG) == []
    for kind, status in (("editor", 403), ("reader", 403), ("stranger", 404)):
        site.come_in(kind)
        assert (await site.get("/manage/etabli/programs")).status == status


async def test_the_description_is_served_and_names_every_question(site: Site) -> None:
    async with site.client.get(site.node.config.url + "/api/openapi.json") as answer:
        said = await answer.json()
    assert said == described(site.node.config.url)
    assert "visits" in said["components"]["schemas"]["Observation"]["properties"]["indicator"]["enum"]


SCHEMA = schemathesis.openapi.from_dict(described("http://127.0.0.1"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A node in a process of its own, and the token of one of its places."""
    with Rig(tmp_path_factory.mktemp("api"), {"site": ("site",)}) as rig:
        rig.init("site")
        with rig.node("site") as node:
            add_place(node, SLUG, place(node, SLUG))
            token = tokens.make(node, SLUG, "Caisse", "owner")
        rig.start("site")
        rig.ready("site")
        yield rig["site"].url, token


@SCHEMA.parametrize()
@settings(max_examples=150 if FULL else 25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_to_its_description(case: schemathesis.Case, running: tuple[str, str]) -> None:
    url, token = running
    case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
