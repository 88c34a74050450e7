"""A page from its template and values, and the headers that every page has: no script, nothing from elsewhere."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from node.messages import LANGUAGES, text
from node.web import wording

if TYPE_CHECKING:
    from node.context import Node

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["static"] = static
    return made


@cache
def static(name: str) -> str:
    """The address of a file of ours, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def link(lang: str, path: str, **query: object) -> str:
    """An address of ours that keeps the reader's language; empty parameters are left out."""
    asked = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(asked | {'lang': lang})}"


def said(lang: str, key: str, **values: object) -> str:
    """A sentence of the catalogue, as it is printed."""
    return wording.typeset(text(lang, key, **values), lang)


def render(node: "Node", template: str, lang: str, kept: Mapping[str, str] | None = None, /, **values: object) -> str:
    """One page in `lang`; a value that the template lacks is an error. `kept`: what a change of language keeps."""
    about = {"site": node.config.name, "aggregator": node.config.is_aggregator()}
    return rendered(template, lang, kept, **(about | values))


def rendered(template: str, lang: str, kept: Mapping[str, str] | None = None, /, **values: object) -> str:
    """The same where there is no node yet; `values` says what `site` and `aggregator` are."""
    others_of = {name: value for name, value in (kept or {}).items() if name != "lang"}
    others = {other: "?" + urlencode(others_of | {"lang": other}) for other in LANGUAGES if other != lang}
    shared = {
        "lang": lang,
        "here": "",
        "others": others,
        "t": partial(said, lang),
        "url": partial(link, lang),
        "counted": lambda key, n: wording.typeset(wording.counted(key, n, lang), lang),
        "number": lambda value: wording.number(Decimal(value), lang),
        "day": lambda value: wording.day(value, lang),
        "period_text": lambda value: wording.period(value, lang),
    }
    return _environment().get_template(template).render(**(shared | values))


def respond(request: web.Request, html: str, lang: str, status: int = 200) -> web.Response:
    """The page, or 304 when the reader has it already."""
    body = html.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {**HEADERS, "ETag": etag, "Vary": "Accept, Accept-Language", "Content-Language": lang}
    if status == 200 and request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=headers)
