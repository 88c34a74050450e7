"""The only module that knows all of the others: it puts the routes together and runs the node.

A path that both people and machines read has two handlers; the Accept header chooses.
"""

import asyncio
import gc
import importlib
import logging
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from federation.canonical import MAX_BYTES
from node import hosts, jobs, lookup, rotation
from node.api import activitypub
from node.api.accept import best, language
from node.api.signer import ACTIVITY_JSON, LOOKUP
from node.context import Node
from node.ops import logs, memory
from node.ops.measures import MEASURES, Measures, measured

log = logging.getLogger("maillage.app")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MODULES = (
    "node.api.wellknown",
    "node.api.health",
    "node.api.metrics",
    "node.api.data",
    "node.api.reports",
    "node.api.sparql",
    "node.api.ns",
    "node.web.routes",
    "node.web.manage",
    "node.web.media",
    "node.web.feed",
    "node.web.follow",
)
_SAFE = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)
_KEEPALIVE = 15.0
_LINGER = 2.0  # for what is left of a body that was refused
_COLLECT = (20_000, 20, 20)  # a message makes hundreds of objects and no cycle: young collections would find nothing
_OFFERED = ("text/html", ACTIVITY_JSON, "application/ld+json", "application/json")


def build_app(node: Node, modules: Sequence[str] = MODULES) -> web.Application:
    """Every URL of a node, and the guarded client that looks keys up."""
    app = web.Application(client_max_size=MAX_BYTES, middlewares=[measured, _nowhere(node)])
    app[MEASURES] = Measures()
    app.cleanup_ctx.append(_lookup(node))
    app.on_response_prepare.append(_guarded)
    machine = {_canonical(route): route for route in activitypub.routes(node)}
    for name in modules:
        for route in importlib.import_module(name).routes(node):
            _close_at_the_end(app, route)
            both = machine.pop(_canonical(route), None)
            app.add_routes([route if both is None else _negotiated(both, route)])
    app.add_routes(list(machine.values()))
    return app


def _nowhere(node: Node) -> Middleware:
    """An address that nobody has is a page too, for whoever reads pages: a link of which half was copied, for one."""

    @web.middleware
    async def page(request: web.Request, handler: Handler) -> web.StreamResponse:
        unknown = isinstance(request.match_info.http_exception, web.HTTPNotFound)
        if not unknown or request.method not in ("GET", "HEAD") or "text/html" not in request.headers.get("Accept", ""):
            return await handler(request)
        from node.web import plain

        lang = language(request)
        html = await asyncio.to_thread(plain.render, node, "missing.html", lang)
        return plain.respond(request, html, lang, 404)

    return page


async def _guarded(_request: web.Request, response: web.StreamResponse) -> None:
    """Whatever is answered is of the type it says, runs nothing, stands in no frame and tells nobody its address."""
    for name, value in _SAFE:
        response.headers.setdefault(name, value)


def _close_at_the_end(app: web.Application, route: web.RouteDef) -> None:
    """A handler that is a method of something with a `close(app)` has it called once, when the node stops."""
    close = getattr(getattr(route.handler, "__self__", None), "close", None)
    if close is not None and close not in app.on_cleanup:
        app.on_cleanup.append(close)


def _canonical(route: web.RouteDef) -> tuple[str, str]:
    """Method and path, whatever the patterns of its parts."""
    return route.method, re.sub(r"\{(\w+):(?:[^{}]|\{[^}]*\})*\}", r"{\1}", route.path)


def _negotiated(machine: web.RouteDef, page: web.RouteDef) -> web.RouteDef:
    """One route for both: a page unless something else is preferred (RFC 9110, 12.5.1)."""

    async def either(request: web.Request) -> web.StreamResponse:
        wanted = best(request.headers.get("Accept", ""), _OFFERED)
        chosen: Handler = page.handler if wanted == _OFFERED[0] else machine.handler
        response = await chosen(request)
        response.headers["Vary"] = ", ".join(filter(None, (response.headers.get("Vary"), "Accept")))
        return response

    return web.RouteDef(machine.method, machine.path, either, dict(page.kwargs))


def _lookup(node: Node) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        async with lookup.opened(node) as opened:
            app[LOOKUP] = opened
            yield

    return context


def _is_no_fault_of_its_sender(record: logging.LogRecord) -> bool:
    """What is no HTTP is answered, and not logged: anybody could fill a disk so."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def runner_of(app: web.Application) -> web.AppRunner:
    """What runs it: no body is decompressed, for what is signed are the bytes that came; nobody is waited for long."""
    logging.getLogger("aiohttp.server").addFilter(_is_no_fault_of_its_sender)
    return web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=_KEEPALIVE,
        lingering_time=_LINGER,
        shutdown_timeout=5,
        auto_decompress=False,
    )


def serve(node: Node, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT; raises `OSError` when the address cannot be listened on."""
    memory.save()
    logs.configure(node.config.log_format)
    rotation.finish(node)
    hosts.heed_configuration(node)
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    asyncio.run(_serve(node, host, port, ready))


async def _serve(node: Node, host: str, port: int, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = build_app(node)
    runner = runner_of(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=512).start()
        async with jobs.running(node, app[LOOKUP]):
            ready()
            log.info("serving url=%s host=%s port=%d", node.config.url, host, port)
            await stop.wait()
            log.info("stopping url=%s", node.config.url)
    finally:
        await runner.cleanup()
