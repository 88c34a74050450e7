"""The posts of the places of this node, as their pages show them: what each says, in its author's words."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, func, select

from node.context import Node
from node.store.schema import posts
from vocab import richtext
from vocab.post import TYPES, Picture, headed, when

_KINDS = {name: kind for kind, name in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Shown:
    """One post. `content` is clean HTML, everything else plain text; an event has `start`, `end` and `zone`.

    `excerpt`: how its text begins; `summary`: what its author wrote to stand for it.
    """

    id: str
    actor: str
    kind: str
    title: str
    excerpt: str
    summary: str
    content: str
    language: str
    license: str
    version: int
    published: str
    updated: str
    start: str = ""
    end: str = ""
    zone: str = ""
    status: str = ""
    where: str = ""
    online: str = ""
    link: str = ""
    pictures: tuple[Picture, ...] = ()


def of_place(node: Node, actor: str, limit: int) -> tuple[Shown, ...]:
    """The newest posts of a place."""
    query = select(posts).where(posts.c.actor == actor).order_by(posts.c.published.desc(), posts.c.seq.desc())
    with node.cache.public.read() as public:
        return tuple(_shown(row) for row in public.execute(query.limit(limit)))


def in_three(node: Node, actor: str, now: str, limit: int) -> dict[str, tuple[Shown, ...]]:
    """The next events, the nearest first; then practices, and news with what is over, the newest first. Only those few
    are read: `now` and the ends of events are compared in UTC."""
    kind, end = (func.json_extract(posts.c.content, path) for path in ("$.type", "$.endTime"))
    newest = (posts.c.published.desc(), posts.c.seq.desc())
    asked = {
        "next": ((kind == "Event") & (end >= now), (func.json_extract(posts.c.content, "$.startTime"), posts.c.seq)),
        "practices": (kind == "Article", newest),
        "news": ((kind == "Note") | ((kind == "Event") & (end < now)), newest),
    }
    with node.cache.public.read() as public:
        return {
            name: tuple(
                _shown(row)
                for row in public.execute(
                    select(posts).where(posts.c.actor == actor, which).order_by(*order).limit(limit)
                )
            )
            for name, (which, order) in asked.items()
        }


def one(node: Node, document: str) -> Shown | None:
    """The post of an address."""
    with node.cache.public.read() as public:
        row = public.execute(select(posts).where(posts.c.document == document)).one_or_none()
    return None if row is None else _shown(row)


def _shown(row: Row[Any]) -> Shown:
    return _read(row.document, row.actor, row.content)


@lru_cache(maxsize=128)  # cleaning a long text costs a millisecond, and the same few are read all day
def _read(document: str, actor: str, signed: str) -> Shown:
    said = json.loads(signed)
    place = said.get("location", {})
    head, content = "", richtext.clean(said["content"])
    if said["type"] == "Note":
        head, content = headed(content)
    link = said.get("externalParticipationUrl", "")
    return Shown(
        id=document,
        actor=actor,
        kind=_KINDS[said["type"]],
        title=said.get("name", "") or head,
        excerpt=richtext.plain(content, 200),
        summary=_summary(said),
        content=content,
        language=next(iter(said["contentMap"])),
        license=said["license"],
        version=said["version"],
        published=said["published"],
        updated=said["updated"] if said["version"] > 1 else "",
        start=said.get("startTime", ""),
        end=said.get("endTime", "") if said.get("displayEndTime") else "",
        zone=said.get("timezone", ""),
        status=said.get("eventStatus", ""),
        where=_where(place),
        online=place.get("url", ""),
        link=link if link != document else "",
        pictures=tuple(map(_picture, _images(said))),
    )


def _images(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in said.get("attachment", ()) if each.get("type") == "Image"]


def _picture(said: dict[str, Any]) -> Picture:
    return Picture(said["url"], said["mediaType"], said["name"], said["width"], said["height"])


def _summary(said: dict[str, Any]) -> str:
    """Its author's words; not the date and place that stand for them where there are none."""
    summary, start = richtext.plain(said.get("summary", ""), 500), said.get("startTime", "")
    language = next(iter(said["contentMap"]))
    is_made = start and summary.startswith(when(datetime.fromisoformat(start), said["timezone"], language))
    return "" if is_made else summary


def _where(place: dict[str, Any]) -> str:
    address = place.get("address", {})
    town = f"{address.get('postalCode', '')} {address.get('addressLocality', '')}".strip()
    parts = (place.get("name", ""), address.get("streetAddress", ""), town)
    return ", ".join(dict.fromkeys(part for part in parts if part))
