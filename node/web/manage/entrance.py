"""Coming in and going out: log in, log out, another password by a link that the host of the node gave."""

from typing import Any

from aiohttp import web

from node.context import Node
from node.people import accounts, audit, links, sessions, throttle
from node.people import password as passwords
from node.people.accounts import Account, AccountRefused
from node.people.roles import Right
from node.store import times
from node.web import desk, plain
from node.web.desk import Guest, Visit

HOME = "/manage"


def _next(guest: Guest) -> str:
    """Where to go then: a page of the manager's, an invitation, and nothing else."""
    wanted = guest.request.query.get("next", "")
    return wanted if wanted == HOME or wanted.startswith((HOME + "/", "/join/")) else HOME


def _login_page(guest: Guest, status: int = 200, problem: str = "", email: str = "") -> web.Response:
    return guest.page("manage/login.html", status, problem=problem, email=email, next=_next(guest))


def show_login(guest: Guest) -> web.Response:
    return _login_page(guest)


def log_in(guest: Guest) -> web.Response:
    """A new session, always (no fixation); who fails often waits."""
    node, email = guest.node, guest.form.get("email", "")
    found = recognised(guest, email, guest.form.get("password", ""))
    if isinstance(found, int):
        response = _login_page(guest, 429, plain.said(guest.lang, "manage.login.wait", seconds=found), email)
        response.headers["Retry-After"] = str(found)
        return response
    if found is None:
        known = accounts.by_email(node, email)
        audit.note(node, known.id if known else "", "login_failed", address=guest.address)
        return _login_page(guest, 200, plain.said(guest.lang, "manage.login.wrong"), email)
    return enter(guest, found.id, plain.link(found.language, _next(guest)))


def recognised(guest: Guest, email: str, password: str) -> Account | int | None:
    """Whose address and password these are; the seconds to wait for whoever was wrong too often."""
    node, address = guest.node, guest.address
    seconds = throttle.begin(node, email=email, address=address)
    if seconds:
        return seconds
    account = accounts.authenticated(node, email, password)
    if account is not None:
        throttle.succeeded(node, email, address)
    return account


def enter(guest: Guest, account: str, path: str) -> web.Response:
    """Go on to `path` as this account, with a new session."""
    old = sessions.read(guest.node, guest.request.cookies.get(sessions.COOKIE, ""))
    if old is not None:
        sessions.end(guest.node, old.hash)
    response = guest.go(path)
    age = int(sessions.LONGEST.total_seconds())
    cookie = sessions.begin(guest.node, account)
    response.set_cookie(sessions.COOKIE, cookie, path="/", secure=True, httponly=True, samesite="Lax", max_age=age)
    audit.note(guest.node, account, "login", address=guest.address)
    return response


def log_out(visit: Visit) -> web.Response:
    """End the session."""
    sessions.end(visit.node, visit.session)
    response = Guest.go(visit, plain.link(visit.lang, "/login"))
    response.del_cookie(sessions.COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def show_reset(guest: Guest) -> web.Response:
    return _reset_page(guest)


def _reset_page(guest: Guest, problem: str = "") -> web.Response:
    link = links.read(guest.node, links.RESET, guest.request.match_info["token"])
    account = accounts.by_id(guest.node, link.account) if link else None
    if account is None:
        return guest.page("manage/refused.html", 404, why="link")
    values: dict[str, Any] = {"email": account.email, "least": passwords.SHORTEST, "problem": problem}
    return guest.page("manage/reset.html", **values)


def reset(guest: Guest) -> web.Response:
    """Another password; every other session ends."""
    node = guest.node
    link = links.read(node, links.RESET, guest.request.match_info["token"])
    if link is None:
        return _reset_page(guest)
    try:
        accounts.check_password(guest.form.get("password", ""))
    except AccountRefused as refused:
        return _reset_page(guest, refused.text(guest.lang))
    now = times.text(node.clock())
    if not node.store.write(lambda connection: links.use(connection, link, now)):
        return _reset_page(guest)
    accounts.set_password(node, link.account, guest.form["password"])
    audit.note(node, link.account, "password_reset")
    return enter(guest, link.account, plain.link(guest.lang, HOME))


def routes(node: Node) -> list[web.RouteDef]:
    """The doors."""
    return [
        *desk.guest_routes(node, "/login", show_login, log_in),
        *desk.guest_routes(node, "/reset/{token:[A-Za-z0-9_-]{43}}", show_reset, reset),
        *desk.routes(node, "/logout", Right.ACCOUNT, act=log_out),
    ]
