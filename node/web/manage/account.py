"""One's own account: name, language, password."""

from typing import Any

from aiohttp import web

from node.context import Node
from node.people import accounts, audit
from node.people import password as passwords
from node.people.accounts import AccountRefused
from node.people.roles import Right
from node.web import desk, plain
from node.web.desk import Visit
from node.web.manage import entrance


def _page(visit: Visit, problem: str = "", wrong: str = "") -> web.Response:
    values: dict[str, Any] = {"here": "account", "problem": problem, "wrong": wrong, "least": passwords.SHORTEST}
    return visit.page("manage/account.html", **values)


def change(visit: Visit) -> web.Response:
    """Take what was changed; a new password ends the other sessions, and this one goes on as a new one."""
    node, form = visit.node, visit.form
    try:
        if "password" not in form:
            language = form.get("language", "fr")
            accounts.change(node, visit.account.id, form.get("name", ""), language)
            return visit.go(plain.link(language, "/manage/account"), "manage.saved")
        found = entrance.recognised(visit, visit.account.email, form.get("current", ""))
        if isinstance(found, int):
            return _page(visit, plain.said(visit.lang, "manage.login.wait", seconds=found), "current")
        if found is None:
            return _page(visit, plain.said(visit.lang, "manage.password.wrong"), "current")
        accounts.set_password(node, visit.account.id, form["password"])
    except AccountRefused as refused:
        return _page(visit, refused.text(visit.lang), refused.field)
    audit.note(node, visit.account.id, "password_changed")
    return entrance.enter(visit, visit.account.id, plain.link(visit.lang, "/manage/account"))


def routes(node: Node) -> list[web.RouteDef]:
    """The page and its form."""
    return desk.routes(node, "/manage/account", Right.ACCOUNT, _page, change)
