"""Fifty readers a second on the public page of a place, while its manager publishes for two hundred followers.

Each request has its moment, whatever became of the one before, and is timed from that moment. What is published is a
year of figures, again and again, with the button of the page; every follower takes documents, on an address of its own,
and every delivery is signed by the process that answers.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
from sqlalchemy import update

from bench.cpu import rss_megabytes
from bench.fanout import follow
from bench.inbox import bare
from node.cli.road import FILES
from node.context import Node
from node.deliveries import counts
from node.people import accounts, roles, sessions
from node.people.roles import Role
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from node.store.schema import peers
from node.testrig import Rig
from vocab.intake.place import place_toml
from vocab.intake.report import report_csv
from vocab.model import Observation, Place

RATE, SECONDS = 50, 30
PUBLICATIONS = 4
FOLLOWERS = 200
_SLUG = "gueret"


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """The 99th percentile and the memory of the process, beside a publication and at peace."""
    with bare() as (url, _), Rig(folder, {"site": ("site",)}) as rig:
        rig.init("site")
        rig.allow(url.removeprefix("http://"))
        with rig.node("site") as node:
            cookie = _place(node)
            follow(node, _SLUG, url, FOLLOWERS)
            node.store.write(lambda connection: connection.execute(update(peers).values(implements=True)))
        rig.start("site")
        rig.ready()
        rig.settled(timeout=120)
        page, pid = f"{rig['site'].url}/places/{_SLUG}", rig.process("site").pid
        calm = asyncio.run(_read(page))
        with rig.node("site") as node:
            busy = asyncio.run(_beside(node, page, cookie))
        memory = rss_megabytes(pid)
        rig.settled(timeout=120)
        with rig.node("site") as node:
            sent = counts(node)["delivered"]
    yield {"measure": "readers", "rate": RATE, **_said(calm), "rss_mb": round(memory, 1)}
    wanted = {"wanted_p99_ms": 200, "rss_mb": round(memory, 1), "limit_mb": 110}
    yield {"measure": "readers.publishing", "rate": RATE, "delivered": sent, **_said(busy), **wanted}


def _place(node: Node) -> str:
    """A place with what places have, and the session of its manager."""
    place = place_toml((FILES / _SLUG / "place.toml").read_text("utf-8"), node.config.place(_SLUG))
    assert isinstance(place, Place)
    add_place(node, _SLUG, place)
    for file in sorted((FILES / _SLUG).glob("report-????.csv")):
        add_report(node, _SLUG, file.stem[-4:], _figures(file), "public")
    publish(node)
    account = accounts.create(node, "m@example.org", "M", "une phrase bien longue")
    roles.give(node, account.id, _SLUG, Role.OWNER)
    return f"{sessions.COOKIE}={sessions.begin(node, account.id)}"


def _figures(file: Path) -> tuple[Observation, ...]:
    read = report_csv(file.read_bytes(), file.stem[-4:])
    assert all(isinstance(each, Observation) for each in read), read
    return tuple(each for each in read if isinstance(each, Observation))


async def _read(page: str) -> list[float]:
    """Seconds that each reader waited."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        begun = time.monotonic() + 0.1

        async def one(number: int) -> float:
            moment = begun + number / RATE
            await asyncio.sleep(moment - time.monotonic())
            async with client.get(page, headers={"Accept": "text/html"}) as answer:
                await answer.read()
                assert answer.status == 200
            return time.monotonic() - moment

        return list(await asyncio.gather(*(one(number) for number in range(RATE * SECONDS))))


async def _beside(node: Node, page: str, cookie: str) -> list[float]:
    publishing = asyncio.create_task(_publish(node, page, cookie))
    try:
        return await _read(page)
    finally:
        await publishing


async def _publish(node: Node, page: str, cookie: str) -> None:
    """Another value, then the button, every few seconds."""
    file = max((FILES / _SLUG).glob("report-????.csv"))
    figures, origin = list(_figures(file)), node.config.url
    desk = page.replace("/places/", "/manage/") + "/publish"
    headers = {"Cookie": cookie, "Origin": origin, "Accept": "text/html"}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as client:
        for number in range(PUBLICATIONS):
            figures[0] = _changed(figures[0])
            await asyncio.to_thread(add_report, node, _SLUG, file.stem[-4:], tuple(figures), "public")
            async with client.get(desk) as shown:
                seen = re.search(r'name="seen" value="([^"]+)"', await shown.text())
                assert seen is not None, number
            async with client.post(desk, data={"seen": seen[1]}, allow_redirects=False) as done:
                assert done.status == 303, await done.text()
            await asyncio.sleep(SECONDS / (PUBLICATIONS + 1))


def _changed(figure: Observation) -> Observation:
    assert figure.value is not None
    return replace(figure, value=figure.value + 1)


def _said(waits: list[float]) -> dict[str, object]:
    ordered = sorted(waits)
    points = {"p50_ms": 0.5, "p99_ms": 0.99}
    found = {name: round(1000 * ordered[int(part * len(ordered))]) for name, part in points.items()}
    return found | {"longest_ms": round(1000 * ordered[-1]), "requests": len(ordered)}
