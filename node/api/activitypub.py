"""What other nodes read and post: actors, inboxes, outboxes, documents. Knows nothing of pages.

A GET signed by a grantee is answered with what was granted to it; what it may not see answers 404, like what
does not exist.
"""

import orjson
from aiohttp import web
from sqlalchemy import Select, func, select

from federation.canonical import MAX_BYTES
from federation.errors import Refused
from node.actors import actor_document, row_of
from node.api.authenticator import Authenticator, authenticated
from node.api.signer import ACTIVITY_JSON, LOOKUP, incoming, problem, reader_of
from node.context import Node
from node.receive import receive
from node.store import documents, outbox
from node.store.schema import followers, following
from vocab.contexts import AS2_URL

_PAGE = 40
_SET_PAGE = 500
SLUG = r"{slug:[a-z0-9_]{1,30}}"


def routes(node: Node) -> list[web.RouteDef]:
    """Every URL of the federation but discovery."""
    api = _Api(node)
    made = [web.post("/inbox", api.inbox), web.get(f"/places/{SLUG}.jsonld", api.actor)]
    for base in ("/actor", f"/places/{SLUG}"):
        made += [
            web.get(base, api.actor),
            web.post(base + "/inbox", api.inbox),
            web.get(base + "/outbox", api.outbox),
            web.get(base + "/followers", api.followers),
            web.get(base + "/following", api.following),
            web.get(base + "/documents", api.documents),
            web.get(base + "/activities/{name}", api.activity),
        ]
    made += [web.get(f"/places/{SLUG}/documents/{{name}}", api.document)]
    made += [web.get("/listings/{source}/{row}", api.document)]
    return made


def _json(body: bytes, status: int = 200, private: bool = False) -> web.Response:
    headers = {"Vary": "Accept, Signature, Signature-Input"}
    headers["Cache-Control"] = "private, no-store" if private else "public, max-age=60"
    return web.Response(body=body, status=status, content_type=ACTIVITY_JSON, headers=headers)


def _tombstone(iri: str) -> web.Response:
    said = {"@context": AS2_URL, "id": iri, "type": "Tombstone"}
    return _json(orjson.dumps(said), status=410)


async def _body(request: web.Request) -> bytes:
    """The body, read no further than what is too much."""
    body = bytearray()
    while len(body) <= MAX_BYTES and (chunk := await request.content.readany()):
        body += chunk
    return bytes(body[: MAX_BYTES + 1])


class _Api:
    """The handlers of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def _actor_id(self, request: web.Request) -> str:
        """The actor of a path; answers 404 for one that never was and 410 for one that is no more."""
        slug = request.match_info.get("slug", "actor")
        with self._node.store.read() as connection:
            row = row_of(connection, slug)
        if row is None or (slug == "actor") != (row.kind == "node"):
            raise web.HTTPNotFound
        if row.deleted:
            raise web.HTTPGone
        return str(row.id)

    async def actor(self, request: web.Request) -> web.Response:
        try:
            actor_id = self._actor_id(request)
        except web.HTTPGone:
            return _tombstone(self._node.config.actor(request.match_info["slug"]))
        slug = request.match_info.get("slug", "actor")
        with self._node.store.read() as connection:
            document = actor_document(connection, self._node, slug)
        assert document["id"] == actor_id
        return _json(orjson.dumps(document))

    @authenticated(Authenticator.HTTP_SIGNATURE)
    async def inbox(self, request: web.Request) -> web.Response:
        if "slug" in request.match_info:
            self._actor_id(request)
        taken = await receive(self._node, incoming(request, await _body(request)), request.app[LOOKUP])
        return problem(taken) if isinstance(taken, Refused) else web.Response(status=202)

    async def outbox(self, request: web.Request) -> web.Response:
        actor = self._actor_id(request)
        reader = await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        before = request.query.get("before")
        if before is None:
            with self._node.store.read() as connection:
                total = outbox.count(connection, actor, reader)
            said = {"@context": AS2_URL, "id": actor + "/outbox", "type": "OrderedCollection", "totalItems": total}
            return _json(orjson.dumps(said | {"first": actor + "/outbox?before="}), private=reader is not None)
        return self._outbox_page(actor, reader, before)

    def _outbox_page(self, actor: str, reader: str | None, before: str) -> web.Response:
        if before and not (before.isascii() and before.isdigit() and len(before) < 18):
            raise web.HTTPBadRequest
        with self._node.store.read() as connection:
            rows = outbox.page(connection, actor, reader, int(before) if before else None, _PAGE)
        said = {
            "@context": AS2_URL,
            "id": f"{actor}/outbox?before={before}",
            "type": "OrderedCollectionPage",
            "partOf": actor + "/outbox",
        }
        if len(rows) == _PAGE:
            said["next"] = f"{actor}/outbox?before={rows[-1][0]}"
        items = b",".join(raw for _, raw in rows)
        body = orjson.dumps(said)[:-1] + b',"orderedItems":[' + items + b"]}"
        return _json(body, private=reader is not None)

    async def followers(self, request: web.Request) -> web.Response:
        actor = self._actor_id(request)
        accepted = (followers.c.actor == actor) & (followers.c.state == "accepted")
        return self._counted(actor + "/followers", select(func.count()).select_from(followers).where(accepted))

    async def following(self, request: web.Request) -> web.Response:
        actor = self._actor_id(request)
        accepted = (following.c.actor == actor) & (following.c.state == "accepted")
        return self._counted(actor + "/following", select(func.count()).select_from(following).where(accepted))

    def _counted(self, iri: str, query: Select[int]) -> web.Response:
        """A collection that says how many, and names nobody."""
        with self._node.store.read() as connection:
            total = connection.execute(query).scalar_one()
        said = {"@context": AS2_URL, "id": iri, "type": "OrderedCollection", "totalItems": total}
        return _json(orjson.dumps(said))

    async def documents(self, request: web.Request) -> web.Response:
        """The id, version and digest of every living document that the signer may read."""
        actor = self._actor_id(request)
        reader = await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        after, base = request.query.get("after"), actor + "/documents"
        with self._node.store.read() as connection:
            rows = documents.readable(connection, actor, reader)
        if after is None and len(rows) > _SET_PAGE:
            said = {"@context": AS2_URL, "id": base, "type": "Collection", "totalItems": len(rows)}
            return _json(orjson.dumps(said | {"first": base + "?after="}), private=reader is not None)
        page = [row for row in rows if row.id > (after or "")][:_SET_PAGE]
        said = {"@context": AS2_URL, "id": base, "type": "Collection", "totalItems": len(rows)}
        if after is not None:
            said |= {"id": f"{base}?after={after}", "type": "CollectionPage", "partOf": base}
            if page and page[-1].id != rows[-1].id:
                said["next"] = f"{base}?after={page[-1].id}"
        said["items"] = [{"id": row.id, "version": row.version, "digest": row.digest} for row in page]
        return _json(orjson.dumps(said), private=reader is not None)

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
                return _tombstone(iri)
            raw = documents.bytes_at(connection, row.seq)
        if raw is None:
            raise web.HTTPNotFound
        return _json(raw, private=not is_open)

    async def activity(self, request: web.Request) -> web.Response:
        self._actor_id(request)
        with self._node.store.read() as connection:
            raw = outbox.public_activity(connection, self._node.config.url + request.path)
        if raw is None:
            raise web.HTTPNotFound
        return _json(raw)
