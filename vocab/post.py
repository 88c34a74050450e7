"""Posts: what a place says to everybody, as ActivityStreams that general servers show.

Three types, one string each: a Note, an Article (`name`, `summary`), and an Event (FEP-8a8e). Each is a document like
the others: its own id, `version`, licence, and a proof that is added where it is signed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from html import escape, unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

from vocab.contexts import CONTEXT
from vocab.model import Envelope

TYPES: Final[Mapping[str, str]] = {"note": "Note", "article": "Article", "event": "Event"}
STATUSES: Final[Mapping[str, str]] = {
    "scheduled": "EventScheduled",
    "tentative": "EventTentative",
    "cancelled": "EventCancelled",
    "postponed": "EventPostponed",
    "online": "EventMovedOnline",
}  # FEP-8a8e, `eventStatus`
_HEADED: Final = re.compile(r"<p><strong>([^<]+)</strong></p>\s*(\S.*)", re.DOTALL)
_ICAL: Final = {"tentative": "TENTATIVE", "cancelled": "CANCELLED", "postponed": "TENTATIVE"}  # Mobilizon's word for it
_ZONES: Final = {
    "971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
    "975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
    "986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Venue:
    """Where an event is: somewhere with an address, or online, and then at `url`."""

    name: str
    street: str = ""
    postcode: str = ""
    locality: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None
    url: str = ""

    @property
    def line(self) -> str:
        """`L'Établi, 1 rue Exemple, 23000 Guéret`."""
        town = f"{self.postcode} {self.locality}".strip()
        return ", ".join(dict.fromkeys(part for part in (self.name, self.street, town) if part))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside a post; `alt` says it to who does not see it."""

    url: str
    type: str
    alt: str
    width: int
    height: int

    def to_json(self) -> dict[str, Any]:
        """ActivityStreams `Image` as Mastodon and its like show it: `name` is the alternative text."""
        size = {"width": self.width, "height": self.height}
        return {"type": "Image", "mediaType": self.type, "url": self.url, "name": self.alt} | size


@dataclass(frozen=True, slots=True)
class Post:
    """A note, an article or an event. `content` is clean HTML, `summary` plain text, `license` an IRI.

    `day`: when a note or an article was written, if not when it is published. An event has `start`, both ends aware of
    their offset, and a `zone` of the IANA database; with `open_end`, the end is a guess that only machines need.
    """

    kind: str
    content: str
    language: str
    license: str
    title: str = ""
    summary: str = ""
    day: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    open_end: bool = False
    zone: str = ""
    venue: Venue | None = None
    link: str = ""
    status: str = "scheduled"
    pictures: tuple[Picture, ...] = ()


def zone_of(commune: str) -> str:
    """The time zone of a commune by its INSEE code."""
    return _ZONES.get(commune[:3], "Europe/Paris")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(start: datetime, zone: str, language: str) -> str:
    """A start as a person reads it, on the clock of the place."""
    form = "%d/%m/%Y à %H:%M" if language == "fr" else "%Y-%m-%d %H:%M"
    return start.astimezone(ZoneInfo(zone)).strftime(form)


def _location(venue: Venue, document: str) -> dict[str, Any]:
    """Its id follows from what it says: servers that keep places by id see that it changed."""
    if venue.url:
        place: dict[str, Any] = {"type": "VirtualLocation", "name": venue.name or venue.url, "url": venue.url}
    else:
        address = {
            "streetAddress": venue.street,
            "postalCode": venue.postcode,
            "addressLocality": venue.locality,
            "addressCountry": "FR",
        }
        place = {"type": "Place", "name": venue.name or venue.line}
        if venue.street or venue.locality:
            place["address"] = {"type": "PostalAddress"} | {name: value for name, value in address.items() if value}
        if venue.lat is not None and venue.lon is not None:
            place |= {"latitude": float(venue.lat), "longitude": float(venue.lon)}
    return {"id": f"{document}#place-{hashlib.sha256(repr(venue).encode()).hexdigest()[:12]}"} | place


def _event(post: Post, envelope: Envelope) -> dict[str, Any]:
    assert post.start is not None
    assert post.end is not None
    said: dict[str, Any] = {
        "startTime": _utc(post.start),
        "endTime": _utc(post.end),
        "displayEndTime": not post.open_end,
        "timezone": post.zone,
        "inLanguage": post.language,
        "eventStatus": STATUSES[post.status],
        "ical:status": _ICAL.get(post.status, "CONFIRMED"),
        "organizers": {
            "id": envelope.id + "#organizers",
            "type": "Collection",
            "totalItems": 1,
            "items": [envelope.actor],
        },
        "joinMode": "external",  # nobody joins by ActivityPub; Mobilizon takes no event that says `none`
        "externalParticipationUrl": post.link or envelope.id,
        "commentsEnabled": False,
        "isOnline": bool(post.venue and post.venue.url),
    }
    if post.link:
        website = {"type": "Link", "href": post.link, "mediaType": "text/html", "name": "Website"}
        said["attachment"] = [website]
    return said


def _summary(post: Post) -> str:
    """What a server that shows no events or articles shows above a link to them."""
    if post.summary or post.start is None:
        return post.summary
    where = post.venue.line if post.venue else ""
    return " · ".join(part for part in (when(post.start, post.zone, post.language), where) if part)


def headed(content: str) -> tuple[str, str]:
    """The title that a note begins with, as `document` writes it, and the rest; an empty title where there is none."""
    found = _HEADED.fullmatch(content)
    return (unescape(found[1]), found[2]) if found else ("", content)


def document(post: Post, envelope: Envelope) -> dict[str, Any]:
    """The post without its proof; a note has no `name`, its title is the first line of its content."""
    content = post.content
    if post.kind == "note" and post.title:
        content = f"<p><strong>{escape(post.title)}</strong></p>\n{content}"
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "id": envelope.id,
        "type": TYPES[post.kind],
        "attributedTo": envelope.actor,
        "to": list(envelope.to),
        "cc": [envelope.actor + "/followers"],
        "version": envelope.version,
        "published": _utc(post.day) if post.day else envelope.published,
        "updated": envelope.updated,
        "license": post.license,
        "sharing": envelope.sharing,
        "url": envelope.id,
        "content": content,
        "contentMap": {post.language: content},
    }
    if post.kind != "note":
        said |= {"name": post.title, "nameMap": {post.language: post.title}}
        summary = escape(_summary(post), quote=False)
        said |= {"summary": summary} if summary else {}
    if post.venue is not None:
        said["location"] = _location(post.venue, envelope.id)
    said |= _event(post, envelope) if post.kind == "event" else {}
    if post.pictures:
        said["attachment"] = [*said.get("attachment", ()), *(each.to_json() for each in post.pictures)]
    return said
