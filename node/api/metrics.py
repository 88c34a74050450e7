"""`/metrics`: the figures of a node's work for Prometheus, for whoever sits at the machine or has the token."""

import asyncio
import hmac
from ipaddress import ip_address

from aiohttp import web
from yarl import URL

from node.context import Node
from node.ops.measures import MEASURES, Figures, Measures

_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
_NAMES = ("localhost", "127.0.0.1", "::1")


def routes(node: Node) -> list[web.RouteDef]:
    """For everybody else there is nothing at that address."""

    async def metrics(request: web.Request) -> web.Response:
        if not (_has_token(request, node.config.metrics_token) or _is_here(request)):
            raise web.HTTPNotFound
        body, kind = await asyncio.to_thread(_text, node, request.config_dict[MEASURES])
        return web.Response(body=body, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    return [web.get("/metrics", metrics)]


def _text(node: Node, measures: Measures) -> tuple[bytes, str]:
    """Imported when it is asked for: it costs memory that most nodes never need."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    registry = CollectorRegistry()
    registry.register(Figures(node, measures))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def _has_token(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _is_here(request: web.Request) -> bool:
    """Asked on this machine and by its own name: what a web server passes on comes from loopback too."""
    try:
        is_loopback = ip_address(request.remote or "").is_loopback
        host = URL(f"http://{request.host}").host
    except ValueError:
        return False
    return is_loopback and host in _NAMES and not any(name in request.headers for name in _PASSED_ON)
