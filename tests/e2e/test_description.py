"""The page that describes a place, in a real browser: it fits, what is typed is kept, and it needs no script."""

from itertools import pairwise
from pathlib import Path

import pytest

from node.people import entries
from node.places import show_place
from tests.e2e.hands import Pointer
from tests.e2e.play import browsing, come_in, watching
from tests.e2e.test_first_hour import fits, using, way
from tests.e2e.test_pages import CONTRAST, HEADINGS, UNNAMED
from tests.node.desk import SLUG, populated, served

COMMUNE = r"#address\.commune"
PATH = f"/manage/{SLUG}/description"
SMALL = """[...document.querySelectorAll('a, button:not(.unseen), input, select, textarea')]
  .map(e => e.closest('label') || e).filter(e => e.getBoundingClientRect().width > 0 &&
    e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))"""
KEPT = """new Promise(done => { const line = document.querySelector('[data-kept]');
  new MutationObserver(() => done(line.textContent)).observe(line, { childList: true }); })"""
OFFERED = """new Promise(done => new MutationObserver((_, seen) => { seen.disconnect();
  done([...document.querySelectorAll('#communes option')].map(e => e.value)); })
  .observe(document.getElementById('communes'), { childList: true }))"""


@pytest.mark.parametrize(("width", "lang", "dark"), [(360, "fr", False), (1280, "en", True)])
async def test_it_fits_and_can_be_used(tmp_path: Path, width: int, lang: str, dark: bool) -> None:
    async with (
        served(populated(tmp_path / "node")) as site,
        browsing() as browser,
        watching(browser, width, dark, lang) as watched,
    ):
        hand = Pointer(watched)
        await come_in(watched, site)
        await watched.open(f"{site.node.config.url}{PATH}?lang={lang}")
        for _ in range(2):
            watched.is_quiet()
            assert await watched.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            for question in (SMALL, UNNAMED, CONTRAST):
                assert await watched.ask(question) == []
            levels = await watched.ask(HEADINGS)
            assert all(b - a <= 1 for a, b in pairwise(levels))
            await hand.fill("#opened", "hier")
            await hand.press(".sticky button[value=save]")
            assert await watched.page.locator("[role=alert] a").count() == 1


async def test_what_is_typed_is_kept_and_communes_are_offered(tmp_path: Path) -> None:
    async with served(populated(tmp_path / "node")) as site, browsing() as browser, watching(browser, 360) as watched:
        await come_in(watched, site)
        await watched.open(f"{site.node.config.url}{PATH}?lang=fr")
        await watched.page.locator(COMMUNE).select_text()
        await watched.ask(f"window.offered = {OFFERED}; window.kept = {KEPT}; 1")
        await watched.page.keyboard.type("saint-herb")
        assert "Saint-Herblain (44)" in await watched.ask("window.offered")
        assert (await watched.ask("window.kept")).startswith("Brouillon gardé à ")
        entry = entries.kept(site.node, SLUG, "description")
        assert entry is not None
        assert dict(entry.pairs)["address.commune"] == "saint-herb"
        watched.is_quiet()
        await watched.open(f"{site.node.config.url}{PATH}?lang=fr")
        assert await watched.page.input_value(COMMUNE) == "saint-herb"
        watched.is_quiet()


@way
async def test_a_place_is_described_by_hand_alone(tmp_path: Path, way: str) -> None:
    async with served(populated(tmp_path / "node")) as site, using(way) as (watched, hand, lang):
        await come_in(watched, site)
        await watched.open(f"{site.node.config.url}{PATH}?lang={lang}")
        await hand.fill(COMMUNE, "saint-denis")
        await hand.press("button[value=commune]")
        assert (await watched.ask("location.hash")) == "#address.commune"
        await fits(watched)
        await hand.tick('[value="93066"]')
        await hand.press("button[value='row:hours']")
        await hand.tick('[name="hours[1].days"]')
        await hand.fill(r"#hours\[1\]\.opens", "09:00")
        await hand.fill(r"#hours\[1\]\.closes", "18:00")
        await hand.press(".sticky button[value=save]")
        assert await watched.page.locator(r"#address\.postcode-wrong").is_visible(), "that of the commune before"
        await fits(watched)
        await hand.fill(r"#address\.postcode", "93200")
        await hand.press(".sticky button[value=save]")
        await fits(watched)
        state = show_place(site.node, SLUG)
        assert state is not None
        assert state.place.address.commune == "93066"
        assert [(each.opens, each.closes) for each in state.place.hours] == [("09:00", "18:00")]
        said = await watched.page.inner_text("[role=status]")
        assert ("enregistr" if lang == "fr" else "aved") in said
