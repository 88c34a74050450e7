"""The actor that a path names."""

from aiohttp import web

from node.actors import row_of
from node.context import Node

SLUG = r"{slug:[a-z0-9_]{1,30}}"


def actor_of(node: Node, request: web.Request) -> str:
    """The actor of a path; answers 404 for one that never was and 410 for one that is no more."""
    slug = request.match_info.get("slug", "actor")
    with node.store.read() as connection:
        row = row_of(connection, slug)
    if row is None or (slug == "actor") != (row.kind == "node"):
        raise web.HTTPNotFound
    if row.deleted:
        raise web.HTTPGone
    return str(row.id)
