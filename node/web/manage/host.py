"""The places of a node, for whoever hosts them: what they take up, what they said last, and a way in for new ones.

It gives no right over what a place says: a host invites, limits and suspends, and writes nothing in its name.
"""

import asyncio
from decimal import Decimal
from io import BytesIO
from typing import Any

from aiohttp import web

from node.context import Node
from node.errors import NodeError
from node.moving import archive, arrival, unpacking
from node.moving.archive import Unfit
from node.moving.unpacking import Luggage
from node.people import audit, links, welcome
from node.people.roles import Right, Role
from node.places import add_place, is_free
from node.views import hosting
from node.views.hosting import Hosted
from node.web import desk, wording
from node.web.desk import Visit
from node.web.plain import link, said
from node.web.setup import LABELS, typologies
from vocab import communes, territory

LARGEST = 64_000_000  # bytes of the file of a place
DAYS = 7
_PAGE = 100
_TYPED = 100


def show(visit: Visit, made: str = "") -> web.Response:
    """The places, those of a search, a hundred a page; `made`: the link that was just made."""
    places = hosting.hosted(visit.node)
    asked = visit.request.query.get("q", "").strip()[:_TYPED]
    found = [place for place in places if _is_named(place, territory.fold(asked))]
    pages = max(1, -(-len(found) // _PAGE))
    page = visit.request.query.get("page", "")
    at = min(int(page) if page.isdigit() and len(page) < 6 else 1, pages) or 1
    return visit.page(
        "manage/host.html",
        here="host",
        rows=[_row(place, visit.lang) for place in found[(at - 1) * _PAGE : at * _PAGE]],
        total=len(places),
        found=len(found),
        asked=asked,
        page=at,
        pages=pages,
        calls=_calls(places),
        waiting=[
            {"hash": each.hash, "until": wording.day(each.expires, visit.lang)}
            for each in links.waiting(visit.node, "")
        ],
        made=made,
        days=DAYS,
    )


def _is_named(place: Hosted, words: str) -> bool:
    return words in territory.fold(place.name) or words in place.slug


def _calls(places: list[Hosted]) -> dict[str, int]:
    """What may need somebody: places that were never published, that nobody owns, that are full or suspended."""
    counts = {
        "draft": sum(place.state == "draft" for place in places),
        "nobody": sum(not place.owners for place in places),
        "near": sum(place.is_near for place in places),
        "suspended": sum(place.state == "suspended" for place in places),
    }
    return {name: count for name, count in counts.items() if count}


def _row(place: Hosted, lang: str) -> dict[str, Any]:
    return {
        "place": place,
        "last": wording.day(place.last, lang) if place.last else "",
        "used": megabytes(place.used.media, lang),
        "most": megabytes(place.quota.media, lang),
        "documents": wording.number(Decimal(place.quota.documents), lang),
    }


def megabytes(count: int, lang: str) -> str:
    """`12,4` or `200`."""
    shown = f"{count / 1_000_000:.1f}".removesuffix(".0")
    return shown.replace(".", ",") if lang == "fr" else shown


def act(visit: Visit) -> web.Response:
    """A link for a new place, or the end of one."""
    if visit.form.get("do") == "invite":
        made_by = visit.account.id
        token = links.make(visit.node, links.INVITE, role=Role.OWNER, made_by=made_by, days=DAYS)
        audit.note(visit.node, made_by, "invited", role=Role.OWNER)
        return show(visit, f"{visit.node.config.url}/join/{token}")
    if any(each.hash == visit.form.get("link") for each in links.waiting(visit.node, "")):
        links.withdraw(visit.node, visit.form["link"])
    return visit.go(link(visit.lang, "/manage/host"), "manage.team.withdrawn")


def show_new(visit: Visit, problems: dict[str, str] | None = None) -> web.Response:
    """What is asked of a place that the host makes."""
    answers, wrong = _answers(visit), problems or {}
    names = (*welcome.SCREENS["place"], "slug")
    return visit.page(
        "manage/host_new.html",
        here="host",
        v={name: welcome.first(answers, name) for name in names},
        p=wrong,
        chosen=answers.get("typology", ()),
        typologies=typologies(visit.lang),
        offered=[communes.label(each) for each in communes.like(welcome.first(answers, "commune"))],
        labels={name: said(visit.lang, LABELS.get(name, "setup." + name)) for name in wrong},
    )


def _answers(visit: Visit) -> welcome.Answers:
    return {name: visit.form.getall(name) for name in visit.form}


def make_new(visit: Visit) -> web.Response:
    """Make the place, then show it, where its manager is invited."""
    node, answers = visit.node, _answers(visit)
    wrong = welcome.wrong_with_place(answers) | welcome.wrong_with_slug(answers, node.config.authority)
    slug = welcome.first(answers, "slug")
    if "slug" not in wrong and not is_free(node, slug):
        wrong["slug"] = welcome.Wrong("setup.wrong.taken")
    if wrong:
        return show_new(visit, welcome.said(wrong, visit.lang))
    add_place(node, slug, welcome.place_of(answers, node.config.place(slug)))
    audit.note(node, visit.account.id, "made", slug)
    return visit.go(link(visit.lang, f"/manage/host/places/{slug}"), "manage.host.made")


def show_import(visit: Visit, problem: str = "", field: str = "file") -> web.Response:
    """Where the file of a place that moves here is given."""
    slug = visit.form.get("slug", "")
    return visit.page("manage/host_import.html", here="host", problem=problem, field=field, slug_typed=slug)


async def take_in(visit: Visit) -> web.Response:
    """Take the place of a file in, then show it, where its manager is invited."""
    file = visit.files.get("file")
    if file is None or not file.data:
        return await asyncio.to_thread(show_import, visit, said(visit.lang, "manage.host.import.missing"))
    luggage = await asyncio.to_thread(read, file.data)
    if isinstance(luggage, Unfit):
        return await asyncio.to_thread(show_import, visit, luggage.text(visit.lang))
    return await _taken(visit, luggage)


def read(data: bytes) -> Luggage | Unfit:
    """What a file that was sent brings, or why it is not taken."""
    with archive.opened(BytesIO(data)) as found:
        return found if isinstance(found, Unfit) else unpacking.judge(found)


async def _taken(visit: Visit, luggage: Luggage) -> web.Response:
    node, slug = visit.node, visit.form.get("slug", "").strip()
    try:
        arrived = await asyncio.to_thread(arrival.arrive, node, luggage, slug)
    except NodeError as refused:
        field = "slug" if refused.code in ("bad_slug", "slug_taken") else "file"
        return await asyncio.to_thread(show_import, visit, " ".join(refused.lines(visit.lang)), field)
    await arrival.hear(node, luggage, arrived.slug)
    await asyncio.to_thread(audit.note, node, visit.account.id, "arrived", arrived.slug, who=arrived.former)
    there, handle = link(visit.lang, f"/manage/host/places/{arrived.slug}"), f"@{arrived.slug}@{node.config.authority}"
    return await asyncio.to_thread(visit.go, there, "manage.host.arrived", name=arrived.name, handle=handle)


def routes(node: Node) -> list[web.RouteDef]:
    """`/manage/host`, a new place, and the file of one that moves here."""
    return [
        *desk.routes(node, "/manage/host", Right.HOST, show, act),
        *desk.routes(node, "/manage/host/new", Right.HOST, show_new, make_new),
        *desk.routes(node, "/manage/host/import", Right.HOST, show_import, take_in, upload=LARGEST),
    ]
