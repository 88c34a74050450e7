"""The entries as elements of a GoGoCarto map, with their taxonomy; what it has no word for is attached. Pure."""

from collections.abc import Sequence
from typing import Any

from node.exports.entries import Entry
from node.exports.fields import about, fields_of
from node.importers.attached import PREFIX, figures_as
from vocab.reference import label, scheme


def elements(entries: Sequence[Entry], licence: str) -> dict[str, Any]:
    """The file: `licence`, `taxonomy`, `data`."""
    options = [{"id": code, "name": concept.label["fr"]} for code, concept in scheme("typology").codes.items()]
    taxonomy = {"name": scheme("typology").label["fr"], "options": options}
    return {"licence": licence, "taxonomy": taxonomy, "data": [_element(entry) for entry in entries]}


def _element(entry: Entry) -> dict[str, Any]:
    place = entry.place
    address = place.address
    known = {
        "id": entry.id,
        "name": place.name,
        "geo": None if place.lat is None else {"latitude": str(place.lat), "longitude": str(place.lon)},
        "address": {
            "streetAddress": address.street,
            "addressLocality": address.locality,
            "postalCode": address.postcode,
            "codeInsee": address.commune,
            "addressCountry": "FR",
        },
        "categories": [label("typology", code, "fr") for code in place.typology],
        "description": place.summary.get("fr", ""),
        "website": place.website,
        "openHours": _hours(entry),
        "sourceKey": entry.source,
        "updatedAt": entry.updated,
    }
    attached = fields_of(place) | about(entry)
    found: dict[str, Any] = {key: value for key, value in known.items() if value}
    found |= {PREFIX + name: text for name, text in attached.items() if text}
    return found | ({PREFIX + "figures": figures_as(entry.figures)} if entry.figures else {})


def _hours(entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for span in entry.place.hours:
        for day in span.days:
            told = f"{span.opens}-{span.closes}"
            found[day] = f"{found[day]}, {told}" if day in found else told
    return found
