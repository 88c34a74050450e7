"""`POST /api/reports`: the figures of a place from its own software, by a token (RFC 6750). Entered, not published.

`GET /api/reports/PERIOD` reads back what is entered. `node.api.openapi` describes both.
"""

import asyncio
import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from node.api.accept import language
from node.api.authenticator import Authenticator, authenticated
from node.api.openapi import described
from node.context import Node
from node.errors import NodeError
from node.people import quotas, sent, throttle, tokens, yearbook
from node.people.sent import Entered
from node.people.tokens import Token
from node.web.desk import address_of
from vocab.errors import Mistake, message
from vocab.model import breakdown_text
from vocab.oddity import told

LARGEST = 1_000_000
_PROBLEM = "application/problem+json"
_BEARER = {"WWW-Authenticate": 'Bearer realm="maillage"'}
_SAFE = {"Cache-Control": "no-store"}


def _refused(status: int, title: str, **more: Any) -> web.Response:
    """RFC 9457."""
    body = {"type": "about:blank", "status": status, "title": title} | more
    headers = _SAFE | (_BEARER if status == 401 else {})
    return web.json_response(body, status=status, content_type=_PROBLEM, headers=headers)


def _who(node: Node, request: web.Request) -> Token | web.Response:
    """The program that asks; who guesses waits."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    address = address_of(request)
    wait = throttle.seconds_to_wait(node, address=address)
    if wait:
        response = _refused(429, "Too many wrong tokens")
        response.headers["Retry-After"] = str(wait)
        return response
    token = tokens.read(node, given.strip()) if scheme.lower() == "bearer" and given.strip() else None
    if token is None:
        if given:
            throttle.failed(node, address=address)
        return _refused(401, "A token is needed: Authorization: Bearer maillage_…")
    return token


async def _body(request: web.Request) -> object | web.Response:
    if request.content_type != "application/json":
        return _refused(415, "The body is application/json")
    try:
        raw = await request.read()
        if len(raw) > LARGEST:
            return _refused(413, "The report is too large", most=LARGEST)
        read: object = json.loads(raw, parse_float=Decimal)
        return read
    except web.HTTPRequestEntityTooLarge:
        return _refused(413, "The report is too large", most=LARGEST)
    except (ValueError, RecursionError):
        return _refused(400, "The body is no JSON")


def _enter(node: Node, slug: str, body: object, lang: str) -> web.Response:
    try:
        with node.store.read() as connection:
            quotas.check_open(connection, node, slug)
        done = sent.enter(node, slug, body)
    except NodeError as refused:
        return _refused(409, refused.code, detail=refused.text(lang))
    if not isinstance(done, Entered):
        return _refused(422, "Nothing was entered", errors=[_said(each, lang) for each in done])
    odd = [told(each, lang) for each in done.odd]
    body = {"place": slug, "period": done.period, "entered": done.count, "published": False, "warnings": odd}
    return web.json_response(body, headers=_SAFE)


def _said(mistake: Mistake, lang: str) -> dict[str, Any]:
    return mistake.to_json() | {"message": message(mistake, lang)}


def _entered(node: Node, slug: str, period: str) -> web.Response:
    figures = yearbook.figures(node, slug).get(period)
    if figures is None:
        return _refused(404, "Nothing is entered for this period")
    said = [each.to_json() | {"breakdown": breakdown_text(each.breakdown)} for each in figures]
    return web.json_response({"place": slug, "period": period, "observations": said}, headers=_SAFE)


def routes(node: Node) -> list[web.RouteDef]:
    """The two addresses of a program, and their description."""

    @authenticated(by=Authenticator.TOKEN)
    async def enter(request: web.Request) -> web.Response:
        token = await asyncio.to_thread(_who, node, request)
        if isinstance(token, web.Response):
            return token
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        return await asyncio.to_thread(_enter, node, token.place, body, language(request))

    async def read(request: web.Request) -> web.Response:
        token = await asyncio.to_thread(_who, node, request)
        if isinstance(token, web.Response):
            return token
        period = request.match_info["period"].replace("_", "/")
        return await asyncio.to_thread(_entered, node, token.place, period)

    async def openapi(_request: web.Request) -> web.Response:
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
        return web.json_response(described(node.config.url), headers=headers)

    return [
        web.post("/api/reports", enter),
        web.get("/api/reports/{period}", read),
        web.get("/api/openapi.json", openapi),
    ]
