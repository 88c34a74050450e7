"""The entries as schema.org JSON-LD: places, and `Observation`s about them. Pure.

What schema.org has no word for stands in `additionalProperty`, under names of the vocabulary.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from node.exports.entries import Entry
from node.exports.fields import about, fields_of
from vocab.model import Hours, Observation, Place, breakdown_text
from vocab.reference import label
from vocab.terms import INDICATOR, TL
from vocab.units import canonical

_DAYS = {"Mo": "Monday", "Tu": "Tuesday", "We": "Wednesday", "Th": "Thursday", "Fr": "Friday", "Sa": "Saturday",
         "Su": "Sunday"}  # fmt: skip
_ATTACHED = (
    "typology", "building_origin", "programme", "status", "opened", "closed", "commune", "legal_form", "siren", "rna",
    "hours", "published", "kind",
)  # fmt: skip


def document(entries: Sequence[Entry]) -> dict[str, Any]:
    """One graph of every place and figure."""
    graph = [node for entry in entries for node in (_place(entry), *_figures(entry))]
    return {"@context": "https://schema.org", "@graph": graph}


def _full(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value not in ("", None, [], {})}


def _place(entry: Entry) -> dict[str, Any]:
    place, address = entry.place, entry.place.address
    told = fields_of(place) | about(entry)
    return _full(
        {
            "@type": ["CivicStructure", "LocalBusiness"],
            "@id": place.iri,
            "identifier": entry.id,
            "name": place.name,
            "description": [{"@value": text, "@language": lang} for lang, text in sorted(place.summary.items())],
            "keywords": [label("typology", code, "fr") for code in place.typology],
            "address": _full(
                {
                    "@type": "PostalAddress",
                    "streetAddress": address.street,
                    "postalCode": address.postcode,
                    "addressLocality": address.locality,
                    "addressCountry": "FR",
                }
            ),
            "geo": _geo(place),
            "url": place.website,
            "openingHoursSpecification": [_span(span) for span in place.hours],
            "parentOrganization": {"@type": "Organization", "name": told["operator"]} if told["operator"] else None,
            "isBasedOn": entry.source,
            "license": entry.licence,
            "dateModified": entry.updated,
            "additionalProperty": _properties({name: told[name] for name in _ATTACHED}),
        }
    )


def _geo(place: Place) -> dict[str, str] | None:
    if place.lat is None or place.lon is None:
        return None
    return {"@type": "GeoCoordinates", "latitude": canonical(place.lat), "longitude": canonical(place.lon)}


def _span(span: Hours) -> dict[str, Any]:
    named = [f"https://schema.org/{_DAYS[day]}" for day in span.days]
    return {"@type": "OpeningHoursSpecification", "dayOfWeek": named, "opens": span.opens, "closes": span.closes}


def _properties(told: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@type": "PropertyValue", "propertyID": TL + name, "value": text} for name, text in told.items() if text]


def _figures(entry: Entry) -> Iterator[dict[str, Any]]:
    for figure in entry.figures:
        yield _full(
            {
                "@type": "Observation",
                "observationAbout": {"@id": entry.place.iri},
                "variableMeasured": {"@id": INDICATOR + figure.indicator},
                "observationDate": figure.period,
                "value": None if figure.value is None else canonical(figure.value),
                "unitCode": figure.unit,
                "measurementMethod": figure.method,
                "additionalProperty": _properties(_beside(figure)),
            }
        )


def _beside(figure: Observation) -> dict[str, str]:
    parts = breakdown_text(figure.breakdown)
    return {"obsStatus": figure.status, "confStatus": figure.conf, "breakdown": parts}
