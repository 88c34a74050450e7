"""The pictures of the manual, taken in a real Chromium: `make screenshots` makes them all again, in both languages.

The places are fictitious. The first run answers its own questions; the other pages are those of a place that has lived
a year already.
"""

import asyncio
import io
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import Browser, Page
from sqlalchemy import Connection, insert

from node.app import build_app
from node.context import Node, init_node
from node.people import accounts, roles, sessions, sharing, writing
from node.people.roles import Role
from node.people.writing import Typed
from node.places import add_place
from node.project import rebuild
from node.publish import publish
from node.reports import add_report
from node.store.schema import followers, peers
from node.web.setup import Setup
from tests.e2e.play import browsing, watching
from tests.shape import ROOT
from vocab.intake.place import place_toml
from vocab.intake.report import report_csv
from vocab.model import Observation, Place
from vocab.post import Post

HERE = ROOT / "docs" / "screenshots"
LANGUAGES = ("fr", "en")
SIZE, COLOURS = {"width": 1000, "height": 1000}, 64
URL, SLUG = "https://lieux-creuse.example", "etabli"
PASSWORD = "une phrase bien longue"
EXAMPLE = ROOT / "examples" / "one_site"
NEIGHBOURS = (
    ("forge", "La Forge d’Aubusson", "23008", "45.957", "2.169"),
    ("moulin", "Le Moulin de Bourganeuf", "23030", "45.953", "1.757"),
    ("halle", "La Halle de La Souterraine", "23176", "46.237", "1.486"),
)
PAGES = {
    "3-home": f"/manage/{SLUG}",
    "4-description": f"/manage/{SLUG}/description",
    "5-figures": f"/manage/{SLUG}/figures/2025",
    "6-publish": f"/manage/{SLUG}/publish",
    "7-network": f"/manage/{SLUG}/network",
    "8-public-page": f"/places/{SLUG}",
}
NAMES = ("1-first-screen", "2-recovery-sheet", *PAGES)
FROM = {"5-figures": "#questions", "7-network": "#find"}  # what is at the top of the picture
LAST_YEAR = {"4210": "3980", "38": "31", "30": "25", "8": "6", "1512": "1240", "3.5": "3", "760": "690", "318": "290"}
NAMES = ("1-first-screen", "2-recovery-sheet", *PAGES)
Shoot = Callable[[Page, str], Awaitable[None]]


def living(folder: Path) -> tuple[Node, str]:
    """A node with four places, one of which has a year behind it, and a session of who looks after it."""
    node = init_node(folder, URL, ("site",), "Les lieux de la Creuse", {})
    place = _described(node)
    add_place(node, SLUG, place)
    for slug, name, commune, lat, lon in NEIGHBOURS:
        address = replace(place.address, street="", postcode="", commune=commune, locality="")
        other = Place(node.config.place(slug), name, address, ("coworking",), lat=Decimal(lat), lon=Decimal(lon))
        add_place(node, slug, other)
    claire = accounts.create(node, "claire@example.org", "Claire", PASSWORD)
    roles.give(node, claire.id, SLUG, Role.OWNER)
    sharing.choose(node, SLUG, {})
    add_report(node, SLUG, "2024", _figures("2024"), "public")
    _followed(node, "https://creuse.example/actor", "Le conseil de la Creuse (fictif)", "accepted")
    publish(node)
    _followed(node, "https://forum.example/places/forum", "Le Forum de Limoges", "pending")
    _written(node)
    add_report(node, SLUG, "2025", _figures("2025"), "public")
    rebuild(node)
    return node, sessions.begin(node, claire.id)


def _described(node: Node) -> Place:
    place = place_toml((EXAMPLE / "place.toml").read_text(encoding="utf-8"), node.config.place(SLUG))
    assert isinstance(place, Place)
    return replace(place, name="L’Établi")


def _figures(period: str) -> tuple[Observation, ...]:
    text = (EXAMPLE / "report.csv").read_text(encoding="utf-8")
    if period == "2024":
        text = re.sub(r"(?<=,)[0-9.]+(?=,)", lambda found: LAST_YEAR.get(found[0], found[0]), text)
    read = report_csv(text.encode(), period)
    return tuple(each for each in read if isinstance(each, Observation))


