"""A real server on loopback that answers what a test tells it to, and remembers what it was asked."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from federation.transport import ACTIVITY_JSON

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """`pages`: by path and query, a JSON body, a ready answer's maker, or an address to redirect to."""

    host: str
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def paths(self) -> list[str]:
        return [request.raw_path for request in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages.get(request.raw_path)
        if page is None:
            return web.Response(status=404)
        if isinstance(page, int):
            return web.Response(status=page)
        if isinstance(page, str):
            return web.Response(status=302, headers={"Location": page})
        if callable(page):
            made: web.StreamResponse = await page(request)
            return made
        return web.Response(body=json.dumps(page).encode(), content_type=ACTIVITY_JSON)


@asynccontextmanager
async def listening() -> AsyncIterator[Site]:
    """One site on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    site = Site(f"127.0.0.1:{listener.getsockname()[1]}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield site
    finally:
        await runner.cleanup()


def answering(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    """A page that is this, to the letter."""

    async def reply(_request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers={"Content-Type": ACTIVITY_JSON} | named)

    return reply


def dripping(pause: float) -> Reply:
    """A page that sends a byte, and another, and never ends."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": ACTIVITY_JSON})
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.CancelledError):
            return response

    return reply
