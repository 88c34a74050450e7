"""axe-core over every page: no violation of WCAG 2.2 A and AA, in both languages, at both widths, light and dark.

Every second page in French on a phone, the others in English on a dark desk; all in all ways with MAILLAGE_FULL=1.
"""

import json
import os
from pathlib import Path

import pytest

from tests.e2e.play import Watched, browsing, come_in, watching
from tests.e2e.samples import Sampled, sampled
from tests.node.desk import PASSWORD, SLUG, populated, served
from tests.node.test_setup import first_run

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(found => found.violations.map(v => [v.id, ...v.nodes.slice(0, 3).map(n => n.html.slice(0, 150))].join('; ')))"""
FULL = bool(os.environ.get("MAILLAGE_FULL"))
COMBINATIONS = [(360, "fr", False), (1280, "en", True)]
ALL = [(width, lang, dark) for width in (360, 1280) for lang in ("fr", "en") for dark in (False, True)]


each_way = pytest.mark.parametrize(("width", "lang", "dark"), ALL if FULL else COMBINATIONS)


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm is absent, or failed: see tests/e2e/axe in the Makefile")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def everything(tmp_path: Path) -> Sampled:
    return sampled(tmp_path / "node")


async def amiss(watched: Watched, axe: str) -> list[str]:
    """What keeps somebody out of the page that is shown, as axe sees it, or because it does not fit."""
    await watched.ask(axe + "; 1")
    found = await watched.ask(RUN)
    if not await watched.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
        found.append("too wide")
    return [f"{watched.page.url}: {each}" for each in found]


def none_amiss(wrong: list[str]) -> None:
    assert wrong == [], json.dumps(wrong, indent=1, ensure_ascii=False)


@each_way
async def test_no_page_keeps_anybody_out(everything: Sampled, axe: str, width: int, lang: str, dark: bool) -> None:
    node, wrong, seen = everything.node, [], 0
    async with served(node) as site, browsing() as browser, watching(browser, width, dark, lang) as watched:
        await come_in(watched, site, "host")
        paths = [each for each in everything.paths if not each.endswith("/sheet.x")]  # a file, whatever x is
        for path in paths if FULL else paths[width == 360 :: 2]:
            status = await watched.open(f"{node.config.url}{path}{'&' if '?' in path else '?'}lang={lang}")
            if await watched.ask("document.contentType") == "text/html":
                assert status == 200, path
                watched.is_quiet()
                wrong += await amiss(watched, axe)
                seen += 1
    assert seen > (45 if FULL else 20), seen
    none_amiss(wrong)


@each_way
async def test_no_page_keeps_a_visitor_out(everything: Sampled, axe: str, width: int, lang: str, dark: bool) -> None:
    """Logged out: coming in, and not; what a reader may not; what is not there; what is wrong in a form."""
    node, base, wrong = everything.node, everything.node.config.url, []
    async with served(node) as site, browsing() as browser, watching(browser, width, dark, lang) as watched:
        page = watched.page
        for path, status in (
            ("/login", 200),
            ("/places/nulle_part", 404),
            ("/manage/nulle_part", 200),
            ("/join/x", 404),
        ):
            assert await watched.open(f"{base}{path}?lang={lang}") == status, path
            wrong += await amiss(watched, axe)
        await watched.open(f"{base}/login?lang={lang}")
        await page.fill("#email", "owner@example.org")
        await page.fill("#password", PASSWORD + "?")
        await pressed(watched, "form.fields button")
        wrong += await amiss(watched, axe)
        await come_in(watched, site, "reader")
        for path, status in ((f"/manage/{SLUG}/team", 403), ("/manage/host", 403), ("/manage/voisin", 404)):
            assert await watched.open(f"{base}{path}?lang={lang}") == status, path
            wrong += await amiss(watched, axe)
    none_amiss(wrong)


@each_way
async def test_no_mistake_keeps_anybody_out(everything: Sampled, axe: str, width: int, lang: str, dark: bool) -> None:
    node, wrong = everything.node, []
    forms = (
        ("description", "#opened", "jamais", ".sticky button[value=save]"),
        ("figures/2025", "#visits", "beaucoup", "form.questions button:not(.quiet)"),
        ("posts/new", "#text", "Le **four**", "button[value=preview]"),
        ("posts/new", "#text", "", "button[value=publish]"),
        ("move", "#target", "nulle part", "button[value=depart]"),
    )
    async with served(node) as site, browsing() as browser, watching(browser, width, dark, lang) as watched:
        await come_in(watched, site)
        for path, field, text, button in forms:
            await watched.open(f"{node.config.url}/manage/{SLUG}/{path}?lang={lang}")
            await watched.page.fill(field, text)
            await pressed(watched, button)
            watched.is_quiet()
            wrong += await amiss(watched, axe)
    none_amiss(wrong)


@each_way
async def test_the_first_run_keeps_nobody_out(tmp_path: Path, axe: str, width: int, lang: str, dark: bool) -> None:
    """The screens, with what is missing said; the sheet; then the front page of a site that is no council."""
    answers: tuple[dict[str, str], ...] = (
        {"name": "La Quincaillerie", "commune": "Guéret (23)"},
        {"person": "Claire", "email": "claire@example.org", "password": PASSWORD},
        {},
    )
    wrong = []
    async with browsing() as browser, watching(browser, width, dark, lang) as watched:
        async with first_run(tmp_path / "state") as run:
            await watched.open(f"{run.base}{run.link}?lang={lang}")
            for answer in answers:
                wrong += await amiss(watched, axe)
                if answer:
                    await pressed(watched, "form.fields button")
                    wrong += await amiss(watched, axe)
                for name, text in answer.items():
                    await watched.page.fill(f"#{name}", text)
                if "name" in answer:
                    await watched.page.check("input[value=coworking]")
                if "person" in answer:
                    await watched.page.fill("#url", run.base)
                await pressed(watched, "form.fields button")
            assert await watched.page.locator(".paper .signs").count() == 1
            wrong += await amiss(watched, axe)
            watched.is_quiet()
        node = populated(tmp_path / "site")
        async with served(node):
            await watched.open(f"{node.config.url}/?lang={lang}")
            watched.is_quiet()
            wrong += await amiss(watched, axe)
    none_amiss(wrong)


async def pressed(watched: Watched, button: str) -> None:
    async with watched.page.expect_navigation():
        await watched.page.click(button)
