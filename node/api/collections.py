"""What an actor of ours published, in three forms: its outbox, its feed of changes, the set of its documents.

Each is answered for the one who signed the request, and `to` says for whom; what a page begins after is in its
address, so that pages stay right while others write.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from federation.errors import Refused
from node.api.answer import answered, tombstone
from node.api.paths import SLUG, actor_of
from node.api.signer import problem, reader_of
from node.context import Node
from node.store import documents, feed, outbox
from node.store.feed import Change, Cursor
from vocab.contexts import AS2_URL
from vocab.terms import PUBLIC

_OUTBOX_PAGE = 40
_SET_PAGE = 500
_FEED_PAGE = 200
_FEED_BYTES = 1 << 19  # of documents a page of the feed


def routes(node: Node) -> list[web.RouteDef]:
    """The collections of the node actor and of every place."""
    api = _Collections(node)
    read = {"/outbox": api.outbox, "/changes": api.changes, "/documents": api.documents}
    return [web.get(base + path, act) for base in ("/actor", f"/places/{SLUG}") for path, act in read.items()]


def _whole(said: Mapping[str, Any], name: str, items: Iterable[bytes]) -> bytes:
    """An object whose last member is a list of JSON texts, kept as they are."""
    return orjson.dumps(said)[:-1] + b',"' + name.encode() + b'":[' + b",".join(items) + b"]}"


def _fitting(found: Iterable[Change]) -> Sequence[Change]:
    """As many changes as one page may weigh, one at least."""
    page: list[Change] = []
    weight = 0
    for change in found:
        weight += len(change.document or b"")
        if page and weight > _FEED_BYTES:
            break
        page.append(change)
    return page


class _Collections:
    """The handlers of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def outbox(self, request: web.Request) -> web.Response:
        actor, reader = actor_of(self._node, request), await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        before, base = request.query.get("before"), actor + "/outbox"
        if before and not (before.isascii() and before.isdigit() and len(before) < 18):
            raise web.HTTPBadRequest
        said = _head(base, "OrderedCollection", reader)
        if before is None:
            with self._node.store.read() as connection:
                said["totalItems"] = outbox.count(connection, actor, reader)
            return answered(orjson.dumps(said | {"first": base + "?before="}), private=reader is not None)
        with self._node.store.read() as connection:
            rows = outbox.page(connection, actor, reader, int(before) if before else None, _OUTBOX_PAGE)
        said |= _page(base, f"{base}?before={before}", "OrderedCollectionPage")
        if len(rows) == _OUTBOX_PAGE:
            said["next"] = f"{base}?before={rows[-1][0]}"
        return answered(_whole(said, "orderedItems", (raw for _, raw in rows)), private=reader is not None)

    async def changes(self, request: web.Request) -> web.Response:
        """The documents that the signer may see, by their last change, and the tombstones of those it no longer may.

        `next` is always there: on the last page it leads to a page that is empty for now, and that is its own next.
        """
        actor, reader = actor_of(self._node, request), await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        after, base = request.query.get("after"), actor + "/changes"
        said = _head(base, "OrderedCollection", reader)
        if after is None:
            return answered(orjson.dumps(said | {"first": base + "?after="}), private=reader is not None)
        with self._node.store.read() as connection:
            cursor = feed.read(connection, actor, reader, after)
            if isinstance(cursor, Refused):
                return problem(cursor)
            page = _fitting(feed.changes(connection, actor, reader, cursor, _FEED_PAGE))
            reached = page[-1].cursor if page else cursor
            following = feed.written(connection, actor, reader, reached) if reached != Cursor() else ""
        said |= _page(base, f"{base}?after={after}", "OrderedCollectionPage") | {"next": f"{base}?after={following}"}
        items = (each.document or orjson.dumps(tombstone(each.cursor.id)) for each in page)
        return answered(_whole(said, "orderedItems", items), private=reader is not None)

    async def documents(self, request: web.Request) -> web.Response:
        """The id, version and digest of every living document that the signer may read, by id."""
        actor, reader = actor_of(self._node, request), await reader_of(request, self._node)
        if isinstance(reader, Refused):
            return problem(reader)
        after, base = request.query.get("after"), actor + "/documents"
        with self._node.store.read() as connection:
            total, rows = documents.readable(connection, actor, reader, after or "", _SET_PAGE + 1)
        said = _head(base, "Collection", reader) | {"totalItems": total}
        if after is None and len(rows) > _SET_PAGE:
            return answered(orjson.dumps(said | {"first": base + "?after="}), private=reader is not None)
        if after is not None:
            said |= _page(base, f"{base}?after={quote(after, safe='')}", "CollectionPage")
        if len(rows) > _SET_PAGE:
            said["next"] = f"{base}?after={quote(rows[_SET_PAGE - 1].id, safe='')}"
        said["items"] = [{"id": row.id, "version": row.version, "digest": row.digest} for row in rows[:_SET_PAGE]]
        return answered(orjson.dumps(said), private=reader is not None)


def _head(base: str, kind: str, reader: str | None) -> dict[str, Any]:
    """A collection, and the one for whom it was read."""
    return {"@context": AS2_URL, "id": base, "type": kind, "to": [reader or PUBLIC]}


def _page(base: str, address: str, kind: str) -> dict[str, Any]:
    return {"id": address, "type": kind, "partOf": base}
