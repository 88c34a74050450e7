"""`/totals.json` and `/totals.csv`: the same rows as the pages and the command line (aggregator only).

`?indicator=visits&by=departement&period=2025`; without a period, the latest year that is over and has a figure.
"""

import asyncio
import json
from dataclasses import fields

from aiohttp import web

from node.context import Node
from node.web.sheet import FILE_HEADERS as HEADERS
from node.web.sheet import as_csv
from vocab.errors import VocabError
from vocab.periods import Period
from vocab.reference import indicators


def _problem(title: str, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": title, "status": 400, "detail": detail}
    return web.json_response(body, status=400, content_type="application/problem+json", headers=HEADERS)


def _rows(node: Node, name: str, by: str, period: str) -> list[dict[str, object]]:
    from node.views.totals import default_period, totals

    return [row.to_json() for row in totals(node, name, by, period or default_period(node, name))]


async def _asked(node: Node, request: web.Request) -> list[dict[str, object]] | web.Response:
    from node.views.areas import divisions
    from node.views.totals import is_asked_at

    if "aggregator" not in node.config.roles:
        raise web.HTTPNotFound
    name = request.query.get("indicator", "")
    by, period = request.query.get("by", "country"), request.query.get("period", "")
    if name not in indicators():
        return _problem("Indicateur inconnu · Unknown indicator", name[:80])
    known = divisions(node).names()
    if by not in known:
        return _problem("Découpage inconnu · Unknown division", ", ".join(known))
    try:
        if period:
            Period.parse(period)
            if not is_asked_at(name, period):
                return _problem("Ce chiffre n'est pas celui d'un jour · This figure is of no day", period[:40])
    except VocabError:
        return _problem("Période incorrecte · Bad period", period[:40])
    return await asyncio.to_thread(_rows, node, name, by, period)


def routes(node: Node) -> list[web.RouteDef]:
    """The two files of totals."""

    async def totals_json(request: web.Request) -> web.Response:
        rows = await _asked(node, request)
        if isinstance(rows, web.Response):
            return rows
        text = json.dumps(rows, ensure_ascii=False)
        return web.Response(text=text, content_type="application/json", headers=HEADERS)

    async def totals_csv(request: web.Request) -> web.Response:
        from node.views.totals import Row

        rows = await _asked(node, request)
        if isinstance(rows, web.Response):
            return rows
        by = request.query.get("by", "country")
        text = as_csv([*(field.name for field in fields(Row)), "by"], [row | {"by": by} for row in rows])
        return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=HEADERS)

    return [web.get("/totals.json", totals_json), web.get("/totals.csv", totals_csv)]
