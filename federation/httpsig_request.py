"""A request as it was received, and a signature as it was read: the values that both dialects share.

Decides how headers, targets and authorities are compared; checks no signature.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from federation.errors import Refused, refuse

Headers = Mapping[str, tuple[str, ...]]
_WITH_DEFAULT_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):(?:443|80)")


class Dialect(StrEnum):
    """The two ways of signing requests."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True)
class IncomingRequest:
    """What came over the wire, unchanged: `target` is the raw path and query, `body` the raw bytes."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_host: str

    @cached_property
    def named(self) -> Headers:
        """Every header under its lower-case name, values in order and without surrounding blanks."""
        made: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            lower = name.lower()
            made[lower] = (*made.get(lower, ()), value.strip(" \t"))
        return made


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says of its own signature; nothing of it is believed yet."""

    dialect: Dialect
    key_id: str
    algorithm: str
    components: tuple[str, ...]
    created: int | None
    expires: int | None
    value: bytes
    parameters: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one dialect demands of a signature, and the bytes that it may have signed."""

    coverage: Callable[[IncomingRequest, Signature], Refused | None]
    digest: Callable[[IncomingRequest, Headers, Signature], Refused | None]
    bases: Callable[[IncomingRequest, Headers, Signature], Iterator[bytes | Refused]]


def one(headers: Headers, name: str) -> str | Refused:
    """The only value of a header that may come once."""
    values = headers.get(name, ())
    if not values:
        return refuse("header_absent", name)
    if len(values) > 1:
        return refuse("header_repeated", name)
    return values[0]


def joined(headers: Headers, name: str) -> str | Refused:
    """All values of a header as both dialects sign them; a value that could pretend to be a second line is refused."""
    values = headers.get(name)
    if values is None:
        return refuse("header_absent", name)
    text = ", ".join(values)
    if not text.isascii() or "\n" in text or "\r" in text:
        return refuse("header_text", name)
    return text


@lru_cache(maxsize=256)
def authority(host: str) -> str:
    """A host and port as they are compared: lower case, without a default port."""
    lower = host.strip().lower()
    found = _WITH_DEFAULT_PORT.fullmatch(lower)
    return found[1] if found else lower


@lru_cache(maxsize=64)
def _authorities(ours: frozenset[str]) -> frozenset[str]:
    return frozenset(map(authority, ours))


def host_of(request: IncomingRequest, headers: Headers) -> str | Refused:
    """The host that the request was sent to: its one Host header, which must be what the server received."""
    host = one(headers, "host")
    if isinstance(host, Refused):
        return host
    if authority(host) != authority(request.received_host):
        return refuse("wrong_target", host[:200])
    return host


def judge_target(host: str, ours: frozenset[str]) -> Refused | None:
    """Refuses what was signed for somebody else: a signature for one node must not be replayed to another."""
    return None if authority(host) in _authorities(ours) else refuse("wrong_target", host[:200])


def has_content(request: IncomingRequest) -> bool:
    """Whether a digest of the body must be covered."""
    return bool(request.body) or request.method.upper() not in ("GET", "HEAD")


def missing(components: tuple[str, ...], needed: tuple[str, ...]) -> Refused | None:
    """Refuses a signature that does not cover what it must."""
    for name in needed:
        if name not in components:
            return refuse("not_covered", name)
    return None


def split(url: str) -> tuple[str, str]:
    """The authority and the request target of a URL."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, 443 if parts.scheme == "https" else 80) else ""
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return name + port, (parts.path or "/") + query
