"""The way to every page of a manager: who is there, what they may, and that it was asked from one of our own pages.

A POST comes from us when the browser says so (`Sec-Fetch-Site`, Fetch Metadata), else when its `Origin` (RFC 6454) is
the address that was asked. What a person without a role asks of a place does not exist: 404, not 403.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, web
from multidict import MultiDict

from node.api.accept import language
from node.api.authenticator import Authenticator, authenticated
from node.context import Node
from node.errors import NodeError, PlaceUnknown
from node.people import quotas, roles, sessions
from node.people.accounts import Account
from node.people.roles import Right, Role
from node.places import show_place
from node.web import plain

HEADERS = plain.HEADERS | {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_FIELD = 200_000  # bytes of one field of a form with files
_FIELDS = 5_000
_RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Guest:
    """One request of somebody who need not be logged in."""

    node: Node
    request: web.Request
    lang: str
    form: MultiDict[str] = field(default_factory=MultiDict)
    files: MultiDict[Upload] = field(default_factory=MultiDict)

    @property
    def address(self) -> str:
        """The network address of whoever asks."""
        return address_of(self.request)

    def shared(self) -> dict[str, Any]:
        return {}

    def page(self, template: str, status: int = 200, /, **values: object) -> web.Response:
        """The page of a template below `templates/`."""
        html = plain.render(self.node, template, self.lang, self.request.query, **(self.shared() | values))
        headers = HEADERS | {"Content-Language": self.lang}
        return web.Response(text=html, status=status, content_type="text/html", headers=headers)

    def go(self, path: str) -> web.Response:
        """See another page of ours (303, RFC 9110, 15.4.4)."""
        return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class Visit(Guest):
    """One request of somebody who is logged in and may do it; `place` is a short name, or empty."""

    account: Account = field(kw_only=True)
    session: str = field(kw_only=True)
    place: str = ""
    role: Role | None = None
    notice: tuple[str, Any] | None = None

    def allows(self, right: Right) -> bool:
        return roles.allows(self.account, self.role, right)

    def shared(self) -> dict[str, Any]:
        """What every page of a manager shows; a notice is said once."""
        if self.notice is not None:
            sessions.tell(self.node, self.session, "", {})
        state = show_place(self.node, self.place) if self.place else None
        closed = _closed(self.node, self.place) if self.place else None
        return {
            "closed": closed.text(self.lang) if closed else "",
            "account": self.account,
            "slug": self.place,
            "place_name": state.place.name if state else self.place,
            "may": {right.value: self.allows(right) for right in Right},
            "notice": self.notice,
        }

    def go(self, path: str, notice: str = "", **params: object) -> web.Response:
        """See another page of ours, which begins with a sentence of the catalogue."""
        if notice:
            sessions.tell(self.node, self.session, notice, params)
        return Guest.go(self, path)


Handler = Callable[[Any], Any]
Caller = TypeVar("Caller", bound=Guest)
Opened = Callable[[web.Request, Node], Awaitable["Visit | web.Response"]]


def address_of(request: web.Request) -> str:
    """The network address of who asks; behind a proxy on this machine or its private network, what the proxy says."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and _is_near(remote) else remote