def _followed(node: Node, actor: str, name: str, state: str) -> None:
    """Somebody elsewhere, as it is remembered once it has followed."""
    row = {"actor": node.config.actor(SLUG), "follower": actor, "state": state, "follow": actor + "#follow"}
    known = {"actor": actor, "host": actor.split("/")[2], "name": name, "inbox": actor + "/inbox", "document": b"{}"}

    def write(connection: Connection) -> None:
        connection.execute(insert(followers).values(row | {"since": "2026-01-12T09:00:00.000Z"}))
        connection.execute(insert(peers).values(known | {"implements": True, "fetched": "2026-01-12T09:00:00.000Z"}))

    node.store.write(write)


def _written(node: Node) -> None:
    event = {"title": "Atelier vélo", "date": "2099-05-16T14:00", "end": "2099-05-16T17:00"}
    for typed in (
        Typed("note", {}, "Le **four à pain** est allumé tous les premiers samedis du mois."),
        Typed(
            "article", {"title": "Prêter des outils sans les perdre"}, "Un registre papier, et une étiquette par outil."
        ),
        Typed("event", event, "On répare ensemble. Venez avec votre vélo."),
    ):
        post = writing.read(node, SLUG, typed)
        assert isinstance(post, Post)
        writing.publish(node, SLUG, typed, post, None)


async def first_run(browser: Browser, folder: Path, lang: str, shoot: Shoot) -> None:
    """Two pictures on the way through the three screens: the first question, and the sheet to print."""
    setup = Setup(folder, {"MAILLAGE_NODE__URL": "https://etabli.example"})
    async with TestServer(setup.app()) as server, watching(browser, SIZE["width"], lang=lang) as watched:
        page = watched.page
        await page.goto(f"{server.make_url('/setup/')}{setup.token}?lang={lang}")
        await page.fill("#name", "L’Établi")
        await page.fill("#commune", "Guéret (23)")
        await page.check("input[value=coworking]")
        await shoot(page, NAMES[0])
        await _go_on(page)
        for field, said in (("person", "Claire"), ("email", "claire@example.org"), ("password", PASSWORD)):
            await page.fill(f"#{field}", said)
        await _go_on(page)
        await _go_on(page)
        await shoot(page, NAMES[1])
    if setup.begun is not None:
        setup.begun.opened.close()


async def _go_on(page: Page) -> None:
    async with page.expect_navigation():
        await page.click("form.fields button")


@asynccontextmanager
async def looked_after(browser: Browser, node: Node, cookie: str, lang: str) -> AsyncIterator[tuple[Page, str]]:
    """A page of somebody who has come in, and the address of the node."""
    async with TestServer(build_app(node)) as server, watching(browser, SIZE["width"], lang=lang) as watched:
        base = str(server.make_url("/")).rstrip("/")
        kept = {"name": sessions.COOKIE, "value": cookie, "url": base.replace("http:", "https:"), "secure": True}
        await watched.page.context.add_cookies([kept])  # type: ignore[list-item]
        yield watched.page, base


async def take(folder: Path) -> None:
    """All of them, into `folder/LANGUAGE/NAME.png`."""
    with tempfile.TemporaryDirectory(prefix="maillage-pictures-") as kept:
        node, cookie = await asyncio.to_thread(living, Path(kept) / "node")
        try:
            async with browsing() as browser:
                for lang in LANGUAGES:
                    await _in(lang, browser, node, cookie, folder / lang, Path(kept) / lang)
        finally:
            node.close()


async def _in(lang: str, browser: Browser, node: Node, cookie: str, folder: Path, empty: Path) -> None:
    async def shoot(page: Page, name: str) -> None:
        await page.set_viewport_size(SIZE)
        await page.evaluate("from => document.querySelector(from)?.scrollIntoView()", FROM.get(name, "body"))
        await asyncio.to_thread(_put, folder / f"{name}.png", small(await page.screenshot()))

    await first_run(browser, empty, lang, shoot)
    async with looked_after(browser, node, cookie, lang) as (page, base):
        for name, path in PAGES.items():
            answer = await page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={lang}")
            assert answer is not None
            assert (answer.status, page.url.partition("?")[0]) == (200, base + path.partition("?")[0]), name
            await shoot(page, name)


def _put(file: Path, png: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png)


def small(png: bytes) -> bytes:
    """The same picture with few colours: pages are flat, and a manual is downloaded."""
    made = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


def main() -> int:
    """Take them where the manual looks for them; without a browser, say so."""
    try:
        asyncio.run(take(HERE))
    except pytest.skip.Exception as why:
        print(why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
