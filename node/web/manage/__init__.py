"""The pages of those who manage a place, a module a family; each has `routes(node)`."""

import importlib

from aiohttp import web

from node.context import Node

MODULES = (
    "node.web.manage.entrance",
    "node.web.manage.join",
    "node.web.manage.bring",
    "node.web.manage.account",
    "node.web.manage.publish",
    "node.web.manage.description",
    "node.web.manage.entries",
    "node.web.manage.network",
    "node.web.manage.joining",
    "node.web.manage.figures",
    "node.web.manage.worksheets",
    "node.web.manage.posts",
    "node.web.manage.host",
    "node.web.manage.hosted",
    "node.web.manage.team",
    "node.web.manage.move",
    "node.web.manage.programs",
    "node.web.manage.home",
)


def routes(node: Node) -> list[web.RouteDef]:
    """Every address below `/manage`, and the doors to it. Fixed names come before `/manage/SLUG`."""
    return [route for name in MODULES for route in importlib.import_module(name).routes(node)]
