"""What the pages of a place and of its posts say to machines: schema.org as JSON-LD, and Open Graph. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from node.views.posts import Shown
from vocab.model import Place
from vocab.post import Picture
from vocab.territory import name_of

_DAYS = {"Mo": "Monday", "Tu": "Tuesday", "We": "Wednesday", "Th": "Thursday", "Fr": "Friday", "Sa": "Saturday"}
_DAYS |= {"Su": "Sunday"}


def schema_org(place: Place, url: str, summary: str, pictures: Sequence[Picture], events: Sequence[Shown]) -> str:
    """The place for search engines; the text of a `script` that runs nothing, in which no tag can end it."""
    address = place.address
    town = address.locality or name_of("commune", address.commune)
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "@id": place.iri,
        "url": url,
        "name": place.name,
        "address": _some(
            {
                "@type": "PostalAddress",
                "streetAddress": address.street,
                "postalCode": address.postcode,
                "addressLocality": town,
                "addressCountry": "FR",
            }
        ),
    }
    said |= _some({"description": summary, "sameAs": place.website, "foundingDate": place.opened})
    if place.lat is not None and place.lon is not None:
        said["geo"] = {"@type": "GeoCoordinates", "latitude": str(place.lat), "longitude": str(place.lon)}
    if place.hours:
        said["openingHoursSpecification"] = [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": [_DAYS[day] for day in span.days if day in _DAYS],
                "opens": span.opens,
                "closes": "23:59" if span.closes == "24:00" else span.closes,
            }
            for span in place.hours
        ]
    if pictures:
        said["image"] = [picture.url for picture in pictures]
    if events:
        said["event"] = [_event(each) for each in events]
    return _harmless(said)


def event(post: Shown, organizer: str) -> str:
    """The same of one event."""
    about = {"@context": "https://schema.org", "description": post.summary or post.excerpt}
    by = {"@type": "Organization", "name": organizer, "url": post.actor}
    pictures = [picture.url for picture in post.pictures]
    return _harmless(_some(about | _event(post) | {"image": pictures, "organizer": by}))


def _event(post: Shown) -> dict[str, Any]:
    where = {"@type": "Place", "name": post.where.partition(",")[0], "address": post.where}
    return _some(
        {
            "@type": "Event",
            "name": post.title,
            "url": post.id,
            "startDate": post.start,
            "endDate": post.end,
            "eventStatus": f"https://schema.org/{post.status}" if post.status else "",
            "location": {"@type": "VirtualLocation", "url": post.online} if post.online else where,
        }
    )


def _some(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value}


def _harmless(said: dict[str, Any]) -> str:
    text = json.dumps(said, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def open_graph(
    title: str, url: str, summary: str, pictures: Sequence[Picture], lang: str, kind: str = "website"
) -> list[tuple[str, str]]:
    """What a shared link shows."""
    said = [
        ("og:type", kind),
        ("og:title", title),
        ("og:url", url),
        ("og:locale", "fr_FR" if lang == "fr" else "en_GB"),
        ("og:description", summary),
    ]
    for picture in pictures[:1]:
        said += [("og:image", picture.url), ("og:image:alt", picture.alt)]
        said += [("og:image:width", str(picture.width)), ("og:image:height", str(picture.height))]
    return [(name, value) for name, value in said if value]
