"""Activities: how ours are written, and what can be read of another's before anything is believed.

ActivityStreams 2.0 with one string type each; the object's content stays opaque.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from federation.errors import Refused, refuse
from vocab.contexts import CONTEXT

TYPES = ("Follow", "Accept", "Reject", "Undo", "Create", "Update", "Delete", "Announce", "Move")
MAX_ID = 2_048
_PORTS = {"https": 443, "http": 80}
# RFC 3986 without user, escapes or capitals in the host nor the default port, so that one origin has one spelling
_IRI = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[!$&'()*+,\-.0-9;=_a-z~]*[!$&'()*+,\-0-9;=_a-z~])(?::([1-9][0-9]{0,4}))?"
    r"(?:[/?#][!#-;=?-\[\]_a-z~]*)?"
)
_NUMERIC = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$|^\[")  # what a browser reads as an address
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:[/?#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """What every activity of ours says: `stream` {audience, n, prev}, `commitment` {seq, salt, epoch}."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published: str
    stream: Mapping[str, Any] = field(default_factory=dict)
    commitment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What an activity says of itself. `object` is what it embeds, None when it only names it."""

    id: str
    type: str
    actor: str
    object_id: str
    object: Mapping[str, Any] | None
    object_types: tuple[str, ...]
    stream: Mapping[str, Any]
    commitment: Mapping[str, Any]
    target: str = ""


def make(kind: str, heading: Heading, content: Mapping[str, Any] | str) -> dict[str, Any]:
    """One of our activities, its recipients always lists."""
    activity: dict[str, Any] = {
        "@context": CONTEXT,
        "id": heading.id,
        "type": kind,
        "actor": heading.actor,
        "to": list(heading.to),
        "published": heading.published,
        "object": content,
    }
    if heading.cc:
        activity["cc"] = list(heading.cc)
    if heading.stream:
        activity["stream"] = dict(heading.stream)
    if heading.commitment:
        activity["commitment"] = dict(heading.commitment)
    return activity


def follow(id: str, actor: str, target: str) -> dict[str, Any]:
    """The Follow that an Accept must answer."""
    return {"@context": CONTEXT, "id": id, "type": "Follow", "actor": actor, "to": [target], "object": target}


@lru_cache(maxsize=2_048)
def _split(iri: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an IRI as we take it, default ports filled in; None for anything else."""
    found = _IRI.fullmatch(iri)
    if found is None:
        return None
    scheme, host, written = found.groups()
    port = int(written or 0)
    if port == _PORTS[scheme] or port > 65_535 or (_NUMERIC.search(host) and not _is_literal(host)):
        return None
    return scheme, host, port or _PORTS[scheme]


def _is_literal(host: str) -> bool:
    """An address as it is written in its one form (RFC 5952; four decimal numbers)."""
    bare = host.strip("[]")
    try:
        return str(ip_address(bare)) == bare and (":" in bare) == (host != bare)
    except ValueError:
        return False


def is_iri(value: object) -> bool:
    """Whether a value can name something on the web: http or https, a host, no blanks, not too long."""
    return isinstance(value, str) and len(value) <= MAX_ID and _split(value) is not None


def origin(iri: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454 §4), default ports filled in."""
    found = _split(iri)
    if found is not None:
        return found
    parts = urlsplit(iri)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)


def id_of(value: object) -> str:
    """The id of an object embedded or named; `""` when there is none that is an IRI without dot segments."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and is_iri(value) and not _DOTS.search(value) else ""


def above(iri: str) -> Iterator[str]:
    """The ids under which an id lies: itself without its fragment, without its query, and the parents of its path."""
    yield (iri := iri.partition("#")[0])
    path = iri.partition("?")[0]
    while path.count("/") > 2:
        yield path
        path = path.rpartition("/")[0]


def types_of(value: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of an object, as written."""
    types = value.get("type")
    if isinstance(types, str):
        return (types,)
    return tuple(t for t in types if isinstance(t, str)) if isinstance(types, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def describe(activity: Mapping[str, Any]) -> ActivityFacts | Refused:
    """What an activity says, or `activity_form`: id and actor must be IRIs, the type one we know, the object one."""
    kind = activity.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return refuse("activity_type", str(kind)[:40])
    name, actor = activity.get("id"), activity.get("actor")
    if not isinstance(name, str) or not id_of(name) or not isinstance(actor, str) or not id_of(actor):
        return refuse("activity_form", "id or actor")
    content = activity.get("object")
    object_id = id_of(content)
    if not object_id:
        return refuse("activity_form", "object")
    embedded = content if isinstance(content, dict) else None
    return ActivityFacts(
        id=name,
        type=kind,
        actor=actor,
        object_id=object_id,
        object=embedded,
        object_types=types_of(embedded) if embedded is not None else (),
        stream=_mapping(activity.get("stream")),
        commitment=_mapping(activity.get("commitment")),
        target=id_of(activity.get("target")) if "target" in activity else "",
    )
