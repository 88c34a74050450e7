"""Publishing, and the network of a place, in a real browser and between two nodes: with a script and without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from node import relations, wishes
from node.context import Node
from node.people import sessions
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from tests.e2e.browser import Tab, chromium, tab
from tests.e2e.test_description import SMALL, click
from tests.e2e.test_pages import CONTRAST, HEADINGS, UNNAMED
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import free_ports, make, place, projected, rows, until, visits

ARRIVED = """new Promise(done => { const see = () => !document.querySelector('[data-live]') &&
  done(document.getElementById('receivers').textContent); see();
  new MutationObserver(see).observe(document.querySelector('main'), { childList: true, subtree: true }); })"""
CLOSED = "INSERT OR REPLACE INTO hosts (host, failures, open_until, dialect) VALUES (?, 0, '2099', 'cavage')"


@asynccontextmanager
async def world(folder: Path, known: bool = True) -> AsyncIterator[tuple[Site, Node]]:
    """A site with two places and a council that follows the first, or, not `known`, asks to; both at work."""
    ports = free_ports(2)
    node, council = populated(folder / "site", ports=ports), make(folder / "c", ports[1], ports, "aggregator")
    for slug, name, lat in ((SLUG, "L'Établi", "46.17"), (OTHER, "Le Voisin", "46.27")):
        described = place(node, slug, name, lat=Decimal(lat), lon=Decimal("1.87"))
        add_place(node, slug, described, [council.config.node_actor] if known else [])
    async with served(node, work=True) as site, served(council, work=True):
        await relations.follow(council, node.config.actor(SLUG))
        state = "accepted" if known else "pending"
        await until(lambda: rows(node, "SELECT state FROM followers") == [(state,)])
        yield site, council


async def enter(browser: Tab, site: Site, page: str, width: int, lang: str = "fr", dark: bool = False) -> None:
    """A page of the place, as its owner."""
    site.come_in("owner")
    url = site.node.config.url
    await browser.send("Network.setCookie", name=sessions.COOKIE, value=site.cookie, url=url, path="/", secure=True)
    await browser.open(f"{url}/manage/{SLUG}/{page}{'&' if '?' in page else '?'}lang={lang}", width, dark)


async def look(browser: Tab, site: Site) -> None:
    """It fits, it can be read and used, and nothing comes from elsewhere."""
    assert browser.complaints() == []
    assert all(url.startswith((site.node.config.url, "data:")) for url in browser.requests())
    assert await browser.ask("document.documentElement.scrollWidth <= innerWidth")
    for question in (SMALL, UNNAMED, CONTRAST):
        assert await browser.ask(question) == []
    assert all(b - a <= 1 for a, b in pairwise(await browser.ask(HEADINGS)))


@pytest.mark.parametrize(("width", "lang", "dark"), [(360, "fr", False), (1280, "en", True)])
async def test_they_fit_and_can_be_used(tmp_path: Path, width: int, lang: str, dark: bool) -> None:
    chromium()
    async with world(tmp_path) as (site, council), tab() as browser:
        add_report(site.node, SLUG, "2025", visits(4210), "public")
        add_report(site.node, SLUG, "2024", visits(77, "2024"), "network")
        await enter(browser, site, "publish", width, lang, dark)
        await look(browser, site)
        publish(site.node)
        await wishes.follow(site.node, SLUG, council.config.node_actor)
        await relations.share(site.node, SLUG, council.config.node_actor, "network")
        add_report(site.node, SLUG, "2025", visits(-5), "public")
        await until(lambda: len(projected(site.node, "SELECT 1 FROM directory")) == 2)
        await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
        site.node.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET state='parked', reason='unreachable'"))
        for page in ("publish", "network", "network?near=1", "network?q=nulle%20part", "network?q=%40x%40127.0.0.1"):
            await enter(browser, site, page, width, lang, dark)
            await look(browser, site)


async def test_what_is_published_is_seen_to_arrive(tmp_path: Path) -> None:
    chromium()
    async with world(tmp_path) as (site, council), tab() as browser:
        site.node.store.write(lambda c: c.exec_driver_sql(CLOSED, (council.config.authority,)))
        await enter(browser, site, "publish", 360)
        await click(browser, ".go button")
        assert await browser.ask("document.querySelectorAll('[data-live]').length") == 1
        site.node.store.write(lambda c: c.exec_driver_sql("DELETE FROM hosts"))
        assert "Tout reçu" in await browser.ask(ARRIVED)
        assert browser.complaints() == []


async def test_a_request_is_accepted_and_shared_with_by_clicks_alone(tmp_path: Path) -> None:
    chromium()
    async with world(tmp_path, known=False) as (site, council), tab() as browser:
        entered(site)
        await browser.send("Emulation.setScriptExecutionDisabled", value=True)
        await enter(browser, site, "network", 360)
        await click(browser, "button[value=approve]")
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        await click(browser, "button[value=share]")
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE sharing='network'"))


async def test_a_request_is_accepted_and_shared_with_by_the_keyboard_alone(tmp_path: Path) -> None:
    chromium()
    async with world(tmp_path, known=False) as (site, council), tab() as browser:
        entered(site)
        await enter(browser, site, "network", 1280)
        await press(browser, "button[value=approve]")
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        await press(browser, "button[value=share]")
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE sharing='network'"))
        await enter(browser, site, "publish", 1280)
        await press(browser, ".go button")
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report' AND sharing='public'"))


def entered(site: Site) -> None:
    """Figures for partners, published; and others for everybody, not yet."""
    add_report(site.node, SLUG, "2025", visits(7), "network")
    publish(site.node, SLUG)
    add_report(site.node, SLUG, "2025", visits(8), "public")


async def press(browser: Tab, selector: str) -> None:
    """Come to it with the tab key, see where one is, and press Enter."""
    for _ in range(200):
        await key(browser, "Tab", 9)
        if await browser.ask(f"document.activeElement.matches({selector!r})"):
            break
    assert await browser.ask(f"document.activeElement.matches({selector!r})"), "no way to it with the keyboard"
    assert await browser.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.events.clear()
    await key(browser, "Enter", 13, "\r")
    await browser.wait("Page.loadEventFired")


async def key(browser: Tab, name: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        said = {"text": text} if text and kind == "keyDown" else {}
        await browser.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **said)


async def test_it_is_all_done_without_a_script(tmp_path: Path) -> None:
    chromium()
    async with world(tmp_path) as (site, _), tab() as browser:
        await browser.send("Emulation.setScriptExecutionDisabled", value=True)
        await enter(browser, site, "publish", 1280)
        await click(browser, ".go button")
        await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
        publish(site.node)
        await until(lambda: len(projected(site.node, "SELECT 1 FROM directory")) == 2)
        await enter(browser, site, "network", 1280)
        await click(browser, ".found button[value=follow]")
        said = await browser.send("DOM.getOuterHTML", nodeId=(await browser.send("DOM.getDocument"))["root"]["nodeId"])
        assert "Vous suivez Le Voisin." in said["outerHTML"]
        assert "Tout reçu" in said["outerHTML"]
