"""Who follows a place and whom it follows, what it shares and with whom, what arrived and what did not, the news."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from aiohttp import web

from node import relations, seek, standing, wishes
from node.context import Node
from node.messages import catalogue, text
from node.people import audit
from node.people.roles import Right
from node.places import show_place
from node.relations import NODE
from node.seek import Search
from node.timeline import Item, timeline
from node.views.places import Wanted
from node.web import desk, wording
from node.web.desk import Visit
from node.web.manage import answering, nearby, reception
from node.web.plain import link
from vocab import territory

_NEWS = 20
_LONGEST = 300


async def show(visit: Visit) -> web.Response:
    """The page; with a question, those who were found for it."""
    asked = visit.request.query.get("q", "").strip()[:_LONGEST]
    search = await _search(visit, asked) if asked or "near" in visit.request.query else None
    return await asyncio.to_thread(page, visit, search, asked)


async def act(visit: Visit) -> web.Response:
    """Do what a button says, then show the page again, which says it; or say why not."""
    done = await answering.act(visit)
    if isinstance(done, answering.Problem):
        return await asyncio.to_thread(page, visit, None, "", done)
    here = link(visit.lang, f"/manage/{visit.place}/network")
    await asyncio.to_thread(audit.note, visit.node, visit.account.id, done.action, visit.place, who=done.who)
    return await asyncio.to_thread(visit.go, here, f"manage.network.done.{done.action}", name=done.name)


async def _search(visit: Visit, asked: str) -> Search:
    if asked and seek.is_address(asked):
        return await seek.at(visit.node, asked)
    if asked:
        return await seek.look(visit.node, visit.place, Wanted(q=asked))
    return await seek.look(visit.node, visit.place, Wanted(departement=_departement(visit)))


def _departement(visit: Visit) -> str:
    state = show_place(visit.node, visit.place)
    commune = territory.commune(state.place.address.commune) if state else None
    return commune.departement if commune else ""


def page(visit: Visit, search: Search | None, asked: str, problem: answering.Problem | None = None) -> web.Response:
    """All of it, read now."""
    node, slug = visit.node, visit.place
    rows = relations.all_followers(node, slug)
    wanted, granted = wishes.wishes(node, slug), relations.grants_of(node, slug)
    shut = wishes.blocked(node, slug)
    news = timeline(node, _NEWS, visit.lang, slug)
    actors = [*(r.follower for r in rows), *(w.target for w in wanted), *(g.grantee for g in granted)]
    actors += [*(item.actor for item in news), *(name for name in shut if "/" in name)]
    with node.store.read() as connection:
        known = standing.others(connection, actors)
    return visit.page(
        "manage/network.html",
        here="network",
        handle=f"@{slug}@{node.config.authority}",
        problem=problem,
        waiting=[{"other": known[row.follower], "since": row.since} for row in rows if row.state == "pending"],
        followers=[{"other": known[row.follower], "since": row.since} for row in rows if row.state == "accepted"],
        wanted=[
            {"other": known[wish.target], "wish": wish, "deaf": _is_deaf(wish, {row.follower for row in rows})}
            for wish in wanted
        ],
        grants=[{"other": known[grant.grantee], "grant": grant} for grant in granted],
        choices=_choices(known, [row.follower for row in rows if row.state == "accepted"], granted),
        shut=[{"id": name, "name": known[name].name if name in known else name} for name in shut],
        news=[_news(item, known[item.actor].name, visit.lang) for item in news],
        live=reception.shown(standing.receivers(node, slug), slug, visit.lang),
        asked=asked,
        found=nearby.shown(visit, search, {wish.target: wish.state for wish in wanted}, _departement(visit)),
        by_words=search is not None and not seek.is_address(asked),
        why=search.problem.why(visit.lang) if search and search.problem else "",
        node_actor=node.config.actor(NODE),
    )


def _is_deaf(wish: wishes.Wish, followers: Collection[str]) -> bool:
    """Whether it is a network that has accepted, and does not follow the place itself: it has no figure of it yet."""
    return wish.state == "accepted" and wish.target.endswith("/actor") and wish.target not in followers


def _choices(
    known: dict[str, standing.Other], accepted: Sequence[str], granted: Sequence[relations.Grant]
) -> list[standing.Other]:
    """The followers with whom nothing is shared yet."""
    have = {grant.grantee for grant in granted}
    return [known[follower] for follower in accepted if follower not in have]


def _news(item: Item, who: str, lang: str) -> dict[str, Any]:
    """One thing that somebody said, in a sentence; a letter in full."""
    texts = catalogue().texts(lang)
    kind = "Letter" if item.text else item.type
    key = f"manage.news.{kind}" if f"manage.news.{kind}" in texts else "manage.news.other"
    address = item.announced or item.id
    title = wording.period(item.title, lang) if item.type == "Report" and item.title[:4].isdigit() else item.title
    return {
        "who": who,
        "said": text(lang, key, title=title).strip(),
        "when": item.received,
        "text": item.text,
        "href": address if address.startswith(("https://", "http://")) and kind != "Letter" else "",
    }


def routes(node: Node) -> list[web.RouteDef]:
    """The page, for whoever has a role; its buttons, for those who own the place."""
    path = "/manage/{slug:[a-z0-9_]{1,30}}/network"
    return [*desk.routes(node, path, Right.SEE, show), *desk.routes(node, path, Right.OWN, None, act)]
