"""Reading again what an actor published; nothing is decided here.

Three ways: its outbox, oldest effects first; its feed of changes, from where it was left; the set of its documents.
What is only named is read at its own address, which must be of the outbox's origin and answer with that very id.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from federation.activity import id_of, is_iri, origin
from federation.errors import Refused, refuse
from federation.fetch import Fetcher, items_of

MAX_ITEMS = 20_000
MAX_DOCUMENTS = 100_000


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of a feed: documents and tombstones in the order of their last change, and where to read on.

    `to`: for whom it was read, which tells whether its host knew who asked.
    """

    items: tuple[Mapping[str, Any], ...]
    next: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """The digest of each living document that an actor shows, by id; `to`: to whom."""

    digests: Mapping[str, str]
    to: tuple[str, ...]


async def outbox(fetcher: Fetcher, url: str, most: int = MAX_ITEMS) -> list[Mapping[str, Any]] | Refused:
    """The activities of an outbox, oldest first; a page that fails refuses the whole, so that no gap is silent."""
    found: list[Mapping[str, Any]] = []
    async for item in _activities(fetcher, url):
        if isinstance(item, Refused):
            return item
        found.append(item)
        if len(found) > most:
            return refuse("too_large", url[:200])
    return list(reversed(found))


async def _activities(fetcher: Fetcher, url: str) -> AsyncIterator[Mapping[str, Any] | Refused]:
    async for item in fetcher.items(url):
        yield await _named(fetcher, url, item) if isinstance(item, str) else item


async def _named(fetcher: Fetcher, outbox_url: str, name: str) -> Mapping[str, Any] | Refused:
    if not is_iri(name) or origin(name) != origin(outbox_url):
        return refuse("origin", name[:200])
    page = await fetcher.page(name)
    if isinstance(page, Refused):
        return page
    return page.content if id_of(page.content) == name else refuse("activity_form", name[:200])


async def changes(fetcher: Fetcher, url: str) -> AsyncIterator[Changes | Refused]:
    """The pages of a feed from an address on, to the one that is its own next; a refusal ends them."""
    async for page in fetcher.pages(url):
        if isinstance(page, Refused):
            yield page
            return
        if "first" in page.content:
            continue
        following = id_of(page.content.get("next"))
        if not following or origin(following) != origin(url):
            yield refuse("document_form", "a feed without next")
            return
        items = tuple(item for item in items_of(page.content) if isinstance(item, Mapping))
        yield Changes(items, following, _texts(page.content.get("to")))


async def documents(fetcher: Fetcher, url: str) -> DocumentSet | Refused:
    """The whole set; a page that fails refuses it, for what it does not name would seem to be gone."""
    digests: dict[str, str] = {}
    to: tuple[str, ...] = ()
    async for page in fetcher.pages(url):
        if isinstance(page, Refused):
            return page
        to = to or _texts(page.content.get("to"))
        named = (item for item in items_of(page.content) if isinstance(item, Mapping) and id_of(item))
        digests |= {id_of(item): str(item.get("digest", "")) for item in named}
        if len(digests) > MAX_DOCUMENTS:
            return refuse("too_large", url[:200])
    return DocumentSet(digests, to)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
