"""The page that describes a place, in a real browser: it fits, what is typed is kept, and it needs no script."""

from itertools import pairwise
from pathlib import Path

import pytest

from node.people import entries, sessions
from node.places import show_place
from tests.e2e.browser import Tab, chromium, tab
from tests.e2e.test_pages import CONTRAST, HEADINGS, UNNAMED
from tests.node.desk import SLUG, Site, populated, served

PATH = f"/manage/{SLUG}/description"
SMALL = """[...document.querySelectorAll('a, button:not(.unseen), input, select, textarea')]
  .map(e => e.closest('label') || e).filter(e => e.getBoundingClientRect().width > 0 &&
    e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))"""
KEPT = """new Promise(done => { const line = document.querySelector('[data-kept]');
  new MutationObserver(() => done(line.textContent)).observe(line, { childList: true }); })"""
OFFERED = """new Promise(done => new MutationObserver((_, seen) => { seen.disconnect();
  done([...document.querySelectorAll('#communes option')].map(e => e.value)); })
  .observe(document.getElementById('communes'), { childList: true }))"""


async def enter(browser: Tab, site: Site, width: int, lang: str = "fr", dark: bool = False) -> None:
    """The page, as its owner."""
    site.come_in("owner")
    url = site.node.config.url
    await browser.send("Network.setCookie", name=sessions.COOKIE, value=site.cookie, url=url, path="/", secure=True)
    await browser.open(f"{url}{PATH}?lang={lang}", width, dark)


async def typed(browser: Tab, name: str, text: str) -> None:
    """Type into a field as a person does."""
    await browser.ask(f"document.getElementById({name!r}).select()")
    await browser.send("Input.insertText", text=text)


async def click(browser: Tab, selector: str) -> None:
    """Press a button, and wait for the page that comes."""
    browser.events.clear()
    document = await browser.send("DOM.getDocument")
    found = await browser.send("DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector)
    await browser.send("DOM.scrollIntoViewIfNeeded", nodeId=found["nodeId"])
    left, top, *_, bottom = (await browser.send("DOM.getBoxModel", nodeId=found["nodeId"]))["model"]["content"]
    at = {"x": left + 5, "y": (top + bottom) / 2, "button": "left", "clickCount": 1}
    await browser.send("Input.dispatchMouseEvent", type="mousePressed", **at)
    await browser.send("Input.dispatchMouseEvent", type="mouseReleased", **at)
    await browser.wait("Page.loadEventFired")


@pytest.mark.parametrize(("width", "lang", "dark"), [(360, "fr", False), (1280, "en", True)])
async def test_it_fits_and_can_be_used(tmp_path: Path, width: int, lang: str, dark: bool) -> None:
    chromium()
    async with served(populated(tmp_path / "node")) as site, tab() as browser:
        await enter(browser, site, width, lang, dark)
        for _ in range(2):
            assert browser.complaints() == []
            assert all(url.startswith((site.node.config.url, "data:")) for url in browser.requests())
            assert await browser.ask("document.documentElement.scrollWidth <= innerWidth")
            for question in (SMALL, UNNAMED, CONTRAST):
                assert await browser.ask(question) == []
            levels = await browser.ask(HEADINGS)
            assert all(b - a <= 1 for a, b in pairwise(levels))
            await typed(browser, "opened", "hier")
            await click(browser, ".sticky button[value=save]")
            assert await browser.ask("document.querySelector('[role=alert]').querySelectorAll('a').length") == 1


async def test_what_is_typed_is_kept_and_communes_are_offered(tmp_path: Path) -> None:
    chromium()
    async with served(populated(tmp_path / "node")) as site, tab() as browser:
        await enter(browser, site, 360)
        await browser.ask("document.getElementById('address.commune').select()")
        await browser.ask(f"window.offered = {OFFERED}; window.kept = {KEPT}; 1")
        await browser.send("Input.insertText", text="saint-herb")
        assert "Saint-Herblain (44)" in await browser.ask("window.offered")
        assert (await browser.ask("window.kept")).startswith("Brouillon gardé à ")
        entry = entries.kept(site.node, SLUG, "description")
        assert entry is not None
        assert dict(entry.pairs)["address.commune"] == "saint-herb"
        await browser.open(f"{site.node.config.url}{PATH}?lang=fr", 360)
        assert await browser.ask("document.getElementById('address.commune').value") == "saint-herb"
        assert browser.complaints() == []


async def test_a_place_is_described_without_any_script(tmp_path: Path) -> None:
    chromium()
    async with served(populated(tmp_path / "node")) as site, tab() as browser:
        await browser.send("Emulation.setScriptExecutionDisabled", value=True)
        await enter(browser, site, 360)
        await typed(browser, "address.commune", "saint-denis")
        await click(browser, "button[value=commune]")
        assert (await browser.ask("location.hash")) == "#address.commune"
        await browser.ask("document.querySelector('[value=\"93066\"]').checked = true")
        await click(browser, "button[value='row:hours']")
        await browser.ask("document.getElementById('hours[1].opens').value = '09:00'")
        await browser.ask("document.getElementById('hours[1].closes').value = '18:00'")
        await browser.ask("document.querySelector('[name=\"hours[1].days\"]').checked = true")
        await click(browser, ".sticky button[value=save]")
        state = show_place(site.node, SLUG)
        assert state is not None
        assert state.place.address.commune == "93066"
        assert "enregistr" in await browser.ask("document.querySelector('[role=status]').textContent")
