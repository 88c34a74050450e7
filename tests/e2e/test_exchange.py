"""Publishing, and the network of a place, in a real browser and between two nodes: with a script and without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from node import relations, wishes
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from tests.e2e.hands import Pointer
from tests.e2e.play import Watched, browsing, come_in, watching
from tests.e2e.test_description import SMALL
from tests.e2e.test_first_hour import fits, using, way
from tests.e2e.test_pages import CONTRAST, HEADINGS, UNNAMED
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import free_ports, make, place, projected, rows, until, visits
from tests.node.test_publish_page import refuse

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


async def enter(watched: Watched, site: Site, page: str, lang: str = "fr") -> None:
    """A page of the place, as its owner."""
    await come_in(watched, site)
    await watched.open(f"{site.node.config.url}/manage/{SLUG}/{page}{'&' if '?' in page else '?'}lang={lang}")


async def look(watched: Watched) -> None:
    """It fits, it can be read and used, and nothing comes from elsewhere."""
    await fits(watched)
    for question in (SMALL, UNNAMED, CONTRAST):
        assert await watched.ask(question) == [], watched.page.url
    assert all(b - a <= 1 for a, b in pairwise(await watched.ask(HEADINGS)))


@pytest.mark.parametrize(("width", "lang", "dark"), [(360, "fr", False), (1280, "en", True)])
async def test_they_fit_and_can_be_used(tmp_path: Path, width: int, lang: str, dark: bool) -> None:
    async with world(tmp_path) as (site, council), browsing() as browser, watching(browser, width, dark, lang) as seen:
        add_report(site.node, SLUG, "2025", visits(4210), "public")
        add_report(site.node, SLUG, "2024", visits(77, "2024"), "network")
        await enter(seen, site, "publish", lang)
        await look(seen)
        publish(site.node)
        await wishes.follow(site.node, SLUG, council.config.node_actor)
        await relations.share(site.node, SLUG, council.config.node_actor, "network")
        add_report(site.node, SLUG, "2025", visits(-5), "public")
        await until(lambda: len(projected(site.node, "SELECT 1 FROM directory")) == 2)
        await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
        site.node.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET state='parked', reason='unreachable'"))
        for page in ("publish", "network", "network?near=1", "network?q=nulle%20part", "network?q=%40x%40127.0.0.1"):
            await enter(seen, site, page, lang)
            await look(seen)


async def test_what_is_published_is_seen_to_arrive(tmp_path: Path) -> None:
    async with world(tmp_path) as (site, council), browsing() as browser, watching(browser, 360) as watched:
        site.node.store.write(lambda c: c.exec_driver_sql(CLOSED, (council.config.authority,)))
        await enter(watched, site, "publish")
        await Pointer(watched).press(".go button")
        assert await watched.page.locator("#standing[data-live]").count() == 1
        site.node.store.write(lambda c: c.exec_driver_sql("DELETE FROM hosts"))
        assert "Pas encore reçu" in await watched.page.inner_text("#standing")
        assert "Tout reçu" in await watched.ask(ARRIVED)
        stands = await watched.page.inner_text("#standing")
        assert ("Pris par 1 destinataire" in stands, "Pas encore reçu" in stands) == (True, False)
        watched.is_quiet()


@way
async def test_a_request_is_accepted_and_shared_with(tmp_path: Path, way: str) -> None:
    async with world(tmp_path, known=False) as (site, council), using(way) as (watched, hand, lang):
        entered(site)
        await enter(watched, site, "network", lang)
        await hand.press("button[value=approve]")
        await fits(watched)
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        assert rows(council, "SELECT 1 FROM documents WHERE sharing='network'") == []
        await hand.press("button[value=share]")
        await fits(watched)
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE sharing='network'"))
        await enter(watched, site, "publish", lang)
        await hand.press(".go button")
        await fits(watched)
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report' AND sharing='public'"))


@way
async def test_a_figure_that_was_refused_is_mended(tmp_path: Path, way: str) -> None:
    async with world(tmp_path) as (site, council), using(way) as (watched, hand, lang):
        await enter(watched, site, "figures/2025", lang)
        await hand.fill("#visits", "4210")
        await hand.press("form.questions button:not(.quiet)")
        await hand.press("form.fields button")  # who sees what, as proposed
        await hand.press(".tabs a[href*='/publish']")
        await hand.press(".go button")
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report'"))
        refuse(council, str(rows(council, "SELECT id FROM documents WHERE type='Report'")[0][0]))
        await until(lambda: rows(site.node, "SELECT 1 FROM journal WHERE type='Reject' AND direction='in'"))
        await hand.press(".tabs a[href*='/publish']")
        await fits(watched)
        await hand.press(".mistake + p a[href*='#visits']")
        assert await watched.page.locator("#visits[aria-describedby~=visits-wrong]").count() == 1
        await fits(watched)
        await hand.fill("#visits", "4211")
        await hand.press("form.questions button:not(.quiet)")
        await fits(watched)
        await hand.press(".tabs a[href*='/publish']")
        await hand.press(".go button")
        await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report' AND version=2"))
        await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
        await hand.press(".tabs a[href*='/publish']")
        assert await watched.page.locator(".mistake, .refused").count() == 0
        await fits(watched)


def entered(site: Site) -> None:
    """Figures for partners, published; and others for everybody, not yet."""
    add_report(site.node, SLUG, "2025", visits(7), "network")
    publish(site.node, SLUG)
    add_report(site.node, SLUG, "2025", visits(8), "public")


@way
async def test_a_neighbour_is_found_and_followed(tmp_path: Path, way: str) -> None:
    async with world(tmp_path) as (site, _), using(way) as (watched, hand, lang):
        await enter(watched, site, "publish", lang)
        await hand.press(".go button")
        await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
        publish(site.node)
        await until(lambda: len(projected(site.node, "SELECT 1 FROM directory")) == 2)
        await enter(watched, site, "network", lang)
        await hand.press(".found button[value=follow]")
        await fits(watched)
        said = await watched.page.inner_text("main")
        assert {"fr": "Vous suivez Le Voisin.", "en": "You follow Le Voisin."}[lang] in said
        assert {"fr": "Tout reçu", "en": "All received"}[lang] in said
