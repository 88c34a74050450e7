"""The programs of a place: what may send its figures for it, each with a token that is shown once."""

from typing import Any

from aiohttp import web

from node.context import Node
from node.people import tokens
from node.people.roles import Right
from node.web import desk, plain, wording
from node.web.desk import Visit

_MOST = 20


def show(visit: Visit, made: str = "", problem: str = "") -> web.Response:
    """The programs, and the new token this once."""
    known: list[dict[str, Any]] = [
        {
            "id": each.id,
            "name": each.name,
            "created": wording.day(each.created, visit.lang),
            "used": wording.day(each.used, visit.lang) if each.used else "",
        }
        for each in tokens.of(visit.node, visit.place)
    ]
    url = visit.node.config.url
    return visit.page("manage/programs.html", here="team", programs=known, made=made, problem=problem, base=url)


def act(visit: Visit) -> web.Response:
    """Let a program in, or out."""
    form = visit.form
    if "revoke" in form:
        tokens.revoke(visit.node, visit.place, form["revoke"], visit.account.id)
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/programs"), "programs.revoked")
    name = form.get("name", "").strip()
    if not name or len(tokens.of(visit.node, visit.place)) >= _MOST:
        return show(visit, problem=plain.said(visit.lang, "programs.name" if not name else "programs.many"))
    return show(visit, made=tokens.make(visit.node, visit.place, name, visit.account.id))


def routes(node: Node) -> list[web.RouteDef]:
    """One page."""
    return desk.routes(node, "/manage/{slug:[a-z0-9_]{1,30}}/programs", Right.OWN, show, act)
