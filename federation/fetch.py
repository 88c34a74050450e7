"""Reading another node: actors, keys, documents and collections, through the guarded client.

A key look-up makes at most three requests and proves reciprocity: the owner that a key names must list that key.
Failures are remembered for ten minutes; two who ask for the same thing share one request.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from federation.activity import id_of, is_iri, origin
from federation.actor import RemoteActor, read_actor
from federation.canonical import read_json
from federation.errors import Refused, refuse
from federation.inbox import CONTENT_TYPES
from federation.keys import PublicKey
from federation.transport import ACCEPT, Answer, Sign, Transport

FAILURE = timedelta(minutes=10)
MAX_PAGES = 2_000
_MAX_FAILURES = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A key, and the actor that lists it, with the bytes of its document."""

    key: PublicKey
    actor: RemoteActor
    document: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One JSON object as it was read."""

    url: str
    content: Mapping[str, Any]
    raw: bytes


class Fetcher:
    """Reads peers, signed by the node actor where `sign` is given; `clock` ages the failures."""

    def __init__(self, transport: Transport, clock: Callable[[], datetime], sign: Sign | None = None) -> None:
        self._transport = transport
        self._clock = clock
        self._sign = sign
        self._failed: dict[str, tuple[datetime, Refused]] = {}
        self._asking: dict[str, asyncio.Task[Any]] = {}

    async def page(self, url: str) -> Page | Refused:
        """One JSON object, its media type and JSON checked."""
        answer = await self._transport.get(url, ACCEPT, self._sign)
        if isinstance(answer, Refused):
            return answer
        if answer.status != 200:
            return _status(answer)
        if answer.content_type.partition(";")[0].strip().lower() not in CONTENT_TYPES:
            return refuse("content_type", answer.content_type[:80])
        content = read_json(answer.body)
        return content if isinstance(content, Refused) else Page(answer.url, content, answer.body)

    async def gone(self, url: str) -> bool:
        """Whether an address answers 410, or a Tombstone."""
        answer = await self._transport.get(url, ACCEPT, self._sign)
        if isinstance(answer, Refused):
            return False
        if answer.status == 410:
            return True
        content = read_json(answer.body)
        return answer.status == 200 and isinstance(content, dict) and content.get("type") == "Tombstone"

    async def actor(self, url: str) -> tuple[RemoteActor, bytes] | Refused:
        """The actor whose id is `url`; a document that names another id is not that actor."""
        read: tuple[RemoteActor, bytes] | Refused = await self._shared("actor " + url, lambda: self._actor(url))
        return read

    async def _actor(self, url: str) -> tuple[RemoteActor, bytes] | Refused:
        page = await self.page(url)
        if isinstance(page, Refused):
            return page
        if origin(page.url) != origin(url):
            return refuse("actor_document_id", page.url[:200])
        actor = read_actor(page.content, url)
        return actor if isinstance(actor, Refused) else (actor, page.raw)

    async def key(self, key_id: str) -> Found | Refused:
        """The key of that id, in the actor that owns it."""
        if not is_iri(key_id):
            return refuse("key_form", key_id[:200])
        found: Found | Refused = await self._shared("key " + key_id, lambda: self._key(key_id))
        return found

    async def _key(self, key_id: str) -> Found | Refused:
        page = await self.page(key_id.partition("#")[0])
        if isinstance(page, Refused):
            return refuse("key_gone", key_id[:200]) if page.reason == "gone" else page
        owner = id_of(page.content.get("owner")) or id_of(page.content.get("controller")) or id_of(page.content)
        if "inbox" in page.content:
            owner = id_of(page.content)
        if not owner or origin(owner) != origin(key_id):
            return refuse("key_owner", owner[:200])
        read: tuple[RemoteActor, bytes] | Refused
        if page.content.get("id") == owner and page.url == owner:
            actor = read_actor(page.content, page.url)
            read = actor if isinstance(actor, Refused) else (actor, page.raw)
        else:
            read = await self._actor(owner)
        if isinstance(read, Refused):
            return read
        key = read[0].key(key_id)
        return refuse("key_owner", key_id[:200]) if key is None else Found(key, *read)

    async def items(self, collection: str) -> AsyncIterator[Mapping[str, Any] | str | Refused]:
        """The items of a collection, page after page; a refusal ends it. Pages must be of the collection's origin."""
        page = await self.page(collection)
        seen: set[str] = set()
        while not isinstance(page, Refused):
            for name in ("orderedItems", "items"):
                for item in _list(page.content.get(name)):
                    yield item
            following = page.content.get("first") if "first" in page.content else page.content.get("next")
            url = id_of(following)
            if not url or url in seen or len(seen) >= MAX_PAGES:
                return
            if origin(url) != origin(collection):
                yield refuse("other_origin", url[:200])
                return
            seen.add(url)
            page = await self.page(url)
        yield page

    async def _shared(self, name: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """One request for all who ask at the same time, and none for ten minutes after it failed."""
        failed = self._failed.get(name)
        if failed is not None and self._clock() < failed[0] + FAILURE:
            return failed[1]
        task = self._asking.get(name)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        result = await asyncio.shield(task)
        if isinstance(result, Refused):
            if len(self._failed) >= _MAX_FAILURES:
                self._failed.clear()
            self._failed[name] = (self._clock(), result)
        else:
            self._failed.pop(name, None)
        return result


def _status(answer: Answer) -> Refused:
    reason = {404: "not_found", 410: "gone"}.get(answer.status, "remote_refused")
    return refuse(reason, f"{answer.status} {answer.url[:200]}")


def _list(value: object) -> list[Any]:
    return [item for item in value if isinstance(item, dict | str)] if isinstance(value, list) else []
