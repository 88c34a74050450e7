"""From values to JSON-LD documents, without their proof: the inverse of `parse`.

Every node has an identifier (no blank node), figures are canonical decimal strings, arrays stay arrays.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from vocab import more
from vocab.contexts import CONTEXT
from vocab.jsonld import graph_digest
from vocab.model import Address, Breakdown, Envelope, Observation, Operator, Place
from vocab.units import canonical


def _envelope(envelope: Envelope, kind: str) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": envelope.id,
        "type": ["Document", kind],
        "attributedTo": envelope.actor,
        "to": list(envelope.to),
        "version": envelope.version,
        "published": envelope.published,
        "updated": envelope.updated,
        "license": envelope.license,
        "sharing": envelope.sharing,
    }


def _concepts(scheme: str, codes: Iterable[str]) -> list[str]:
    return [f"tlc:{scheme}/{code}" for code in codes]


def _present(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value not in ("", [], None)}


def _address(address: Address, place: str) -> dict[str, Any]:
    return _present(
        {
            "id": place + "-address",
            "type": "schema:PostalAddress",
            "schema:streetAddress": address.street,
            "schema:postalCode": address.postcode,
            "schema:addressLocality": address.locality,
            "schema:addressCountry": "FR",
        }
    )


def _operator(operator: Operator, place: str) -> dict[str, Any]:
    return _present(
        {
            "id": operator.iri or place + "-operator",
            "type": "schema:Organization",
            "schema:name": operator.name,
            "legalForm": f"tlc:legal_form/{operator.legal_form}" if operator.legal_form else "",
            "tl:siren": operator.siren,
            "tl:rna": operator.rna,
        }
    )


def _geo(place: Place) -> dict[str, Any] | None:
    if place.lat is None or place.lon is None:
        return None
    coordinates = {"schema:latitude": canonical(place.lat), "schema:longitude": canonical(place.lon)}
    return {"id": place.iri + "-geo", "type": "schema:GeoCoordinates"} | coordinates


def _place(place: Place) -> dict[str, Any]:
    hours = [
        {
            "id": f"{place.iri}-hours-{number}",
            "type": "schema:OpeningHoursSpecification",
            "schema:dayOfWeek": list(span.days),
            "schema:opens": span.opens,
            "schema:closes": span.closes,
        }
        for number, span in enumerate(place.hours, 1)
    ]
    described = {lang: text for lang, text in sorted(place.summary.items()) if text}
    return _present(
        {
            "id": place.iri,
            "type": "TiersLieu",
            "schema:name": place.name,
            "description": described or None,
            "typology": _concepts("typology", place.typology),
            "buildingOrigin": _concepts("building_origin", place.building_origin),
            "programme": _concepts("programme", place.programme),
            "status": f"tlc:status/{place.status}",
            "tl:opened": place.opened,
            "tl:closed": place.closed,
            "commune": place.address.commune,
            "address": _address(place.address, place.iri),
            "geo": _geo(place),
            "operator": None if place.operator is None else _operator(place.operator, place.iri),
            "hours": hours,
            "schema:url": place.website,
        }
        | more.to_jsonld(place.more)
    )


def _sealed(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"graphDigest": graph_digest(document)}


def description(place: Place, envelope: Envelope) -> dict[str, Any]:
    """A place's own description (`["Document", "Description"]`)."""
    return _sealed(_envelope(envelope, "Description") | {"name": place.name, "about": _place(place)})


def observation_iri(document: str, indicator: str, breakdown: Breakdown) -> str:
    """The identifier of one figure inside its report."""
    parts = [indicator, *(f"{dimension}.{quote(code, safe='')}" for dimension, code in sorted(breakdown))]
    return f"{document}#{'.'.join(parts)}"


def _observation(observation: Observation, place: str, document: str) -> dict[str, Any]:
    return _present(
        {
            "id": observation_iri(document, observation.indicator, observation.breakdown),
            "type": "Observation",
            "place": place,
            "indicator": "tli:" + observation.indicator,
            "period": observation.period,
            "value": None if observation.value is None else canonical(observation.value),
            "unit": observation.unit,
            "obsStatus": observation.status,
            "confStatus": observation.conf,
            "method": observation.method,
            "breakdown": [f"tlc:{d}/{quote(code, safe='')}" for d, code in sorted(observation.breakdown)],
        }
    )


def report(
    place: str, period: str, observations: Iterable[Observation], envelope: Envelope, source: str = ""
) -> dict[str, Any]:
    """Figures of one place, one period and one sharing level (`["Document", "Report"]`).

    `source`: where an aggregator found figures of a place that it lists, with its date.
    """
    figures = [_observation(observation, place, envelope.id) for observation in observations]
    body = {"about": place, "period": period, "observations": figures}
    origin = {"schema:isBasedOn": source} if source else {}
    return _sealed(_envelope(envelope, "Report") | body | origin)


def listing(place: Place, envelope: Envelope, source: str, row_id: str, row_digest: str) -> dict[str, Any]:
    """An unclaimed place as an aggregator found it (`["Document", "Listing"]`).

    `source`: where the row was published, with its date; `row_digest`: SHA-256 of the row as read.
    """
    origin = {"schema:isBasedOn": source, "tl:rowId": row_id, "tl:rowDigest": row_digest}
    return _sealed(_envelope(envelope, "Listing") | {"name": place.name, "about": _place(place)} | origin)
