"""What other nodes read and post: actors, inboxes, documents, relations. Knows nothing of pages.

A GET signed by a grantee is answered with what was granted to it; what it may not see answers 404, like what
does not exist.
"""

import asyncio

import orjson
from aiohttp import web
from sqlalchemy import Select, func, select

from federation.canonical import MAX_BYTES
from federation.errors import Refused
from node.actors import actor_document, actor_tombstone
from node.api import collections
from node.api.answer import answered, gone
from node.api.authenticator import Authenticator, authenticated
from node.api.paths import SLUG, actor_of
from node.api.signer import LOOKUP, incoming, problem, reader_of
from node.context import Node
from node.receive import receive
from node.store import documents, outbox
from node.store.schema import followers, following
from vocab.contexts import AS2_URL

_PATIENCE = 10.0  # seconds for a whole body


def routes(node: Node) -> list[web.RouteDef]:
    """Every URL of the federation but discovery."""
    api = _Api(node)
    made = [web.post("/inbox", api.inbox), web.get(f"/places/{SLUG}.jsonld", api.actor)]
    for base in ("/actor", f"/places/{SLUG}"):
        made += [
            web.get(base, api.actor),
            web.post(base + "/inbox", api.inbox),
            web.get(base + "/followers", api.followers),
            web.get(base + "/following", api.following),
            web.get(base + "/activities/{name}", api.activity),
        ]
    made += [web.get(f"/places/{SLUG}/{kind}/{{name}}", api.document) for kind in ("documents", "posts")]
    made += [web.get("/listings/{source}/{row}", api.document), web.get("/actor/letters/{name}", api.document)]
    made.append(web.get("/listings/{source}/{row}/figures/{period}", api.document))
    return made + collections.routes(node)


async def _body(request: web.Request) -> bytes:
    """The body, read no further than what is too much, and waited for no longer than it may take."""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            while len(body) <= MAX_BYTES and (chunk := await request.content.readany()):
                body += chunk
    except TimeoutError:
        raise web.HTTPRequestTimeout(headers={"Connection": "close"}) from None
    return bytes(body[: MAX_BYTES + 1])


class _Api:
    """The handlers of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def actor(self, request: web.Request) -> web.Response:
        slug = request.match_info.get("slug", "actor")
        try:
            actor_id = actor_of(self._node, request)
        except web.HTTPGone:
            with self._node.store.read() as connection:
                return answered(orjson.dumps(actor_tombstone(connection, self._node, slug)), status=410)
        with self._node.store.read() as connection:
            document = actor_document(connection, self._node, slug)
        assert document["id"] == actor_id
        return answered(orjson.dumps(document))

    @authenticated(Authenticator.HTTP_SIGNATURE)
    async def inbox(self, request: web.Request) -> web.Response:
        if "slug" in request.match_info:
            actor_of(self._node, request)
        taken = await receive(self._node, incoming(request, await _body(request)), request.app[LOOKUP])
        return problem(taken) if isinstance(taken, Refused) else web.Response(status=202)

    async def followers(self, request: web.Request) -> web.Response:
        actor = actor_of(self._node, request)
        accepted = (followers.c.actor == actor) & (followers.c.state == "accepted")
        return self._counted(actor + "/followers", select(func.count()).select_from(followers).where(accepted))

    async def following(self, request: web.Request) -> web.Response:
        actor = actor_of(self._node, request)
        accepted = (following.c.actor == actor) & (following.c.state == "accepted")
        return self._counted(actor + "/following", select(func.count()).select_from(following).where(accepted))

    def _counted(self, iri: str, query: Select[int]) -> web.Response:
        """A collection that says how many, and names nobody."""
        with self._node.store.read() as connection:
            total = connection.execute(query).scalar_one()
        said = {"@context": AS2_URL, "id": iri, "type": "OrderedCollection", "totalItems": total}
        return answered(orjson.dumps(said))

    async def document(self, request: web.Request) -> web.Response:
        """The exact bytes of a document's current version."""
        iri = self._node.config.url + request.path
        with self._node.store.read() as connection:
            row = documents.stored(connection, iri)
            if row is None or not row.own:
                raise web.HTTPNotFound
            is_open = row.sharing == "public"
        reader = None if is_open else await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        with self._node.store.read() as connection:
            if not documents.may_read(connection, row, reader):
                raise web.HTTPNotFound
            if row.deleted:
                return gone(iri)
            raw = documents.bytes_at(connection, row.seq)
        if raw is None:
            raise web.HTTPNotFound
        return answered(raw, private=not is_open)

    async def activity(self, request: web.Request) -> web.Response:
        actor_of(self._node, request)
        with self._node.store.read() as connection:
            raw = outbox.public_activity(connection, self._node.config.url + request.path)
        if raw is None:
            raise web.HTTPNotFound
        return answered(raw)
