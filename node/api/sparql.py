"""`/sparql`: the SPARQL 1.1 Protocol over the public graph, and a page to ask from. Aggregators only."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from node.api.accept import best, language
from node.api.authenticator import Authenticator, authenticated
from node.messages import text
from node.sparql.pool import Pool, QueryAnswer, QueryRefused, database
from node.sparql.protocol import HTML, LONGEST, STATUS, Negotiated, Request, negotiate, read
from node.sparql.service import service_description

if TYPE_CHECKING:
    from node.context import Node

_HEADERS = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Accept-Language"}
_TURTLE = "text/turtle"
_PAGE_ROWS = 500


def problem(refused: QueryRefused, lang: str) -> web.Response:
    """RFC 9457: a stable reason, and one readable line."""
    status = STATUS.get(refused.reason, 400)
    members = {"type": "about:blank", "status": status, "title": text(lang, "sparql.refused"), "reason": refused.reason}
    headers = {**_HEADERS, "Content-Language": lang} | ({"Retry-After": "5"} if status == 503 else {})
    return web.json_response(
        {**members, "detail": refused.text(lang)},
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Answers one request after another from the pool."""

    node: "Node"
    pool: Pool

    @authenticated(Authenticator.PUBLIC_READ_ONLY)
    async def answer(self, request: web.Request) -> web.StreamResponse:
        lang = language(request)
        accept = request.headers.get("Accept", "")
        asked = await self._read(request)
        if asked is None:
            return self._greeting(accept, lang)
        wanted = negotiate(asked, accept) if isinstance(asked, Request) else asked
        if isinstance(wanted, QueryRefused):
            html = best(accept, ("application/json", HTML)) == HTML
            return self._page(asked, wanted, lang) if html else problem(wanted, lang)
        if wanted.media == HTML:
            shown = replace(self.pool.limits, rows=_PAGE_ROWS)
            return self._page(asked, await self.pool.ask(wanted.ask, shown), lang)
        answered = await self.pool.ask(wanted.ask)
        return self._machine(wanted, answered, lang)

    def routes(self) -> list[web.RouteDef]:
        """Nothing on a node that is no aggregator."""
        if not self.node.config.is_aggregator():
            return []
        return [
            web.get("/sparql", self.answer),
            web.post("/sparql", self.answer),
            web.options("/sparql", _preflight),
        ]

    async def close(self, _app: web.Application) -> None:
        """End the workers (`app.on_cleanup`)."""
        await self.pool.close()

    async def _read(self, request: web.Request) -> Request | QueryRefused | None:
        body = b""
        if request.method == "POST":
            body = await request.content.read(4 * LONGEST + 1)
            if len(body) > 4 * LONGEST:
                return QueryRefused("too_long", str(LONGEST))
        return read(request.method, request.query_string, request.headers.get("Content-Type", ""), body)

    def _machine(self, wanted: Negotiated, answered: QueryAnswer | QueryRefused, lang: str) -> web.Response:
        """An answer cut short is refused: no format of rows could say that some are missing."""
        if isinstance(answered, QueryAnswer) and answered.truncated:
            answered = QueryRefused("too_many_rows", str(answered.rows))
        if isinstance(answered, QueryRefused):
            return problem(answered, lang)
        return web.Response(text=answered.body, content_type=wanted.media, charset="utf-8", headers=_HEADERS)

    def _greeting(self, accept: str, lang: str) -> web.Response:
        if best(accept, (_TURTLE, HTML)) == HTML:
            return self._page(None, None, lang)
        described = service_description(self.node.config.url)
        return web.Response(text=described, content_type=_TURTLE, charset="utf-8", headers=_HEADERS)

    def _page(
        self, asked: Request | QueryRefused | None, answered: QueryAnswer | QueryRefused | None, lang: str
    ) -> web.Response:
        from node.web.plain import HEADERS
        from node.web.sparql import page

        query = asked.query if isinstance(asked, Request) else ""
        status = STATUS.get(answered.reason, 400) if isinstance(answered, QueryRefused) else 200
        html = page(self.node, query, answered, self.pool.limits, lang)
        headers = {**HEADERS, **_HEADERS, "Content-Language": lang}
        return web.Response(text=html, status=status, content_type=HTML, charset="utf-8", headers=headers)


async def _preflight(_request: web.Request) -> web.Response:
    allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type, Accept"}
    return web.Response(status=204, headers=_HEADERS | allowed)


def routes(node: "Node") -> list[web.RouteDef]:
    """GET and POST `/sparql` on an aggregator; nothing, so 404, on a site. Its workers end with this process."""
    return Endpoint(node, Pool(database(node))).routes()
