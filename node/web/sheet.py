"""A page in three dresses: HTML for people, and the same content as `.json` and `.csv` at the same address.

A page is a function `(node, asked) -> Sheet | Wrong | None`: it reads views and knows no HTTP. `routes(node, path,
make)` gives its three addresses; `None` is 404, `Wrong` (400) says what to ask instead. The files hold codes,
decimal strings and IRIs, never words of one language; the licence, the publisher and the address are added here.
"""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from node.api.accept import language
from node.context import Node
from node.messages import text
from node.web import plain

LICENSE = "https://spdx.org/licenses/etalab-2.0"
FILE_HEADERS = {
    "Link": f'<{LICENSE}>; rel="license"',  # RFC 8288, 4946
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=60",
    "X-Content-Type-Options": "nosniff",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a page: the reader's language, the query, the parts of the path, and where its files are.

    `kind`: the dress asked for (`html` | `json` | `csv`), so that long rows are made only when they are wanted.
    """

    lang: str
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # "json" | "csv" → address with the same question
    kind: str = "html"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page says: `data` for JSON, `columns` and `rows` for CSV (RFC 4180), `html` made only when asked for."""

    data: Mapping[str, Any]
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]
    html: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question that has no answer, in words: `title` and `detail` in the reader's language."""

    title: str
    detail: str
    status: int = 400


Make = Callable[[Node, Asked], Sheet | Wrong | None]


def cell(value: object) -> str:
    """A value as a CSV cell: nothing for what is missing; a text that a spreadsheet would run is quoted (OWASP)."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(cell(one) for one in value)
    if isinstance(value, bool):
        return "1" if value else "0"
    shown = str(value)
    return "'" + shown if shown.startswith(_FORMULA) and not _is_number(shown) else shown


def _is_number(shown: str) -> bool:
    return shown[1:].replace(".", "", 1).isdecimal()


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """RFC 4180, always with its head."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _json(node: Node, request: web.Request, sheet: Sheet) -> web.Response:
    about = {"id": node.config.url + request.path_qs, "publisher": node.config.name, "license": LICENSE}
    body = json.dumps(about | dict(sheet.data), ensure_ascii=False)
    return web.Response(text=body, content_type="application/json", headers=FILE_HEADERS)


def _csv(sheet: Sheet) -> web.Response:
    body = as_csv(sheet.columns, sheet.rows)
    return web.Response(text=body, content_type="text/csv", charset="utf-8", headers=FILE_HEADERS)


def _wrong(node: Node, request: web.Request, lang: str, kind: str, wrong: Wrong) -> web.Response:
    if kind == "html":
        html = plain.render(node, "wrong.html", lang, request.query, title=wrong.title, detail=wrong.detail)
        return plain.respond(request, html, lang, wrong.status)
    body = {"type": "about:blank", "title": wrong.title, "status": wrong.status, "detail": wrong.detail}
    return web.json_response(body, status=wrong.status, content_type="application/problem+json", headers=FILE_HEADERS)


def _files(request: web.Request, kind: str) -> dict[str, str]:
    """The addresses of the other dresses of this page, with the same question."""
    path = request.path.removesuffix("." + kind).removesuffix("/") or "/index"
    query = "?" + request.query_string if request.query_string else ""
    return {"json": f"{path}.json{query}", "csv": f"{path}.csv{query}"}


def _other_period(asked: Asked, sheet: Sheet) -> Wrong | None:
    """A page shows its latest year where the one asked has no figure; a file never answers for another one."""
    period = asked.query.get("period", "").strip()
    if asked.kind == "html" or not period or sheet.data.get("period", period) == period:
        return None
    return Wrong(text(asked.lang, "web.file.period", period=period[:40]), text(asked.lang, "web.file.period_about"))


def routes(node: Node, path: str, make: Make) -> list[web.RouteDef]:
    """The page at `path`, at `path.json` and at `path.csv`; the files of `/` are `/index.json` and `/index.csv`."""

    def handler(kind: str) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            asked = Asked(language(request), request.query, request.match_info, _files(request, kind), kind)
            return await asyncio.to_thread(_dressed, node, request, kind, asked, make)

        return answer

    file = "/index" if path == "/" else path
    return [
        web.get(f"{file}.json", handler("json")),
        web.get(f"{file}.csv", handler("csv")),
        web.get(path, handler("html")),
    ]


def _dressed(node: Node, request: web.Request, kind: str, asked: Asked, make: Make) -> web.Response:
    sheet = make(node, asked)
    if isinstance(sheet, Sheet):
        sheet = _other_period(asked, sheet) or sheet
    if isinstance(sheet, Wrong):
        return _wrong(node, request, asked.lang, kind, sheet)
    if sheet is None and kind == "html":
        return plain.respond(request, plain.render(node, "missing.html", asked.lang), asked.lang, 404)
    if sheet is None:
        body = {"type": "about:blank", "title": "Not Found", "status": 404}
        return web.json_response(body, status=404, content_type="application/problem+json", headers=FILE_HEADERS)
    if kind == "json":
        return _json(node, request, sheet)
    if kind == "csv":
        return _csv(sheet)
    return plain.respond(request, sheet.html(), asked.lang)
