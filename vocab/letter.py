"""A letter: a Note to one actor alone, in several languages, which any ActivityPub server shows as a direct message.

Addressed to its reader only (ActivityPub §6) and mentioning it, for general servers show nothing else as direct.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vocab.contexts import CONTEXT

_BETWEEN = "\n<p>· · ·</p>\n"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to whom. `texts`: clean HTML by language, the first language first; `handle`: `@name@host`."""

    to: str
    handle: str
    texts: Mapping[str, str]


def document(letter: Letter, iri: str, actor: str, published: str) -> dict[str, Any]:
    """The Note without its proof: its `content` is every language, one after the other."""
    return {
        "@context": CONTEXT,
        "id": iri,
        "type": "Note",
        "attributedTo": actor,
        "to": [letter.to],
        "cc": [],
        "published": published,
        "url": iri,
        "tag": [{"type": "Mention", "href": letter.to, "name": letter.handle}],
        "content": _BETWEEN.join(letter.texts.values()),
        "contentMap": dict(letter.texts),
    }
