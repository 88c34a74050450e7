"""Who manages a place: their roles, those who are invited, and what was done. A link is shown once, to be copied."""

from typing import Any

from aiohttp import web

from node.context import Node
from node.messages import catalogue, text
from node.people import audit, links, roles
from node.people.audit import Entry
from node.people.roles import LastOwner, Right, Role
from node.web import desk, wording
from node.web.desk import Visit
from node.web.plain import link

_DAYS = 7
_LATEST = 20


def show(visit: Visit, problem: str = "", made: str = "", given: str = "") -> web.Response:
    """The page; `made`: the link that was just made, for the role `given`."""
    node, slug, lang = visit.node, visit.place, visit.lang
    return visit.page(
        "manage/team.html",
        here="team",
        people=[{"account": account, "role": role} for account, role in roles.of(node, slug)],
        roles=list(Role),
        waiting=[
            {"hash": each.hash, "role": each.role, "until": wording.day(each.expires, lang)}
            for each in links.waiting(node, slug)
        ],
        log=[line for entry in audit.of(node, slug, _LATEST) if (line := spoken(entry, lang))],
        problem=problem,
        made=made,
        given=given,
        days=_DAYS,
    )


def spoken(entry: Entry, lang: str) -> dict[str, Any] | None:
    """One act of the audit trail in words; None for one that no text speaks of."""
    if f"audit.{entry.action}" not in catalogue().texts(lang):
        return None
    role = str(entry.detail.get("role", ""))
    named = text(lang, f"manage.role.{role}") if role in list(Role) else role
    params = {"who": "", **entry.detail, "role": named}
    return {
        "day": wording.day(entry.time, lang),
        "who": entry.who or text(lang, "manage.team.console"),
        "what": text(lang, f"audit.{entry.action}", **params),
    }


def act(visit: Visit) -> web.Response:
    """Invite, change a role, take it away, withdraw an invitation."""
    do = {"invite": _invite, "role": _change, "remove": _remove, "withdraw": _withdraw}.get(visit.form.get("do", ""))
    if do is None:
        return show(visit)
    try:
        return do(visit)
    except LastOwner as refused:
        return show(visit, refused.text(visit.lang))


def _role(visit: Visit) -> Role:
    named = visit.form.get("role", "")
    return Role(named) if named in list(Role) else Role.READER


def _back(visit: Visit, notice: str, **params: object) -> web.Response:
    return visit.go(link(visit.lang, f"/manage/{visit.place}/team"), notice, **params)


def _invite(visit: Visit) -> web.Response:
    role = _role(visit)
    token = links.make(visit.node, links.INVITE, place=visit.place, role=role, made_by=visit.account.id, days=_DAYS)
    audit.note(visit.node, visit.account.id, "invited", visit.place, role=role)
    return show(visit, made=f"{visit.node.config.url}/join/{token}", given=role)


def _account(visit: Visit) -> Any:
    """Somebody who has a role on this place; None for anybody else."""
    return next((a for a, _ in roles.of(visit.node, visit.place) if a.id == visit.form.get("account")), None)


def _change(visit: Visit) -> web.Response:
    account, role = _account(visit), _role(visit)
    if account is None:
        return show(visit)
    roles.give(visit.node, account.id, visit.place, role)
    audit.note(visit.node, visit.account.id, "role", visit.place, who=account.name, role=role)
    name = text(visit.lang, f"manage.role.{role}")
    if account.id == visit.account.id and role is not Role.OWNER:
        return visit.go(link(visit.lang, f"/manage/{visit.place}"), "manage.team.changed", name=account.name, role=name)
    return _back(visit, "manage.team.changed", name=account.name, role=name)


def _remove(visit: Visit) -> web.Response:
    account = _account(visit)
    if account is None:
        return show(visit)
    roles.take(visit.node, account.id, visit.place)
    audit.note(visit.node, visit.account.id, "removed", visit.place, who=account.name)
    if account.id == visit.account.id:
        return visit.go(link(visit.lang, "/manage"), "manage.team.left")
    return _back(visit, "manage.team.removed", name=account.name)


def _withdraw(visit: Visit) -> web.Response:
    if any(each.hash == visit.form.get("link") for each in links.waiting(visit.node, visit.place)):
        links.withdraw(visit.node, visit.form["link"])
        audit.note(visit.node, visit.account.id, "withdrew", visit.place)
    return _back(visit, "manage.team.withdrawn")


def routes(node: Node) -> list[web.RouteDef]:
    """`/manage/SLUG/team`."""
    return desk.routes(node, "/manage/{slug:[a-z0-9_]{1,30}}/team", Right.OWN, show, act, closed_too=True)
