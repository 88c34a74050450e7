"""One place of a node and the accounts of all, for whoever hosts them: limits, suspension, invitations, passwords."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from node.context import Node
from node.errors import PlaceUnknown
from node.people import accounts, audit, links, quotas, roles
from node.people.roles import LastHost, LastOwner, Right, Role
from node.places import show_place
from node.views import hosting
from node.web import desk, wording
from node.web.desk import Visit
from node.web.manage.host import DAYS, megabytes
from node.web.plain import link, said

LIMITS = ("documents", "media", "posts")
_MOST = 1_000_000
_RESET_DAYS = 1


def show(visit: Visit, problems: dict[str, str] | None = None, made: str = "", given: str = "") -> web.Response:
    """One place: what it takes up, who manages it, what the host may do."""
    node, slug, lang = visit.node, _slug(visit), visit.lang
    place = next((each for each in hosting.hosted(node) if each.slug == slug), None)
    if place is None:
        raise PlaceUnknown(slug)
    wrong = problems or {}
    typed = {name: visit.form.get(name, _limit(place, name)) for name in LIMITS}
    return visit.page(
        "manage/hosted.html",
        here="host",
        place=place,
        last=wording.day(place.last, lang) if place.last else "",
        used=megabytes(place.used.media, lang),
        v=typed,
        p=wrong,
        labels={name: said(lang, f"manage.host.limit.{name}") for name in wrong},
        usual={name: wording.number(Decimal(_shown(quotas.usual(node), name)), lang) for name in LIMITS},
        people=[{"account": account, "role": role} for account, role in roles.of(node, slug)],
        roles=list(Role),
        waiting=[{"role": each.role, "until": wording.day(each.expires, lang)} for each in links.waiting(node, slug)],
        made=made,
        given=given,
        days=DAYS,
    )


def _slug(visit: Visit) -> str:
    slug = visit.request.match_info["name"]
    if show_place(visit.node, slug) is None:
        raise PlaceUnknown(slug)
    return slug


def _shown(quota: quotas.Quota, name: str) -> int:
    return quota.media // 1_000_000 if name == "media" else int(getattr(quota, name))


def _limit(place: hosting.Hosted, name: str) -> str:
    """A limit of its own, as it is typed; empty for the usual one."""
    return str(_shown(place.quota, name)) if place.quota.own else ""


def act(visit: Visit) -> web.Response:
    """Invite somebody, set its limits, suspend it or let it speak again."""
    acts: dict[str, Callable[[Visit, str], web.Response]] = {
        "invite": _invite,
        "limits": _limits,
        "suspend": _suspend,
        "resume": _suspend,
    }
    slug, do = _slug(visit), acts.get(visit.form.get("do", ""))
    return show(visit) if do is None else do(visit, slug)


def _back(visit: Visit, slug: str, notice: str) -> web.Response:
    return visit.go(link(visit.lang, f"/manage/host/places/{slug}"), notice)


def _invite(visit: Visit, slug: str) -> web.Response:
    named = visit.form.get("role", "")
    role = Role(named) if named in list(Role) else Role.OWNER
    token = links.make(visit.node, links.INVITE, place=slug, role=role, made_by=visit.account.id, days=DAYS)
    audit.note(visit.node, visit.account.id, "invited", slug, role=role)
    return show(visit, made=f"{visit.node.config.url}/join/{token}", given=role)


def _limits(visit: Visit, slug: str) -> web.Response:
    typed = {name: visit.form.get(name, "").strip() for name in LIMITS}
    wrong = {name: text for name, text in typed.items() if text and not _is_limit(text)}
    if wrong:
        return show(visit, {name: said(visit.lang, "manage.host.limit.wrong", most=_MOST) for name in wrong})
    most = {name: int(text) if text else None for name, text in typed.items()}
    megabytes_ = most["media"]
    media = None if megabytes_ is None else megabytes_ * 1_000_000
    quotas.put(visit.node, slug, documents=most["documents"], media=media, posts=most["posts"])
    audit.note(visit.node, visit.account.id, "quota", slug, **most)
    return _back(visit, slug, "manage.saved")


def _is_limit(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7 and int(text) <= _MOST


def _suspend(visit: Visit, slug: str) -> web.Response:
    suspended = visit.form.get("do") == "suspend"
    quotas.suspend(visit.node, slug, suspended)
    audit.note(visit.node, visit.account.id, "suspended" if suspended else "resumed", slug)
    return _back(visit, slug, "manage.host.suspended" if suspended else "manage.host.resumed")


def show_accounts(visit: Visit, problem: str = "", made: str = "", given: str = "") -> web.Response:
    """Every account; `made`: a link to choose another password, for somebody."""
    people: list[Any] = hosting.persons(visit.node)
    return visit.page(
        "manage/host_accounts.html",
        here="host",
        people=people,
        problem=problem,
        made=made,
        given=given,
        days=_RESET_DAYS,
    )


def act_accounts(visit: Visit) -> web.Response:
    """A link for another password, hosting given or taken, an account forgotten."""
    account = accounts.by_id(visit.node, visit.form.get("account", ""))
    do = visit.form.get("do", "")
    if account is None:
        return show_accounts(visit)
    if do == "password":
        token = links.make(visit.node, links.RESET, account=account.id, made_by=visit.account.id, days=_RESET_DAYS)
        audit.note(visit.node, visit.account.id, "reset_made", who=account.email)
        return show_accounts(visit, made=f"{visit.node.config.url}/reset/{token}", given=account.name)
    try:
        if do == "remove":
            roles.close(visit.node, account.id)
        elif do in ("host", "unhost"):
            roles.make_host(visit.node, account.id, do == "host")
    except (LastOwner, LastHost) as refused:
        return show_accounts(visit, refused.text(visit.lang))
    audit.note(visit.node, visit.account.id, f"account_{do}", who=account.email)
    here = "/manage" if account.id == visit.account.id else "/manage/host/accounts"
    return visit.go(link(visit.lang, here), "manage.saved")


def routes(node: Node) -> list[web.RouteDef]:
    """`/manage/host/places/NAME` and `/manage/host/accounts`."""
    return [
        *desk.routes(node, "/manage/host/places/{name:[a-z0-9_]{1,30}}", Right.HOST, show, act),
        *desk.routes(node, "/manage/host/accounts", Right.HOST, show_accounts, act_accounts),
    ]
