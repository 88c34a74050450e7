"""How others find us: WebFinger (RFC 7033) and NodeInfo 2.1."""

from urllib.parse import urlsplit

import orjson
from aiohttp import web
from sqlalchemy import func, select

from federation.discovery import JRD, nodeinfo, nodeinfo_links, webfinger
from node.context import Node
from node.store.schema import actors, documents

VERSION = "0.1.0"
_OPEN = {"Access-Control-Allow-Origin": "*"}


def routes(node: Node) -> list[web.RouteDef]:
    """Discovery."""
    found = _Discovery(node)
    return [
        web.get("/.well-known/webfinger", found.webfinger),
        web.get("/.well-known/nodeinfo", found.links),
        web.get("/nodeinfo/2.1", found.nodeinfo),
    ]


class _Discovery:
    """The handlers of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def _slug(self, resource: str) -> str:
        """The slug that a resource names: `acct:slug@host`, or an actor's IRI; empty for somebody else's."""
        config = self._node.config
        if resource.startswith("acct:"):
            user, _, host = resource.removeprefix("acct:").rpartition("@")
            if host.lower() != config.authority:
                return ""
            own = (config.authority, config.authority.partition(":")[0], "relay")
            return "actor" if user in own else "" if user == "actor" else user
        if not resource.startswith(config.url + "/"):
            return ""
        path = urlsplit(resource).path
        return "actor" if path == "/actor" else path.removeprefix("/places/") if path.startswith("/places/") else ""

    async def webfinger(self, request: web.Request) -> web.Response:
        resource = request.query.get("resource", "")
        if not resource.startswith(("acct:", "https:", "http:")):
            raise web.HTTPBadRequest(text="resource")
        slug = self._slug(resource)
        query = select(actors.c.id).where(actors.c.slug == slug, actors.c.deleted.is_(None))
        with self._node.store.read() as connection:
            actor = connection.execute(query).scalar_one_or_none()
        if actor is None:
            raise web.HTTPNotFound
        host = self._node.config.authority
        name = host.partition(":")[0] if slug == "actor" else slug
        page = self._node.config.url + "/" if slug == "actor" else actor
        said = webfinger(f"acct:{name}@{host}", actor, page, tuple(request.query.getall("rel", [])))
        return web.json_response(said, content_type=JRD, headers=_OPEN)

    async def links(self, _request: web.Request) -> web.Response:
        return web.json_response(nodeinfo_links(self._node.config.url), headers=_OPEN)

    async def nodeinfo(self, _request: web.Request) -> web.Response:
        public = (documents.c.own, documents.c.deleted.is_(None), documents.c.sharing == "public")
        query = select(func.count()).select_from(documents).where(*public)
        with self._node.store.read() as connection:
            places = connection.execute(query.where(documents.c.type == "Description")).scalar_one()
            said = connection.execute(query).scalar_one()
        document = nodeinfo(VERSION, self._node.config.name, places, said)
        kind = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"'
        return web.Response(body=orjson.dumps(document), headers=_OPEN | {"Content-Type": kind})
