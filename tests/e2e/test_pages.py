"""The pages in a real browser, at 360 and 1280 px, in both languages, light and dark: they fit and can be used."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from node.app import build_app
from node.context import Node, init_node
from node.store.schema import campaigns, quarantine, warnings
from tests.e2e.play import Watched, browsing, watching
from tests.node.filled import a_figure, a_place, fill

FULL = bool(os.environ.get("MAILLAGE_FULL"))
SMALL = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
  .map(e => (['checkbox', 'radio'].includes(e.type) && e.closest('label')) || e)
  .filter(e => !e.closest('svg') && e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().height < 43.5)
  .map(e => e.outerHTML.slice(0, 120))"""
UNNAMED = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, [role=group]')]
  .filter(e => !e.closest('svg') && !(e.textContent.trim() || e.labels?.length || e.ariaLabel ||
    document.getElementById(e.getAttribute('aria-labelledby'))))
  .map(e => e.outerHTML.slice(0, 120))"""
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4')].map(e => Number(e.tagName[1]))"
CONTRAST = """(() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest('svg') || !e.getClientRects().length || e.matches('option, optgroup')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(e.outerHTML.slice(0, 100));
  }
  return bad; })()"""
PATHS = (
    "/",
    "/places",
    "/places?q=lieu&typology=coworking",
    "/indicators",
    "/indicators/visits?by=departement",
    "/indicators/attendancePerEvent?by=region",
    "/indicators/openingHours?by=typology",
    "/themes/use",
    "/territories",
    "/territories?q=creuse",
    "/territories/23",
    "/territories/23096",
    "/places?departement=23",
    "/quality",
    "/quality?region=75",
    "/where",
    "/campaign",
    "/network/place?id=https%3A%2F%2Fsite0.example%2Fplaces%2Flieu%23place",
    "/sparql",
    "/ns/",
)


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("browser") / "council"
    node = init_node(folder, "https://council.example", ("aggregator",), "Conseil", {})
    names = ("visits", "events", "eventAttendance", "floorArea", "hoursGiven", "reciprocityTarget")
    figures = [a_figure(n, name, 100 * n + 7) for n in range(12) for name in names]
    figures += [a_figure(n, "visits", 90_000 * n + 7, period=year) for n in range(6) for year in ("2023", "2024")]
    figures += [a_figure(n, "events", 50 * n + 3, breakdown="eventAccess=public") for n in range(12)]
    figures += [a_figure(n, "openingHours", 20 + n) for n in range(12)]
    fill(node, [*(a_place(n) for n in range(12)), *(a_place(n, kind="listing") for n in range(12, 60))], figures)
    with node.cache.public.write() as public:
        public.execute(insert(quarantine).values(put_apart()))
        public.execute(insert(warnings).values(odd()))
    asked = {"period": "2025", "until": "2026-12-31", "opened": "2026-01-01T00:00:00Z"}
    node.store.write(lambda truth: truth.execute(insert(campaigns).values(asked)))
    yield node
    node.close()


def put_apart() -> dict[str, object]:
    """A document that is not valid, and whose address has no place to be cut."""
    mistakes = [{"field": "observations[1].unit", "code": "unit.wrong", "params": {"value": "kg", "expected": "h"}}]
    about = {"seq": 1, "document": "https://site0.example/" + "a" * 300, "actor": "https://site0.example/places/lieu"}
    return about | {"errors": json.dumps(mistakes)}


def odd() -> dict[str, object]:
    about = {"document": "https://site1.example/d", "number": 1, "place": "https://site1.example/places/lieu#place"}
    said = {"code": "year.high", "params": json.dumps({"value": "90000", "before": "900"}), "seq": 1}
    return about | said | {"indicator": "visits", "period": "2025", "breakdown": ""}


@pytest.fixture
async def base(council: Node) -> AsyncIterator[str]:
    async with TestServer(build_app(council)) as server:
        yield str(server.make_url("/")).rstrip("/")


async def fits(watched: Watched, where: str) -> None:
    """The page is wide enough for what it holds, and each of its parts can be read, named and pressed."""
    watched.is_quiet()
    assert await watched.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), where
    for question in (SMALL, UNNAMED, CONTRAST):
        assert await watched.ask(question) == [], where
    levels = await watched.ask(HEADINGS)
    assert levels[0] == 1, where
    assert all(b - a <= 1 for a, b in pairwise(levels)), where


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_pages_fit_and_can_be_used(base: str, width: int, lang: str) -> None:
    async with browsing() as browser:
        for dark in (False, True) if FULL else ((width == 360) is (lang == "fr"),):
            async with watching(browser, width, dark, lang) as watched:
                for path in PATHS:
                    await watched.open(f"{base}{path}{'&' if '?' in path else '?'}lang={lang}")
                    assert await watched.ask("document.documentElement.lang") == lang
                    await fits(watched, f"{path} {width} {lang} {'dark' if dark else 'light'}")


async def test_the_first_key_skips_to_the_content(base: str) -> None:
    async with browsing() as browser, watching(browser) as watched:
        await watched.open(base + "/?lang=fr")
        await watched.page.keyboard.press("Tab")
        assert await watched.ask("document.activeElement.className") == "skip"
        assert await watched.ask("document.activeElement.getBoundingClientRect().top >= 0")
        assert await watched.ask("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


async def test_nothing_needs_a_script(base: str) -> None:
    async with browsing() as browser, watching(browser, script=False) as watched:
        await watched.open(base + "/network/totals?indicator=visits&by=region&lang=fr")
        watched.is_quiet()
        assert len(await watched.page.screenshot(full_page=True)) > 10_000
