"""The addresses of the pages: the council, a site, a place, the lists, and our own stylesheet."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from yarl import URL

from node.actors import row_of
from node.api.accept import language
from node.context import Node
from node.store import documents
from node.web import plain, sheet
from vocab import communes

FILES = {
    "live.js": "text/javascript",
    "maillage.css": "text/css",
    "desk.css": "text/css",
    "commune.js": "text/javascript",
    "autosave.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
SLUG = r"{slug:[a-z0-9_]{1,30}}"
Made = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one node. Each is made in a thread: readers of the database never wait for the event loop."""

    node: Node

    async def _page(self, request: web.Request, make: Callable[[str], str | None]) -> web.Response:
        lang = language(request)
        html = await asyncio.to_thread(make, lang)
        if html is not None:
            return plain.respond(request, html, lang)
        return plain.respond(request, plain.render(self.node, "missing.html", lang), lang, 404)

    async def home(self, request: web.Request) -> web.Response:
        from node.web import site

        return await self._page(request, lambda lang: site.home(self.node, lang, request.query))

    def _here(self, request: web.Request) -> None:
        """Leads to where a place lives now, if it moved; its actor and its documents are still read here."""
        with self.node.store.read() as connection:
            row = row_of(connection, request.match_info["slug"])
        if row is not None and row.moved and not row.deleted:
            raise web.HTTPMovedPermanently(URL(row.moved), headers={"Vary": "Accept"})

    async def accessibility(self, request: web.Request) -> web.Response:
        """What was done so that everybody can use these pages, and what was not."""
        return await self._page(request, lambda lang: plain.render(self.node, "accessibility.html", lang))

    async def place(self, request: web.Request) -> web.Response:
        from node.web import site

        self._here(request)
        actor = self.node.config.actor(request.match_info["slug"])
        return await self._page(request, lambda lang: site.of_actor(self.node, lang, actor, request.query))

    async def posts(self, request: web.Request) -> web.Response:
        from node.web import posts

        self._here(request)
        actor = self.node.config.actor(request.match_info["slug"])
        return await self._page(request, lambda lang: posts.of_place(self.node, lang, actor, request.query))

    async def post(self, request: web.Request) -> web.Response:
        from node.web import posts

        self._here(request)
        document = self.node.config.url + request.path
        page = await self._page(request, lambda lang: posts.page(self.node, lang, document, request.query))
        if page.status == 404:
            with self.node.store.read() as connection:
                known = documents.stored(connection, document)
            page.set_status(410 if known is not None and known.deleted else 404)
        return page

    async def listing(self, request: web.Request) -> web.Response:
        from node.web import site

        document = self.node.config.url + request.path
        return await self._page(request, lambda lang: site.of_document(self.node, lang, document, request.query))

    async def received(self, request: web.Request) -> web.Response:
        from node.web import site

        place = request.query.get("id", "")
        return await self._page(request, lambda lang: site.of_place(self.node, lang, place, request.query))


async def _moved(request: web.Request) -> web.Response:
    """Where the lists of the network were before."""
    asked = dict(request.query)
    path = "/places" if request.path.endswith("/places") else f"/indicators/{asked.pop('indicator', 'visits')}"
    raise web.HTTPMovedPermanently(URL.build(path=path, query=asked))


async def communes_like(request: web.Request) -> web.Response:
    """`?q=` as it is typed: the communes that may be meant, as they can be typed back."""
    found = await asyncio.to_thread(communes.like, request.query.get("q", ""))
    return web.json_response([communes.label(each) for each in found])


async def static_file(request: web.Request) -> web.Response:
    """A file of ours, by an address that changes with its content."""
    name = request.match_info["name"]
    if name not in FILES:
        raise web.HTTPNotFound
    body = (plain.STATIC / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=FILES[name], charset="utf-8", headers=headers)


def place_html(node: Node) -> Callable[[web.Request], object]:
    """The handler of `/places/SLUG` for a person."""
    return Pages(node).place


def routes(node: Node) -> list[web.RouteDef]:
    """A site shows its places; an aggregator shows the network too."""
    pages = Pages(node)
    made = [
        web.get(f"/places/{SLUG}", pages.place),
        web.get(f"/places/{SLUG}/posts", pages.posts),
        web.get(f"/places/{SLUG}/posts/{{name}}", pages.post),
        web.get("/listings/{source}/{row}", pages.listing),
        web.get("/static/{name}", static_file),
        web.get("/communes.json", communes_like),
        web.get("/accessibility", pages.accessibility),
    ]
    if not node.config.is_aggregator():
        return [web.get("/", pages.home), *made]
    moved = [web.get(f"/network/{name}", _moved) for name in ("places", "totals")]
    return [*_network(node), *made, *moved, web.get("/network/place", pages.received)]


def _network(node: Node) -> list[web.RouteDef]:
    """What a council shows, each page with its files."""
    from node.web import campaign, council, founding, indicator, indicators, places, quality, territories, themes

    sheets: tuple[tuple[str, sheet.Make], ...] = (
        ("/", council.home),
        ("/places", places.places),
        ("/indicators", indicators.catalogue),
        ("/indicators/{id:[A-Za-z0-9]{1,60}}", indicator.one),
        ("/themes/{id:[a-z]{1,30}}", themes.theme),
        ("/territories", territories.territories),
        ("/territories/{code:[0-9A-Za-z]{2,9}}", territories.of_code),
        ("/where", founding.where),
        ("/quality", quality.page),
        ("/campaign", campaign.page),
    )
    return [route for path, make in sheets for route in sheet.routes(node, path, make)]
