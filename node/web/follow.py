"""Following a place from one's own account elsewhere: the handle, and a link to the page where one's server asks."""

import re
from urllib.parse import quote

from aiohttp import web

from federation.policy import host_name
from node.context import Node
from node.places import show_place
from node.web import desk
from node.web.desk import Guest

_ACCOUNT = re.compile(r"@?(?:[A-Za-z0-9_.-]{1,64}@)?([^@\s/:]{3,200})")


def server_of(account: str) -> str:
    """The server of `@me@server`, `server` or `https://server/@me`; empty when there is none."""
    text = account.strip().removeprefix("https://").removeprefix("http://")
    found = _ACCOUNT.fullmatch(text.partition("/")[0] or text)
    host = host_name(found[1]) if found and "." in found[1] else None
    return host or ""


def show(guest: Guest) -> web.Response:
    """How to follow; with `?account=`, the link to go on with."""
    slug = guest.request.match_info["slug"]
    state = show_place(guest.node, slug)
    if state is None:
        return guest.page("manage/refused.html", 404, why="unknown")
    handle, account = f"@{slug}@{guest.node.config.authority}", guest.request.query.get("account", "")
    server = server_of(account)
    there = f"https://{server}/authorize_interaction?uri={quote(handle.removeprefix('@'))}" if server else ""
    values = {"place": state.place.name, "slug": slug, "handle": handle, "account": account[:200]}
    return guest.page("follow.html", **values, server=server, there=there)


def routes(node: Node) -> list[web.RouteDef]:
    """`/places/SLUG/follow`."""
    return desk.guest_routes(node, "/places/{slug:[a-z0-9_]{1,30}}/follow", show)
