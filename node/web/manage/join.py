"""An invitation: whoever opens its link gets a role on a place, or makes a place of their own on this node.

Somebody who is logged in keeps the account; anybody else makes one with the same questions as the first run.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from node.context import Node
from node.errors import SlugTaken
from node.people import accounts, audit, links, roles, sessions, welcome
from node.people import password as passwords
from node.people.accounts import Account, AccountRefused
from node.people.links import Link
from node.people.roles import Role
from node.places import is_free, put_place, show_place
from node.store import times
from node.web import desk, plain
from node.web.desk import Guest
from node.web.manage import entrance
from node.web.setup import LABELS, typologies
from vocab import communes


def show(guest: Guest) -> web.Response:
    """What the link gives, and what is asked for it."""
    link = link_of(guest)
    return gone(guest) if link is None else _page(guest, link)


def link_of(guest: Guest) -> Link | None:
    return links.read(guest.node, links.INVITE, guest.request.match_info["token"])


def gone(guest: Guest) -> web.Response:
    return guest.page("manage/refused.html", 404, why="link")


def here_is(guest: Guest) -> Account | None:
    session = sessions.read(guest.node, guest.request.cookies.get(sessions.COOKIE, ""))
    return session.account if session else None


def answers_of(guest: Guest) -> welcome.Answers:
    return {name: guest.form.getall(name) for name in guest.form}


def _page(guest: Guest, link: Link, problems: dict[str, str] | None = None) -> web.Response:
    state = show_place(guest.node, link.place) if link.place else None
    answers, p = answers_of(guest), problems or {}
    v = {name: welcome.first(answers, name) for names in welcome.SCREENS.values() for name in names}
    values: dict[str, Any] = {
        "invited": state.place.name if state else "",
        "role": link.role or str(Role.OWNER),
        "here": here_is(guest),
        "v": v,
        "p": p,
        "chosen": answers.get("typology", ()),
        "typologies": typologies(guest.lang),
        "offered": [communes.label(each) for each in communes.like(v["commune"])],
        "least": passwords.SHORTEST,
        "labels": {name: plain.said(guest.lang, LABELS.get(name, "setup." + name)) for name in p},
        "login": plain.link(guest.lang, "/login", next=guest.request.path),
        "bring": plain.link(guest.lang, f"/join/{guest.request.match_info['token']}/bring"),
    }
    return guest.page("manage/join.html", **values)


def accept(guest: Guest) -> web.Response:
    """Take the invitation: the account, the place where there is none yet, and the role; the link serves once."""
    link = link_of(guest)
    if link is None:
        return gone(guest)
    with links.alone(link) as mine:
        return _accept(guest, link) if mine and link_of(guest) else gone(guest)


def _accept(guest: Guest, link: Link) -> web.Response:
    here, answers = here_is(guest), answers_of(guest)
    wrong: dict[str, welcome.Wrong] = {}
    if not link.place:
        wrong |= welcome.wrong_with_place(answers) | welcome.wrong_with_slug(answers, guest.node.config.authority)
        if "slug" not in wrong and not is_free(guest.node, welcome.first(answers, "slug")):
            wrong["slug"] = welcome.Wrong("setup.wrong.taken")
    if here is None:
        wrong |= welcome.wrong_with_account(answers)
    problems = welcome.said(wrong, guest.lang)
    if problems:
        return _page(guest, link, problems)
    try:
        return _taken(guest, link, here or account_of(guest, answers), answers)
    except AccountRefused as refused:
        return _page(guest, link, {refused.field: refused.text(guest.lang)})
    except SlugTaken:
        return _page(guest, link, {"slug": plain.said(guest.lang, "setup.wrong.taken")})


def account_of(guest: Guest, answers: welcome.Answers) -> Account:
    email, name = welcome.first(answers, "email"), welcome.first(answers, "person")
    return accounts.create(guest.node, email, name, answers["password"][0], language=guest.lang)


def _taken(guest: Guest, link: Link, account: Account, answers: welcome.Answers) -> web.Response:
    if link.place:
        return join(guest, link, account, link.place)
    node, slug = guest.node, welcome.first(answers, "slug")
    place, keys = welcome.place_of(answers, node.config.place(slug)), node.keys.make(slug)
    return join(guest, link, account, slug, lambda connection: put_place(connection, node, slug, place, (), keys))


def join(
    guest: Guest, link: Link, account: Account, slug: str, first: Callable[[Connection], object] | None = None
) -> web.Response:
    """Use the link, and do `first` in the same transaction: the account has its role on the place, and comes in."""
    node = guest.node
    now = times.text(node.clock())

    def act(connection: Connection) -> bool:
        used = links.use(connection, link, now)
        if used and first is not None:
            first(connection)
        return used

    if not node.store.write(act):
        return gone(guest)
    held = roles.role(node, account.id, slug)
    given = Role(link.role) if link.role else Role.OWNER
    if held is None or list(Role).index(given) < list(Role).index(held):
        roles.give(node, account.id, slug, given)
    audit.note(node, account.id, "joined", slug, role=str(given), by=link.made_by)
    return entrance.enter(guest, account.id, plain.link(account.language, f"/manage/{slug}"))


def routes(node: Node) -> list[web.RouteDef]:
    """`/join/TOKEN`, and the communes that are offered there."""
    return desk.guest_routes(node, "/join/{token:[A-Za-z0-9_-]{43}}", show, accept)
