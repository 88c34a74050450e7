"""Reading another node: actors, keys, documents and collections, through the guarded client.

A key look-up makes at most three requests and proves reciprocity: the owner that a key names must list that key.
Failures are remembered for ten minutes; two who ask for the same thing share one request; one host is asked for at
most sixty keys a minute, and all hosts together for so many at once. No redirect is followed to another origin.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from federation.activity import id_of, is_iri, origin
from federation.actor import RemoteActor, read_actor
from federation.canonical import read_json
from federation.errors import Refused, Steps, first, refuse
from federation.keys import PublicKey
from federation.transport import ACCEPT, ACTIVITY_JSON, REDIRECTS, Answer, Sign, Transport
from vocab.contexts import AS2_URL

FAILURE = timedelta(minutes=10)
MAX_PAGES = 2_000
LOOKUPS = 60
AT_ONCE = 96
MINUTE = timedelta(minutes=1)
_MOST = 10_000


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
        self._asked: dict[str, tuple[datetime, int]] = {}

    async def page(self, url: str, redirects: int = REDIRECTS) -> Page | Refused:
        """One JSON object, its media type and JSON checked."""
        answer = await self._transport.get(url, ACCEPT, self._sign, redirects)
        if isinstance(answer, Refused):
            return answer
        content = first(page_steps(answer)) or read_json(answer.body)
        return content if isinstance(content, Refused) else Page(answer.url, content, answer.body)

    async def absence(self, url: str) -> str:
        """`gone` when an address answers 410 or a Tombstone, `not_found` when it answers 404, else nothing."""
        answer = await self._transport.get(url, ACCEPT, self._sign)
        if isinstance(answer, Refused):
            return ""
        if answer.status != 200:
            return {410: "gone", 404: "not_found"}.get(answer.status, "")
        content = read_json(answer.body)
        is_tombstone = isinstance(content, dict) and content.get("type") == "Tombstone" and content.get("id") == url
        return "gone" if is_tombstone else ""

    async def gone(self, url: str) -> bool:
        """Whether an address says that what it named is no more."""
        return await self.absence(url) == "gone"

    async def actor(self, url: str) -> tuple[RemoteActor, bytes] | Refused:
        """The actor whose id is `url`; a document that names another id is not that actor."""
        read: tuple[RemoteActor, bytes] | Refused = await self._shared("actor " + url, lambda: self._actor(url))
        return read

    async def _actor(self, url: str, redirects: int = REDIRECTS) -> tuple[RemoteActor, bytes] | Refused:
        page = await self.page(url, redirects)
        if isinstance(page, Refused):
            return refuse("actor_document_id", page.detail) if page.reason == "redirected" else page
        actor = read_actor(page.content, url)
        return actor if isinstance(actor, Refused) else (actor, page.raw)

    async def key(self, key_id: str) -> Found | Refused:
        """The key of that id, in the actor that owns it."""
        if not is_iri(key_id):
            return refuse("key_form", key_id[:200])
        if len(self._asking) >= AT_ONCE:  # silent hosts, named by strangers, must not keep others from being asked
            return refuse("too_many", key_id[:200])
        found: Found | Refused = await self._shared("key " + key_id, lambda: self._key(key_id))
        return found

    async def _key(self, key_id: str) -> Found | Refused:
        """At most three requests: where the key is, one redirect of it, and its owner when that is elsewhere."""
        if not self._may_look_up(urlsplit(key_id).netloc):
            return refuse("too_many", key_id[:200])
        address = key_id.partition("#")[0]
        page = await self.page(address, redirects=1)
        if isinstance(page, Refused):
            reason = {"gone": "key_gone", "redirected": "actor_document_id"}.get(page.reason, "")
            return refuse(reason, key_id[:200]) if reason else page
        owner = _owner(page.content)
        if not owner or origin(owner) != origin(key_id):
            return refuse("actor_document_id" if owner == id_of(page.content) else "key_owner", owner[:200])
        read: tuple[RemoteActor, bytes] | Refused
        if owner == address:
            actor = read_actor(page.content, address)
            read = actor if isinstance(actor, Refused) else (actor, page.raw)
        else:
            read = await self._actor(owner, redirects=0)
        if isinstance(read, Refused):
            return read
        key = read[0].key(key_id)
        return refuse("key_owner", key_id[:200]) if key is None else Found(key, *read)

    def _may_look_up(self, host: str) -> bool:
        """Whether this host was asked for fewer keys than it may be within a minute."""
        now = self._clock()
        since, count = self._asked.get(host, (now, 0))
        if now - since >= MINUTE:
            since, count = now, 0
        if len(self._asked) >= _MOST:
            self._asked.clear()
        self._asked[host] = since, count + 1
        return count < LOOKUPS

    async def pages(self, collection: str) -> AsyncGenerator[Page | Refused, None]:
        """A collection and its pages, which must be of its origin; a refusal ends them, the own end of one too."""
        page = await self.page(collection)
        seen: set[str] = set()
        while not isinstance(page, Refused):
            yield page
            following = page.content.get("first") if "first" in page.content else page.content.get("next")
            if isinstance(following, dict) and items_of(following):  # a page inside its collection
                page = replace(page, content=following)
                continue
            url = id_of(following)
            if following is None or url in seen or url == page.url:
                return
            if not url or origin(url) != origin(collection) or len(seen) >= MAX_PAGES:
                yield refuse("too_large" if len(seen) >= MAX_PAGES else "origin", url[:200])
                return
            seen.add(url)
            page = await self.page(url)
        yield page

    async def items(self, collection: str) -> AsyncIterator[Mapping[str, Any] | str | Refused]:
        """The items of a collection, page after page; a refusal ends it."""
        async for page in self.pages(collection):
            if isinstance(page, Refused):
                yield page
                return
            for item in items_of(page.content):
                yield item

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
            if len(self._failed) >= _MOST:
                self._failed.clear()
            if result.reason not in ("too_many", "blocked"):  # what we may ask again sooner, or as soon as we will
                self._failed[name] = (self._clock(), result)
        else:
            self._failed.pop(name, None)
        return result


def _is_activity(content_type: str) -> bool:
    """Whether a host means a page as ActivityPub (§3.2): many let anybody leave a file, even of JSON, at an address."""
    kind, _, parameters = content_type.partition(";")
    named = kind.strip().lower()
    return named == ACTIVITY_JSON or (named == "application/ld+json" and AS2_URL in parameters)


def _owner(content: Mapping[str, Any]) -> str:
    """Whom a document that was read at a key's address says the key belongs to: itself when it is an actor."""
    if "inbox" in content:
        return id_of(content)
    return id_of(content.get("owner")) or id_of(content.get("controller")) or id_of(content)


def page_steps(answer: Answer) -> Steps:
    """What makes an answer a page, before its JSON is read."""
    reason = {404: "not_found", 410: "gone"}.get(answer.status, "remote_refused")
    yield "status", None if answer.status == 200 else refuse(reason, f"{answer.status} {answer.url[:200]}")
    is_activity = _is_activity(answer.content_type)
    yield "media_type", None if is_activity else refuse("content_type", answer.content_type[:80])


def items_of(page: Mapping[str, Any]) -> list[Any]:
    """The items of one page, embedded or named."""
    found = [page.get(name) for name in ("orderedItems", "items")]
    return [item for items in found if isinstance(items, list) for item in items if isinstance(item, dict | str)]
