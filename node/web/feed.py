"""The Atom feed of a place (RFC 4287): what it said to everybody, for readers of feeds."""

import asyncio
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from node.api.accept import language
from node.context import Node
from node.views import place as places
from node.views import posts
from node.views.posts import Shown
from node.web.posts import span
from vocab.errors import visible

_MOST = 30
_NS = "http://www.w3.org/2005/Atom"


def feed(node: Node, actor: str, lang: str) -> bytes | None:
    """The newest posts; None for a place that is not there."""
    page = places.of_actor(node, actor)
    if page is None:
        return None
    said = posts.of_place(node, actor, _MOST)
    root = Element("feed", {"xmlns": _NS, "xml:lang": lang})
    _text(root, "id", actor)
    _text(root, "title", page.place.name)
    _text(root, "updated", max([page.updated, *(each.updated or each.published for each in said)]))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{actor}/feed.atom"})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": actor})
    _text(SubElement(root, "author"), "name", page.place.name)
    _text(root, "rights", page.license)
    for post in said:
        _entry(root, post)

    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _entry(root: Element, post: Shown) -> None:
    entry = SubElement(root, "entry", {"xml:lang": post.language})
    _text(entry, "id", post.id)
    _text(entry, "title", post.title or post.excerpt[:90] or urlsplit(post.id).path)
    _text(entry, "published", post.published)
    _text(entry, "updated", post.updated or post.published)
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": post.id})
    for each in post.pictures:
        SubElement(entry, "link", {"rel": "enclosure", "type": each.type, "href": each.url, "title": visible(each.alt)})
    when = " · ".join(filter(None, (span(post, "en" if post.language == "en" else "fr"), post.where)))
    if post.summary or when:
        _text(entry, "summary", when or post.summary)
    content = SubElement(entry, "content", {"type": "html"})
    content.text = visible(post.content)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = visible(text)


def routes(node: Node) -> list[web.RouteDef]:
    """`/places/SLUG/feed.atom`."""

    async def atom(request: web.Request) -> web.Response:
        actor = node.config.actor(request.match_info["slug"])
        body = await asyncio.to_thread(feed, node, actor, language(request))
        if body is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=body, content_type="application/atom+xml", charset="utf-8", headers=headers)

    return [web.get("/places/{slug:[a-z0-9_]{1,30}}/feed.atom", atom)]
