"""From a handle to an actor: WebFinger (RFC 7033), with both directions agreeing; and our own answers.

`@etabli@host` is resolved at the host; the actor found must say that name itself, at that host.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from federation.activity import is_iri, origin
from federation.actor import RemoteActor
from federation.canonical import read_json
from federation.errors import Refused, refuse
from federation.fetch import Fetcher
from federation.transport import Transport

JRD = "application/jrd+json"
SELF_TYPES = ("application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
_HANDLE = re.compile(r"(?:acct:|@)?([A-Za-z0-9_][A-Za-z0-9_.:-]{0,254})@([A-Za-z0-9.\[\]:-]{1,260})")


@dataclass(frozen=True, slots=True)
class Handle:
    """`@user@host` (RFC 7565 acct, without its scheme)."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"@{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """An actor, the bytes of its document, and its handle once both directions agreed."""

    actor: RemoteActor
    document: bytes
    handle: str


def read_handle(text: str) -> Handle | None:
    """A handle as people write it: `@user@host`, `user@host` or `acct:user@host`."""
    found = _HANDLE.fullmatch(text.strip())
    return Handle(found[1], found[2].lower()) if found else None


def _base(host: str, loopback_peers: frozenset[str]) -> str:
    return f"{'http' if host in loopback_peers else 'https'}://{host}"


async def _ask(transport: Transport, base: str, resource: str) -> Mapping[str, Any] | Refused:
    url = f"{base}/.well-known/webfinger?resource={quote(resource, safe='')}"
    answer = await transport.get(url, f"{JRD}, application/json", elsewhere=True)
    if isinstance(answer, Refused):
        return answer
    if answer.status != 200:
        return refuse("webfinger", f"{answer.status} {url[:200]}")
    return read_json(answer.body)


def _self_link(document: Mapping[str, Any]) -> str:
    """The actor's id, from the `self` link that serves ActivityStreams."""
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self":
            kind = str(link.get("type", "")).replace(" ", "")
            href = link.get("href")
            if isinstance(href, str) and is_iri(href) and kind in [t.replace(" ", "") for t in SELF_TYPES]:
                return href
    return ""


async def named(handle: Handle, transport: Transport, loopback_peers: frozenset[str]) -> str | Refused:
    """The actor's id that a host gives for a name."""
    found = await _ask(transport, _base(handle.host, loopback_peers), f"acct:{handle.user}@{handle.host}")
    if isinstance(found, Refused):
        return found
    return _self_link(found) or refuse("webfinger", "no actor")


def own_handle(actor: RemoteActor, user: str = "") -> Handle:
    """The name that an actor gives itself, at its own host."""
    return Handle(actor.username or user, urlsplit(actor.id).netloc)


async def resolve(
    target: str, transport: Transport, fetcher: Fetcher, loopback_peers: frozenset[str]
) -> Resolved | Refused:
    """The actor of a handle or of a URL; refused when the two directions do not agree."""
    asked = None if is_iri(target) else read_handle(target)
    if asked is None and not is_iri(target):
        return refuse("handle", target[:200])
    address = target.partition("#")[0] if asked is None else await named(asked, transport, loopback_peers)
    read = address if isinstance(address, Refused) else await fetcher.actor(address)
    if isinstance(read, Refused):
        return read
    agreed = await agree(asked, read[0], transport, loopback_peers)
    if isinstance(agreed, Refused) and asked is not None:
        return agreed
    return Resolved(*read, "" if isinstance(agreed, Refused) else agreed)


async def agree(
    asked: Handle | None, actor: RemoteActor, transport: Transport, loopback_peers: frozenset[str]
) -> str | Refused:
    """The actor's own name, which at its own host must lead back to it; another host may have delegated to that one
    (RFC 7033 §8.5)."""
    own = own_handle(actor, asked.user if asked else "")
    if asked is not None and origin(_base(asked.host, loopback_peers)) == origin(actor.id):
        same = asked.user.lower() in (actor.username.lower(), "relay")
        return str(own) if same else refuse("webfinger", "another name")
    backward = await named(own, transport, loopback_peers) if own.user else ""
    return str(own) if backward == actor.id else refuse("webfinger", "the two directions do not agree")


def webfinger(subject: str, actor: str, page: str, rels: tuple[str, ...] = ()) -> dict[str, Any]:
    """Our answer for one of our actors; `rels` keeps only the links asked for (RFC 7033 §4.3)."""
    links = [
        {"rel": "self", "type": SELF_TYPES[0], "href": actor},
        {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
    ]
    kept = [link for link in links if not rels or link["rel"] in rels]
    return {"subject": subject, "aliases": [actor], "links": kept}


def nodeinfo_links(base: str) -> dict[str, Any]:
    """`/.well-known/nodeinfo`, with the application actor (NodeInfo 2.1; FEP-2677)."""
    return {
        "links": [
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": base + "/nodeinfo/2.1"},
            {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": base + "/actor"},
        ]
    }


def nodeinfo(version: str, name: str, places: int, documents: int) -> dict[str, Any]:
    """`/nodeinfo/2.1`: counts only; nobody's activity is measured."""
    return {
        "version": "2.1",
        "software": {"name": "maillage", "version": version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {"total": places}, "localPosts": documents},
        "metadata": {"nodeName": name},
    }
