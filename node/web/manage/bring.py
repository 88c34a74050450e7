"""An invitation to make a place, used by somebody who has one elsewhere: its file, rather than questions about it."""

import asyncio

from aiohttp import web

from node.context import Node
from node.errors import NodeError
from node.moving import arrival
from node.moving.archive import Unfit
from node.moving.arrival import Arrived
from node.moving.unpacking import Luggage
from node.people import accounts, audit, links, welcome
from node.people import password as passwords
from node.people.accounts import AccountRefused
from node.web import desk
from node.web.desk import Guest
from node.web.manage import join
from node.web.manage.host import LARGEST, read
from node.web.plain import link, said
from node.web.setup import LABELS


def _refused(guest: Guest) -> web.Response | None:
    """The page of a link that opens no new place; None for one that does."""
    found = join.link_of(guest)
    return None if found is not None and not found.place else join.gone(guest)


def show(guest: Guest, problems: dict[str, str] | None = None) -> web.Response:
    """The file, the short name, and who is there."""
    answers, wrong = join.answers_of(guest), problems or {}
    labels = {name: LABELS.get(name, "setup." + name) for name in wrong} | {"file": "manage.host.import.file"}
    return guest.page(
        "manage/bring.html",
        v={name: welcome.first(answers, name) for name in ("slug", "person", "email")},
        p=wrong,
        here=join.here_is(guest),
        least=passwords.SHORTEST,
        login=link(guest.lang, "/login", next=guest.request.path),
        labels={name: said(guest.lang, key) for name, key in labels.items()},
    )


async def accept(guest: Guest) -> web.Response:
    """Take the place in, make the account where there is none, give the role; the link serves once."""
    link = await asyncio.to_thread(join.link_of, guest)
    if link is None:
        return join.gone(guest)
    with links.alone(link) as mine:
        if not mine or await asyncio.to_thread(join.link_of, guest) is None:
            return join.gone(guest)
        return await _accept(guest)


async def _accept(guest: Guest) -> web.Response:
    luggage = await asyncio.to_thread(_luggage, guest)
    if isinstance(luggage, web.Response):
        return luggage
    done = await asyncio.to_thread(_settled, guest, luggage)
    if isinstance(done, web.Response):
        return done
    await arrival.hear(guest.node, luggage, done.slug)
    return await asyncio.to_thread(_entered, guest, done)


def _luggage(guest: Guest) -> Luggage | web.Response:
    """What the file brings, once nothing else is to be mended."""
    problems = (
        {} if join.here_is(guest) else welcome.said(welcome.wrong_with_account(join.answers_of(guest)), guest.lang)
    )
    if not problems and not join.here_is(guest) and accounts.by_email(guest.node, guest.form.get("email", "")):
        taken = AccountRefused("taken", "email", email=guest.form["email"].strip())
        problems = {"email": taken.text(guest.lang)}
    file = guest.files.get("file")
    if file is None or not file.data:
        return show(guest, problems | {"file": said(guest.lang, "manage.host.import.missing")})
    luggage = read(file.data)
    if isinstance(luggage, Unfit):
        problems |= {"file": luggage.text(guest.lang)}
    return show(guest, problems) if problems or isinstance(luggage, Unfit) else luggage


def _settled(guest: Guest, luggage: Luggage) -> Arrived | web.Response:
    try:
        return arrival.arrive(guest.node, luggage, guest.form.get("slug", "").strip())
    except NodeError as refused:
        field = "slug" if refused.code in ("bad_slug", "slug_taken") else "file"
        return show(guest, {field: " ".join(refused.lines(guest.lang))})


def _entered(guest: Guest, arrived: Arrived) -> web.Response:
    found = join.link_of(guest)
    if found is None:
        return join.gone(guest)
    account = join.here_is(guest) or join.account_of(guest, join.answers_of(guest))
    audit.note(guest.node, account.id, "arrived", arrived.slug, who=arrived.former)
    return join.join(guest, found, account, arrived.slug)


def routes(node: Node) -> list[web.RouteDef]:
    """`/join/TOKEN/bring`; nothing is read of what somebody sends without a link."""
    path = "/join/{token:[A-Za-z0-9_-]{43}}/bring"
    return desk.guest_routes(node, path, show, accept, upload=LARGEST, refused=_refused)
