"""A real Chromium by Playwright: pages at a given width, with or without script, that are watched while they are used.

Skips, saying why, where there is no browser: `apt install chromium`, or MAILLAGE_CHROMIUM with its path.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright

from node.people import sessions
from tests.node.desk import Site

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run", "--no-proxy-server",
)  # fmt: skip


def chromium() -> str:
    """The browser's path."""
    found = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium here (apt install chromium, or set MAILLAGE_CHROMIUM to its path)")
    return found


@dataclass(slots=True)
class Watched:
    """One page, and what was said against it: errors of its console, what it asked of other hosts."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Before the first page. A busy page may take a key before the order to hand its window of files over to us."""
        self.page.on("console", lambda line: self.said.append(line.text) if line.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("filechooser", lambda _: None)

    async def open(self, url: str) -> int:
        """Load a page; its status."""
        self.said.clear()
        self.asked.clear()
        answer = await self.page.goto(url)
        assert answer is not None
        return answer.status

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return await self.page.evaluate(expression)

    def is_quiet(self) -> None:
        """Nothing was said against it, and nothing was asked of another host."""
        assert self.said == [], self.page.url
        host = urlsplit(self.page.url).netloc
        elsewhere = [url for url in self.asked if urlsplit(url).netloc not in ("", host)]
        assert elsewhere == [], self.page.url


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser of its own."""
    path = chromium()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def watching(
    browser: Browser, width: int = 1280, dark: bool = False, lang: str = "fr", script: bool = True, **more: Any
) -> AsyncIterator[Watched]:
    """A page of a fresh context: no cookie, that width, that language."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        locale="fr-FR" if lang == "fr" else "en-GB",
        java_script_enabled=script,
        is_mobile=width < 600,
        has_touch=width < 600,
        **more,
    )
    try:
        watched = Watched(await context.new_page())
        watched.listen()
        yield watched
    finally:
        await context.close()


async def come_in(watched: Watched, site: Site, kind: str = "owner") -> None:
    """As one of the accounts of `tests/node/desk.py`, without the form, which takes its time."""
    site.come_in(kind)
    line = await watched.page.context.new_cdp_session(watched.page)
    cookie = {"name": sessions.COOKIE, "value": site.cookie, "url": site.node.config.url, "path": "/", "secure": True}
    await line.send("Network.setCookie", cookie)
    await line.detach()