def is_ours(request: web.Request) -> bool:
    """Whether what asks for a change is a page of ours."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def routes(
    node: Node,
    path: str,
    right: Right,
    show: Handler | None = None,
    act: Handler | None = None,
    upload: int = 0,
    closed_too: bool = False,
) -> list[web.RouteDef]:
    """GET and POST of one page. Handlers take a `Visit` and give a response; plain functions run in a thread.

    `upload`: the bytes that a form with files may have; 0: forms without files only. `closed_too`: what it does may be
    done for a place that is suspended or has moved. A `NodeError` that a handler raises is said on a page.
    """

    async def opened(request: web.Request) -> Visit | web.Response:
        return await asyncio.to_thread(_visit, node, request, right, closed_too)

    made = _both(node, path, opened, show, act, upload)
    for route in made:
        setattr(route.handler, _RIGHT, right)
    return made


def right_of(handler: object) -> Right | None:
    """The right that a handler asks for; None for one that is no page of a manager."""
    found = getattr(handler, _RIGHT, None)
    return found if isinstance(found, Right) else None


def guest_routes(
    node: Node,
    path: str,
    show: Handler | None = None,
    act: Handler | None = None,
    upload: int = 0,
    refused: Callable[[Guest], web.Response | None] | None = None,
) -> list[web.RouteDef]:
    """GET and POST of a page that needs no session; handlers take a `Guest`.

    `refused`: asked before anything is read of what is sent; what it gives is the answer.
    """

    async def opened(request: web.Request) -> Guest | web.Response:
        guest = Guest(node, request, language(request))
        answer = await asyncio.to_thread(refused, guest) if refused is not None else None
        return guest if answer is None else answer

    return _both(node, path, opened, show, act, upload)


def _both(
    node: Node,
    path: str,
    opened: Callable[[web.Request], Awaitable[Guest | web.Response]],
    show: Handler | None,
    act: Handler | None,
    upload: int,
) -> list[web.RouteDef]:
    async def get(request: web.Request) -> web.StreamResponse:
        caller = await opened(request)
        return caller if isinstance(caller, web.Response) else await _answer(show, caller)

    @authenticated(by=Authenticator.SESSION_AND_ORIGIN)
    async def post(request: web.Request) -> web.StreamResponse:
        if not is_ours(request):
            return _refused(node, request, 403, "elsewhere")
        caller = await opened(request)
        if isinstance(caller, web.Response):
            return caller
        try:
            await _fill(caller, upload)
        except web.HTTPRequestEntityTooLarge:
            return _refused(node, request, 413, "too_large")
        except ValueError:
            return _refused(node, request, 400, "form")
        return await _answer(act, caller)

    made = [web.get(path, get)] if show else []
    return [*made, web.post(path, post)] if act else made


async def _answer(handler: Handler | None, caller: Guest) -> web.StreamResponse:
    assert handler is not None
    try:
        if inspect.iscoroutinefunction(handler):
            response = await handler(caller)
        else:
            response = await asyncio.to_thread(handler, caller)
    except NodeError as error:
        status = 404 if isinstance(error, PlaceUnknown) else 409
        return _refused(caller.node, caller.request, status, "cannot", error)
    assert isinstance(response, web.StreamResponse)
    return response


def _visit(node: Node, request: web.Request, right: Right, closed_too: bool) -> Visit | web.Response:
    session = sessions.read(node, request.cookies.get(sessions.COOKIE, ""))
    if session is None:
        return _log_in(node, request)
    account = session.account
    slug = request.match_info.get("slug", "")
    role = roles.role(node, account.id, slug) if slug else None
    if slug and (show_place(node, slug) is None or (role is None and right is not Right.HOST)):
        return _refused(node, request, 404, "unknown")
    if not roles.allows(account, role, right):
        return _refused(node, request, 403, "right")
    closed = _closed(node, slug) if slug and request.method == "POST" and right in (Right.EDIT, Right.OWN) else None
    if closed is not None and not closed_too:
        return _refused(node, request, 409, "cannot", closed)
    lang = language(request) if "lang" in request.query else account.language
    return Visit(
        node, request, lang, account=account, session=session.hash, place=slug, role=role, notice=session.notice
    )


def _log_in(node: Node, request: web.Request) -> web.Response:
    there = request.path if request.method == "GET" else "/manage"
    return web.Response(status=303, headers={"Location": plain.link(language(request), "/login", next=there)})


def _closed(node: Node, slug: str) -> quotas.Closed | None:
    """Why a place says nothing new."""
    try:
        with node.store.read() as connection:
            quotas.check_open(connection, node, slug)
    except quotas.Closed as closed:
        return closed
    return None


def _refused(node: Node, request: web.Request, status: int, why: str, error: NodeError | None = None) -> web.Response:
    lang = language(request)
    html = plain.render(node, "manage/refused.html", lang, why=why, lines=error.lines(lang) if error else ())
    return web.Response(text=html, status=status, content_type="text/html", headers=HEADERS)


async def _fill(caller: Guest, upload: int) -> None:
    """Read the form; raises `ValueError` for what is none, `HTTPRequestEntityTooLarge`."""
    request = caller.request
    if request.content_type == "application/x-www-form-urlencoded":
        for name, value in (await request.post()).items():
            caller.form.add(name, str(value))
        return
    if request.content_type != "multipart/form-data" or not upload:
        raise ValueError
    left = upload + _FIELD
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name or len(caller.form) > _FIELDS:
            raise ValueError
        data = await _read(part, left if part.filename else min(left, _FIELD))
        left -= len(data)
        if part.filename is None:
            caller.form.add(part.name, data.decode("utf-8"))
        elif data or part.filename:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            caller.files.add(part.name, Upload(part.filename, kind, data))


async def _read(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(data))
    return bytes(data)


def _is_near(address: str) -> bool:
    """Loopback, or a private network: that of containers."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False
