"""For whoever looks after a network: the places that ask to be part of it, to be followed one by one or all."""

import asyncio

from aiohttp import web

from node import joining
from node.context import Node
from node.people import audit
from node.people.roles import Right
from node.relations import Unreachable
from node.web import desk
from node.web.desk import Visit
from node.web.plain import link

PATH = "/manage/joining"


def show(visit: Visit, silent: tuple[str, ...] = ()) -> web.Response:
    """Those that ask; `silent`: those that could not be read just now."""
    asking = joining.asking(visit.node)
    waiting = [each for each in asking if each.state != "requested"]
    asked = [each for each in asking if each.state == "requested"]
    return visit.page("manage/joining.html", here="joining", waiting=waiting, asked=asked, silent=silent)


async def act(visit: Visit) -> web.Response:
    """Follow the one that is named, or all that are on the page."""
    done = await joining.welcome(visit.node, visit.form.getall("place", []))
    for each in done:
        if not isinstance(each, Unreachable):
            await asyncio.to_thread(audit.note, visit.node, visit.account.id, "welcomed", who=each.target)
    silent = tuple(each.target for each in done if isinstance(each, Unreachable))
    if silent or not done:
        return await asyncio.to_thread(show, visit, silent)
    return await asyncio.to_thread(visit.go, link(visit.lang, PATH), "manage.joining.done", count=len(done))


def routes(node: Node) -> list[web.RouteDef]:
    """The page, on a network, for who looks after it."""
    return desk.routes(node, PATH, Right.HOST, show, act) if node.config.is_aggregator() else []
