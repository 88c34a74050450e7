"""The page of one post, the list of a place's posts, and the few that its own page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from node.context import Node
from node.media.files import small_of
from node.messages import catalogue
from node.store import times
from node.views import place as places
from node.views import posts
from node.views.posts import Shown
from node.web import markup, wording
from node.web.plain import link, render
from vocab.post import Picture

_RECENT, _ALL = 3, 200
_HEADING = 90  # characters of a note that stand for the title it has not
_LICENCES = {
    "etalab-2.0": "Licence Ouverte 2.0",
    "CC0-1.0": "CC0 1.0",
    "CC-BY-4.0": "CC BY 4.0",
    "CC-BY-SA-4.0": "CC BY-SA 4.0",
    "LAL-1.3": "Licence Art Libre 1.3",
}


def page(node: Node, lang: str, document: str, query: Mapping[str, str]) -> str | None:
    """The page of the post that is at an address; None when there is none."""
    post = posts.one(node, document)
    if post is None:
        return None
    card, about = _card(node, post, lang), _place(node, lang, post.actor)
    text = post.summary or post.excerpt
    when = " · ".join(filter(None, (card["when"], post.where))) if post.kind == "event" else ""
    shown = {
        "post": post,
        "card": card,
        "origin": node.config.url,
        "graph": markup.open_graph(card["title"], post.id, when or text, post.pictures, lang, "article"),
        "markup": markup.event(post, about["place_name"]) if post.kind == "event" else "",
    }
    status = catalogue().texts(lang).get(f"web.post.status.{post.status}", "")
    licence = _LICENCES.get(post.license.rpartition("/")[2], post.license)
    return render(node, "post.html", lang, query, status=status, licence=licence, **shown, **about)


def of_place(node: Node, lang: str, actor: str, query: Mapping[str, str]) -> str | None:
    """Everything that a place said to everybody; None for a place that said nothing."""
    cards = [_card(node, post, lang) for post in posts.of_place(node, actor, _ALL)]
    return render(node, "posts.html", lang, query, cards=cards, **_place(node, lang, actor)) if cards else None


@dataclass(frozen=True, slots=True)
class Recent:
    """What a place said, in three: events to come (the nearest first), practices, news; and the pictures of it all."""

    coming: Sequence[Shown]
    groups: list[tuple[str, list[dict[str, Any]]]]
    pictures: list[Picture]


def recent(node: Node, lang: str, actor: str) -> Recent:
    """The few newest posts of a place of this node, of each kind."""
    said = posts.in_three(node, actor, times.text(node.clock()), _RECENT)
    groups = [(name, [_card(node, post, lang) for post in some]) for name, some in said.items() if some]
    newest = sorted((post for some in said.values() for post in some), key=lambda post: post.published, reverse=True)
    return Recent(said["next"], groups, [picture for post in newest[:_RECENT] for picture in post.pictures])


def _place(node: Node, lang: str, actor: str) -> dict[str, str]:
    found = places.of_actor(node, actor)
    slug = actor.rpartition("/")[2]
    return {
        "place_name": found.place.name if found else slug,
        "place_href": link(lang, urlsplit(actor).path),
        "handle": f"@{slug}@{node.config.authority}",
    }


def _small(node: Node, post: Shown) -> dict[str, Any] | None:
    """The first picture of a post as a list shows it."""
    first = next(iter(post.pictures), None)
    if first is None or not first.url.startswith(f"{node.config.url}/media/"):
        return None
    small = small_of(first.url).removeprefix(node.config.url)
    return {"src": small, "alt": first.alt, "width": first.width, "height": first.height}


def _card(node: Node, post: Shown, lang: str) -> dict[str, Any]:
    return {
        "kind": post.kind,
        "href": link(lang, urlsplit(post.id).path),
        "title": post.title or wording.cut(post.excerpt, _HEADING),
        "excerpt": (post.summary or post.excerpt) if post.title else "",
        "lang": post.language,
        "when": span(post, lang),
        "where": post.where,
        "published": wording.day(post.published, lang),
        "picture": _small(node, post),
        "called_off": post.status in ("EventCancelled", "EventPostponed"),
    }


def span(post: Shown, lang: str) -> str:
    """When an event is, on the clock of the place; a whole day has no hours."""
    if not post.start:
        return ""
    zone = ZoneInfo(post.zone)
    start = datetime.fromisoformat(post.start).astimezone(zone)
    end = datetime.fromisoformat(post.end).astimezone(zone) if post.end else None
    from_midnight = (start.hour, start.minute) == (0, 0)
    if end is None:
        return _moment(start, lang, hour=not from_midnight)
    whole = from_midnight and (end.hour, end.minute) == (23, 59)
    if start.date() == end.date():
        return _moment(start, lang, hour=False) if whole else f"{_moment(start, lang)} – {end:%H:%M}"
    return f"{_moment(start, lang, hour=not whole)} – {_moment(end, lang, hour=not whole)}"


def _moment(moment: datetime, lang: str, hour: bool = True) -> str:
    day = wording.day(moment.date().isoformat(), lang)
    return f"{day}, {moment:%H:%M}" if hour else day
