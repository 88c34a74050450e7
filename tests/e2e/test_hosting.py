"""A host invites, a manager makes a place, publishes it, takes it along to another host and says so, in a real browser.

Once without any script on a phone in French, once with the keyboard alone on a screen in English.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser

from node.people import accounts, roles
from node.people.roles import Role
from node.publish import publish
from tests.e2e.hands import Hand, Keyboard, Pointer, log_in
from tests.e2e.play import Watched, browsing, watching
from tests.e2e.test_first_hour import fits, way
from tests.node.desk import PASSWORD, Site, populated, served
from tests.node.net import free_ports

CLAIRE = "claire@monlieu.fr"


@dataclass(slots=True)
class Hosts:
    """The host that a place leaves, and the one where it goes."""

    old: Site
    new: Site


@pytest.fixture
async def hosts(tmp_path: Path) -> AsyncIterator[Hosts]:
    ports = free_ports(2)
    nodes = [populated(tmp_path / name, ports=[port, *ports]) for name, port in zip(("old", "new"), ports, strict=True)]
    for node in nodes:
        publish(node)
    async with AsyncExitStack() as stack:
        yield Hosts(*[await stack.enter_async_context(served(node, work=True)) for node in nodes])


@dataclass(slots=True)
class Someone:
    """A person with a browser of their own, who uses it in one way."""

    watched: Watched
    hand: Hand
    base: str
    lang: str

    async def open(self, path: str) -> None:
        assert await self.watched.open(f"{self.base}{path}?lang={self.lang}") == 200
        await fits(self.watched)

    async def say_who(self) -> None:
        for field, text in (("person", "Claire"), ("email", CLAIRE), ("password", PASSWORD)):
            await self.hand.fill(f"#{field}", text)


@asynccontextmanager
async def someone(browser: Browser, site: Site, way: str) -> AsyncIterator[Someone]:
    keyboard = way.startswith("keyboard")
    width, lang = 360 if "phone" in way else 1280, "en" if keyboard else "fr"
    async with watching(
        browser, width, lang=lang, script="without-script" not in way, accept_downloads=True
    ) as watched:
        hand = Keyboard(watched) if keyboard else Pointer(watched)
        yield Someone(watched, hand, site.node.config.url, lang)


async def invited(browser: Browser, site: Site, way: str) -> str:
    """The address, on its node, of the link that a host makes for a new place."""
    async with someone(browser, site, way) as host:
        await log_in(host.hand, host.base, "host", host.lang)
        await host.open("/manage/host")
        await host.hand.press("button[value=invite]")
        await fits(host.watched)
        return (await host.watched.page.input_value("#once")).removeprefix(host.base)


@way
async def test_a_place_is_invited_published_and_taken_elsewhere(hosts: Hosts, way: str) -> None:
    async with browsing() as browser, someone(browser, hosts.old, way) as claire:
        await claire.open(await invited(browser, hosts.old, way))
        await make(claire)
        await claire.open("/manage/forge/publish")
        await claire.hand.press("form.go button")
        await claire.open("/manage/forge/team")
        await claire.hand.press("a[href*='/move']")
        await fits(claire.watched)
        file = await claire.hand.fetch("button[value=export]")
        async with someone(browser, hosts.new, way) as there:
            await there.open(await invited(browser, hosts.new, way))
            await bring(there, file)
        await announce(claire, f"@forge@{hosts.new.node.config.authority}")
        assert await claire.watched.open(f"{claire.base}/places/forge") == 200
        assert claire.watched.page.url == f"{hosts.new.node.config.url}/places/forge"
        assert "La Forge" in await claire.watched.page.inner_text("main")
    account = accounts.by_email(hosts.new.node, CLAIRE)
    assert account is not None
    assert roles.role(hosts.new.node, account.id, "forge") is Role.OWNER


async def make(claire: Someone) -> None:
    """A place of one's own, behind an invitation."""
    await claire.hand.fill("#name", "La Forge")
    await claire.hand.fill("#commune", "Guéret (23)")
    await claire.hand.tick("input[value=fablab]")
    await claire.hand.fill("#slug", "forge")
    await claire.say_who()
    await claire.hand.press("main form button")
    assert "/manage/forge" in claire.watched.page.url


async def bring(there: Someone, file: Path) -> None:
    """The file, rather than questions."""
    await there.hand.press("a[href*='/bring']")
    await fits(there.watched)
    await there.hand.choose("#file", file)
    await there.say_who()
    await there.hand.press("main form button")
    assert "/manage/forge" in there.watched.page.url
    await fits(there.watched)


async def announce(claire: Someone, target: str) -> None:
    """Not before one is sure."""
    await claire.open("/manage/forge/move")
    await claire.hand.fill("#target", target)
    await claire.hand.press("button[value=depart]")
    assert await claire.watched.page.locator("#sure-wrong").count() == 1
    await fits(claire.watched)
    await claire.hand.tick("#sure")
    await claire.hand.press("button[value=depart]")
    assert await claire.watched.page.locator("button[value=depart]").count() == 0
    await fits(claire.watched)
