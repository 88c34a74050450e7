"""`/ns/`: the vocabulary as this node uses it, in Turtle, JSON-LD or as a page; the JSON-LD context; the shapes.

Turtle is served as it is packaged, JSON-LD is made from the compiled form: nothing is converted on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from node.api import vocabulary
from node.api.accept import best, language
from vocab.contexts import INLINE
from vocab.reference import dimensions, indicators, version

if TYPE_CHECKING:
    from node.context import Node

_DATA = Path(vocabulary.__file__).parents[2] / "vocab" / "data"
TURTLE, JSON_LD, HTML = "text/turtle", "application/ld+json", "text/html"
_SUFFIX = {".ttl": TURTLE, ".jsonld": JSON_LD, ".html": HTML}
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=3600",
    "Vary": "Accept, Accept-Language",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that can be asked for: its Turtle, if it has a file of its own, and its JSON-LD."""

    turtle: Path | None = None
    json_ld: Callable[[], Any] | None = None

    @property
    def types(self) -> tuple[str, ...]:
        turtle = (TURTLE,) if self.turtle else ()
        return turtle + ((JSON_LD,) if self.json_ld else ())


@cache
def _body(path: Path) -> bytes:
    return path.read_bytes()


def part(name: str) -> Part | None:
    """`ontology`, `shapes`, `v1` (the context), `indicators`, `indicators/ID`, `concepts/SCHEME`."""
    family, _, rest = name.partition("/")
    if name in ("ontology", "shapes"):
        return Part(_DATA / f"{name}.ttl")
    if name in ("v1", "context/v1"):
        return Part(json_ld=lambda: {"@context": dict(INLINE)})
    if name == "indicators":
        return Part(_DATA / "indicators.ttl", vocabulary.all_indicators)
    if family == "indicators" and rest in indicators():
        return Part(json_ld=lambda: vocabulary.graph([vocabulary.indicator(indicators()[rest])]))
    if family == "concepts" and (rest in vocabulary.SCHEMES or rest in dimensions()):
        return Part(_DATA / "concepts" / f"{rest}.ttl", lambda: vocabulary.one_code_list(rest))
    return None


def _respond(found: Part, media: str) -> web.Response:
    if media == TURTLE and found.turtle is not None:
        body = _body(found.turtle)
    else:
        assert found.json_ld is not None
        body = orjson.dumps(found.json_ld(), option=orjson.OPT_INDENT_2)
    headers = {**_HEADERS, "ETag": f'"{version()}-{len(body)}"'}
    return web.Response(body=body, content_type=media, charset="utf-8", headers=headers)


async def _asked(node: "Node", request: web.Request) -> web.StreamResponse:
    """By suffix, else by Accept; `/ns/` itself is the ontology for a machine and the reference for a person."""
    path = request.match_info.get("path", "")
    suffix = next((end for end in _SUFFIX if path.endswith(end)), "")
    name = path.removesuffix(suffix) or "ontology"
    found = part(name)
    if found is None:
        raise web.HTTPNotFound
    accept = _SUFFIX[suffix] if suffix else request.headers.get("Accept", "")
    media = best(accept, [*found.types, HTML])
    if media is None:
        raise web.HTTPNotAcceptable
    if media == HTML:
        return _page(node, request, name)
    return _respond(found, media)


def _page(node: "Node", request: web.Request, name: str) -> web.Response:
    from node.web.plain import HEADERS
    from node.web.reference import page

    lang = language(request)
    headers = {**HEADERS, **_HEADERS, "Content-Language": lang}
    return web.Response(text=page(node, name, lang), content_type=HTML, charset="utf-8", headers=headers)


def routes(node: "Node") -> list[web.RouteDef]:
    """Every node serves the vocabulary, whatever its role."""

    async def asked(request: web.Request) -> web.StreamResponse:
        return await _asked(node, request)

    return [web.get("/ns", asked), web.get("/ns/", asked), web.get("/ns/{path:.+}", asked)]
