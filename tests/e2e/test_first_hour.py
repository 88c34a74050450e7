"""The first hour of a manager in a real browser: from an empty folder to a published place with its figures.

Once without any script on a phone in French, once with the keyboard alone on a screen in English.
"""

import csv
import io
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Error

from node.people import accounts, roles, yearbook
from node.people.roles import Role
from node.project import rebuild
from tests.e2e.hands import Hand, Keyboard, Pointer, log_in
from tests.e2e.play import Watched, browsing, watching
from tests.node.desk import PASSWORD, SLUG, populated, served
from tests.node.test_setup import first_run

FULL = bool(os.environ.get("MAILLAGE_FULL"))
WAYS = ["phone-without-script", "keyboard"]
ALL = [*WAYS, "screen-without-script", "keyboard-phone"]
way = pytest.mark.parametrize("way", ALL if FULL else WAYS)


@asynccontextmanager
async def using(way: str) -> AsyncIterator[tuple[Watched, Hand, str]]:
    """A page, the hand that uses it, and its language."""
    script, width = "without-script" not in way, 360 if "phone" in way else 1280
    lang = "en" if way.startswith("keyboard") else "fr"
    async with browsing() as browser, watching(browser, width, lang=lang, script=script) as watched:
        yield watched, Keyboard(watched) if way.startswith("keyboard") else Pointer(watched), lang


async def fits(watched: Watched) -> None:
    """Nobody complains, and nothing is wider than the page."""
    watched.is_quiet()
    assert await watched.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        watched.page.url
    )


async def until_open(watched: Watched, url: str) -> None:
    """The node takes the port over from the first run: ask again until it answers."""
    for _ in range(100):
        try:
            if await watched.open(url) == 200:
                return
        except Error:
            await watched.page.wait_for_timeout(100)
    raise AssertionError(url)


async def set_up(watched: Watched, hand: Hand, base: str, link: str, lang: str) -> None:
    """The three screens."""
    await watched.open(f"{base}{link}?lang={lang}")
    await hand.press("form.fields button")
    assert await watched.page.locator("#name-wrong").count() == 1, "what is missing is said"
    await fits(watched)
    await hand.fill("#name", "La Quincaillerie")
    await hand.fill("#commune", "Guéret (23)")
    await hand.tick("input[value=coworking]")
    await hand.press("form.fields button")
    await fits(watched)
    await hand.fill("#url", base)
    await hand.fill("#person", "Claire")
    await hand.fill("#email", "claire@example.org")
    await hand.fill("#password", PASSWORD)
    await hand.press("form.fields button")
    await fits(watched)
    await hand.press("form.fields button")
    await fits(watched)
    assert await watched.page.locator(".paper .signs").count() == 1


@way
async def test_from_an_empty_folder_to_a_published_place(tmp_path: Path, way: str) -> None:
    async with first_run(tmp_path / "state") as run, using(way) as (watched, hand, lang):
        await set_up(watched, hand, run.base, run.link, lang)
        home = await watched.page.get_attribute("main a.button", "href")
        await until_open(watched, f"{run.base}{home}")
        await fits(watched)
        await hand.press(".steps a[href*='/description']")
        await fits(watched)
        await hand.fill("#opened", "2021")
        await hand.press(".sticky button[value=save]")
        await fits(watched)
        await hand.press(".tabs a[href*='/figures']")
        await hand.press(".place a")
        await fits(watched)
        await hand.fill("#visits", "beaucoup")
        await hand.fill("#events", "38")
        await hand.press("form.questions button:not(.quiet)")
        assert await watched.page.locator("#visits-wrong").count() == 1
        assert await watched.page.input_value("#events") == "38"
        await fits(watched)
        await hand.fill("#visits", "4210")
        await hand.press("form.questions button:not(.quiet)")
        await fits(watched)
        await hand.press("form.fields button")  # who sees what, as proposed
        await fits(watched)
        await hand.press(".tabs a[href*='/publish']")
        await fits(watched)
        assert "4" in await watched.page.inner_text("main")
        await hand.press("form.go button")
        await fits(watched)
        await until_open(watched, f"{run.base}/places/quincaillerie?lang={lang}")
        for _ in range(50):
            if "210" in await watched.page.inner_text("main"):
                break
            await watched.page.wait_for_timeout(100)
            await watched.open(f"{run.base}/places/quincaillerie?lang={lang}")
        assert "La Quincaillerie" in await watched.page.inner_text("h1")
        assert "210" in await watched.page.inner_text("main")
        assert "2021" in await watched.page.inner_text("main")
        await fits(watched)


@way
async def test_the_yearly_figures_by_spreadsheet(tmp_path: Path, way: str) -> None:
    node = populated(tmp_path / "node")
    async with served(node), using(way) as (watched, hand, lang):
        await log_in(hand, node.config.url, "owner", lang)
        await watched.open(f"{node.config.url}/manage/{SLUG}/figures/2025?lang={lang}")
        path = await hand.fetch("a[href*='sheet.csv']")
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
        for row in rows:
            if row["Repère" if lang == "fr" else "Reference"] == "visits":
                row["Votre réponse" if lang == "fr" else "Your answer"] = "4210"
        filled = tmp_path / "filled.csv"
        with filled.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        await hand.choose("#file", filled)
        await hand.press("form.inline button")
        await fits(watched)
        assert re.search("4.210", await watched.page.inner_text("table"))
        await hand.press("form[action*='/sheet/take'] button")
        await fits(watched)
        assert [str(each.value) for each in yearbook.figures(node, SLUG)["2025"]] == ["4210"]


@way
async def test_somebody_is_invited_and_comes(tmp_path: Path, way: str) -> None:
    node = populated(tmp_path / "node")
    async with served(node), using(way) as (watched, hand, lang):
        await log_in(hand, node.config.url, "owner", lang)
        await watched.open(f"{node.config.url}/manage/{SLUG}/team?lang={lang}")
        await fits(watched)
        await hand.press("button[value=invite]")
        await fits(watched)
        link = re.search(r"/join/[A-Za-z0-9_-]{43}", await watched.page.content())
        assert link is not None
        await watched.page.context.clear_cookies()
        await watched.open(f"{node.config.url}{link[0]}?lang={lang}")
        await fits(watched)
        await hand.fill("#person", "Inès")
        await hand.fill("#email", "ines@example.org")
        await hand.fill("#password", PASSWORD)
        await hand.press("form.fields button")
        await fits(watched)
        account = accounts.by_email(node, "ines@example.org")
        assert account is not None
        assert roles.role(node, account.id, SLUG) is Role.EDITOR


@way
async def test_a_piece_of_news_is_written_seen_and_published(tmp_path: Path, way: str) -> None:
    node = populated(tmp_path / "node")
    async with served(node), using(way) as (watched, hand, lang):
        await log_in(hand, node.config.url, "owner", lang)
        await watched.open(f"{node.config.url}/manage/{SLUG}/publish?lang={lang}")
        await hand.press("form.go button")
        await watched.open(f"{node.config.url}/manage/{SLUG}/posts?lang={lang}")
        await hand.press("a[href*='kind=note']")
        await hand.fill("#text", "Le **four** est allumé")
        await hand.press("button[value=preview]")
        await fits(watched)
        assert await watched.page.locator(".data strong").inner_text() == "four"
        await hand.press("button[value=publish]")
        await fits(watched)
        rebuild(node)
        await watched.open(f"{node.config.url}/places/{SLUG}?lang={lang}")
        assert "Le four est allumé" in await watched.page.inner_text("main")
        await fits(watched)
