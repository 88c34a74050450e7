"""What others see of a node: whether its address answers, over HTTPS, as this node and nobody else; and the time."""

import asyncio
import json
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from sqlalchemy import select

from federation.actor import RemoteActor, read_actor
from federation.clock import read_http_date
from federation.errors import Refused
from federation.keys import public_text
from federation.transport import ACCEPT
from node import lookup
from node.context import Node
from node.ops.finding import Finding, bad, fine, note
from node.store import own_keys
from node.store.schema import peers

_SECONDS = 10
_MOST = 1 << 20
_SKEW = timedelta(seconds=30)
_SOON = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Message
    body: bytes


async def asked(node: Node) -> list[Finding]:
    """Read our own actor where the world reads it: by its name, its certificate and whatever stands before the node."""
    return await asyncio.to_thread(_asked, node)


def _asked(node: Node) -> list[Finding]:
    url = node.config.url
    found = [] if url.startswith("https:") else [note("https", "none", url=url)]
    try:
        answer = _get(node.config.node_actor)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        code = "certificate" if isinstance(reason, ssl.SSLError) else "silent"
        return [*found, bad("https" if code == "certificate" else "address", code, url=url, detail=reason)]
    if url.startswith("https:"):
        found.append(_certificate(url))
    found.append(_is_us(node, answer))
    date = read_http_date(answer.headers.get("Date", ""))
    if isinstance(date, datetime) and abs(node.clock() - date) > _SKEW:
        found.append(bad("clock", "differs", host=node.config.authority, seconds=_seconds(node, date)))
    return found


def _get(url: str) -> _Answer:
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl.create_default_context()))
    try:
        with opener.open(Request(url, headers={"Accept": ACCEPT}), timeout=_SECONDS) as response:  # noqa: S310 - our own
            return _Answer(response.status, response.headers, response.read(_MOST))
    except HTTPError as error:
        with error:
            return _Answer(error.code, error.headers, b"")


def _is_us(node: Node, answer: _Answer) -> Finding:
    """Whether what answers is this node: our actor, with our keys."""
    url = node.config.url
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = None
    if answer.status != 200 or not isinstance(content, dict):
        return bad("address", "other", url=url, status=answer.status)
    actor = read_actor(content, node.config.node_actor)
    if not isinstance(actor, RemoteActor):
        return bad("address", "other", url=url, status=answer.status)
    with node.store.read() as connection:
        ours = own_keys.current(connection, node.config.node_actor).multibase
    if ours not in {public_text(key.key) for key in actor.keys}:
        return bad("address", "twin", url=url)
    return fine("address", url=url)


def _certificate(url: str) -> Finding:
    """Until when the certificate serves."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or 443), timeout=_SECONDS) as raw,
        ssl.create_default_context().wrap_socket(raw, server_hostname=host) as secure,
    ):
        ends = str((secure.getpeercert() or {}).get("notAfter", ""))
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    if until - datetime.now(UTC) < _SOON:
        return bad("https", "ends", date=until.date())
    return fine("https", date=until.date())


async def hours(node: Node) -> list[Finding]:
    """What time it is for whom we heard last: signatures with another hour are refused."""
    query = select(peers.c.actor).where(peers.c.gone.is_(None)).order_by(peers.c.fetched.desc()).limit(3)
    with node.store.read() as connection:
        known = connection.execute(query).scalars().all()
    async with lookup.opened(node) as opened:
        for actor in known:
            answer = await opened.transport.get(actor, ACCEPT, None)
            if isinstance(answer, Refused):
                continue
            date = read_http_date(answer.headers.get("Date", ""))
            if isinstance(date, datetime):
                host = urlsplit(actor).netloc
                if abs(node.clock() - date) > _SKEW:
                    return [bad("clock", "differs", host=host, seconds=_seconds(node, date))]
                return [fine("clock", host=host)]
    return [note("clock", "unknown")]


def _seconds(node: Node, date: datetime) -> int:
    return round((node.clock() - date).total_seconds())
