"""Reading again what an actor published: its outbox, page after page, oldest effects first; nothing is decided here."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from federation.errors import Refused, refuse
from federation.fetch import Fetcher

MAX_ITEMS = 20_000


async def outbox(fetcher: Fetcher, url: str) -> list[Mapping[str, Any]] | Refused:
    """The activities of an outbox, oldest first; a page that fails refuses the whole, so that no gap is silent."""
    found: list[Mapping[str, Any]] = []
    async for item in _activities(fetcher, url):
        if isinstance(item, Refused):
            return item
        found.append(item)
        if len(found) > MAX_ITEMS:
            return refuse("too_large", url[:200])
    return list(reversed(found))


async def _activities(fetcher: Fetcher, url: str) -> AsyncIterator[Mapping[str, Any] | Refused]:
    async for item in fetcher.items(url):
        if isinstance(item, str):
            page = await fetcher.page(item)
            yield page if isinstance(page, Refused) else page.content
        else:
            yield item
