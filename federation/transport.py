"""The one client for every outgoing request, guarded at the socket.

Each address is checked when its socket is made, after name resolution, so that no name, literal or redirect can
lead to a special-use address. Plain http only to the loopback list. No cookie, no proxy, no compression; answers
are read up to a cap of bytes and time; redirects are followed by hand and never signed again for another origin.
An address is asked for exactly as it is written, for that is what was signed.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from federation.activity import is_iri, origin
from federation.addresses import may_ask, may_connect
from federation.errors import Refused, refuse

MAX_BYTES = 1 << 20
MAX_ANSWER = 1 << 16
SECONDS = 10.0
REDIRECTS = 3
A_HOST = 4  # connections at once: a host that is slow to answer holds up itself
CONNECTIONS = 320  # more than deliveries and look-ups can ask for together, so that neither waits for the other
ACTIVITY_JSON = "application/activity+json"
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
Sign = Callable[[str, str, bytes | None], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered: the last URL, its status, its headers (whose names know no case), its body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class _Forbidden(OSError):
    """A socket to an address that must not be reached."""


class Transport:
    """An HTTP client that cannot reach private addresses. Open it with `async with`."""

    def __init__(
        self,
        loopback_peers: frozenset[str] = frozenset(),
        user_agent: str = "Maillage",
        seconds: float = SECONDS,
        resolver: AbstractResolver | None = None,
        judge: Callable[[str], Refused | None] = lambda _: None,
    ) -> None:
        self._peers = loopback_peers
        self._agent = user_agent
        self._seconds = seconds
        self._resolver = resolver
        self._judge = judge
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            socket_factory=self._socket,
            resolver=self._resolver,
            limit=CONNECTIONS,
            limit_per_host=A_HOST,
            ttl_dns_cache=30,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=self._seconds / 2),
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not may_connect(str(address[0]), int(address[1]), self._peers):
            raise _Forbidden(f"{address[0]}:{address[1]}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def may_ask(self, url: str) -> Refused | None:
        """Refuses whom we do not speak to, and what is not https to a public name or to a listed loopback peer."""
        if is_iri(url):
            parts = urlsplit(url)
            is_web = parts.scheme == "https" and may_ask(parts.hostname or "", parts.port)
            if is_web or parts.netloc in self._peers:
                return self._judge(url)
        return refuse("forbidden_address", url[:200])

    async def get(
        self,
        url: str,
        accept: str = ACCEPT,
        sign: Sign | None = None,
        redirects: int = REDIRECTS,
        elsewhere: bool = False,
    ) -> Answer | Refused:
        """GET, following a few redirects, all within the time of one request; `elsewhere`: to other origins too, where
        it is never signed."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(url, accept, sign, redirects, elsewhere)
        except TimeoutError:
            return refuse("too_long", url[:200])

    async def _get(self, url: str, accept: str, sign: Sign | None, redirects: int, elsewhere: bool) -> Answer | Refused:
        first = url
        for _ in range(redirects + 1):
            signed = dict(sign("GET", url, None)) if sign and origin(url) == origin(first) else {}
            answer = await self._send("GET", url, None, {"Accept": accept} | signed)
            if isinstance(answer, Refused) or answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = _target(url, answer.headers.get("location", ""))
            if not is_iri(url) or (origin(url) != origin(first) and not elsewhere):
                return refuse("redirected", url[:200])
            if first.startswith("https:") and not url.startswith("https:"):
                return refuse("redirected", "to plain http")
        return refuse("redirected", f"more than {redirects} times")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Refused:
        """POST once; a redirect is an answer like another, and of the answer's body only a little is read."""
        return await self._send("POST", url, body, headers)

    async def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer | Refused:
        wrong = self.may_ask(url)
        if wrong is not None:
            return wrong
        if self._session is None:
            raise RuntimeError("the transport is not open")
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response:
                return await (_read(url, response) if method == "GET" else _glance(url, response))
        except TimeoutError:
            return refuse("too_long", url[:200])
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            if _is_forbidden(error):
                return refuse("forbidden_address", url[:200])
            return refuse("unreachable", f"{type(error).__name__}: {url[:200]}")


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _is_forbidden(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, _Forbidden):
            return True
        error = getattr(error, "os_error", None) or error.__cause__
    return False


async def _read(url: str, response: aiohttp.ClientResponse) -> Answer | Refused:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return refuse("remote_refused", "compressed answer")
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_BYTES:
            return refuse("too_large", url[:200])
    return Answer(url, response.status, response.headers, bytes(body))


async def _glance(url: str, response: aiohttp.ClientResponse) -> Answer:
    """The status is what counts: what follows it can neither fail nor flood."""
    try:
        body = await response.content.read(MAX_ANSWER)
    except (aiohttp.ClientError, OSError, TimeoutError):
        body = b""
    return Answer(url, response.status, response.headers, body)
