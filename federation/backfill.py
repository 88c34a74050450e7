"""Reading again what an actor published: its outbox, page after page, oldest effects first; nothing is decided here.

What is only named is read at its own address, which must be of the outbox's origin and answer with that very id.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from federation.activity import id_of, is_iri, origin
from federation.errors import Refused, refuse
from federation.fetch import Fetcher

MAX_ITEMS = 20_000


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
