"""Where a form sends what is typed, as it is typed (`static/autosave.js`): kept unchecked until it is saved."""

from aiohttp import web

from node.context import Node
from node.people import entries
from node.people.roles import Right
from node.web import desk
from node.web.desk import Visit

FORM = r"{form:description|figures/[0-9A-Za-z-]{4,30}|posts/[a-z0-9-]{1,80}}"


def keep(visit: Visit) -> web.Response:
    """Keep it; 413 when it is larger than any form."""
    pairs = [(name, value) for name, value in visit.form.items() if name not in ("do", "lang")]
    if not entries.keep(visit.node, visit.place, visit.request.match_info["form"], pairs, visit.account.id):
        raise web.HTTPRequestEntityTooLarge(max_size=entries.LARGEST, actual_size=0)
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


def routes(node: Node) -> list[web.RouteDef]:
    """`POST /manage/SLUG/entries/FORM`."""
    return desk.routes(node, "/manage/{slug:[a-z0-9_]{1,30}}/entries/" + FORM, Right.EDIT, act=keep)
